"""Redaction of one text: findings of the rules, put together and replaced by typed placeholders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from voicemine.numerics.placeholders import PLACEHOLDER
from voicemine.stages.clean import gates as g
from voicemine.stages.clean.cued import cued
from voicemine.stages.clean.heard import heard
from voicemine.stages.clean.names import Names
from voicemine.stages.clean.patterns import nets, numbers, phones
from voicemine.stages.clean.places import addresses, births, postcodes
from voicemine.stages.clean.spans import Finding, Taken

#: Forms of a handle, by the gate that each needs. A form that cannot be there is left out of the expression.
_HANDLES: dict[int, str] = {
    g.AT: r"@(?<![\w@/+-]@)(?<!\w\.@)(?:\w{1,40})(?![\w@]*\.\w)",
    g.REDDIT: r"(?<![\w/])/?u/[A-Za-z0-9_-]{3,30}\b",
    g.NETWORK: r"(?i:\b(?:instagram|insta|ig|twitter|tiktok|snapchat|snap|telegram|discord|skype)(?: handle| id| "
               r"name| account)? ?(?:is|:|-) ?)(?P<handle>[a-z0-9][a-z0-9_.]{3,30}[0-9_][a-z0-9_.]{0,10})\b",
}
# XXXX of a regulator's export, ****1234 of a card, XX/XX/2019 of a date. Repetition was cut to three before.
_MASK = re.compile(r"(?<!\w)(?:X{4,}|XX+/XX+/(?:X{2,4}|\d{2,4}))(?:[ \-/,]{1,2}(?:X{2,}|X{2}/\d{2,4}))*(?:[ "
                   r"-]?\d{4})?(?!\w)"
                   r"|(?<![\w*#])[*#]{3,}[ -]?\d{2,4}(?!\w)|(?<!\w)[xX]{3,}[ -]?\d{4}(?!\w)")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d[^\d]{0,3}\d[^\d]{0,3}\d")

#: A further finder: text -> (type of placeholder, start, end) of each finding.
Extra = Callable[[str], Sequence[tuple[str, int, int]]]


@cache
def _handle(forms: int) -> re.Pattern[str]:
    return re.compile("|".join(expression for gate, expression in _HANDLES.items() if forms & gate))


@cache
def _names() -> Names:
    return Names()


def find(text: str, *, regions: tuple[str, ...], names: bool = True, extra: Extra | None = None,
         hints: int | None = None) -> list[Finding]:
    """Personal data in `text`, from left to right, without overlap. Placeholders in it are left alone."""
    taken = Taken(len(text))
    for known in PLACEHOLDER.finditer(text) if "<" in text else ():
        taken.shield(*known.span())
    hints = g.gates(text) if hints is None else hints
    if hints & (g.LINK | g.AT | g.SPELT | g.DOTTED):
        nets(text, taken, hints)
    if hints & g.MASK:
        for found in _MASK.finditer(text):
            taken.take("MASKED", *found.span())
    digits = _DIGIT.search(text) is not None
    if digits:
        hints |= g.digit_gates(text)
        many = _DIGITS.search(text) is not None
        if many:
            numbers(text, taken)
            if hints & g.BIRTH:
                births(text, taken)
        if hints & (g.CUE | g.CODE):
            cued(text, taken)
        if many:
            phones(text, taken, regions)
        addresses(text, taken, hints)
        postcodes(text, taken)
    elif hints & g.CODE:
        cued(text, taken)
    forms = hints & (g.AT | g.REDDIT | g.NETWORK)
    if forms:
        for found in _handle(forms).finditer(text):
            taken.take("HANDLE", *found.span(found.lastgroup or 0))
    if names:
        _names().find(text, taken, hints)
    if digits:
        heard(text, taken)
    if extra is not None:
        for kind, start, end in extra(text):
            taken.take(kind, start, end)
    return sorted(taken.findings, key=lambda f: f.start)


def replace(text: str, findings: list[Finding]) -> str:
    """`text` with each finding replaced. Persons are numbered; of other types, a second value is `<TYPE_2>`."""
    if not findings:
        return text
    seen: dict[str, dict[str, int]] = {}
    highest: dict[str, int] = {}
    for m in PLACEHOLDER.finditer(text):
        highest[m[1]] = max(highest.get(m[1], 0), int(m[2] or 1))
    pieces: list[str] = []
    at = 0
    for finding in findings:
        value = " ".join(text[finding.start:finding.end].casefold().split())
        numbers_of = seen.setdefault(finding.type, {})
        if value not in numbers_of:
            highest[finding.type] = numbers_of[value] = highest.get(finding.type, 0) + 1
        number = numbers_of[value]
        pieces.append(text[at:finding.start])
        plain = number == 1 and finding.type != "PERSON"
        pieces.append(f"<{finding.type}>" if plain else f"<{finding.type}_{number}>")
        at = finding.end
    pieces.append(text[at:])
    return "".join(pieces)
