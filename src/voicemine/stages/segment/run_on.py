"""Run-on writing: statements set side by side with a comma, three dots, or nothing but a capital between them.

A treebank has few of them and customers write many, so these rules stand beside the model. A comma counts only when
what stands before it could end there ("If you call, they ..." and "As a fan, I ..." lean on what follows).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from voicemine.stages.segment.kinds import CLAUSE, SENTENCE, Cut

_SUBJECT = (
    r"(?:i|it|they|we|he|she|you|there|its|it['’]s|i['’]?m|i['’]?ve|they['’]?re|that['’]s|thats|we['’]re|he['’]s|she['’]s)"
)
_SPLICE = re.compile(rf",\s+(?={_SUBJECT}\s+\w+\s+\w)", re.IGNORECASE)
_EDGE = re.compile(r"[.!?;:\r\n](?=\s)")
_COMMA = re.compile(r",\s+")
_DEPENDENT = re.compile(
    r"[\s\"'(]*(?:(?:and|but|so|or|also|plus)\s+)*(?:if|when|whenever|while|since|because|cause|as|after|before|once|"
    r"although|though|unless|until|till|where|wherever|whether|whatever|however|for|with|without|in|at|on|to|by|from|"
    r"of|during|despite|considering|given|due|upon|apart|other|instead|having|being|besides|yes|no|just|even|"
    r"every|each|last|first|now|then|today|yesterday|overall|like|dear|hi|hello|hey|\w+ing)\b",
    re.IGNORECASE,
)
_OWN_SUBJECT = re.compile(rf"\s*(?:{_SUBJECT}|the|this|that|my|our|his|her|their|a|an)\b", re.IGNORECASE)
_LAST_OF_LIST = re.compile(r"\s*(?:and|or|etc|&)\b", re.IGNORECASE)
_DOTS = re.compile(r"(?:(?<!\.)\.\.++|(?<![!?])[!?]++)\s+(?=[A-Z])")
_CAPITAL = re.compile(
    r"\s(?<=[a-z0-9]\s)(?=(?:It|Its|It['’]s|This|The|They|We|My|There|But|And|So|Very|Not|Please|When|If|Why|How|You|Your|"
    r"He|She|Would|Just|Can|Can['’]t|Don['’]t|Won['’]t)\s+[a-z])"
)
# The first letter alone, then what it must begin: a search skips to the next such letter at once.
_REQUEST = re.compile(
    r"[pPtTcCwW](?<!\w.)(?i:(?<=p)(?:lease|ls|lz)\s+\w+|(?<=t)hank\s+you|"
    r"(?:(?<=c)(?:an|ould)|(?<=w)ould)\s+(?:you|u|someone|anyone)\s+\w+)\s+\w"
)
#: A request does not start a statement of its own behind one of these.
_LEADS_ON = frozenset(
    [
        *("you", "u", "can", "could", "would", "to", "and", "but", "so", "yes", "or", "then", "if", "that"),
        *("what", "how", "when", "where", "why", "who", "which", "many", "i", "we", "say"),
    ]
)


def run_on_cuts(text: str) -> list[Cut]:
    """Cuts between statements that run on. Those at a comma or a request need enough words on both sides."""
    cuts: list[Cut] = []
    if ".." in text or "!" in text or "?" in text:
        cuts.extend(Cut(match.end(), SENTENCE) for match in _DOTS.finditer(text))
    cuts.extend(Cut(match.end(), SENTENCE) for match in _CAPITAL.finditer(text))
    cuts.extend(Cut(match.start(), CLAUSE) for match in _REQUEST.finditer(text) if _stands_alone(text, match.start()))
    if "," in text:
        for start, end in _stretches(text):
            cuts.extend(_comma_cuts(text, start, end))
    return cuts


def _stands_alone(text: str, offset: int) -> bool:
    """May a request start at *offset*: directly behind a word that does not lead on to it?"""
    before = text[max(0, offset - 24) : offset]
    last = before.split()[-1:]
    return before[-1:].isspace() and bool(last) and last[0][-1].isalnum() and last[0].lower() not in _LEADS_ON


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """What lies between closing marks and line breaks."""
    start = 0
    for match in _EDGE.finditer(text):
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _comma_cuts(text: str, start: int, end: int) -> Iterator[Cut]:
    commas = list(_COMMA.finditer(text, start, end))
    if not commas:
        return
    bounds = [start, *(comma.end() for comma in commas), end]
    parts = [text[a:b] for a, b in pairwise(bounds)]
    is_list = _is_phrase_list(parts)
    for index, comma in enumerate(commas):
        before = parts[index]
        splices = _SPLICE.match(text, comma.start()) and _DEPENDENT.match(before) is None and len(before.split()) >= 3
        if is_list or splices:
            yield Cut(comma.end(), CLAUSE, is_phrase=is_list)


def _is_phrase_list(parts: list[str]) -> bool:
    """Three or more phrases of two words or more, none an "and ..." that would make them one enumeration."""
    if len(parts) < 3 or _OWN_SUBJECT.match(parts[0]) or _DEPENDENT.match(parts[0]):
        return False
    return all(len(part.split()) >= 2 and _LAST_OF_LIST.match(part) is None for part in parts)
