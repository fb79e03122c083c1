"""Which words drove a label, with a model whose driving words are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicemine.stages.classify.explain import MOST, explain, spans_of, without

FEELINGS = ("negative", "positive")
PAIN = ("0", "1")


class WordReader:
    """Negative by 0.6 for "rude", less by 0.2 for "kind", from 0.3; a pain from the word "broke". Counts batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, texts: Sequence[str]) -> Mapping[str, tuple[tuple[str, ...], np.ndarray]]:
        self.batches.append(len(texts))
        negative = np.array([0.3 + 0.6 * ("rude" in t) - 0.2 * ("kind" in t) for t in texts])
        pain = np.array([0.1 + 0.35 * ("broke" in t) for t in texts])
        return {"sentiment": (FEELINGS, np.stack([negative, 1 - negative], axis=1)),
                "pain": (PAIN, np.stack([1 - pain, pain], axis=1))}


def test_the_driving_word_comes_first_and_what_speaks_against_is_negative() -> None:
    read = WordReader()
    feeling, _ = explain("The courier was rude, the shop kind.", read=read)
    assert (feeling.label_set, feeling.label) == ("sentiment", "negative")
    assert feeling.confidence == pytest.approx(0.7)
    assert [(w.text, round(w.weight, 6)) for w in feeling.words[:2]] == [("rude", 0.6), ("kind", -0.2)]
    assert [w.weight for w in feeling.words[2:]] == pytest.approx([0.0] * 5)
    assert [w.start for w in feeling.words[2:]] == sorted(w.start for w in feeling.words[2:])
    assert read.batches == [8], "the text and each of its seven words, in one batch"


def test_a_pain_is_told_by_the_threshold_of_the_run() -> None:
    _, usual = explain("The zip broke.", read=WordReader())
    assert usual.label == "false" and usual.confidence == pytest.approx(0.55)
    assert usual.words[0].text == "broke" and usual.words[0].weight == pytest.approx(-0.35)
    _, low = explain("The zip broke.", read=WordReader(), pain_threshold=0.4)
    assert low.label == "true" and low.confidence == pytest.approx(0.45)
    assert low.words[0].weight == pytest.approx(0.35)


def test_a_long_text_is_read_in_runs_of_words() -> None:
    text = " ".join(["fine"] * 150 + ["rude"] + ["fine"] * 49)
    read = WordReader()
    feeling, _ = explain(text, read=read)
    assert read.batches == [51]
    assert feeling.words[0].text.split() == ["fine"] * 2 + ["rude"] + ["fine"]
    assert feeling.words[0].weight == pytest.approx(0.6)


@pytest.mark.parametrize("text, words", [
    ("It's <EMAIL_2>, not <PERSON>!", ["It's", "<EMAIL_2>", "not", "<PERSON>", "!"]),
    ("bad 😡 :( … (well-made)", ["bad", "😡", ":(", "well-made"]),
    ("...", []), ("", []),
])
def test_what_counts_as_a_word(text: str, words: list[str]) -> None:
    assert [text[a:b] for a, b in spans_of(text)] == words


def test_a_text_without_words_has_a_label_and_no_weights() -> None:
    feeling, _ = explain("", read=WordReader())
    assert feeling.label == "positive" and feeling.words == ()


def test_leaving_a_word_out_leaves_no_double_space() -> None:
    assert [without("a b c", span) for span in [(0, 1), (2, 3), (4, 5)]] == ["b c", "a c", "a b "]


@settings(deadline=None, max_examples=60)
@given(st.text(st.sampled_from("ab rude<EMAIL_1>.,!?:(😡é'-\n"), max_size=400))
def test_offsets_slice_back_and_every_word_has_one_weight(text: str) -> None:
    spans = spans_of(text)
    assert len(spans) <= MOST
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
    for one in explain(text, read=WordReader()):
        assert sorted((w.start, w.end) for w in one.words) == spans
        assert all(text[w.start:w.end] == w.text for w in one.words)
        sizes = [abs(w.weight) for w in one.words]
        assert sizes == sorted(sizes, reverse=True) and all(s <= 1 for s in sizes)
