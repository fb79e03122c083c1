from __future__ import annotations

import pandas as pd
import pytest

from voicemine.stages.link.badness import WEIGHTS, badness, effort


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
