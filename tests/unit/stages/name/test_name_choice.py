from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine.stages.name.candidates import Candidate
from voicemine.stages.name.describe import describe, keywords
from voicemine.stages.name.fit import fit_probability, name_precision
from voicemine.stages.name.quotes import Members, choose_quotes
from voicemine.stages.name.score import assign
from voicemine.stages.name.settings import NameSettings
from voicemine.stages.name.words import Lexicon, tokens

_LEXICON = Lexicon(stop=frozenset({"the", "is", "my", "a", "for"}), lemmas={"refunds": "refund", "bags": "bag"})


def _candidate(*words: str) -> Candidate:
    return Candidate(words, frozenset(words), 0.8, 3)


def test_names_are_unique_and_go_to_the_surest_theme() -> None:
    shared, other = _candidate("late", "parcel"), _candidate("lost", "parcel")
    east, north = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    ranked = [[(2.0, shared, east), (1.0, other, north)], [(3.0, shared, east)]]
    assert assign(ranked, same=0.9) == [1, 0]


def test_names_of_nearly_one_meaning_clash() -> None:
    near = np.array([0.99, 0.14], np.float32)
    ranked = [[(2.0, _candidate("late", "parcel"), np.array([1.0, 0.0], np.float32))],
              [(1.0, _candidate("parcel", "delayed"), near)]]
    assert assign(ranked, same=0.9) == [0, None]
    assert assign(ranked, same=0.999) == [0, 0]


def test_keywords_tell_themes_apart_without_repeating_a_lemma() -> None:
    themes = [[tokens(t) for t in texts] for texts in (
        ["the refund is late", "refunds for the shop", "no refund"],
        ["the bag is late", "bags for the shop", "my bag"])]
    first, second = keywords(themes, _LEXICON, count=3)
    assert first[0] == "refund" and second[0] == "bag"
    assert "refunds" not in first and "late" not in first[:1]


def test_a_word_pair_displaces_its_words() -> None:
    cards = [tokens("gift card gone"), tokens("gift card lost"), tokens("gift card")]
    themes = [cards * 5, [tokens("late parcel")] * 5]
    found = keywords(themes, _LEXICON, count=5)[0]
    assert found[0] == "gift card" and "gift" not in found and "card" not in found


def test_description_states_only_counted_facts() -> None:
    labels = pd.DataFrame({"touchpoint": ["mobile_app"] * 7 + ["none"] * 3, "emotion": ["anger"] * 2 + ["none"] * 8})
    text = describe(["crash", "basket"], labels, name_share=0.8, kind="pain")
    assert text == ("Customers complain about crash and basket; the name fits about 80 % of the mentions. "
                    "70 % concern the mobile app.")


@given(st.floats(0, 1), st.floats(-1, 1))
def test_fit_is_a_probability_that_grows_with_agreement(lexical: float, cosine: float) -> None:
    outside = np.linspace(-0.2, 0.6, 50)
    words, near = np.array([lexical, min(lexical + 0.5, 1.0)]), np.array([cosine, cosine + 0.2])
    low, high = fit_probability(words, near, outside)
    assert 0 <= low <= high <= 1


def test_precision_of_no_members_is_zero() -> None:
    assert name_precision(np.zeros(0), np.zeros(0), np.zeros(0)) == 0.0


def _members(n: int, *, seed: int = 0) -> Members:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 16)) + 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Members(vectors=vectors.astype(np.float32), sentiment=rng.uniform(-1, 0.2, n), words=rng.integers(3, 80, n),
                   authors=[f"a{i % max(n // 2, 1)}" for i in range(n)], wordings=[f"w{i}" for i in range(n)],
                   order=np.arange(n), is_core=np.ones(n, dtype=bool))


@pytest.mark.parametrize("n", [0, 1, 3, 60])
def test_quotes_are_distinct_in_author_and_wording(n: int) -> None:
    members = _members(n)
    chosen = choose_quotes(members, sign=1, settings=NameSettings())
    rows = [i for i, _ in chosen]
    assert len(set(rows)) == len(rows)
    assert len({members.authors[i] for i in rows}) == len(rows)
    assert (n == 0) == (not chosen)


def test_quotes_come_in_order_of_role_and_mind_their_length() -> None:
    members = _members(80, seed=2)
    chosen = choose_quotes(members, sign=1, settings=NameSettings())
    roles = [role for _, role in chosen]
    assert roles == sorted(roles, key=("typical", "extreme", "counter").index)
    assert all(5 <= members.words[i] <= 60 for i, _ in chosen)
    extreme = [members.sentiment[i] for i, role in chosen if role == "extreme"]
    assert extreme and max(extreme) < float(np.median(members.sentiment))
