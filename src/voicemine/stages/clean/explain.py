"""What cleaning does to one item, step by step, with the reason of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voicemine.stages.clean.item import clean_text
from voicemine.stages.clean.language import identify
from voicemine.stages.clean.mail import strip_mail
from voicemine.stages.clean.redact import Extra, find, replace
from voicemine.stages.clean.repair import repair
from voicemine.stages.clean.settings import CleanSettings
from voicemine.stages.clean.templates import Templates, strip

_REASONS = {
    "encoding": "the text was decoded with the wrong character set", "characters": "characters were put into their "
                                                                                   "usual form",
    "escapes": "an export wrote line breaks or characters as backslash codes",
    "invisible": "invisible or control characters were removed", "html": "HTML tags and entities were resolved",
    "repetition": "long runs of one sign were cut to three",
    "quoted": "a quoted or forwarded mail was left out", "agent_turns": "the agent's turns were set aside",
    "legal_footer": "a legal footer was left out", "signature": "a signature was left out",
    "greeting": "an opening greeting was left out",
}


@dataclass(frozen=True)
class Explained:
    """One step: its name, why it was taken, and the text behind it."""

    step: str
    reason: str
    text: str


def explain(raw_row: Mapping[str, object], settings: CleanSettings, *, templates: Templates | None = None,
            extra: Extra | None = None) -> list[Explained]:
    """The steps that change or judge `raw_row["text"]`, in order.

    The first texts are raw: show them only to those who may see them.
    """
    raw = str(raw_row.get("text") or "")
    steps = [Explained("raw", "as it came", raw)]
    repaired = repair(raw, strip_html=settings.html)
    if repaired.text != raw:
        reasons = [_REASONS[s] for s in repaired.steps] or ["white space was tidied"]
        steps.append(Explained("repair", "; ".join(reasons), repaired.text))
    text = repaired.text
    if settings.mail:
        stripped = strip_mail(text)
        if stripped.text != text:
            text = stripped.text
            steps.append(Explained("strip", "; ".join(_REASONS[s] for s in stripped.steps), text))
    if settings.redact:
        findings = find(text, regions=settings.phone_regions, names=settings.redact_names, extra=extra)
        if findings:
            kinds = ", ".join(dict.fromkeys(f.type for f in findings))
            text = replace(text, findings)
            steps.append(Explained("redact", f"personal data replaced: {kinds}", text))
    if templates is not None and strip(text, templates) != text:
        text = strip(text, templates)
        steps.append(Explained("template", "boilerplate that many items share was left out", text))
    language = identify(text, floor=settings.language_confidence)
    steps.append(Explained("language", f"{language.code} with confidence {language.confidence:.2f}", text))
    judged = clean_text(raw, settings=settings, extra=extra)
    reason = "agent" if raw_row.get("speaker") == "agent" else judged.skip_reason
    kind = f" ({judged.detail})" if judged.detail else ""
    steps.append(Explained("verdict", f"not mined: {reason}{kind}" if reason else "mined", text))
    return steps
