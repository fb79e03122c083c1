"""The item-level work: one raw text and frozen settings in, one cleaned text out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from voicemine.stages.clean.gates import gates
from voicemine.stages.clean.language import identify
from voicemine.stages.clean.mail import strip_mail
from voicemine.stages.clean.nonanswer import is_non_answer
from voicemine.stages.clean.redact import Extra, find, replace
from voicemine.stages.clean.repair import repair
from voicemine.stages.clean.settings import CleanSettings
from voicemine.stages.clean.spam import spam_kind


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
    hints = gates(text.lower())
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
    if settings.processes == 1 or extra is not None or len(distinct) < 5000:
        return {text: clean_text(text, settings=settings, extra=extra) for text in distinct}
    with ProcessPoolExecutor(settings.processes) as pool:
        done = pool.map(partial(clean_text, settings=settings), distinct, chunksize=1000)
        return dict(zip(distinct, done, strict=True))
