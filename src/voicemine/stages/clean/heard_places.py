"""Addresses as speech-to-text writes them: "9415 jonathan pines austin tx 78701", without a comma or a capital.

A street number opens the address, words that say nothing else follow, and something must vouch for it: a word such
as "road", a state or a code at the end, or the word "address" in front.
"""

from __future__ import annotations

import re

from voicemine.stages.clean.places import STATE_CODES
from voicemine.stages.clean.spans import Taken

Token = tuple[int, int, str]
"""Start, end and text of a word."""

_STREETS = frozenset(
    "street st road rd avenue ave drive dr lane ln court ct terrace parkway pkwy highway hwy boulevard blvd circle "
    "square nagar colony suite apt apartment expressway heights ridge estate veethi salai marg".split())
# Codes of states that are no everyday words, and names.
_STATES = (frozenset(STATE_CODES.lower().split("|")) - frozenset("dc id in me ok or".split())) | frozenset(
    "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho "
    "illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi "
    "missouri montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia "
    "washington wisconsin wyoming usa us uk india canada".split())
# Words that no address holds: they say that a sentence goes on.
_NOT = frozenset(
    "the a an i me my we our you your he she they it its is was are were be been am this that these those and or but "
    "so if then because than as for from with without of to in on at by about after before until since while when "
    "where who what which how why not no yes do does did done can could will would should have has had get got gets "
    "getting go going went take took make made pay paid need want please thanks thank sorry just only also still too "
    "very all any every each other more most less much many out up off down over again ago per each there here "
    "transfer change update cancel cancelled book booked booking flight order ordered ticket call called phone number "
    "email mail password card account money amount balance bill charge charged delivered delivery sent send received "
    "waiting waited late app update version love great good bad best worst nice like works working worked "
    "seat seats bag bags ssn name zip code".split())
#: What a number counts or measures: it is no code and no street number then.
UNITS = frozenset(
    "dollars dollar usd rupees rs euros pounds points coins times days weeks months years year hours minutes "
    "people stars miles percent items am pm mb gb kb km kg lbs cents players games cars inch mp px photos "
    "reviews".split())
_UNITS = UNITS | frozenset(
    "time day week month hour hrs mins min star mile mg pages orders messages calls k x gen th nd lakh crore "
    "mph".split())
_CUE = re.compile(r"(?:ad?dres?s?s?|street|location)\Z")
_BETWEEN = frozenset("is its it no at in to my new old yes here sure".split())
_FIELD = re.compile(r"^ *(street|city|town|state|state full|county|country|zip code|zip) *\n *([a-z0-9 ]{2,60}?) *$",
                    re.MULTILINE)
_MOST = 14


def spoken_addresses(text: str, tokens: list[Token], taken: Taken) -> None:
    """Addresses among the words of a text that has neither capitals nor punctuation."""
    fields = list(_FIELD.finditer(text))
    if len(fields) >= 2:
        for field in fields:
            taken.take("ADDRESS", field.start(2), field.end(2))
    at = 0
    while at < len(tokens):
        end = _end(text, tokens, at, taken)
        cued = _cued(tokens, at)
        if end > at and _vouched(text, tokens, at, end, taken, cued=cued):
            taken.take("ADDRESS", tokens[at][0], tokens[end - 1][1])
            at = end
        else:
            at += 1


def address_head(text: str, tokens: list[Token], start: int, taken: Taken) -> int:
    """Where an address whose street or town begins at `start` really begins: at its number, "no" included."""
    before = [t for t in tokens if t[1] <= start]
    for back in range(len(before) - 1, max(-1, len(before) - 6), -1):
        begin, stop, word = before[back]
        if not taken.free(begin, stop) or word in _UNITS or (word in _NOT and word not in ("a", "no")):
            break
        if word == "no" or (word.isdigit() and len(word) <= 5):
            start = begin
        if "\n" in text[begin:start]:
            break
    return start


def _opens(word: str, *, cued: bool) -> bool:
    return (word.isdigit() and len(word) <= 5) or bool(re.match(r"\d{1,5}[a-d]\Z", word)) or word in (
        "suite", "apt", "apartment") or cued


def _cued(tokens: list[Token], at: int) -> bool:
    """Whether "address" stands before the word, with nothing but small words between."""
    before = at - 1
    while before >= 0 and at - before < 4 and tokens[before][2] in _BETWEEN:
        before -= 1
    return before >= 0 and bool(_CUE.match(tokens[before][2])) and tokens[at][2] not in _BETWEEN


def _end(text: str, tokens: list[Token], at: int, taken: Taken) -> int:
    """Where the words of an address that opens at `at` end; `at` itself where none opens."""
    if not _opens(tokens[at][2], cued=_cued(tokens, at)):
        return at
    end = at
    while end < len(tokens) and end - at < _MOST:
        start, stop, word = tokens[end]
        if not taken.free(start, stop) or (word.isdigit() and len(word) > 9):
            break
        if end > at and "\n" in text[tokens[end - 1][1]:start] and not _goes_on(tokens, at, end):
            break
        if word in _UNITS or (word in _NOT and not (word == "no" and end == at)):
            # A sentence that goes on behind the number was no address.
            return at if end - at < 3 or word in _UNITS else end
        end += 1
    return end


def _goes_on(tokens: list[Token], at: int, end: int) -> bool:
    """Whether a new line still belongs to the address: it ends in a state or a code."""
    line = tokens[end:end + 5]
    return any(w in _STATES or (w.isdigit() and 4 <= len(w) <= 6) for _, _, w in line)


def _vouched(text: str, tokens: list[Token], at: int, end: int, taken: Taken, *, cued: bool) -> bool:
    words = [w for _, _, w in tokens[at:end]]
    named = [w for w in words if w.isalpha() and len(w) > 2 and w not in _STREETS]
    if not named:
        return False
    numbered = any(c.isdigit() for w in words for c in w)
    if cued:
        return numbered or (len(words) >= 2 and any(w in _STATES for w in words))
    # Without the cue, the address is all that the turn or the line says behind a name or another answer.
    opens = at == 0 or "\n" in text[tokens[at - 1][1]:tokens[at][0]] or not taken.free(*tokens[at - 1][:2]) or (
        tokens[at - 1][2] in _BETWEEN) or (at <= 3 and not any(w in _NOT for _, _, w in tokens[:at]))
    closes = end == len(tokens) or "\n" in text[tokens[end - 1][1]:tokens[end][0]] or not taken.free(
        *tokens[end][:2]) or tokens[end][2] in ("phone", "contact", "my", "ph", "email", "mobile", "and", "zip")
    if not (opens and closes and words[0][0].isdigit()):
        return words[0] in ("suite", "apt") and len(words) >= 2 and opens and closes
    last = tokens[end][2] if end < len(tokens) and not taken.free(*tokens[end][:2]) else words[-1]
    coded = (words[-1].isdigit() and 3 <= len(words[-1]) <= 9) or (last.isdigit() and 5 <= len(last) <= 9)
    street = any(w in _STREETS for w in words[2:])
    return len(words) >= 3 and (street or coded or words[-1] in _STATES)
