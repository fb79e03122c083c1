"""The table `personas`: what each group says, where, how it feels, and one sentence in its own words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from voicemine.numerics.intervals import mean_interval, wilson
from voicemine.stages.personas.groups import Grouping
from voicemine.stages.personas.profiles import People

#: A main stage or touchpoint is one that this share of the persona's statements in themes are about.
_MAIN = 0.4
_THEMES = 6
#: Length of a sentence that can be read at a glance.
_SHORT, _LONG = 40, 220
_UNSURE = ("unclear", "none")


def described(
    people: People, found: Grouping, traits: pd.DataFrame, who: pd.DataFrame, mentions: pd.DataFrame,
    names: Mapping[str, str], key: Mapping[int, str],
) -> pd.DataFrame:
    """One row per persona, largest first.

    traits: the table of traits with persona_id. who: the items of the people, with `code`. mentions: all mined
    mentions with their labels. names: theme_id -> name. key: number -> persona_id.
    """
    code = dict(zip(who["item_id"], who["code"], strict=True))
    every = mentions[mentions["item_id"].isin(code)]
    every = every.assign(code=every["item_id"].map(code))
    every = every.assign(persona=found.label[every["code"].to_numpy(np.int64)])
    rows: list[dict[str, object]] = []
    taken: set[str] = set()
    for number, persona_id in key.items():
        theirs = every[every["persona"] == number]
        placed = people.rows[found.label[people.rows["code"].to_numpy()] == number]
        themes = _leading(traits[(traits["persona_id"] == persona_id) & (traits["field"] == "theme")])
        name = _name([names[t] for t in themes], taken)
        taken.add(name)
        n = int((found.label == number).sum())
        low, high = wilson(n, len(found.label))
        codes = theirs["code"].to_numpy(np.int64)
        mood, mood_low, mood_high = mean_interval(theirs["sentiment_score"].to_numpy(np.float64), codes)
        quote = _quote(placed, themes, found)
        rows.append({
            "persona_id": persona_id, "name": name, "n_people": n, "n_items": int(theirs["item_id"].nunique()),
            "n_mentions": len(theirs), "share": n / len(found.label), "share_low": float(low),
            "share_high": float(high), "firmness": float(found.firmness[number]), "themes": themes,
            "stage": _main(placed["stage"]), "touchpoint": _main(placed["touchpoint"]), "sentiment_mean": mood,
            "sentiment_low": max(mood_low, -1.0), "sentiment_high": min(mood_high, 1.0),
            "emotions": _shares(theirs["emotion"]), "intents": _shares(theirs["intent"]),
            "quote_mention_id": quote["mention_id"], "quote_item_id": quote["item_id"],
            "quote_theme_id": quote["theme_id"], "quote": quote["text"],
        })
    return pd.DataFrame(rows)


def _leading(themes: pd.DataFrame) -> list[str]:
    """Themes named clearly more often here than elsewhere, largest difference first; else the most frequent one."""
    more = themes[themes["difference_low"] > 0].head(_THEMES)
    chosen = more if len(more) else themes.sort_values(["share", "value"], ascending=[False, True]).head(1)
    return [str(t) for t in chosen["value"]]


def _name(names: list[str], taken: set[str]) -> str:
    """The names of the leading themes, two or as many as tell it from the others."""
    for count in range(min(2, len(names)), len(names) + 1):
        found = " · ".join(names[:count])
        if found not in taken:
            return found
    return f"{' · '.join(names)} ({len(taken) + 1})"


def _main(labels: pd.Series[str]) -> str:
    shares = labels[~labels.isin(_UNSURE)].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return str(shares.index[0]) if len(shares) and shares.iloc[0] >= _MAIN * len(labels) else "several"


def _shares(labels: pd.Series[str]) -> dict[str, float]:
    return {str(k): float(v) for k, v in labels.value_counts(normalize=True).sort_index().items()}


def _quote(placed: pd.DataFrame, themes: list[str], found: Grouping) -> pd.Series:
    """A sentence on a leading theme, by the person who lies nearest to the centre of the group.

    Sentences that can be read alone, whole and of a middling length, go first.
    """
    length = placed["text"].str.len()
    ordered = placed.assign(
        _off=~placed["theme_id"].isin(themes[:2]),
        _long=~(length.between(_SHORT, _LONG) & placed["text"].str[:1].str.isupper()),
        _far=np.round(found.distance[placed["code"].to_numpy()], 6)).sort_values(
            ["_off", "_long", "_far", "text", "mention_id"])
    return ordered.iloc[0]
