"""The journey table and the links of themes: where on the journey mentions fall."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from voicemine.numerics.intervals import Codes, difference_p, part_intervals, share_interval
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
    theme, themes = _coded(rows["theme_key"], sort=False)
    touchpoint, touchpoints = _coded(rows["touchpoint"])
    stage, stages = _coded(rows["stage"])
    # Codes follow the alphabet, so that the order of cells is that of touchpoint, then stage.
    cell = touchpoint * max(len(stages), 1) + stage
    found = part_intervals(theme, cell, _coded(rows["author"], sort=False)[0])
    where, which = np.divmod(found.part, max(len(stages), 1))
    table = pd.DataFrame({
        "theme_key": themes[found.whole], "touchpoint": touchpoints[where], "stage": stages[which],
        "n_mentions": found.n, "share": found.share, "share_low": found.low, "share_high": found.high,
        "sentiment_mean": rows["sentiment_score"].groupby([theme, cell]).mean().to_numpy(np.float64)})
    expected = base.loc[pd.MultiIndex.from_frame(table[["touchpoint", "stage"]])].to_numpy(np.float64)
    table = table.assign(lift=found.share / expected, lift_low=found.low / expected, lift_high=found.high / expected)
    return table.iloc[np.lexsort((found.part, -found.n, found.whole))].reset_index(drop=True)


def _coded(labels: pd.Series[str], *, sort: bool = True) -> tuple[Codes, npt.NDArray[np.object_]]:
    """(n,) codes of `labels` and the label of each code; in the order of the alphabet, or of first appearance."""
    codes, known = pd.factorize(labels, sort=sort)
    return codes.astype(np.int64), np.asarray(known, dtype=object)


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
    known = (taxonomy.stage_labels, taxonomy.touchpoint_labels)
    ranks = [{label: i for i, label in enumerate(each)} for each in known]
    grouped = mentions.groupby(["stage", "touchpoint"])
    number, labels = grouped.ngroup().to_numpy().astype(np.int64), grouped.size().index.to_list()
    authors = _coded(mentions["author"], sort=False)[0]
    whole = part_intervals(np.zeros_like(number), number, authors)
    places = np.split(np.argsort(number, kind="stable"), np.cumsum(whole.n)[:-1])
    items, (emotion, emotions) = _coded(mentions["item_id"], sort=False)[0], _coded(mentions["emotion"])
    score, harm = (mentions[c].to_numpy(np.float64) for c in ("sentiment_score", "badness"))
    is_pain = mentions["is_pain"].to_numpy(dtype=bool)
    ordered = links.sort_values(["n_mentions", "theme_key"], ascending=[False, True])
    top = {cell: keys.tolist()[:settings.top_themes]
           for cell, keys in ordered.groupby(["stage", "touchpoint"])["theme_key"]}
    found = []
    for c, ((stage, touchpoint), at) in enumerate(zip(labels, places, strict=True)):
        pain, pain_low, pain_high = share_interval(is_pain[at], authors[at])
        count = len(np.unique(items[at]))
        found.append({
            "stage": stage, "touchpoint": touchpoint, "classic_stage": taxonomy.classic(str(stage)),
            "channel": taxonomy.channel(str(touchpoint)), "n_mentions": len(at), "n_items": count,
            "share": whole.share[c], "share_low": whole.low[c], "share_high": whole.high[c],
            "sentiment_mean": float(score[at].mean()),
            "pain_rate": pain, "pain_rate_low": pain_low, "pain_rate_high": pain_high,
            "emotions": {emotions[e]: n / len(at) for e, n in enumerate(np.bincount(emotion[at]).tolist()) if n},
            "top_themes": top.get((stage, touchpoint), []),
            "opportunity": min(count / max(n_items, 1), 1.0) * float(harm[at].mean()),
        })
    table = pd.DataFrame(found)
    table["moment"] = moments(mentions, number, authors, settings=settings)
    order = sorted(range(len(table)), key=lambda i: (
        *(rank.get(label, len(rank)) for rank, label in zip(ranks, labels[i], strict=True)), *labels[i]))
    return table.iloc[order].reset_index(drop=True)


def moments(
    mentions: pd.DataFrame, number: Codes, authors: Codes, *, settings: LinkSettings
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
    p = np.stack([difference_p(flags, number, authors)[large] for flags in (is_pain, good, strong)], axis=1)
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
