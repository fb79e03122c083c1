from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voicemine.stages.name.candidates import Candidate, frequent_runs, pool, runs_of, usable
from voicemine.stages.name.naming import Named, says_problem, written
from voicemine.stages.name.notes import Phrase
from voicemine.stages.name.words import NOT, Lexicon, bags, tokens, usual_spelling

_LEXICON = Lexicon(stop=frozenset({"the", "a", "my", "is", "on", "of", "in", "have"}),
                   lemmas={"bags": "bag", "lost": "lose", "losing": "lose", "waiting": "wait"})


def test_placeholders_handles_links_and_numbers_break_phrases() -> None:
    assert tokens("Call <PERSON_1> at @shop on https://x.example #fail 300 now") == [
        "Call", "|", "at", "|", "on", "|", "|", "|", "now"]


@given(st.text(max_size=200))
def test_no_token_holds_a_placeholder_sign(text: str) -> None:
    assert not any(ch in word for word in tokens(text) for ch in "<>@#")


def test_spelling_keeps_names_and_drops_shouting() -> None:
    texts = [tokens(t) for t in ("the WiFi is slow", "bad WiFi here", "no WiFi", "WIFI IS AWFUL", "the Bag is here")]
    assert usual_spelling(texts) == {"wifi": "WiFi"}


def test_negations_are_one_lemma_and_verdicts_another() -> None:
    assert {_LEXICON.lemma(w) for w in ("never", "can't", "no", "n't", "nobody")} == {NOT}
    assert _LEXICON.key(("awful", "service")) == _LEXICON.key(("terrible", "service"))


def test_inflections_and_order_fold_into_one_candidate() -> None:
    found = pool([[Phrase(("lost", "bags"), 0.6)], [Phrase(("bag", "lost"), 0.8)], [Phrase(("losing", "bag"), 0.5)]],
                 _LEXICON, max_words=6)
    assert [c.support for c in found] == [3]
    assert found[0].words == ("bag", "lost")


def test_parts_of_a_longer_phrase_are_dropped() -> None:
    both = [Phrase(("poor", "customer"), 0.4), Phrase(("poor", "customer", "service"), 0.6)]
    found = pool([both, both, both], _LEXICON, max_words=6)
    assert [c.words for c in found] == [("poor", "customer", "service")]


def test_cut_off_and_rude_phrases_are_no_names() -> None:
    for words in (("lack", "of"), ("and", "bags"), ("shit", "service"), ("the", "bag"), ("bag", "bag"), ("not",)):
        assert not usable(words, _LEXICON, max_words=6)
    assert usable(("bag", "lost"), _LEXICON, max_words=6)
    assert not usable(("bag", "lost"), _LEXICON, max_words=1)


def test_frequent_runs_need_no_parser() -> None:
    texts = [tokens(t) for t in ("pas de connexion", "toujours pas de connexion", "pas de connexion hier")]
    lexicon = Lexicon(stop=frozenset({"de"}))
    runs = frequent_runs([runs_of(t, lexicon) for t in texts], least=3)
    assert all(("pas", "de", "connexion") in {p.words for p in own} for own in runs)


def test_bags_hold_each_lemma_once() -> None:
    made = bags([tokens("Lost bags, lost bag"), tokens("the bag")], _LEXICON)
    assert made.table.toarray().tolist() == [[1.0, 1.0], [0.0, 1.0]]
    assert set(made.index) == {"lose", "bag"}


def test_candidates_remember_how_their_mentions_feel() -> None:
    found = pool([[Phrase(("bag", "lost"), 0.8)], [Phrase(("bag", "lost"), 0.8)]], _LEXICON, max_words=6,
                 sentiment=[-1.0, -0.5])
    assert found == [Candidate(("bag", "lost"), frozenset({"bag", "lose"}), 0.8, 2, 0, -0.75)]


def test_a_thing_in_a_pain_theme_is_written_as_a_problem_with_it() -> None:
    vector = np.zeros(2, np.float32)
    assert written(Named(("phone", "line"), frozenset({"phone", "line"}), vector, is_thing=True), _LEXICON) == (
        "Problems with phone line")
    assert written(Named(("phone", "dead"), frozenset({"phone", "dead"}), vector), _LEXICON) == "Phone dead"


def test_a_name_says_the_problem_by_a_noun_of_trouble_or_a_denial() -> None:
    def says(*words: str) -> bool:
        return says_problem(Named(words, _LEXICON.key(words), np.zeros(2, np.float32)))

    assert says("phone", "queue")
    assert not says("phone", "line")
    assert says("no", "call")
    assert says("never", "call")
    assert says("incorrect", "address")


def test_what_denies_a_trouble_is_held_against_those_who_have_it() -> None:
    assert _LEXICON.denies_trouble(("no", "phone", "queue"))
    assert not _LEXICON.denies_trouble(("no", "reply"))
    assert not _LEXICON.denies_trouble(("no", "reply", "in", "error"))
    said = [[Phrase(("no", "queue"), 0.5)], *[[Phrase(("queue",), 0.1)]] * 4]
    denial = next(c for c in pool(said, _LEXICON, max_words=6) if "no" in c.words)
    assert denial.denied < 0.5


def test_the_usual_wording_stands_for_its_phrase() -> None:
    said = [*[[Phrase(("waiting", "for", "order"), 0.6)]] * 3, [Phrase(("order", "waiting"), 0.7)]]
    lexicon = Lexicon(stop=frozenset({"for"}), lemmas={"waiting": "wait"})
    assert pool(said, lexicon, max_words=6)[0].words == ("waiting", "for", "order")


def test_noun_phrases_are_marked_as_things() -> None:
    said = [[Phrase(("phone", "line"), 0.4, is_thing=True)], [Phrase(("line", "dead"), 0.8)]]
    found = pool(said, _LEXICON, max_words=6)
    assert {c.words: c.is_thing for c in found} == {("phone", "line"): True, ("line", "dead"): False}
