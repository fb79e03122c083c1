"""Quotes of a theme: typical, extreme, and counter-examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicemine.stages.name.settings import NameSettings

#: Quotes of one theme are less alike than this (cosine).
_ALIKE = 0.9
#: Keeps the typical quotes from all saying one thing: weight of unlikeness against closeness.
_VARIETY = 0.35


@dataclass(frozen=True)
class Members:
    """Members of one theme, arrays of equal length n; vectors (n, d) of unit length, sentiment in -1..1.

    order breaks ties: the rank of each mention by content and id. is_core: belongs firmly.
    """

    vectors: npt.NDArray[np.float32]
    sentiment: npt.NDArray[np.float64]
    words: npt.NDArray[np.int64]
    authors: Sequence[str]
    wordings: Sequence[str]
    order: npt.NDArray[np.int64]
    is_core: npt.NDArray[np.bool_]


def choose_quotes(members: Members, *, sign: int, settings: NameSettings) -> list[tuple[int, str]]:
    """(member, role) in rank order: typical ones, then extreme, then counter-examples.

    Typical: medoids, picked greedily by closeness to the centroid less likeness to those already picked (maximal
    marginal relevance; Carbonell and Goldstein, 1998). Extreme: strongest feeling in the theme's direction (sign: 1
    pain, -1 delight, 0 either) among the closer half. Counter: the loosest members, and of these the least typical
    in feeling. No two share an author or wording or are nearly alike. Lengths outside the
    bounds are a last resort for typical quotes and never used for the others.
    """
    n = len(members.words)
    if n == 0:
        return []
    centre = members.vectors.mean(axis=0)
    closeness = members.vectors @ (centre / max(float(np.linalg.norm(centre)), 1e-12))
    fits = (members.words >= settings.quote_min_words) & (members.words <= settings.quote_max_words)
    picked: list[int] = []
    roles: list[tuple[int, str]] = []

    def free(i: int) -> bool:
        return all(members.authors[i] != members.authors[j] and members.wordings[i] != members.wordings[j]
                   and float(members.vectors[i] @ members.vectors[j]) < _ALIKE for j in picked)

    def take(candidates: npt.NDArray[np.int64], score: npt.NDArray[np.floating], role: str, count: int) -> None:
        ranked = candidates[np.lexsort((members.order[candidates], -score[candidates], ~fits[candidates]))]
        for i in ranked[:400].tolist():
            if count == 0:
                return
            if free(i):
                picked.append(i)
                roles.append((i, role))
                count -= 1

    everyone = np.arange(n)
    for _ in range(settings.typical_quotes):
        likeness = (members.vectors @ members.vectors[picked].T).max(axis=1) if picked else np.zeros(n)
        take(everyone, closeness - _VARIETY * likeness, "typical", 1)
    feeling = np.abs(members.sentiment) if sign == 0 else -sign * members.sentiment
    close_half = everyone[closeness >= np.median(closeness)]
    strong = close_half[(feeling[close_half] > 0) & fits[close_half]]
    take(strong, feeling + 0.1 * closeness, "extreme", settings.extreme_quotes)
    if n >= 8:
        loose = everyone[(closeness <= np.quantile(closeness, 0.25)) & fits]
        take(loose, -closeness - 0.3 * feeling - 0.2 * members.is_core, "counter", settings.counter_quotes)
    return roles
