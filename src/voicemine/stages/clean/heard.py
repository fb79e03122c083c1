"""Speech as text: lower case, no punctuation, codes torn into pieces ("h 76 k 98"), answers without their question.

Only such texts come here, and only after the rules that need no guess. A bare number or code is taken where it
stands as an answer does: alone, at the end, or behind a name, "is" or "and".
"""

from __future__ import annotations

import re
from functools import cache

from voicemine.stages.clean.heard_places import UNITS, address_head, spoken_addresses
from voicemine.stages.clean.lexicon import ordered, words
from voicemine.stages.clean.places import STATE_CODES
from voicemine.stages.clean.spans import Taken

_FORM = re.compile(r"[a-z0-9\s]+\Z")
_TOKEN = re.compile(r"\S+")
_BEFORE = frozenset("and is its it was number no are as my to by ssn card account password zip name code id with "
                    "from ending ends in other "
                    "respectively first sure yes ok okay sorry pwd pin into digits".split())
_AFTER = frozenset("and is this that or as please thanks thank it was the not sorry to on for i my with booking "
                   "confirmation number phone ssn card "
                   "account password zip email in at".split())
_UNITS = UNITS | frozenset(
    "gems pizzas burgers users songs pictures downloads levels level degrees calories steps".split())
_MONEY = frozenset("amount price cost costs paid pay charge charged bill total over under about around almost nearly "
                   "only than version model galaxy "
                   "android ios windows iphone note page level top last year since until in level lvl xbox".split())
_STATES = STATE_CODES.lower()
_SURE_STATES = "|".join(s for s in _STATES.split("|") if s not in ("in", "me", "or", "ok", "hi", "id", "de", "la", "ma",
                                                                   "pa", "al", "co"))
_CITY_ZIP = re.compile(rf"\b((?:[a-z]{{3,20}} ){{1,3}}(?:(?:{_STATES}) \d{{5}}(?:\d{{4}})?|(?:{_SURE_STATES}) "
                       rf"\d{{4}}))\b")
_ADDRESS_END = frozenset("phone contact and my ph email is mobile number name mail please thanks tel the i it no "
                         "cell instead not".split())
_NUMBER_WORDS = frozenset("no ph num tel cell acct ac id nbr mob fax ssn zip pin".split())
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_SECRET = re.compile(r"\b(?:pass? ?w[ao]r[dt]|paassword|pswd|pwd)(?: line)?(?: is| s)? (?P<value>(?:(?!and\b|my\b|"
                     r"for\b|to\b|please\b|is\b|not\b|reset\b|change\b)[a-z0-9]+ ?){1,3})(?<! )"
                     r"(?= and\b| my\b| please\b|\Z)")
_CREDIT = re.compile(r"\bcredit(?: no| number| is)? (\d{4,16})(?= and\b| my\b|\Z)")
_MAIL = re.compile(r"\b(?:(?:e ?mail|eamil|mail|pass|it) (?:id |address |is |me |to |it |at )*)((?:[a-z0-9]+ ){0,4}?"
                   r"[a-z0-9]{3,40}com)\b")


def heard(text: str, taken: Taken) -> None:
    """Loose numbers, torn codes and the tails of addresses in `text`, if it is such speech and short."""
    if len(text) > 300 or not _FORM.match(text):
        return
    tokens = [(m.start(), m.end(), m[0]) for m in _TOKEN.finditer(text)]
    for found in _CITY_ZIP.finditer(text):
        taken.take("ADDRESS", *_without_taken(found.start(1), found.end(1), taken))
    spoken_addresses(text, tokens, taken)
    _address_tails(text, tokens, taken)
    _secrets(text, tokens, taken)
    _heads(tokens, taken)
    _tails(tokens, taken)
    at = 0
    while at < len(tokens):
        behind = _run(tokens, at, taken)
        run = tokens[at:behind]
        if run and _answers(tokens, at, behind, taken):
            taken.take("ACCOUNT", run[0][0], run[-1][1])
        at = max(behind, at + 1)
    _whole_codes(tokens, taken)
    _leading_name(text, tokens, taken)


def _run(tokens: list[tuple[int, int, str]], at: int, taken: Taken) -> int:
    """End of the run of code pieces that begins at token `at`: digits, and letters that are no everyday word."""
    end = at
    while end < len(tokens) and end - at < 8:
        start, stop, word = tokens[end]
        if not taken.free(start, stop) or not (any(c.isdigit() for c in word) or len(word) == 1 or _is_piece(word)):
            break
        end += 1
    return end


def _answers(tokens: list[tuple[int, int, str]], at: int, end: int, taken: Taken) -> bool:
    run = [t[2] for t in tokens[at:end]]
    digits = sum(c.isdigit() for w in run for c in w)
    letters = any(c.isalpha() for w in run for c in w)
    least = 5 if any(len(w) > 1 and w in _everyday() for w in run) else 4
    if digits < 2 or digits + sum(c.isalpha() for w in run for c in w) < least:
        return False
    if not letters and (max(map(len, run)) < 4 or (len(run) == 1 and _YEAR.match(run[0]))):
        return False
    before = tokens[at - 1] if at else None
    after = tokens[end][2] if end < len(tokens) else None
    if after in _UNITS or (before and before[2] in _MONEY):
        return False
    led = before is None or before[2] in _BEFORE or not taken.free(before[0], before[1])
    closed = after is None or after in _AFTER or not taken.free(tokens[end][0], tokens[end][1])
    return led and closed


def _whole_codes(tokens: list[tuple[int, int, str]], taken: Taken) -> None:
    """A short turn that is nothing but a code, with a name or a town before it: "graham bell jbd 768"."""
    free = [t for t in tokens if taken.free(t[0], t[1])]
    if not free or len(free) > 8 or free != tokens[len(tokens) - len(free):]:
        return
    first = next((i for i, t in enumerate(free) if any(c.isdigit() for c in t[2])), None)
    if first is None:
        return
    while first and _is_piece(free[first - 1][2]) and (first > 1 or free[first - 1][2] not in _names()):
        first -= 1
    lead, code = [t[2] for t in free[:first]], [t[2] for t in free[first:]]
    digits = sum(c.isdigit() for w in code for c in w)
    letters = sum(c.isalpha() for w in code for c in w)
    strange = all(w not in _everyday() or w in _BEFORE or w in _names() for w in lead)
    pieces = all(_is_piece(w) or any(c.isdigit() for c in w) for w in code)
    if not strange or not pieces or any(w in _UNITS or w in _MONEY for w in code + lead):
        return
    coded = digits >= 2 and letters >= 1 and digits + letters >= 5
    place = bool(lead) and len(code) == 1 and code[0].isdigit() and len(code[0]) in (5, 6) and len(lead) <= 3
    if coded or place:
        taken.take("ACCOUNT" if coded else "POSTCODE", free[first][0], free[-1][1])


def _is_piece(word: str) -> bool:
    """Whether letters can be a part of a code: no everyday word, or two letters that lead to no value."""
    return len(word) <= 4 and (word not in _everyday() or (len(word) <= 2 and word not in _BEFORE | _AFTER))


def _secrets(text: str, tokens: list[tuple[int, int, str]], taken: Taken) -> None:
    """Passwords in pieces or in letters alone, four digits behind "credit", addresses of mail run together."""
    for found in _SECRET.finditer(text):
        value = [w for w in found["value"].split() if w not in ("is", "and")]
        if any(c.isdigit() for w in value for c in w) or (len(value) == 1 and value[0] not in _everyday()):
            _put("PASSWORD", found.start("value"), found.end("value"), taken)
    for found in _CREDIT.finditer(text):
        taken.take("CARD", found.start(1), found.end(1))
    for found in _MAIL.finditer(text):
        if found[1].split()[-1] not in words("english"):
            _put("EMAIL", found.start(1), found.end(1), taken)


def _put(kind: str, start: int, end: int, taken: Taken) -> None:
    """Take the span; where a finding covers a part of it, widen that one."""
    for number, finding in enumerate(taken.findings):
        if finding.start < end and start < finding.end:
            taken.widen(number, min(start, finding.start), max(end, finding.end), kind=kind)
            return
    taken.take(kind, start, end)


def _tails(tokens: list[tuple[int, int, str]], taken: Taken) -> None:
    """The letters that close a code belong to it: "booking number ft 76 yi"."""
    for number, finding in enumerate(taken.findings):
        if finding.type not in ("ACCOUNT", "TICKET", "ORDER", "PASSWORD"):
            continue
        end = finding.end
        for start, stop, word in tokens:
            if start < end:
                continue
            if start - end > 1 or len(word) > 4 or not taken.free(start, stop) or (
                    word in _everyday() and len(word) > 1) or word in _UNITS:
                break
            end = stop
        if end > finding.end:
            taken.widen(number, finding.start, end)


def _leading_name(text: str, tokens: list[tuple[int, int, str]], taken: Taken) -> None:
    """A name that opens the turn before its number: "jerry khan and 4589"."""
    known = _names()
    at = 0
    for start, stop, word in tokens[:3]:
        if not (taken.free(start, stop) and word.isalpha() and word not in _AFTER):
            break
        at += 1
    behind = at + 1 if at < len(tokens) and tokens[at][2] == "and" else at
    if at and behind < len(tokens) and not taken.free(*tokens[behind][:2]) and all(t[2] in known for t in tokens[:at]):
        taken.take("PERSON", tokens[0][0], tokens[at - 1][1])


def _heads(tokens: list[tuple[int, int, str]], taken: Taken) -> None:
    """The letters before a long number are part of it: "policy is abc 123456789"."""
    ends = {stop: (start, word) for start, stop, word in tokens}
    for number, finding in enumerate(taken.findings):
        start, word = ends.get(finding.start - 1, (0, ""))
        if finding.type in ("ACCOUNT", "PHONE", "TICKET", "ORDER") and 2 <= len(word) <= 4 and word.isalpha() and (
                word not in _everyday() and word not in _NUMBER_WORDS and taken.free(start, start + len(word))):
            taken.widen(number, start, finding.end, kind="ACCOUNT" if finding.type == "PHONE" else None)


def _address_tails(text: str, tokens: list[tuple[int, int, str]], taken: Taken) -> None:
    """Town, state and code behind a street belong to the address."""
    for number, finding in enumerate(taken.findings):
        if finding.type != "ADDRESS":
            continue
        end = finding.end
        for start, stop, word in tokens:
            if start < end:
                continue
            if start - end > 1 or word in _ADDRESS_END or not taken.free(start, stop) or (word.isdigit()
                and len(word) > 6):
                break
            end = stop
        start = address_head(text, tokens, finding.start, taken)
        if end > finding.end or start < finding.start:
            taken.widen(number, start, end)


def _without_taken(start: int, end: int, taken: Taken) -> tuple[int, int]:
    for finding in taken.findings:
        if finding.start <= start < finding.end:
            start = min(finding.end + 1, end)
    return start, end


@cache
def _names() -> frozenset[str]:
    return words("given") | words("given_weak") | words("family")


@cache
def _everyday() -> frozenset[str]:
    return frozenset(ordered("english")[:4000])
