"""The parts of a candidate name in note form: noun phrases, prepositional phrases, particles.

Note form leaves out what a headline leaves out: articles, possessives, first- and third-person subjects and
auxiliaries ("my refund has still not been paid" -> "refund not paid"). Negation, `too`, `keeps` and the like stay.
Labels are those of Universal Dependencies.
"""

from __future__ import annotations

from typing import NamedTuple

from spacy.tokens import Token


class Phrase(NamedTuple):
    """A candidate: lower-case words, how well its shape reads as a name (0..1), whether it only names a thing, and
    whether it is a noun phrase at all."""

    words: tuple[str, ...]
    shape: float
    is_thing: bool = False
    is_noun: bool = False


NOT_WORDS = frozenset({"not", "n't", "nt", "n’t", "never"})
SUBJECT = frozenset({"nsubj", "nsubj:pass"})
VAGUE = frozenset({"same", "other", "whole", "own", "such", "last", "next", "first", "second", "many", "more", "most",
                   "few", "several", "entire", "certain", "different", "actual", "only", "much", "half", "least",
                   "ridiculous", "freaking", "damn", "dear", "sure", "able", "due", "past", "current", "previous"})
JOIN = frozenset({"of", "on", "at", "for", "in", "with", "from", "to", "during", "by", "after", "before", "about",
                  "without", "between", "into", "through", "over"})
LONG = frozenset({"hours", "days", "weeks", "months", "ages", "years"})
PARTICLES = frozenset({"in", "out", "up", "down", "off", "on", "through", "back", "away", "over"})
_UNITS = frozenset({"hour", "hr", "minute", "min", "day", "week", "month", "year", "second"})
#: Nouns that say nothing without a word in front ("wait time").
_EMPTY = _UNITS | {"time", "way", "bit", "lot", "thing", "one", "end", "case", "something", "anything", "everything",
                   "kind", "sort", "reason", "couple", "rest", "fact", "people", "guy"}
_WHEN = frozenset({"today", "yesterday", "tomorrow", "tonight", "monday", "tuesday", "wednesday", "thursday", "friday",
                   "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july", "august",
                   "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
                   "sep", "sept", "oct", "nov", "dec", "morning", "afternoon", "evening", "weekend", "christmas"})
NAMELIKE = frozenset({"NOUN", "PROPN"})


def low(token: Token) -> str:
    """The word in lower case, with a straight apostrophe."""
    return str(token.lower_).replace("’", "'")


def child(token: Token, deps: frozenset[str] | str) -> Token | None:
    """The first child that stands in one of these relations."""
    wanted = {deps} if isinstance(deps, str) else deps
    return next((c for c in token.children if c.dep_ in wanted), None)


def plain(token: Token) -> bool:
    """Is the token an ordinary word? Hashtags, handles, numbers, placeholders are not."""
    text = str(token.text)
    return len(text) > 1 and not text.endswith("-") and text.replace("-", "").replace("'", "").isalpha()


def noun_phrase(head: Token | None, *, short: bool = False) -> list[str]:
    """A noun phrase in note form; empty where it cannot stand in a name. short: without describing adjectives."""
    if head is None or head.pos_ not in NAMELIKE or not plain(head) or low(head) in _WHEN:
        return []
    if str(head.lemma_).lower() in _EMPTY and not any(c.dep_ == "compound" for c in head.lefts):
        return []
    kept: list[Token] = [head]
    for left in head.lefts:
        if left.dep_ in ("compound", "flat", "nmod:desc") and plain(left):
            if not any(g.dep_ == "nummod" for g in left.children) and str(left.lemma_).lower() not in _UNITS:
                kept += [g for g in left.lefts if g.dep_ == "compound" and plain(g)] + [left]
        elif left.dep_ == "amod" and not short and plain(left):
            degree = [g for g in left.lefts if low(g) in ("too", "not", "so")]
            if degree and low(degree[-1]) != "so":
                kept += [degree[-1], left]
            elif low(left) not in VAGUE:
                kept.append(left)
                after = head.doc[left.i + 1]
                if left.pos_ == "VERB" and after.i < head.i and low(after) in PARTICLES:
                    kept.append(after)
        elif left.dep_ == "det" and low(left) == "no":
            kept.append(left)
    kept += [c for c in head.rights if c.dep_ in ("flat", "compound") and c.i <= head.i + 2 and plain(c)]
    described = [t.i for t in kept if t.dep_ == "amod"]
    # "Shop bad system": what stands before an adjective is no part of the compound.
    kept = [t for t in kept if t.dep_ not in ("compound", "flat") or t.i > max(described, default=-1)]
    words = [low(t) for t in sorted(kept, key=lambda t: int(t.i))]
    return words if len(words) <= 4 else words[-3:]


def place(head: Token, *, near: int = 4) -> list[str]:
    """The first prepositional phrase right of `head`: preposition and short noun phrase."""
    for right in head.rights:
        if right.dep_ in ("obl", "nmod") and right.i - head.i <= near + 2:
            case = child(right, "case")
            noun = noun_phrase(right, short=True)
            if case is not None and low(case) == "for" and low(right) in LONG:
                return ["for", low(right)]
            if case is not None and low(case) in JOIN and noun and len(noun) <= 2:
                return [low(case), *noun]
    return []


def particle(verb: Token) -> list[str]:
    """The particle of a phrasal verb ("log in"), which a small parser does not always label as one."""
    for right in verb.rights:
        if low(right) in PARTICLES and (right.i == verb.i + 1 or right.dep_ == "compound:prt"):
            return [low(right)]
    after = verb.doc[verb.i + 1] if verb.i + 1 < len(verb.doc) else None
    if after is not None and str(verb.lemma_).lower() in ("log", "sign", "check", "lock") and low(after) in PARTICLES:
        return [low(after)]
    return []


