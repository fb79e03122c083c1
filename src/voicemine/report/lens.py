"""Segments as lenses: which themes some customers name more than others, tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, stats

from voicemine.numerics.fdr import adjust
from voicemine.numerics.intervals import mean_interval
from voicemine.report import words
from voicemine.report.data import RunData
from voicemine.report.settings import ReportSettings

Floats = npt.NDArray[np.float64]
REST = "(other values)"
_Z95 = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Difference:
    """A theme in one value of a column against all other known values. Shares 0..1, difference with 95 % interval."""

    theme_id: str
    name: str
    column: str
    value: str
    n_items: int
    here: float
    elsewhere: float
    low: float
    high: float
    q: float
    is_sure: bool

    @property
    def column_title(self) -> str:
        """The column in words."""
        return words.label(self.column.removeprefix("attr_"))

    @property
    def is_more(self) -> bool:
        """Named more often here than elsewhere."""
        return self.here > self.elsewhere


@dataclass(frozen=True)
class Value:
    """One value of a column: items, share of customers' mood with its interval."""

    value: str
    n_items: int
    sentiment: float
    low: float
    high: float
    is_tested: bool


@dataclass(frozen=True)
class Lens:
    """One column `attr_*`. grid: theme -> difference by value, in the order of `values`; findings: the sure ones."""

    column: str
    title: str
    values: list[Value]
    grid: list[tuple[str, str, list[Difference | None]]]
    findings: list[Difference]
    n_unknown: int


def columns(run: RunData, settings: ReportSettings) -> dict[str, pd.Series]:
    """Lens columns of the mined items: text, missing where unknown, rare values put together; two values at least."""
    found = {}
    for name in sorted(c for c in run.mined.columns if c.startswith("attr_")):
        given = run.mined[name]
        shown = {v: words.clean(v, 60) for v in given.dropna().unique() if str(v).strip()}
        values = given.map(shown).astype(object)
        values = values.where(values.notna(), None)
        counts = values.value_counts()
        if len(counts) > max(settings.lens_values * 5, len(values) * 0.2):
            continue  # Nearly a value for each item: an id or a free text, not a segment.
        if len(counts) > settings.lens_values:
            kept = set(sorted(counts.index, key=lambda v: (-counts[v], v))[: settings.lens_values - 1])
            values = values.map(lambda v, kept=kept: v if v is None or v in kept else REST)
        if values.nunique() >= 2:
            found[name] = values
    return found


def repeats_score(run: RunData, column: pd.Series) -> bool:
    """Whether a column says no more than the score does, such as promoter and detractor: then it is no segment.

    column: a lens column, rows as `run.mined`. True where the score alone gives 99 % of its values.
    """
    scored = pd.DataFrame({"kind": run.mined["score_kind"], "score": run.mined["score"], "value": column}).dropna()
    counts = scored.groupby(["kind", "score", "value"]).size()
    if len(scored) < 0.5 * int(column.notna().sum()) or counts.empty:
        return False
    by_score = counts.groupby(level=["kind", "score"]).max()
    common = float(scored["value"].value_counts(normalize=True).iloc[0])
    # With about as many scores as items, any column would be given by the score.
    return bool(len(by_score) <= len(scored) / 20 and common < 0.95 and by_score.sum() >= 0.99 * len(scored))


def repeating(run: RunData, settings: ReportSettings) -> list[str]:
    """Titles of the columns that only repeat the score."""
    return [words.label(name.removeprefix("attr_")) for name, column in columns(run, settings).items()
            if repeats_score(run, column)]


def two_sided(
    flags: sparse.csr_matrix, inside: npt.NDArray[np.bool_], authors: npt.NDArray[np.int64]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Difference of each share between `inside` rows and the rest, variance summed by author.

    flags: (n, t) 0/1. inside: (n,). authors: (n,) codes. One pseudo-row on each side at the pooled share keeps small
    groups honest, and the variance is never below that of independent rows. Returns (share inside, share outside,
    standard error of the difference, two-sided p-value), each (t,).
    """
    n_in, n_out = float(inside.sum()), float((~inside).sum())
    k_in = np.asarray(flags[inside].sum(axis=0), dtype=np.float64).ravel()
    k_out = np.asarray(flags[~inside].sum(axis=0), dtype=np.float64).ravel()
    pooled = (k_in + k_out) / (n_in + n_out)
    p_in, p_out = (k_in + pooled) / (n_in + 1), (k_out + pooled) / (n_out + 1)
    _, codes = np.unique(authors, return_inverse=True)
    weight = np.where(inside, 1 / n_in, -1 / n_out)
    groups = int(codes.max()) + 1
    by_author = sparse.csr_matrix((weight, (codes, np.arange(len(codes)))), shape=(groups, len(codes))) @ flags
    c = np.bincount(codes, weights=inside / n_in, minlength=groups)
    d = np.bincount(codes, weights=~inside / n_out, minlength=groups)
    # The sum over authors of (b - c * p_in + d * p_out)^2, multiplied out so that b may stay sparse.
    variance = (np.asarray(by_author.multiply(by_author).sum(axis=0)).ravel()
                - 2 * p_in * (by_author.T @ c) + 2 * p_out * (by_author.T @ d)
                + p_in**2 * (c @ c) - 2 * p_in * p_out * (c @ d) + p_out**2 * (d @ d))
    variance = np.maximum(variance, pooled * (1 - pooled) * (1 / n_in + 1 / n_out))
    error = np.sqrt(np.maximum(variance, 1e-18))
    return k_in / n_in, k_out / n_out, error, 2 * stats.norm.sf(np.abs(p_in - p_out) / error)


def theme_flags(run: RunData) -> sparse.csr_matrix:
    """(mined items, themes) 0/1: an item has a mention in the theme; rows as `run.mined`, columns as `themes`."""
    row = {k: i for i, k in enumerate(run.mined["item_id"])}
    column = {k: i for i, k in enumerate(run.themes["theme_id"])}
    pairs = run.mentions.loc[run.mentions["theme_id"].isin(column), ["item_id", "theme_id"]].drop_duplicates()
    at = (pairs["item_id"].map(row).to_numpy(np.int64), pairs["theme_id"].map(column).to_numpy(np.int64))
    return sparse.csr_matrix((np.ones(len(pairs)), at), shape=(len(row), len(column)))


def lenses(run: RunData, settings: ReportSettings, *, shown: int = 15) -> list[Lens]:
    """Every lens with its tests, the one that shows most first.

    All tests of all lenses form one family for the false-discovery rate.
    """
    flags, authors = theme_flags(run), run.author_codes(run.mined)
    mood = run.mined["sentiment_score"].to_numpy(np.float64)
    tests: list[tuple[str, str, int, Floats, Floats, Floats, Floats]] = []
    found = columns(run, settings)
    values_of: dict[str, list[Value]] = {}
    found = {name: column for name, column in found.items() if not repeats_score(run, column)}
    for name, column in found.items():
        known = column.notna().to_numpy()
        counts = column[known].value_counts()
        values_of[name] = []
        for value in sorted(counts.index, key=lambda v: (v == REST, -counts[v], v)):
            here = (column == value).to_numpy()
            enough = counts[value] >= settings.lens_min_items and known.sum() - counts[value] >= settings.lens_min_items
            people = len(np.unique(authors[here]))
            tested = bool(enough and value != REST and people >= settings.min_authors)
            if people >= settings.min_authors:
                felt = mean_interval(mood[here], authors[here])
                values_of[name].append(Value(value, int(counts[value]), *felt, tested))
            if tested:
                tested_here = two_sided(flags[known], here[known], authors[known])
                tests.append((name, value, int(counts[value]), *tested_here))
    if not tests:
        return []
    q_values = adjust(np.concatenate([t[6] for t in tests])).reshape(len(tests), -1)
    ids, names = run.themes["theme_id"].tolist(), [words.clean(n, 120) for n in run.themes["name"]]
    differences = {
        (name, value): [Difference(i, said, name, value, n, float(a), float(b), float(a - b - _Z95 * e),
                                   float(a - b + _Z95 * e), float(q), bool(q <= settings.false_discovery_rate))
                        for i, said, a, b, e, q in zip(ids, names, here, there, error, q_row, strict=True)]
        for (name, value, n, here, there, error, _), q_row in zip(tests, q_values, strict=True)}
    drawn = [_lens(name, found[name], values_of[name], differences, ids, names, shown) for name in found
             if any(v.is_tested for v in values_of[name])]
    return sorted(drawn, key=lambda one: -len(one.findings))


def _lens(
    name: str, column: pd.Series, values: list[Value], differences: dict[tuple[str, str], list[Difference]],
    ids: list[str], names: list[str], shown: int,
) -> Lens:
    grid = [(ids[i], names[i], [differences[(name, v.value)][i] if v.is_tested else None for v in values])
            for i in range(min(shown, len(ids)))]
    sure = [d for v in values if v.is_tested for d in differences[(name, v.value)] if d.is_sure]
    return Lens(name, words.label(name.removeprefix("attr_")), values, grid,
                sorted(sure, key=lambda d: (d.q, -abs(d.here - d.elsewhere), d.value, d.theme_id)),
                int(column.isna().sum()))
