"""Groups of people with like profiles, and whether they are there at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from voicemine.stages.personas.settings import PersonasSettings

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_ROUNDS = 12
_MIN_THEMES = 4


@dataclass(frozen=True)
class Grouping:
    """label: (n,) group of each person, largest group first. firmness: (k,) mean Jaccard. distance: (n,) of each
    person to the centre of the group."""

    label: Codes
    firmness: Floats
    distance: Floats


def group(profile: Floats, *, n_themes: int, settings: PersonasSettings, seed: int) -> Grouping | None:
    """The largest number of groups (k-means) that are all firm and large enough; None where there is no such number.

    profile: (n, d), in an order free of meaning. A group is firm when, over runs on random halves of the people, the
    group that is most like it shares enough of its members (cluster-wise stability; Hennig, 2007).
    """
    if not settings.most or len(profile) < settings.least * settings.min_people or n_themes < _MIN_THEMES:
        return None
    rng = np.random.default_rng(seed)
    drawn = profile if len(profile) <= settings.max_people else (
        profile[np.sort(rng.choice(len(profile), settings.max_people, replace=False))])
    least = max(settings.min_people, int(np.ceil(settings.min_share * len(profile))))
    with threadpool_limits(limits=1):
        for k in range(min(settings.most, len(np.unique(drawn, axis=0))), settings.least - 1, -1):
            fitted = KMeans(k, n_init=10, random_state=seed).fit(drawn)
            label = fitted.predict(profile).astype(np.int64)
            sizes = np.bincount(label, minlength=k)
            if sizes.min() < least:
                continue
            firmness = _firmness(drawn, fitted.labels_.astype(np.int64), k, rng, seed)
            if firmness.min() < settings.firmness:
                continue
            order = np.lexsort((np.arange(k), -sizes))
            rank = np.empty(k, dtype=np.int64)
            rank[order] = np.arange(k)
            distance = np.linalg.norm(profile - fitted.cluster_centers_[label], axis=1)
            return Grouping(rank[label], firmness[order], distance)
    return None


def _firmness(drawn: Floats, label: Codes, k: int, rng: np.random.Generator, seed: int) -> Floats:
    """(k,) mean over halves of the Jaccard similarity of each group to the group that is most like it."""
    total = np.zeros(k)
    for number in range(_ROUNDS):
        half = np.sort(rng.choice(len(drawn), len(drawn) // 2, replace=False))
        anew = KMeans(k, n_init=4, random_state=seed + number).fit(drawn[half]).labels_
        shared = np.zeros((k, k))
        np.add.at(shared, (label[half], anew), 1.0)
        either = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0) - shared
        total += (shared / np.maximum(either, 1.0)).max(axis=1)
    return total / _ROUNDS
