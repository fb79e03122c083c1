"""How a corpus uses its words: which verbs ask for an object, which words are verbs rather than nouns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

_APOSTROPHE = str.maketrans({"’": "'", "`": "'", "´": "'"})
_PASSIVE = frozenset({"aux:pass", "nsubj:pass"})
_COMPLEMENTS = frozenset({"obj", "ccomp", "xcomp"})
#: "It dies every time": a parser takes these for objects.
_TIMES = frozenset({"time", "second", "minute", "hour", "day", "week", "month", "year", "age"})
#: Shares are drawn towards this by as many made-up uses: a verb that was met once or twice tells little.
_PRIOR, _MADE_UP = 0.35, 8
#: From this share on a word is a verb rather than a noun.
_VERBAL = 0.6


@dataclass(frozen=True)
class Usage:
    """What the parsed mentions tell of words.

    participles: verb lemma -> past participle. objects: verb lemma -> share of its active uses that have an object.
    verbal: words that are mostly verbs.
    """

    participles: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, float] = field(default_factory=dict)
    verbal: frozenset[str] = frozenset()

    def asks_object(self, lemma: str) -> float:
        """Share of a verb's active uses that have an object, 0..1; a guess for a verb that was not met."""
        return self.objects.get(lemma, _PRIOR)


def learn_usage(docs: Iterable[Doc]) -> Usage:
    """Usage from parsed mentions; ties go to the first by alphabet."""
    participles: dict[str, Counter[str]] = defaultdict(Counter)
    active, with_object, verbs, seen = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for doc in docs:
        for token in doc:
            word, lemma = (str(t).lower().translate(_APOSTROPHE) for t in (token.text, token.lemma_))
            if not word.isalpha() or not lemma.isalpha():
                continue
            seen[word] += 1
            verbs[word] += token.pos_ == "VERB"
            if token.pos_ != "VERB":
                continue
            if "Part" in token.morph.get("VerbForm", []) and "Past" in token.morph.get("Tense", []):
                participles[lemma][word] += 1
            if _is_active(token):
                active[lemma] += 1
                with_object[lemma] += any(
                    c.dep_ in _COMPLEMENTS and str(c.lemma_).lower() not in _TIMES for c in token.children)
    return Usage(
        participles={w: min(c, key=lambda f: (-c[f], f)) for w, c in sorted(participles.items())},
        objects={w: (with_object[w] + _PRIOR * _MADE_UP) / (n + _MADE_UP) for w, n in sorted(active.items())},
        verbal=frozenset(w for w, n in verbs.items() if n > 1 and n > _VERBAL * seen[w]),
    )


def _is_active(verb: Token) -> bool:
    return verb.dep_ not in ("amod", "acl") and not any(c.dep_ in _PASSIVE for c in verb.children)
