"""Each theme's figures: reach, severity, effect on the score, priority, main stage and touchpoint."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, stats

from voicemine.numerics.impact import joint_effects
from voicemine.numerics.intervals import effective_rows, mean_interval, wilson
from voicemine.stages.link.settings import LinkSettings
from voicemine.taxonomy import UNCLEAR

SEVERAL = "several"
_FLOOR = 0.05
_SPACES = r"[\W_]+"


def main_label(labels: pd.Series[str], *, p: float) -> str:
    """The label that most rows carry if it beats the runner-up (one-sided binomial test), else `several`.

    Rows labelled `unclear` do not compete, but where they are the most, nothing stands out.
    """
    counts = labels.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if counts.empty or counts.index[0] == UNCLEAR:
        return SEVERAL
    clear = counts.drop(UNCLEAR, errors="ignore")
    first, second = int(clear.iloc[0]), int(clear.iloc[1]) if len(clear) > 1 else 0
    if stats.binomtest(first, first + second, 0.5, alternative="greater").pvalue > p:
        return SEVERAL
    return str(clear.index[0])


def reach(rows: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Counts and shares of each theme over the mined items, indexed by theme_key.

    rows: (theme, mention) rows with theme_key, mention_id, item_id, author, text. items: mined items with item_id,
    author. Share: Wilson with the effective number of rows by author; author_share: plain Wilson.
    """
    by_item = rows.drop_duplicates(["theme_key", "item_id"])
    plain = rows.assign(text=rows["text"].str.lower().str.replace(_SPACES, " ", regex=True).str.strip())
    out = pd.DataFrame({
        "n_mentions": rows.groupby("theme_key", sort=False).size(),
        "n_items": by_item.groupby("theme_key", sort=False).size(),
        "n_authors": rows.groupby("theme_key", sort=False)["author"].nunique(),
        "n_unique_texts": plain.groupby("theme_key", sort=False)["text"].nunique(),
    })
    codes, known = pd.factorize(items["author"])
    sizes = np.bincount(codes, minlength=len(known)).astype(np.float64)
    author_code = dict(zip(items["item_id"], codes, strict=True))
    # Mapped once over all rows: a mapping for each theme costs more than all else here.
    coded = by_item["item_id"].map(author_code).to_numpy(np.int64)
    places = by_item.groupby("theme_key", sort=False).indices
    lows, highs = [], []
    for key in out.index:
        hits = np.bincount(coded[places[key]], minlength=len(known)).astype(np.float64)
        n = effective_rows(hits, sizes)
        low, high = wilson(hits.sum() / len(items) * n, n)
        lows.append(float(low))
        highs.append(float(high))
    out["share"] = out["n_items"] / max(len(items), 1)
    out["share_low"], out["share_high"] = lows, highs
    out["author_share"] = out["n_authors"] / max(len(known), 1)
    out["author_share_low"], out["author_share_high"] = wilson(out["n_authors"], len(known))
    return out


def severity(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean badness of each theme's mentions with its interval by author, and the mean sentiment."""
    found = {}
    for key, theirs in rows.groupby("theme_key", sort=False):
        codes = pd.factorize(theirs["author"])[0].astype(np.int64)
        mean, low, high = mean_interval(theirs["badness"].to_numpy(np.float64), codes)
        found[key] = (float(theirs["sentiment_score"].mean()), mean, max(low, 0.0), min(high, 1.0))
    return pd.DataFrame.from_dict(found, orient="index",
                                  columns=["sentiment_mean", "severity", "severity_low", "severity_high"])


def score_impact(rows: pd.DataFrame, items: pd.DataFrame, keys: list[str], settings: LinkSettings) -> pd.DataFrame:
    """Effect of each theme of one level on the score of the commonest scale; missing where there is too little.

    rows: (theme, mention) rows. items: mined items with item_id, author, source, score, score_kind. All themes of
    `keys` with enough scored items go into one regression, so that co-mentioned themes do not count twice; each
    source keeps its own mean.
    """
    out = pd.DataFrame(dict.fromkeys(("score_impact", "score_impact_low", "score_impact_high"), np.nan), index=keys)
    out["score_kind"] = None
    scored = items[items["score"].notna() & items["score_kind"].notna()]
    if scored.empty:
        return out
    kinds = scored["score_kind"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    scored = scored[scored["score_kind"] == kinds.index[0]].reset_index(drop=True)
    if len(scored) < settings.min_scored_items or scored["score"].nunique() < 2:
        return out
    position = dict(zip(scored["item_id"], range(len(scored)), strict=True))
    theirs = rows[rows["theme_key"].isin(keys) & rows["item_id"].isin(position)]
    theirs = theirs.drop_duplicates(["theme_key", "item_id"])
    counts = theirs["theme_key"].value_counts()
    tested = [k for k in keys if settings.min_theme_scored <= counts.get(k, 0) < len(scored)]
    column = {k: i for i, k in enumerate(tested)}
    theirs = theirs[theirs["theme_key"].isin(column)]
    x = sparse.csr_matrix(
        (np.ones(len(theirs)), (theirs["item_id"].map(position), theirs["theme_key"].map(column))),
        shape=(len(scored), len(tested)))
    effects = joint_effects(
        x, scored["score"].to_numpy(np.float64), authors=pd.factorize(scored["author"])[0].astype(np.int64),
        strata=pd.factorize(scored["source"])[0].astype(np.int64))
    out.loc[tested, "score_impact"] = effects.estimate
    out.loc[tested, "score_impact_low"] = effects.low
    out.loc[tested, "score_impact_high"] = effects.high
    out.loc[tested, "score_kind"] = str(kinds.index[0])
    return out


def priority(table: pd.DataFrame, settings: LinkSettings) -> npt.NDArray[np.float64]:
    """What to fix first among the themes of one level, (k,) in 0..1.

    The weighted geometric mean of three parts: the percentile of reach (`share`); the severity; the percentile of
    the loss of score, whose unit differs between scales. A theme that has no measured impact is judged by the other
    two. Each part is at least 0.05, so that one weak part lowers a theme without erasing it.
    """
    loss = -table["score_impact"].astype("float64")
    parts = [
        (table["share"].rank(pct=True, method="average"), settings.reach_weight),
        (table["severity"], settings.severity_weight),
        (loss.rank(pct=True, method="average").where(loss > 0, 0.0).where(loss.notna()), settings.impact_weight),
    ]
    total = np.zeros(len(table))
    weight = np.zeros(len(table))
    for values, w in parts:
        known = values.notna().to_numpy()
        total += np.where(known, w * np.log(np.clip(values.fillna(1.0).to_numpy(np.float64), _FLOOR, 1.0)), 0.0)
        weight += np.where(known, w, 0.0)
    return np.exp(total / np.maximum(weight, 1e-12))
