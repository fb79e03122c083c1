"""Who is a person, and what each one's pains are like: the profile that personas are found in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_DIMENSIONS = 15


@dataclass(frozen=True)
class People:
    """rows: mentions in a theme with mention_id, item_id, theme_id, stage, touchpoint and `code`, the place of their
    person in `ids`. profile: (people, d). Persons are ordered by their profile, so that no id decides anything."""

    ids: tuple[str, ...]
    rows: pd.DataFrame
    profile: Floats


def people_of(rows: pd.DataFrame, centroids: dict[str, Floats], *, place_weight: float) -> People:
    """Everybody with a mention in a theme, and their profiles.

    rows: mentions in a theme with mention_id, item_id, person, theme_id, stage, touchpoint. centroids: theme_id ->
    (d,) unit vector. A profile has three blocks: what the person's themes are about (mean centroid, less what all
    themes have in common), at which touchpoints, and at which stages (square roots of shares: Hellinger). A single
    statement's stage and touchpoint are uncertain, so the usual ones of its theme count too, by `place_weight`.
    Each block is divided by its first singular value, so that none outweighs the others (multiple factor analysis;
    Escofier and Pagès, 1994).
    """
    codes, names = pd.factorize(rows["person"], sort=True)
    who = np.asarray(codes, dtype=np.int64)
    themes = sorted(rows["theme_id"].unique())
    theme = rows["theme_id"].map({t: i for i, t in enumerate(themes)}).to_numpy(np.int64)
    shares = _shares(who, theme, len(names), len(themes))
    blocks = [_balanced(_reduced(shares @ _apart(np.stack([centroids[t] for t in themes]), theme)))]
    for column in ("touchpoint", "stage"):
        values = sorted(rows[column].unique())
        value = rows[column].map({v: i for i, v in enumerate(values)}).to_numpy(np.int64)
        usual = _shares(theme, value, len(themes), len(values))
        own = _shares(who, value, len(names), len(values))
        blocks.append(_balanced(np.sqrt((1 - place_weight) * own + place_weight * shares @ usual)))
    profile = np.hstack(blocks) * np.sqrt(len(names))
    # The last bits of a sum hang on the order of its terms; they must not decide the order of persons.
    order = np.lexsort(np.round(profile, 6).T[::-1])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return People(tuple(str(names[i]) for i in order), rows.assign(code=place[who]), profile[order])


def _shares(row: Codes, column: Codes, n: int, k: int) -> Floats:
    """(n, k) share of each column among the entries of a row."""
    counts = np.zeros((n, k))
    np.add.at(counts, (row, column), 1.0)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0))


def _apart(vectors: Floats, theme: Codes) -> Floats:
    """Centroids less the mean over all mentions, as unit rows: what sets each theme apart."""
    weight = np.bincount(theme, minlength=len(vectors)).astype(np.float64)
    centred = vectors - (vectors * weight[:, None]).sum(axis=0) / weight.sum()
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12))


def _reduced(values: Floats) -> Floats:
    """(n, r) principal components. By the d x d scatter: people are many, dimensions are few."""
    centred = values - values.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    found = centred @ directions[:, ::-1][:, :min(_DIMENSIONS, len(values))]
    # A direction's sign is free; its largest entry is made positive.
    return np.asarray(found * np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])]))


def _balanced(values: Floats) -> Floats:
    centred = values - values.mean(axis=0)
    return np.asarray(centred / max(float(np.linalg.norm(centred, 2)), 1e-12))
