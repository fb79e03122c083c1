"""Candidate names from a parsed mention: clauses, predicates and noun phrases, in note form."""

from __future__ import annotations

from collections.abc import Iterator

from spacy.tokens import Doc, Token

from voicemine.stages.name.clauses import clauses
from voicemine.stages.name.notes import (
    JOIN,
    LONG,
    NAMELIKE,
    NOT_WORDS,
    SUBJECT,
    VAGUE,
    Phrase,
    child,
    low,
    noun_phrase,
    particle,
    place,
    plain,
)
from voicemine.stages.name.usage import Usage

#: What stands before a noun and not before a verb.
_NOMINAL = frozenset({"det", "amod", "nmod:poss", "nummod", "case", "compound"})


def phrases(doc: Doc, usage: Usage) -> Iterator[Phrase]:
    """Every candidate of one mention, repeats included. usage: what the corpus tells of its verbs."""
    for token in doc:
        if token.pos_ in ("VERB", "AUX") and token.dep_ not in ("aux", "aux:pass", "cop"):
            yield from clauses(token, usage)
        elif token.pos_ == "ADJ":
            yield from _predicates(token)
        elif token.pos_ in NAMELIKE and token.dep_ not in ("compound", "flat") and not _mistaken(token, usage):
            yield from _nouns(token)


def _mistaken(head: Token, usage: Usage) -> bool:
    """Did the parser take a verb for a noun ("book cab", "closes"), as its other uses and its neighbours tell?"""
    around = {c.dep_: c for c in head.lefts}
    if "compound" in around and low(around["compound"]) in usage.verbal:
        return True
    return low(head) in usage.verbal and not around.keys() & _NOMINAL


def _predicates(adjective: Token) -> Iterator[Phrase]:
    if not plain(adjective) or low(adjective) in VAGUE or adjective.dep_ == "amod":
        return
    subject = noun_phrase(child(adjective, SUBJECT), short=True)
    degree = [("not" if low(c) in NOT_WORDS else low(c)) for c in adjective.lefts
              if low(c) in NOT_WORDS or low(c) == "too"]
    degree = degree[-2:] if len(set(degree)) == len(degree) else degree[-1:]
    action = child(adjective, frozenset({"xcomp", "advcl", "ccomp", "csubj"}))
    to = []
    if action is not None and action.i > adjective.i and any(low(c) == "to" for c in action.lefts):
        to = ["to", low(action), *particle(action)]
        thing = noun_phrase(child(action, "obj"), short=True)
        to += thing if len(thing) <= 2 else []
    where = place(adjective)
    said = [*degree, low(adjective)]
    if subject and (degree or to):
        yield Phrase((*subject, *said, *to), 0.95)
    elif subject:
        yield Phrase((low(adjective), *subject), 0.8)
    if to:
        yield Phrase((*said, *to), 0.85)
    elif degree:
        yield Phrase((*said,), 0.6)
    if where and not subject:
        yield Phrase((*said, *where), 0.7)


def _nouns(head: Token) -> Iterator[Phrase]:
    words = noun_phrase(head)
    if not words:
        return
    first = words[0]
    described = any(c.dep_ == "amod" and low(c) in words for c in head.lefts)
    shape = 0.55 if first in ("no", "too", "not") else 0.6 if described else 0.4 if len(words) > 1 else 0.1
    # "Faster broadband" is a wish for a thing, "slow broadband" says what is wrong with it.
    judged = first in ("no", "too", "not") or any(
        c.dep_ == "amod" and low(c) in words and "Cmp" not in c.morph.get("Degree", []) for c in head.lefts)
    yield Phrase(tuple(words), shape, not judged, is_noun=True)
    case = child(head, "case")
    if case is not None and low(case) in JOIN and child(head, "cop") is not None:
        yield Phrase((low(case), *words), 0.6)
        duration = next((g for g in head.rights if g.dep_ in ("obl", "nmod") and low(g) in LONG), None)
        if duration is not None:
            yield Phrase((low(case), *words, "for", low(duration)), 0.75)
    where = place(head, near=2)
    if where and len(words) <= 3:
        yield Phrase((*words, *where), min(shape + 0.1, 0.8), not judged, is_noun=True)
    if described and len(words) > 2:
        yield Phrase(tuple(noun_phrase(head, short=True)), 0.45, is_thing=True, is_noun=True)
