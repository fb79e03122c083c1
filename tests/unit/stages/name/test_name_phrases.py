from __future__ import annotations

import pytest
import spacy
from spacy.tokens import Doc

from voicemine.stages.name.phrases import phrases
from voicemine.stages.name.usage import Usage, learn_usage

_VOCAB = spacy.blank("en").vocab
_USAGE = Usage(participles={"receive": "received", "pay": "paid", "charge": "charged", "have": "had"},
               objects={"pay": 0.7, "fix": 0.9, "say": 0.9}, verbal=frozenset({"book"}))


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
    "no broadband": _doc(
        ("I", "I", "PRON", 3, "nsubj"), ("do", "do", "AUX", 3, "aux"), ("n't", "not", "PART", 3, "advmod"),
        ("have", "have", "VERB", 3, "ROOT"), ("broadband", "broadband", "NOUN", 3, "obj")),
    "fee charged twice": _doc(
        ("They", "they", "PRON", 1, "nsubj"), ("charged", "charge", "VERB", 1, "ROOT"), ("a", "a", "DET", 3, "det"),
        ("fee", "fee", "NOUN", 1, "obj"), ("twice", "twice", "ADV", 1, "advmod")),
    "messed up": _doc(
        ("They", "they", "PRON", 1, "nsubj"), ("messed", "mess", "VERB", 1, "ROOT"), ("it", "it", "PRON", 1, "obj"),
        ("up", "up", "ADP", 1, "compound:prt")),
    "can't get anyone on phone": _doc(
        ("I", "I", "PRON", 3, "nsubj"), ("ca", "can", "AUX", 3, "aux"), ("n't", "not", "PART", 3, "advmod"),
        ("get", "get", "VERB", 3, "ROOT"), ("anyone", "anyone", "PRON", 3, "obj"), ("on", "on", "ADP", 7, "case"),
        ("the", "the", "DET", 7, "det"), ("phone", "phone", "NOUN", 3, "obl")),
}

_FRAGMENTS = {
    "crashes out": _doc(
        ("It", "it", "PRON", 1, "nsubj"), ("crashes", "crash", "VERB", 1, "ROOT"),
        ("out", "out", "ADP", 1, "compound:prt")),
    "says box": _doc(
        ("The", "the", "DET", 1, "det"), ("courier", "courier", "NOUN", 2, "nsubj"), ("says", "say", "VERB", 2, "ROOT"),
        ("one", "one", "NUM", 4, "nummod"), ("box", "box", "NOUN", 2, "obj")),
    "pass pays": _doc(
        ("The", "the", "DET", 1, "det"), ("pass", "pass", "NOUN", 2, "nsubj"), ("pays", "pay", "VERB", 2, "ROOT"),
        ("for", "for", "ADP", 4, "case"), ("itself", "itself", "PRON", 2, "obl")),
    "can't fix": _doc(
        ("You", "you", "PRON", 3, "nsubj"), ("ca", "can", "AUX", 3, "aux"), ("n't", "not", "PART", 3, "advmod"),
        ("fix", "fix", "VERB", 3, "ROOT"), ("it", "it", "PRON", 3, "obj")),
    "book cab": _doc(
        ("To", "to", "PART", 2, "mark"), ("book", "book", "NOUN", 2, "compound"), ("cab", "cab", "NOUN", 2, "ROOT")),
}


@pytest.mark.parametrize("fragment", list(_FRAGMENTS))
def test_what_lost_its_subject_or_object_is_no_candidate(fragment: str) -> None:
    assert fragment not in {" ".join(p.words) for p in phrases(_FRAGMENTS[fragment], _USAGE)}


def test_usage_tells_verbs_that_ask_for_an_object_from_those_that_do_not() -> None:
    fixed = _doc(("I", "I", "PRON", 1, "nsubj"), ("fix", "fix", "VERB", 1, "ROOT"), ("lamps", "lamp", "NOUN", 1, "obj"))
    failed = _doc(("Lamps", "lamp", "NOUN", 1, "nsubj"), ("fail", "fail", "VERB", 1, "ROOT"))
    usage = learn_usage([fixed, failed] * 6)
    assert usage.asks_object("fix") > 0.6 > 0.3 > usage.asks_object("fail")
    assert usage.asks_object("shine") == pytest.approx(0.35)
    assert usage.verbal == {"fix", "fail"}


@pytest.mark.parametrize("wanted", list(_CASES))
def test_the_headline_is_among_the_candidates(wanted: str) -> None:
    assert wanted in {" ".join(p.words) for p in phrases(_CASES[wanted], _USAGE)}


def test_hedged_clauses_and_placeholders_give_no_candidate() -> None:
    hedged = _doc(("I", "I", "PRON", 2, "nsubj"), ("would", "would", "AUX", 2, "aux"),
                  ("recommend", "recommend", "VERB", 2, "ROOT"), ("it", "it", "PRON", 2, "obj"))
    named = _doc(("<PERSON_1>", "<PERSON_1>", "PROPN", 1, "nsubj"), ("lied", "lie", "VERB", 1, "ROOT"))
    assert not list(phrases(hedged, Usage()))
    assert not any("person" in w.lower() for p in phrases(named, Usage()) for w in p.words)


def test_negated_statements_read_better_than_bare_nouns() -> None:
    found = {" ".join(p.words): p.shape for p in phrases(_CASES["refund never arrived"], Usage())}
    assert found["refund never arrived"] > found["refund"]


def test_a_passive_with_an_object_puts_the_object_first() -> None:
    charged = _doc(("I", "I", "PRON", 2, "nsubj:pass"), ("was", "be", "AUX", 2, "aux:pass"),
                   ("charged", "charge", "VERB", 2, "ROOT"), ("a", "a", "DET", 4, "det"),
                   ("fee", "fee", "NOUN", 2, "obj"))
    assert "fee charged" in {" ".join(p.words) for p in phrases(charged, Usage())}


def test_an_adjective_parts_a_compound() -> None:
    shop = _doc(("Shop", "shop", "NOUN", 2, "compound"), ("bad", "bad", "ADJ", 2, "amod"),
                ("system", "system", "NOUN", 2, "ROOT"))
    assert [" ".join(p.words) for p in phrases(shop, Usage())] == ["bad system"]
