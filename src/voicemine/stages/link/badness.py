"""How bad a mention is for the customer who wrote it: 0 (no harm) to 1 (worst)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine.stages.link.effort import effort

Array = npt.NDArray[np.float64]

#: How much harm an emotion tells of. `none` is not 0: a problem told coldly is a problem still.
EMOTION_HARM: dict[str, float] = {
    "anger": 1.0, "frustration": 0.8, "worry": 0.8, "sadness": 0.7, "disappointment": 0.6, "confusion": 0.5,
    "none": 0.25, "surprise": 0.25, "trust": 0.0, "satisfaction": 0.0, "gratitude": 0.0, "delight": 0.0,
}
#: Weights of the four signals; they sum to 1.
WEIGHTS = {"sentiment": 0.4, "emotion": 0.25, "churn": 0.15, "effort": 0.2}

def badness(labels: pd.DataFrame, *, leaving: pd.Series[bool]) -> Array:
    """Harm of each mention, (n,) in 0..1.

    labels: rows with text, sentiment_score, emotion, emotion_confidence, intent. leaving: (n,) whether the item says
    that its author leaves; the mention that says so is seldom the one that says why. The weighted mean (`WEIGHTS`)
    of: how far the sentiment lies below zero; the harm of the emotion, drawn towards that of `none` by the model's
    doubt; the intent to leave; signs of effort in the words. Mentions without a negative sentiment keep half of
    the effort signal: a calm "had to call three times" is a lesser harm.
    """
    negative = np.clip(-labels["sentiment_score"].to_numpy(np.float64), 0.0, 1.0)
    sure = labels["emotion_confidence"].to_numpy(np.float64)
    harm = labels["emotion"].map(EMOTION_HARM).to_numpy(np.float64)
    emotion = sure * harm + (1 - sure) * EMOTION_HARM["none"] * (negative > 0)
    churn = ((labels["intent"] == "churn") | leaving).to_numpy(np.float64)
    tried = effort(labels["text"]) * np.where(negative > 0, 1.0, 0.5)
    total: Array = (WEIGHTS["sentiment"] * negative + WEIGHTS["emotion"] * emotion
                    + WEIGHTS["churn"] * churn + WEIGHTS["effort"] * tried)
    return total
