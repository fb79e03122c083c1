"""How bad a mention is for the customer who wrote it: 0 (no harm) to 1 (worst)."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]

#: How much harm an emotion tells of. `none` is not 0: a problem told coldly is a problem still.
EMOTION_HARM: dict[str, float] = {
    "anger": 1.0, "frustration": 0.8, "worry": 0.8, "sadness": 0.7, "disappointment": 0.6, "confusion": 0.5,
    "none": 0.25, "surprise": 0.25, "trust": 0.0, "satisfaction": 0.0, "gratitude": 0.0, "delight": 0.0,
}
#: Weights of the four signals; they sum to 1.
WEIGHTS = {"sentiment": 0.4, "emotion": 0.25, "churn": 0.15, "effort": 0.2}

_NUMBER = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|several|many|countless|multiple)"
_EFFORT = re.compile(
    rf"\b(?:again and again|over and over|yet again|once again|still (?:not|no|waiting|haven'?t|hasn'?t|nothing)"
    rf"|{_NUMBER}\+? ?(?:\w+ )?(?:times|calls|emails?|attempts|hours?|hrs|days|weeks|months|visits|people)"
    r"|(?:second|third|fourth|fifth|2nd|3rd|4th|5th|\d+th) (?:time|call|email|attempt|month|week|visit)"
    r"|keep(?:s|ing)? (?:on )?(?:calling|asking|trying|getting|telling|having|being)"
    r"|kept (?:calling|asking|trying|being)"
    r"|every (?:single )?time|each time|for (?:hours|days|weeks|months|ages|years)|on hold|passed around|had to"
    r"|chas(?:e|ed|ing)|back and forth|no (?:reply|response|answer)|nobody|no one"
    r"|never (?:called|replied|answered|got))\b",
    re.IGNORECASE,
)


def effort(texts: pd.Series[str]) -> Array:
    """1.0 where a text tells of repeated tries, long waits or nobody answering (English wording), else 0.0. (n,)"""
    return np.fromiter((1.0 if _EFFORT.search(t) else 0.0 for t in texts), dtype=np.float64, count=len(texts))


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
