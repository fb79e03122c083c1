"""Each theme's figures: reach, severity, effect on the score, priority, main stage and touchpoint."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, stats

from voicemine.numerics.impact import joint_effects
from voicemine.numerics.intervals import effective_parts, mean_interval, wilson
from voicemine.stages.link.settings import LinkSettings
from voicemine.taxonomy import UNCLEAR

SEVERAL = "several"
_FLOOR = 0.05
_SPACES = r"[\W_]+"


def main_labels(rows: pd.DataFrame, column: str, *, p: float) -> pd.Series[str]:
    """By theme_key, the label that most rows carry if it beats the runner-up (one-sided binomial test), else `several`.

    rows: (theme, mention) rows with theme_key and `column`. Rows labelled `unclear` do not compete, but where they
    are the most, nothing stands out.
    """
    theme, keys = pd.factorize(rows["theme_key"])
    label, names = pd.factorize(rows[column], sort=True)
    counts = np.bincount(theme * len(names) + label, minlength=len(keys) * len(names)).reshape(len(keys), len(names))
    # Of equally many the first in the alphabet goes first.
    unclear = np.asarray(names == UNCLEAR)[counts.argmax(axis=1)]
    clear = counts * (names != UNCLEAR)
    best, (first, second) = clear.argmax(axis=1), np.sort(np.column_stack([clear, np.zeros(len(keys))]))[:, :-3:-1].T
    beaten = stats.binom.sf(first - 1, first + second, 0.5) <= p
    found = np.where(beaten & ~unclear, np.asarray(names, dtype=object)[best], SEVERAL)
    return pd.Series(found.tolist(), index=keys, dtype=object)


def reach(rows: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Counts and shares of each theme over the mined items, indexed by theme_key.

    rows: (theme, mention) rows with theme_key, mention_id, item_id, author, text. items: mined items with item_id,
    author. Share: Wilson with the effective number of rows by author; author_share: plain Wilson.
    """
    theme, keys = pd.factorize(rows["theme_key"])
    code, authors = pd.factorize(items["author"])
    theirs = pd.Index(items["item_id"]).get_indexer(rows["item_id"])
    # Themes are of mined items alone; each counts once in a theme, however many of its mentions do.
    of, item = np.divmod(np.unique(theme * len(items) + theirs), len(items))
    n_items = np.bincount(of, minlength=len(keys))
    pairs, hits = np.unique(of * len(authors) + code[item], return_counts=True)
    at, author = np.divmod(pairs, len(authors))
    sizes = np.bincount(code)

    def by_theme(values: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.bincount(at, weights=values, minlength=len(keys)).astype(np.float64)

    n = effective_parts(n_items, len(items), squares=by_theme(hits**2), products=by_theme(hits * sizes[author]),
                        whole_squares=(sizes**2).sum(), groups=len(authors))
    out = pd.DataFrame({
        "n_mentions": np.bincount(theme), "n_items": n_items, "n_authors": np.bincount(at),
        "n_unique_texts": _distinct(theme, _plain(rows["text"]))}, index=pd.Index(keys, name="theme_key"))
    out["share"] = out["n_items"] / max(len(items), 1)
    out["share_low"], out["share_high"] = wilson(n_items / len(items) * n, n)
    out["author_share"] = out["n_authors"] / max(len(authors), 1)
    out["author_share_low"], out["author_share_high"] = wilson(out["n_authors"], len(authors))
    return out


def _plain(texts: pd.Series[str]) -> npt.NDArray[np.int64]:
    """(n,) code of each text, the same for texts that differ in case, spaces and punctuation alone."""
    code, distinct = pd.factorize(texts)
    words = pd.Series(distinct, dtype=texts.dtype).str.lower().str.replace(_SPACES, " ", regex=True).str.strip()
    return np.asarray(pd.factorize(words)[0][code], dtype=np.int64)


def _distinct(group: npt.NDArray[np.int64], code: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(groups,) number of distinct codes in each group."""
    k = int(code.max(initial=0)) + 1
    return np.bincount(np.unique(group * k + code) // k)


def severity(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean badness of each theme's mentions with its interval by author, and the mean sentiment."""
    theme, keys = pd.factorize(rows["theme_key"])
    author, harm, score = pd.factorize(rows["author"])[0], rows["badness"].to_numpy(np.float64), rows["sentiment_score"]
    found = []
    for at in np.split(np.argsort(theme, kind="stable"), np.cumsum(np.bincount(theme))[:-1]):
        mean, low, high = mean_interval(harm[at], author[at])
        found.append((float(score.iloc[at].mean()), mean, max(low, 0.0), min(high, 1.0)))
    return pd.DataFrame(found, index=keys, columns=["sentiment_mean", "severity", "severity_low", "severity_high"])


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
