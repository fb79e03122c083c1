"""Candidate names from a parsed mention: clauses, verb + object, predicates and noun phrases, in note form.

Note form leaves out what a headline leaves out: articles, possessives, first- and third-person subjects and
auxiliaries ("my refund has still not been paid" -> "refund not paid"). Negation, `too`, `keeps` and the like stay.
Labels are those of Universal Dependencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from spacy.tokens import Doc, Token

from voicemine.stages.name.words import NEGATIONS


class Phrase(NamedTuple):
    """A candidate: lower-case words, how well its shape reads as a name (0..1), whether it only names a thing, and
    whether it is a noun phrase at all."""

    words: tuple[str, ...]
    shape: float
    is_thing: bool = False
    is_noun: bool = False


_NOT = frozenset({"not", "n't", "nt", "n’t", "never"})
_NOBODY = frozenset({"nobody", "nothing", "none"})
_MODALS = {"ca": "can't", "can": "can't", "could": "couldn't", "wo": "won't", "will": "won't", "would": "wouldn't"}
_DO = {"do": "don't", "does": "doesn't", "did": "didn't"}
_HEDGED = frozenset({"would", "could", "should", "may", "might", "shall", "will", "'ll", "'d"})
_PHASE = frozenset({"keep", "stop", "fail", "refuse", "struggle", "continue"})
_EARLY = frozenset({"still", "always", "constantly", "repeatedly", "continually", "barely", "hardly", "randomly"})
_LATE = frozenset({"late", "twice", "again", "early", "slowly", "badly", "wrong", "incorrectly", "constantly",
                   "repeatedly", "automatically", "properly", "poorly", "down", "anymore", "correctly"})
_SUBJECT = frozenset({"nsubj", "nsubj:pass"})
_VAGUE = frozenset({"same", "other", "whole", "own", "such", "last", "next", "first", "second", "many", "more", "most",
                    "few", "several", "entire", "certain", "different", "actual", "only", "much", "half", "least",
                    "ridiculous", "freaking", "damn", "dear", "sure", "able", "due", "past", "current", "previous"})
_JOIN = frozenset({"of", "on", "at", "for", "in", "with", "from", "to", "during", "by", "after", "before", "about",
                   "without", "between", "into", "through", "over"})
_LONG = frozenset({"hours", "days", "weeks", "months", "ages", "years"})
_UNITS = frozenset({"hour", "hr", "minute", "min", "day", "week", "month", "year", "second"})
_PARTICLES = frozenset({"in", "out", "up", "down", "off", "on", "through", "back", "away", "over"})
#: Nouns that say nothing without a word in front ("wait time").
_EMPTY = _UNITS | {"time", "way", "bit", "lot", "thing", "one", "end", "case", "something", "anything", "everything",
                   "kind", "sort", "reason", "couple", "rest", "fact", "people", "guy"}
_WHEN = frozenset({"today", "yesterday", "tomorrow", "tonight", "monday", "tuesday", "wednesday", "thursday", "friday",
                   "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july", "august",
                   "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
                   "sep", "sept", "oct", "nov", "dec", "morning", "afternoon", "evening", "weekend", "christmas"})
_NAMELIKE = frozenset({"NOUN", "PROPN"})
#: Without an object these verbs read as cut off, unless they are passive.
_OPEN = frozenset({"seem", "offer", "provide", "allow", "include", "cause", "receive", "bring", "put", "expect",
                   "become", "keep", "honour", "honor", "understand", "remember", "ask", "use", "hear", "find", "buy",
                   "tell", "send", "show", "leave", "require", "recommend", "handle"})
_LIGHT = frozenset({"be", "have", "do", "get", "go", "want", "like", "think", "know", "say", "need", "hope", "see",
                    "guess", "mean", "let", "thank", "please", "love", "try", "make", "give", "take", "come", "feel"})


def phrases(doc: Doc, participles: Mapping[str, str]) -> Iterator[Phrase]:
    """Every candidate of one mention, repeats included.

    participles: lemma -> past participle, for "order not received".
    """
    for token in doc:
        if token.pos_ in ("VERB", "AUX") and token.dep_ not in ("aux", "aux:pass", "cop"):
            yield from _clauses(token, participles)
        elif token.pos_ == "ADJ":
            yield from _predicates(token)
        elif token.pos_ in _NAMELIKE and token.dep_ not in ("compound", "flat"):
            yield from _nouns(token)


def _low(token: Token) -> str:
    return str(token.lower_).replace("’", "'")


def _child(token: Token, deps: frozenset[str] | str) -> Token | None:
    wanted = {deps} if isinstance(deps, str) else deps
    return next((c for c in token.children if c.dep_ in wanted), None)


def _plain(token: Token) -> bool:
    """Is the token an ordinary word? Hashtags, handles, numbers, placeholders are not."""
    text = str(token.text)
    return len(text) > 1 and not text.endswith("-") and text.replace("-", "").replace("'", "").isalpha()


def _np(head: Token | None, *, short: bool = False) -> list[str]:
    """A noun phrase in note form; empty where it cannot stand in a name. short: without describing adjectives."""
    if head is None or head.pos_ not in _NAMELIKE or not _plain(head) or _low(head) in _WHEN:
        return []
    if str(head.lemma_).lower() in _EMPTY and not any(c.dep_ == "compound" for c in head.lefts):
        return []
    kept: list[Token] = [head]
    for child in head.lefts:
        if child.dep_ in ("compound", "flat", "nmod:desc") and _plain(child):
            if not any(g.dep_ == "nummod" for g in child.children) and str(child.lemma_).lower() not in _UNITS:
                kept += [g for g in child.lefts if g.dep_ == "compound" and _plain(g)] + [child]
        elif child.dep_ == "amod" and not short and _plain(child):
            degree = [g for g in child.lefts if _low(g) in ("too", "not", "so")]
            if degree and _low(degree[-1]) != "so":
                kept += [degree[-1], child]
            elif _low(child) not in _VAGUE:
                kept.append(child)
                after = head.doc[child.i + 1]
                if child.pos_ == "VERB" and after.i < head.i and _low(after) in _PARTICLES:
                    kept.append(after)
        elif child.dep_ == "det" and _low(child) == "no":
            kept.append(child)
    kept += [c for c in head.rights if c.dep_ in ("flat", "compound") and c.i <= head.i + 2 and _plain(c)]
    words = [_low(t) for t in sorted(kept, key=lambda t: int(t.i))]
    return words if len(words) <= 4 else words[-3:]


def _pp(head: Token, *, near: int = 4) -> list[str]:
    """The first prepositional phrase right of `head`: preposition and short noun phrase."""
    for child in head.rights:
        if child.dep_ in ("obl", "nmod") and child.i - head.i <= near + 2:
            case = _child(child, "case")
            noun = _np(child, short=True)
            if case is not None and _low(case) == "for" and _low(child) in _LONG:
                return ["for", _low(child)]
            if case is not None and _low(case) in _JOIN and noun and len(noun) <= 2:
                return [_low(case), *noun]
    return []


def _particle(verb: Token) -> list[str]:
    """The particle of a phrasal verb ("log in"), which a small parser does not always label as one."""
    for child in verb.rights:
        if _low(child) in _PARTICLES and child.i == verb.i + 1:
            return [_low(child)]
    after = verb.doc[verb.i + 1] if verb.i + 1 < len(verb.doc) else None
    if after is not None and str(verb.lemma_).lower() in ("log", "sign", "check", "lock") and _low(after) in _PARTICLES:
        return [_low(after)]
    return []


def _group(verb: Token) -> tuple[list[str], bool, bool] | None:
    """Verb with negation and phase verbs in note form, whether negated by `do`, whether it is a bare infinitive.

    None where the clause is hedged ("would recommend", "could be better").
    """
    lefts = list(verb.lefts)
    aux = [c for c in lefts if c.dep_ in ("aux", "aux:pass")]
    denied = next((c for c in lefts if _low(c) in _NOT), None)
    modal = next((_low(a) for a in aux if _low(a) in _MODALS), None)
    support = next((_low(a) for a in aux if _low(a) in _DO), None)
    to = any(c.dep_ == "mark" and _low(c) == "to" for c in lefts)
    if denied is None and any(_low(a) in _HEDGED or _low(a) == "can" for a in aux):
        return None
    words = [_low(c) for c in lefts if _low(c) in _EARLY]
    if denied is not None and _low(denied) == "never":
        words.append("never")
    elif denied is not None:
        words.append(_MODALS[modal] if modal else _DO[support] if support else "not")
    if modal and denied is not None and any(_low(a) == "be" for a in aux):
        words.append("be")
    words += [_low(verb), *_particle(verb)]
    return words, bool(support and denied is not None and _low(denied) != "never"), to and denied is None


def _clauses(verb: Token, participles: Mapping[str, str]) -> Iterator[Phrase]:
    made = _group(verb)
    if made is None or not _plain(verb):
        return
    core, by_do, bare = made
    subject = _child(verb, _SUBJECT)
    who = _np(subject)
    if subject is not None and _low(subject) in _NOBODY:
        who = [_low(subject)]
    if len(who) > 3:
        who = who[-2:]
    inner = verb
    complement = _child(verb, "xcomp")
    phase = str(verb.lemma_).lower() in _PHASE and complement is not None and complement.pos_ in ("VERB", "AUX")
    if phase and complement is not None:
        to = ["to"] if any(_low(c) == "to" for c in complement.lefts) else []
        core = [*core, *to, _low(complement), *_particle(complement)]
        inner = complement
    elif complement is not None and complement.pos_ == "ADJ" and complement.i > verb.i:
        core = [*core, _low(complement)]
    what = _np(_child(inner, "obj"))
    tail = [_low(c) for c in inner.rights if c.dep_ == "advmod" and _low(c) in _LATE][:1]
    where = _pp(inner)
    denied = any(w in NEGATIONS or w.endswith("n't") for w in core + who)
    marked = denied or phase or bool(tail) or any(w in _EARLY for w in core)
    lemma = str(verb.lemma_).lower()
    light = lemma in _LIGHT and not marked
    passive = any(c.dep_ in ("aux:pass", "nsubj:pass") for c in verb.lefts)
    cut_off = (lemma in _LIGHT or lemma in _OPEN) and len(core) - denied < 2 and not (what or tail or passive)
    base = (0.45 if bare else 0.6) - (0.25 if light else 0.0)
    if what and by_do and not who and lemma in participles and lemma not in _LIGHT:
        yield Phrase((*what, "not", participles[lemma]), 0.95)
        return
    if who and not cut_off:
        yield Phrase((*who, *core, *tail), 0.7 + 0.3 * marked - 0.3 * light - 0.2 * bool(what))
        if what:
            yield Phrase((*who, *core, *what, *tail), 0.7 + 0.2 * marked - 0.2 * light)
        elif where:
            yield Phrase((*who, *core, *where), 0.7 + 0.15 * marked - 0.2 * light)
    if what:
        yield Phrase((*core, *what, *tail), base + 0.3 * marked)
        if where:
            yield Phrase((*core, *what, *where), base + 0.2 * marked)
    elif where and not who and not light:
        yield Phrase((*core, *where), base + 0.3 * marked)
    if len(core) + len(tail) > 1 and not what and not cut_off:
        yield Phrase((*core, *tail), base + 0.2 * marked - 0.15 * bool(who))


def _predicates(adjective: Token) -> Iterator[Phrase]:
    if not _plain(adjective) or _low(adjective) in _VAGUE or adjective.dep_ == "amod":
        return
    subject = _np(_child(adjective, _SUBJECT), short=True)
    degree = [("not" if _low(c) in _NOT else _low(c)) for c in adjective.lefts
              if _low(c) in _NOT or _low(c) == "too"]
    degree = degree[-2:] if len(set(degree)) == len(degree) else degree[-1:]
    action = _child(adjective, frozenset({"xcomp", "advcl", "ccomp", "csubj"}))
    to = []
    if action is not None and action.i > adjective.i and any(_low(c) == "to" for c in action.lefts):
        to = ["to", _low(action), *_particle(action)]
        thing = _np(_child(action, "obj"), short=True)
        to += thing if len(thing) <= 2 else []
    where = _pp(adjective)
    said = [*degree, _low(adjective)]
    if subject and (degree or to):
        yield Phrase((*subject, *said, *to), 0.95)
    elif subject:
        yield Phrase((_low(adjective), *subject), 0.8)
    if to:
        yield Phrase((*said, *to), 0.85)
    elif degree:
        yield Phrase((*said,), 0.6)
    if where and not subject:
        yield Phrase((*said, *where), 0.7)


def _nouns(head: Token) -> Iterator[Phrase]:
    words = _np(head)
    if not words:
        return
    first = words[0]
    described = any(c.dep_ == "amod" and _low(c) in words for c in head.lefts)
    shape = 0.45 if first in ("no", "too", "not") else 0.6 if described else 0.4 if len(words) > 1 else 0.1
    # "Faster broadband" is a wish for a thing, "slow broadband" says what is wrong with it.
    judged = first in ("no", "too", "not") or any(
        c.dep_ == "amod" and _low(c) in words and "Cmp" not in c.morph.get("Degree", []) for c in head.lefts)
    yield Phrase(tuple(words), shape, not judged, is_noun=True)
    case = _child(head, "case")
    if case is not None and _low(case) in _JOIN and _child(head, "cop") is not None:
        yield Phrase((_low(case), *words), 0.6)
        duration = next((g for g in head.rights if g.dep_ in ("obl", "nmod") and _low(g) in _LONG), None)
        if duration is not None:
            yield Phrase((_low(case), *words, "for", _low(duration)), 0.75)
    where = _pp(head, near=2)
    if where and len(words) <= 3:
        yield Phrase((*words, *where), min(shape + 0.1, 0.8), not judged, is_noun=True)
    if described and len(words) > 2:
        yield Phrase(tuple(_np(head, short=True)), 0.45, is_thing=True, is_noun=True)
