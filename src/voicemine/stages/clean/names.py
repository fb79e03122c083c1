"""Person names by light means: introductions, salutations, sign-offs, roles, and lists of given and family names."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import ahocorasick_rs

from voicemine.stages.clean import gates as g
from voicemine.stages.clean.lexicon import ordered, words
from voicemine.stages.clean.name_cues import (
    CAPITAL_WORD,
    DID,
    FOLLOWS_START,
    GREET,
    INTRO_HARD,
    INTRO_SOFT,
    NEVER,
    NEXT,
    NOT_OWNER,
    OWNED,
    PLACE_BEFORE,
    PLACE_NEXT,
    ROLE,
    ROLE_ENDS,
    SHORT,
    SIGN_OFF,
    STOP,
    STRONG_ROLE,
    TITLE,
    TOKEN,
    TOWARDS,
    VERBAL,
)
from voicemine.stages.clean.spans import Taken


@lru_cache(maxsize=32_768)
def bare(word: str) -> str:
    """Lower case, without a possessive."""
    word = word.lower().replace("’", "'")
    return word[:-2] if word.endswith("'s") else word.rstrip("'")


class Names:
    """The frozen word lists and the rules over them. Pure: the result depends on the text alone."""

    def __init__(self) -> None:
        self.given = words("given")
        self.weak = words("given_weak")
        self.family = words("family")
        self.family_weak = words("family_weak")
        self.english = words("english")
        self.everyday = frozenset(ordered("english")[:2500])

    def find(self, text: str, taken: Taken, hints: int) -> None:
        """Take the spans of person names in `text`; `hints` are its gates."""
        if hints & g.INTRO:
            self._introduced(text, taken)
        capitals = [(m.start(), m.end(), bare(m[0])) for m in CAPITAL_WORD.finditer(text)]
        likely = [c for c in capitals if c[2] not in self.english or c[2] in self.weak]
        if hints & g.SOFT and (likely or not capitals):
            self._said(text, taken)
        brands = _brands(text, capitals) if likely else []
        if hints & g.TITLE:
            self._titled(text, taken, brands)
        self._greeted(text, taken, brands)
        if not likely:
            if not capitals and len(text) < 400 and not self.given.isdisjoint(text.split()):
                self._heard(text, taken)
            return
        self._signed(text, taken)
        if text.isupper():
            return
        # In a headline every word has a capital, so a capital says nothing there.
        headline = len(capitals) >= 4 and len(capitals) > 0.6 * (text.count(" ") + 1)
        for start, end, word in likely:
            self._listed(text, start, end, word, taken, brands, headline)

    def _is_name(self, word: str) -> bool:
        return word in self.given or word in self.weak or word in self.family

    def _may_be_surname(self, word: str) -> bool:
        return word in self.family or word in self.family_weak or word in self.given or (
            word not in self.english and word not in STOP and len(word) > 2)

    def _extend(self, text: str, end: int) -> int:
        """End of the name that stands before `end`, with the initials and surnames that follow."""
        for _ in range(3):
            following = NEXT.match(text, end)
            if not following or text[end - 2:end] in ("'s", "’s"):
                break
            word = following[2] or following[4]
            if word and not self._may_be_surname(bare(word)):
                break
            end = following.end() - (1 if following[1] else 0)
        return end - 2 if text[end - 2:end] in ("'s", "’s") else end

    def _introduced(self, text: str, taken: Taken) -> None:
        for found in INTRO_HARD.finditer(text):
            if NOT_OWNER.search(text, max(0, found.start() - 14), found.end()):
                continue
            linked = (found.start() == 0 and text.islower()) or found[0].rstrip().lower().endswith((" is", " was", ":",
                "'s", "as", "-", "named", "goes by", "name of"))
            self._take_words(text, found.end(), taken, sure=linked)

    def _said(self, text: str, taken: Taken) -> None:
        for found in INTRO_SOFT.finditer(text):
            self._take_words(text, found.end(), taken, sure=False)

    def _take_words(self, text: str, start: int, taken: Taken, *, sure: bool) -> None:
        """Up to three words from `start` on; an unsure cue wants the first of them on the list of given names."""
        end = at = start
        for number in range(3):
            found = TOKEN.match(text, at)
            if not found:
                break
            word, capital = bare(found[0]), found[0][0].isupper()
            if word in STOP:
                break
            if number == 0:
                listed = word in self.given or (word in self.weak and word not in NEVER and (
                    capital or self._family_follows(text, found.end())))
                unknown = word not in self.everyday and not VERBAL.search(word)
                if not (listed or (sure and (unknown or word in self.family
                                             or (word in self.family_weak and capital)))):
                    break
                if not sure and PLACE_NEXT.match(text, found.end()):
                    break
            elif not self._may_be_surname(word) or (not capital and word not in self.family_weak
                                                    and VERBAL.search(word)) or not (
                    capital or word in self.family or word in self.given or sure):
                break
            end = found.end()
            if text[end:end + 1] != " ":
                break
            at = end + 1
        if text[end - 2:end] in ("'s", "’s"):
            end -= 2
        taken.take("PERSON", start, end)

    def _family_follows(self, text: str, at: int) -> bool:
        following = TOKEN.match(text, at + 1) if text[at:at + 1] == " " else None
        return following is not None and (following[0] in self.family or following[0] in self.given)

    def _titled(self, text: str, taken: Taken, brands: list[tuple[int, int]]) -> None:
        for found in TITLE.finditer(text):
            capital = CAPITAL_WORD.match(text, found.end())
            if capital is None:
                heard = TOKEN.match(text, found.end())
                if heard and found[0][0].islower() and (self._is_name(heard[0]) or heard[0] in self.family_weak):
                    taken.take("PERSON", heard.start(), heard.end())
                continue
            word = bare(capital[0])
            if word in STOP or _inside(capital.start(), brands) or word in _OFFICES:
                continue
            if found[0].strip(" .") in _LOOSE_TITLES and word in self.english and not self._is_name(word):
                continue
            taken.take("PERSON", capital.start(), self._extend(text, capital.end()))

    def _signed(self, text: str, taken: Taken) -> None:
        if not _may_be_signed(text):
            return
        found = SIGN_OFF.search(text, max(0, len(text) - 90))
        if not found:
            return
        group = next(i for i in (1, 2, 3) if found[i])
        parts = [bare(p) for p in re.split(r"[ .]+", found[group]) if p]
        named = parts[0] in self.given or (parts[0] in self.weak and parts[0] not in NEVER) or (
            len(parts) > 1 and parts[-1] in self.family and parts[0] not in self.english)
        if group == 1 and "\n" in found[0]:
            named = named or parts[0] not in self.english
        if named and STOP.isdisjoint(parts):
            taken.take("PERSON", found.start(group), found.end(group))

    def _greeted(self, text: str, taken: Taken, brands: list[tuple[int, int]]) -> None:
        for found in GREET.finditer(text):
            capital = CAPITAL_WORD.match(text, found.end())
            if capital is None:
                heard = TOKEN.match(text, found.end())
                if heard and heard[0] in self.given and text[heard.end():heard.end() + 1] in ("", ",", "!", ".", "\n"):
                    taken.take("PERSON", heard.start(), heard.end())
                continue
            word = bare(capital[0])
            if word in STOP or word in NEVER or _inside(capital.start(), brands):
                continue
            end = self._extend(text, capital.end())
            closed = text[end:end + 1] in ("", ",", "!", ".", "\n", ":")
            known = word in self.weak or word in self.family or (word not in self.english and text[end:end + 1] == ",")
            if word in self.given or (known and (closed or text[end:end + 5] == " for ")):
                taken.take("PERSON", capital.start(), end)

    def _listed(self, text: str, start: int, end: int, word: str, taken: Taken, brands: list[tuple[int, int]],
                headline: bool) -> None:
        """A capitalised word: a given name of the lists, or any word that its neighbours mark as a name."""
        if word in STOP or not taken.free(start, end) or _inside(start, brands):
            return
        listed = word in self.given or word in self.weak
        role = ROLE.search(text, max(0, start - 36), start + 1) if _role_may_end(text, start) else None
        cued = bool(role and role.end() == start and STRONG_ROLE.search(role[0]))
        if not listed and not cued and word not in self.family:
            return
        whole = self._extend(text, end)
        if PLACE_NEXT.match(text, end) or PLACE_NEXT.match(text, whole) or PLACE_BEFORE.search(text, max(0, start - 8),
            start):
            return
        last = bare(text[start:whole].rsplit(" ", 1)[-1])
        surname = last != word and (last in self.family or last in self.family_weak)
        acted = DID.match(text, whole) is not None
        owner = text[whole:whole + 2] in ("'s", "’s")
        if owner and not OWNED.match(text, whole + 2):
            return
        if word in self.given:
            short = len(word) <= 3 and word not in SHORT
            lead = start == 0 or text[start - 2:start] in (". ", "! ", "? ")
            doubtful = headline or short or (lead and not FOLLOWS_START.match(text, whole)) or (
                TOWARDS.search(text, max(0, start - 12), start) is not None)
            if not doubtful or surname or cued or acted or owner:
                taken.take("PERSON", start, whole)
        elif word in self.weak:
            if surname or cued or (acted and word not in NEVER):
                taken.take("PERSON", start, whole)
        elif (cued and (word in self.family or word not in self.english)
              and (acted or surname or _ends(text, whole))) or (surname and word not in self.english and not headline):
            taken.take("PERSON", start, whole)

    def _heard(self, text: str, taken: Taken) -> None:
        """Lower-case text, as speech-to-text writes it: only names that are no other word."""
        for found in TOKEN.finditer(text):
            word = found[0]
            if len(word) < 4 or word not in self.given or word in self.english or not word.isascii():
                continue
            end = found.end()
            following = TOKEN.match(text, end + 1) if text[end:end + 1] == " " else None
            surname = following and following[0] not in self.english and (following[0] in self.family
                or following[0] in self.given)
            if surname and following:
                end = following.end()
            if surname or (found.start() == 0 and (end == len(text) or _AFTER_HEARD.match(text, end))):
                taken.take("PERSON", found.start(), end)


_AFTER_HEARD = re.compile(r"(?: and)? \d| and ")
_LOOSE_TITLES = frozenset(("Doctor", "Nurse", "Sir", "Madam", "Miss", "Ms", "Professor", "Mister"))
_OFFICES = frozenset("mayor president chairman speaker minister ambassador judge right wrong".split())


@cache
def _phrase_words() -> frozenset[str]:
    return frozenset(bare(w) for phrase in ordered("not_names") for w in re.split(r"[ &\-]+", phrase) if w)


@cache
def _phrases() -> ahocorasick_rs.AhoCorasick:
    listed = ordered("not_names")
    return ahocorasick_rs.AhoCorasick([*listed, *(re.sub(r"^([dm]r) ", r"\1. ", p) for p in listed if p[1:3] == "r ")])


def _brands(text: str, capitals: list[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Spans of brands and other things that are called like people."""
    if _phrase_words().isdisjoint(word for _, _, word in capitals):
        return []
    lowered = text.lower()
    if len(lowered) != len(text):
        return []
    found = _phrases().find_matches_as_indexes(lowered.replace("’", "'"), overlapping=True)
    return [(a, b) for _, a, b in found if not lowered[a - 1:a].isalnum() and not lowered[b:b + 1].isalnum()]


def _may_be_signed(text: str) -> bool:
    """Whether SIGN_OFF can match: the last word holds a capital."""
    tail = text[-90:].rsplit(None, 1)
    return bool(tail) and tail[-1] != tail[-1].lower()


def _role_may_end(text: str, at: int) -> bool:
    """Whether a match of ROLE can end at `at`, judged by the word before it."""
    if text[at - 1:at] != " ":
        return False
    before = text[max(0, at - 36):at - 1].rsplit(None, 1)
    return bool(before) and (before[-1] in ROLE_ENDS or not before[-1].isalpha())


def _inside(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(a <= at < b for a, b in spans)


def _ends(text: str, at: int) -> bool:
    return text[at:at + 1] in ("", ",", ".", "!", "\n", ")") or text[at:at + 4] in (" at ", " who", " in ", " on ",
        " fro", " and", " was")
