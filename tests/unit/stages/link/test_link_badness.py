from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine.stages.link.badness import WEIGHTS, badness
from voicemine.stages.link.effort import _EFFORT, effort, may_tell, tells

_PIECES = (
    "again and again", "over and over", "yet again", "once again", "still", "not", "no", "nothing", "waiting",
    "haven't", "hasnt", "two", "ten", "several", "MANY", "3", "12+", "3rd", "12th", "٣", "第", "more", "times",
    "calls", "email", "emails", "attempts", "hour", "hours", "hrs", "days", "weeks", "months", "visits", "people",
    "second", "fourth", "2nd", "time", "call", "attempt", "month", "week", "visit", "keep", "keeps", "keeping",
    "kept", "on", "calling", "asking", "trying", "getting", "telling", "having", "being", "every", "single", "each",
    "for", "ages", "years", "hold", "passed around", "had to", "chase", "chased", "chasing", "purchased",
    "back and forth", "reply", "response", "answer", "nobody", "no one", "never", "called", "replied", "answered",
    "got", "time\u017f", "wee\u212as", "\u0130", "wa\u0131ting", "hold\u00e9", "the", "shop",
)


def _row(text: str, score: float, emotion: str, intent: str = "complaint") -> dict[str, object]:
    return {"text": text, "sentiment_score": score, "emotion": emotion, "emotion_confidence": 1.0, "intent": intent}


def test_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("text", [
    "I called four times", "third time this month", "still waiting for an answer", "on hold for hours",
    "They keep asking for my papers", "nobody picks up",
])
def test_effort_is_heard(text: str) -> None:
    assert effort(pd.Series([text])).tolist() == [1.0]


@pytest.mark.parametrize("text", ["Lovely shop", "The lamp is broken", "Too small for me"])
def test_no_effort_is_invented(text: str) -> None:
    assert effort(pd.Series([text])).tolist() == [0.0]


def test_worse_is_higher_and_everything_stays_in_bounds() -> None:
    labels = pd.DataFrame([
        _row("Lovely shop", 0.9, "delight", "praise"),
        _row("The lid sticks", -0.2, "none"),
        _row("The lid sticks", -0.9, "anger"),
        _row("Called four times, I am leaving", -1.0, "anger", "churn"),
    ])
    found = badness(labels, leaving=pd.Series([False] * 4))
    assert found[0] == 0.0
    assert found[0] < found[1] < found[2] < found[3] <= 1.0


def test_leaving_counts_for_the_mention_that_says_why() -> None:
    labels = pd.DataFrame([_row("The lid sticks", -0.5, "frustration")])
    stays = badness(labels, leaving=pd.Series([False]))[0]
    leaves = badness(labels, leaving=pd.Series([True]))[0]
    assert leaves == pytest.approx(stays + WEIGHTS["churn"])


@given(st.from_regex(_EFFORT))
def test_whatever_tells_of_effort_passes_the_words(text: str) -> None:
    assert may_tell(text)


@given(st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from((" ", "", "  ", "-", "\n", ". ")),
                          st.sampled_from((str, str.upper, str.title))), max_size=8))
def test_the_words_never_change_the_answer(pieces: list[tuple[str, str, type[str]]]) -> None:
    text = "".join(change(word) + space for word, space, change in pieces)
    assert tells(text) == (_EFFORT.search(text) is not None)


def test_equal_texts_get_equal_answers_in_their_places() -> None:
    texts = pd.Series(["third time this week", "Lovely shop", "third time this week"], index=[5, 3, 4])
    assert effort(texts).tolist() == [1.0, 0.0, 1.0]
    assert effort(texts[:0]).tolist() == []
