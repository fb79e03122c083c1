"""The item-level work: one raw text and frozen settings in, one cleaned text out. Pure."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_all_start_methods, get_context

from voicemine.stages.clean.gates import gates
from voicemine.stages.clean.language import identify
from voicemine.stages.clean.mail import strip_mail
from voicemine.stages.clean.nonanswer import is_non_answer
from voicemine.stages.clean.redact import Extra, find, replace
from voicemine.stages.clean.repair import repair
from voicemine.stages.clean.settings import CleanSettings
from voicemine.stages.clean.spam import spam_kind

#: From how many distinct texts on it pays to start worker processes.
FORK_FROM = 5000
_CHUNK = 1000
_MOST_WORKERS = 4
#: Not English, so that the language model is asked, and with a name and a number.
_PROBE = "Ça va très bien, mon ami Anna Schmidt, numéro 123 456 7890"
_Row = tuple[str, str, str, float, str | None, str | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CleanedText:
    """A cleaned, redacted text, what was found out about it, and the steps that changed it.

    skip_reason: `empty`, `non_answer`, `spam` or `language` where it is not to be mined; detail: the kind of spam.
    """

    text: str
    agent_text: str
    language: str
    language_confidence: float
    skip_reason: str | None
    detail: str | None
    steps: tuple[str, ...]


def clean_text(raw: str, *, settings: CleanSettings, extra: Extra | None = None) -> CleanedText:
    """Repair, strip, redact and judge one text."""
    repaired = repair(raw, strip_html=settings.html)
    steps = list(repaired.steps)
    text, agent = repaired.text, ""
    if settings.mail and "\n" in text:
        stripped = strip_mail(text)
        text, agent = stripped.text, stripped.agent_text
        steps += stripped.steps
    non_answer = is_non_answer(text)
    hints = gates(text)
    if settings.redact:
        text = redact(text, settings=settings, extra=extra, hints=hints)
        agent = redact(agent, settings=settings, extra=extra) if agent else agent
    spam = spam_kind(text, hints)
    language = identify(text, floor=settings.language_confidence)
    reason = None
    if not text:
        reason = "empty"
    elif non_answer:
        reason = "non_answer"
    elif spam:
        reason = "agent" if spam == "brand_reply" else "spam"
    elif language.code == "und":
        served = settings.mine_undetermined and (not language.is_strange or "*" in settings.languages)
        reason = None if served else "language"
    elif language.code not in settings.languages and "*" not in settings.languages:
        reason = "language"
    return CleanedText(text, agent, language.code, language.confidence, reason, spam, tuple(steps))


def redact(text: str, *, settings: CleanSettings, extra: Extra | None = None, hints: int | None = None) -> str:
    """`text` with personal data replaced."""
    if not settings.redact or not text:
        return text
    # A replacement can lay bare what stood against it ("@a@b"): go on until nothing is found.
    for _ in range(4):
        findings = find(text, regions=settings.phone_regions, names=settings.redact_names, extra=extra, hints=hints)
        if not findings:
            break
        text, hints = replace(text, findings), None
    return text


def clean_many(texts: Iterable[str], *, settings: CleanSettings, extra: Extra | None = None) -> dict[str, CleanedText]:
    """Raw text -> cleaned, each distinct text once. Several processes give the same result as one."""
    distinct = list(dict.fromkeys(texts))
    processes = workers(settings)
    if processes == 1 or extra is not None or len(distinct) < FORK_FROM:
        return {text: clean_text(text, settings=settings, extra=extra) for text in distinct}
    # What is loaded on first use is loaded here, so that a forked worker finds it.
    clean_text(_PROBE, settings=settings)
    chunks = [distinct[at:at + _CHUNK] for at in range(0, len(distinct), _CHUNK)]
    cleaned: dict[str, CleanedText] = {}
    context = get_context("fork") if "fork" in get_all_start_methods() else None
    # What a worker inherits is never garbage there: without it, each collection has little to look through.
    with ProcessPoolExecutor(processes, mp_context=context, initializer=gc.freeze) as pool:
        for chunk, rows in zip(chunks, pool.map(partial(_clean_chunk, settings=settings), chunks), strict=True):
            cleaned.update(zip(chunk, (CleanedText(*row) for row in rows), strict=True))
    return cleaned


def workers(settings: CleanSettings) -> int:
    """How many processes share the item-level work of a large input."""
    if settings.processes != "auto":
        return settings.processes
    # A process that is not forked loads everything anew.
    if "fork" not in get_all_start_methods():
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_WORKERS)


def _clean_chunk(texts: list[str], settings: CleanSettings) -> list[_Row]:
    """Cleaned texts as tuples, which travel between processes at a fraction of the cost of objects."""
    return [(c.text, c.agent_text, c.language, c.language_confidence, c.skip_reason, c.detail, c.steps)
            for c in (clean_text(text, settings=settings) for text in texts)]
