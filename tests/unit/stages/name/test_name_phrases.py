from __future__ import annotations

import pytest
import spacy
from spacy.tokens import Doc

from voicemine.stages.name.phrases import phrases

_VOCAB = spacy.blank("en").vocab
_PARTICIPLES = {"receive": "received", "pay": "paid"}


def _doc(*tokens: tuple[str, str, str, int, str]) -> Doc:
    """A parsed text: (word, lemma, part of speech, head, label) for each token."""
    words, lemmas, pos, heads, deps = zip(*tokens, strict=True)
    return Doc(_VOCAB, words=list(words), lemmas=list(lemmas), pos=list(pos), heads=list(heads), deps=list(deps))


_CASES = {
    "refund never arrived": _doc(
        ("My", "my", "PRON", 1, "nmod:poss"), ("refund", "refund", "NOUN", 3, "nsubj"),
        ("never", "never", "ADV", 3, "advmod"), ("arrived", "arrive", "VERB", 3, "ROOT")),
    "can't log in": _doc(
        ("I", "I", "PRON", 3, "nsubj"), ("ca", "can", "AUX", 3, "aux"), ("n't", "not", "PART", 3, "advmod"),
        ("log", "log", "VERB", 3, "ROOT"), ("in", "in", "ADP", 3, "compound:prt")),
    "card declined at checkout": _doc(
        ("The", "the", "DET", 1, "det"), ("card", "card", "NOUN", 3, "nsubj:pass"),
        ("was", "be", "AUX", 3, "aux:pass"), ("declined", "decline", "VERB", 3, "ROOT"),
        ("at", "at", "ADP", 5, "case"), ("checkout", "checkout", "NOUN", 3, "obl")),
    "order not received": _doc(
        ("I", "I", "PRON", 3, "nsubj"), ("did", "do", "AUX", 3, "aux"), ("n't", "not", "PART", 3, "advmod"),
        ("receive", "receive", "VERB", 3, "ROOT"), ("my", "my", "PRON", 5, "nmod:poss"),
        ("order", "order", "NOUN", 3, "obj")),
    "app keeps crashing": _doc(
        ("The", "the", "DET", 1, "det"), ("app", "app", "NOUN", 2, "nsubj"), ("keeps", "keep", "VERB", 2, "ROOT"),
        ("crashing", "crash", "VERB", 2, "xcomp")),
    "rude staff": _doc(
        ("Your", "your", "PRON", 1, "nmod:poss"), ("staff", "staff", "NOUN", 3, "nsubj"),
        ("was", "be", "AUX", 3, "cop"), ("rude", "rude", "ADJ", 3, "ROOT")),
    "internet too slow": _doc(
        ("The", "the", "DET", 1, "det"), ("internet", "internet", "NOUN", 4, "nsubj"), ("is", "be", "AUX", 4, "cop"),
        ("too", "too", "ADV", 4, "advmod"), ("slow", "slow", "ADJ", 4, "ROOT")),
    "waiting for weeks": _doc(
        ("I", "I", "PRON", 3, "nsubj"), ("have", "have", "AUX", 3, "aux"), ("been", "be", "AUX", 3, "aux"),
        ("waiting", "wait", "VERB", 3, "ROOT"), ("for", "for", "ADP", 5, "case"), ("weeks", "week", "NOUN", 3, "obl")),
    "nobody answers phone": _doc(
        ("Nobody", "nobody", "PRON", 1, "nsubj"), ("answers", "answer", "VERB", 1, "ROOT"),
        ("the", "the", "DET", 3, "det"), ("phone", "phone", "NOUN", 1, "obj")),
    "messed up order": _doc(
        ("A", "a", "DET", 3, "det"), ("messed", "mess", "VERB", 3, "amod"), ("up", "up", "ADP", 1, "compound:prt"),
        ("order", "order", "NOUN", 3, "ROOT")),
    "long wait on phone": _doc(
        ("A", "a", "DET", 2, "det"), ("long", "long", "ADJ", 2, "amod"), ("wait", "wait", "NOUN", 2, "ROOT"),
        ("on", "on", "ADP", 5, "case"), ("the", "the", "DET", 5, "det"), ("phone", "phone", "NOUN", 2, "nmod")),
}


@pytest.mark.parametrize("wanted", list(_CASES))
def test_the_headline_is_among_the_candidates(wanted: str) -> None:
    assert wanted in {" ".join(p.words) for p in phrases(_CASES[wanted], _PARTICIPLES)}


def test_hedged_clauses_and_placeholders_give_no_candidate() -> None:
    hedged = _doc(("I", "I", "PRON", 2, "nsubj"), ("would", "would", "AUX", 2, "aux"),
                  ("recommend", "recommend", "VERB", 2, "ROOT"), ("it", "it", "PRON", 2, "obj"))
    named = _doc(("<PERSON_1>", "<PERSON_1>", "PROPN", 1, "nsubj"), ("lied", "lie", "VERB", 1, "ROOT"))
    assert not list(phrases(hedged, {}))
    assert not any("person" in w.lower() for p in phrases(named, {}) for w in p.words)


def test_negated_statements_read_better_than_bare_nouns() -> None:
    found = {" ".join(p.words): p.shape for p in phrases(_CASES["refund never arrived"], {})}
    assert found["refund never arrived"] > found["refund"]
