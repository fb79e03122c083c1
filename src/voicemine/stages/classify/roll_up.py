"""From mentions to items: the documented rule.

An item with one mention takes that mention's labels as they are. Otherwise:

- **pain**: the item states a pain when any mention does; its probability is the highest of them.
- **sentiment**: praise and blame are the summed positive and negative scores of the mentions; a mixed mention
  adds to both sides. No praise and no blame: neutral. The weaker side holds at least `mixed_share`
  of the two: mixed. Else the stronger side. The score is the mean of the mentions' scores, each weighing
  0.1 + its strength. The confidence is the mean of that of the mentions that bear the label out.
- **stage, touchpoint, emotion, intent** follow one mention, the *lead*: of the mentions that state a pain the most
  probable one; without a pain the one with the strongest sentiment; ties go to the earlier. Where the lead says
  nothing (`unclear`, `none`, `other`), the next in that order that does is followed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from voicemine.stages.classify.labels import COLUMNS
from voicemine.stages.classify.settings import ClassifySettings

#: Label column -> the values that say nothing, and the columns that go with it.
_FOLLOWED: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "stage": (frozenset({"unclear"}), ("stage", "stage_confidence", "stage_best")),
    "touchpoint": (frozenset({"unclear", "none"}), ("touchpoint", "touchpoint_confidence", "touchpoint_best")),
    "emotion": (frozenset({"none"}), ("emotion", "emotion_confidence")),
    "intent": (frozenset({"other"}), ("intent", "intent_confidence")),
}
_MIXED_SIDE = 0.4
_FAINT = 0.15


def _ranked(mentions: pd.DataFrame) -> pd.DataFrame:
    """Mentions of each item in the order of who leads: pains by probability, then the rest by strength."""
    pain = mentions["is_pain"].to_numpy(bool)
    strength = np.where(pain, mentions["pain_probability"], mentions["sentiment_score"].abs())
    place = np.arange(len(mentions))
    order = np.lexsort((place, -strength, ~pain, mentions["item_id"].astype(str)))
    return mentions.iloc[order]


def _sentiment(mentions: pd.DataFrame, settings: ClassifySettings) -> pd.DataFrame:
    """sentiment, sentiment_confidence and sentiment_score by item_id."""
    score = mentions["sentiment_score"].to_numpy(float)
    named = mentions["sentiment"].to_numpy(object)
    side = np.where(named == "mixed", _MIXED_SIDE, 0.0)
    # A neutral mention takes no side, however its score leans.
    lean = np.where(np.isin(named, ("positive", "negative")), score, 0.0)
    parts = pd.DataFrame({
        "item_id": mentions["item_id"], "praise": np.clip(lean, 0, None) + side,
        "blame": np.clip(-lean, 0, None) + side, "weight": 0.1 + np.abs(score),
        "weighted": (0.1 + np.abs(score)) * score,
    })
    sums = parts.groupby("item_id", sort=False)[["praise", "blame", "weight", "weighted"]].sum()
    total = sums["praise"] + sums["blame"]
    weaker = np.minimum(sums["praise"], sums["blame"])
    label = np.where(sums["praise"] >= sums["blame"], "positive", "negative")
    label = np.where(weaker >= settings.mixed_share * total, "mixed", label)
    label = np.where(total < _FAINT, "neutral", label)
    out = pd.DataFrame({"sentiment": label, "sentiment_score": sums["weighted"] / sums["weight"]}, index=sums.index)
    chosen = out["sentiment"].reindex(mentions["item_id"]).to_numpy(object)
    # Halves that disagree bear a mixed item out, each for its part.
    bears = (named == chosen) | ((chosen == "mixed") & (named != "neutral"))
    sure = mentions["sentiment_confidence"].to_numpy(float)
    mean = pd.DataFrame({"item_id": mentions["item_id"], "n": bears, "sum": np.where(bears, sure, 0.0)}).groupby(
        "item_id", sort=False)[["n", "sum"]].sum()
    least = mentions.groupby("item_id", sort=False)["sentiment_confidence"].min()
    out["sentiment_confidence"] = np.where(mean["n"] > 0, mean["sum"] / mean["n"].clip(lower=1), least)
    return out


def roll_up(mentions: pd.DataFrame, items: pd.DataFrame, *, settings: ClassifySettings) -> pd.DataFrame:
    """Item labels (item_id and the label columns) in the order of `items`.

    `mentions` holds mention_id, item_id and the label columns in the order of the text; `items` holds item_id.
    Items without a mention are left out.
    """
    ranked = _ranked(mentions)
    groups = ranked.groupby("item_id", sort=False)
    out = groups[list(COLUMNS)].first()
    for column, (empty, together) in _FOLLOWED.items():
        telling = ranked[~ranked[column].isin(empty)].groupby("item_id", sort=False)[list(together)].first()
        out.loc[telling.index, list(together)] = telling
    out["is_pain"] = groups["is_pain"].any()
    out["pain_probability"] = groups["pain_probability"].max()
    size = groups.size()
    several = size.index[size > 1]
    rolled = _sentiment(mentions[mentions["item_id"].isin(several)], settings)
    out.loc[rolled.index, rolled.columns] = rolled
    kept = items.loc[items["item_id"].isin(out.index), "item_id"]
    return out.loc[kept.to_numpy(), list(COLUMNS)].rename_axis("item_id").reset_index()
