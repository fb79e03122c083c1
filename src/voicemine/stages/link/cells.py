"""The journey table and the links of themes: where on the journey mentions fall."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from voicemine.numerics.intervals import difference_p, share_interval
from voicemine.stages.link.settings import LinkSettings
from voicemine.taxonomy import Taxonomy

_STRONG = 0.5
_BOTH_SIDES = 0.2


def theme_links(rows: pd.DataFrame, clustered: pd.DataFrame) -> pd.DataFrame:
    """Theme × touchpoint × stage with share, lift and intervals; table `theme_links`, most mentions first.

    rows: (theme, mention) rows with touchpoint, stage, sentiment_score, author. clustered: every mention that has
    a theme, once, with touchpoint and stage. Lift is the share within the theme over the share among all clustered
    mentions; its interval is that of the share, the base being taken as known.
    """
    base = clustered.groupby(["touchpoint", "stage"]).size() / max(len(clustered), 1)
    found = []
    for key, theirs in rows.groupby("theme_key", sort=False):
        codes = pd.factorize(theirs["author"])[0].astype(np.int64)
        cells = theirs.groupby(["touchpoint", "stage"]).ngroup().to_numpy()
        grouped = theirs.groupby(["touchpoint", "stage"])["sentiment_score"].agg(n="size", sentiment="mean")
        expected = base.loc[grouped.index].to_numpy(np.float64)
        block = []
        for number, (touchpoint, stage) in enumerate(grouped.index.to_list()):
            share, low, high = share_interval(cells == number, codes)
            n, sentiment = int(grouped["n"].iloc[number]), float(grouped["sentiment"].iloc[number])
            block.append((key, touchpoint, stage, n, share, low, high, sentiment,
                          share / expected[number], low / expected[number], high / expected[number]))
        found += sorted(block, key=lambda r: (-r[3], r[1], r[2]))
    return pd.DataFrame(found, columns=["theme_key", "touchpoint", "stage", "n_mentions", "share", "share_low",
                                        "share_high", "sentiment_mean", "lift", "lift_low", "lift_high"])


def journey_cells(
    mentions: pd.DataFrame, links: pd.DataFrame, n_items: int, *, taxonomy: Taxonomy, settings: LinkSettings
) -> pd.DataFrame:
    """Stage × touchpoint over all labelled mentions; table `cells`, in the taxonomy's order, empty cells left out.

    mentions: item_id, author, stage, touchpoint, sentiment_score, emotion, is_pain, badness. links: themes of the
    default level by cell. n_items: mined items. Opportunity: the cell's share of the mined items times the mean
    badness of its mentions, i.e. reach times room for improvement.
    """
    if mentions.empty:
        return pd.DataFrame()
    stages = {s: i for i, s in enumerate(taxonomy.stage_labels)}
    points = {t: i for i, t in enumerate(taxonomy.touchpoint_labels)}
    authors = pd.factorize(mentions["author"])[0].astype(np.int64)
    number = mentions.groupby(["stage", "touchpoint"]).ngroup().to_numpy().astype(np.int64)
    found = []
    for (stage, touchpoint), theirs in mentions.groupby(["stage", "touchpoint"]):
        inside = number == number[mentions.index.get_loc(theirs.index[0])]
        share, low, high = share_interval(inside, authors)
        pain, pain_low, pain_high = share_interval(theirs["is_pain"], authors[inside])
        here = links[(links["stage"] == stage) & (links["touchpoint"] == touchpoint)]
        here = here.sort_values(["n_mentions", "theme_key"], ascending=[False, True])
        items = int(theirs["item_id"].nunique())
        found.append({
            "stage": stage, "touchpoint": touchpoint, "classic_stage": taxonomy.classic(str(stage)),
            "channel": taxonomy.channel(str(touchpoint)), "n_mentions": len(theirs), "n_items": items,
            "share": share, "share_low": low, "share_high": high,
            "sentiment_mean": float(theirs["sentiment_score"].mean()),
            "pain_rate": pain, "pain_rate_low": pain_low, "pain_rate_high": pain_high,
            "emotions": theirs["emotion"].value_counts(normalize=True).sort_index().to_dict(),
            "top_themes": here["theme_key"].tolist()[:settings.top_themes],
            "opportunity": min(items / max(n_items, 1), 1.0) * float(theirs["badness"].mean()),
        })
    table = pd.DataFrame(found)
    table["moment"] = moments(mentions, number, authors, settings=settings)
    order = sorted(range(len(table)), key=lambda i: (
        stages.get(table["stage"][i], len(stages)), points.get(table["touchpoint"][i], len(points)),
        table["stage"][i], table["touchpoint"][i]))
    return table.iloc[order].reset_index(drop=True)


def moments(
    mentions: pd.DataFrame, number: npt.NDArray[np.int64], authors: npt.NDArray[np.int64], *, settings: LinkSettings
) -> list[str]:
    """What each cell stands out by, in the order of its number.

    Three shares are tested in each cell against all other mentions, one-sided, variance by author, and the p-values
    of all cells and tests are held together at the false-discovery rate `moment_q` (Benjamini and Hochberg, 1995):
    pains, clearly positive mentions (sentiment of 0.5 or more, no pain), strongly felt mentions (0.5 or more either
    way). `truth`: strong feeling is commoner and both sides are well represented (the lower bound of each is 0.2 or
    more): here it goes very well or very badly. Else `pain`, or `delight`. Cells with few mentions: `none`.
    """
    score = mentions["sentiment_score"].to_numpy(np.float64)
    is_pain = mentions["is_pain"].to_numpy(dtype=bool)
    good, strong = (score >= _STRONG) & ~is_pain, np.abs(score) >= _STRONG
    counts = np.bincount(number)
    large = [c for c in range(len(counts)) if counts[c] >= settings.min_cell_mentions]
    moment = ["none"] * len(counts)
    if not large:
        return moment
    p = np.array([[difference_p(flags, number == c, authors) for flags in (is_pain, good, strong)] for c in large])
    sure = stats.false_discovery_control(p.ravel()).reshape(p.shape) <= settings.moment_q
    for c, (pain, delight, felt) in zip(large, sure, strict=True):
        inside = number == c
        both = min(share_interval(score[inside] <= -_STRONG, authors[inside])[1],
                   share_interval(good[inside], authors[inside])[1])
        if felt and both >= _BOTH_SIDES:
            moment[c] = "truth"
        elif pain or delight:
            moment[c] = "pain" if pain else "delight"
    return moment
