"""How fine the themes are: partitions at many resolutions, and the choice between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from voicemine.numerics.chance import Hashes, pair_draws
from voicemine.numerics.graph import leiden, network, symmetric
from voicemine.stages.cluster.views import run_graphs

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]

#: Resolutions tried, coarse to fine, half an octave apart.
RESOLUTIONS = tuple(round(0.125 * 2 ** (i / 2), 4) for i in range(10))
_READABLE = 40
#: Cost of each factor of e fewer, and more, groups than are readable.
_COARSE_COST, _FINE_COST = 0.1, 0.07
_FEWEST = 5
#: Score that another level must be ahead of the one shown before: less is within what a few more texts change.
_KEEP = 0.06
#: Difference in score that counts: about what the last bits of the vectors change.
_SHARPNESS = 0.02


@dataclass(frozen=True)
class Level:
    """One resolution and its bootstrap partitions (runs, n).

    n_groups: median number of groups of the least support. stability: mean best Jaccard overlap of a mention's group
    with a group of another run, 0..1. separation: mean simplified silhouette (against centroids), -1..1.
    """

    resolution: float
    partitions: Ints
    n_groups: float
    stability: float
    separation: float


def scores(levels: Sequence[Level]) -> Weights:
    """Worth of each level, (levels,): reproducible, well separated, and readable.

    Stability and separation are estimates of a few runs, so each is averaged with its neighbours' (1, 2, 1); the
    readings differ by less than the noise otherwise. Each factor of e away from about forty groups costs.
    """
    raw = np.array([lv.stability + lv.separation for lv in levels])
    weight = np.full(len(raw), 2.0)
    total = 2.0 * raw
    for shifted in (slice(1, None), slice(None, -1)):
        rest = slice(None, -1) if shifted.start else slice(1, None)
        total[rest] += raw[shifted]
        weight[rest] += 1.0
    away = np.log(np.maximum([lv.n_groups for lv in levels], 1.0) / _READABLE)
    worth: Weights = total / weight - np.where(away < 0, -_COARSE_COST * away, _FINE_COST * away)
    return worth


def bootstrap(graph: sparse.csr_matrix, hashes: Hashes, seed: int) -> sparse.csr_matrix:
    """The graph with each edge's weight multiplied by a draw from Exp(1): the Bayesian bootstrap (Rubin 1981).

    hashes: (n,) of the rows' contents. An edge keeps its draw when others come or go, so that a few texts more, or
    the last bits of a vector, do not make another bootstrap.
    """
    pairs = sparse.triu(graph, k=1).tocoo()
    draws = -np.log1p(-pair_draws(hashes, pairs.row, pairs.col, seed=seed))
    return symmetric(pairs.data * draws, pairs.row, pairs.col, graph.shape[0])


def try_levels(points: Floats, views: Sequence[Ints], weights: Weights, hashes: Hashes, *,
               resolutions: Sequence[float], runs: int, least: float, seed: int) -> list[Level]:
    """Partition `runs` perturbed graphs at each resolution.

    points (n, p): rows of length 1. views: neighbours (n, k) in each view. weights (n,): mentions of each row. hashes
    (n,): of their contents. The runs differ in the view, in the size of the neighbourhood, in bootstrapped edges, and
    in the partition's seed.
    """
    drawn = [(factor, network(bootstrap(graph, hashes, seed * 1009 + r)))
             for r, (factor, graph) in enumerate(run_graphs(views, runs))]
    levels = []
    for resolution in resolutions:
        found = np.stack([leiden(net, resolution * factor, seed=seed * 1009 + r)
                          for r, (factor, net) in enumerate(drawn)])
        groups = [int((np.bincount(labels, weights) >= least).sum()) for labels in found]
        levels.append(Level(
            resolution, found, float(np.median(groups)), _mutual_stability(found, weights),
            round(float(np.mean([separation(points, labels, weights) for labels in found])), 4)))
    return levels


def best_jaccard(label: Ints, run: Ints, weights: Weights, n_labels: int) -> npt.NDArray[np.float64]:
    """For each label its best Jaccard overlap with a group of `run` (Hennig 2007); label -1 is left out."""
    kept = label >= 0
    shape = (n_labels, int(run.max(initial=0)) + 1)
    shared = sparse.coo_matrix((weights[kept], (label[kept], run[kept])), shape=shape).toarray()
    union = (np.bincount(label[kept], weights[kept], minlength=n_labels)[:, None]
             + np.bincount(run, weights, minlength=shape[1])[None, :] - shared)
    best: npt.NDArray[np.float64] = (shared / np.maximum(union, 1e-12)).max(axis=1)
    return best


def _mutual_stability(partitions: Ints, weights: Weights) -> float:
    total = []
    for a, labels in enumerate(partitions):
        n_labels = int(labels.max(initial=0)) + 1
        mass = np.bincount(labels, weights, minlength=n_labels)
        total += [float(best_jaccard(labels, other, weights, n_labels) @ mass / mass.sum())
                  for b, other in enumerate(partitions) if b != a]
    return round(float(np.mean(total)), 4)


def separation(points: Floats, labels: Ints, weights: Weights) -> float:
    """Weighted mean over rows of (b - a) / max(a, b): cosine distances to the nearest other and to its own centroid."""
    n, n_labels = len(points), int(labels.max(initial=0)) + 1
    if n_labels < 2:
        return 0.0
    member = sparse.csr_matrix((weights, (labels, np.arange(n))), shape=(n_labels, n))
    centroids = np.asarray(member @ points)
    centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    distance = 1.0 - points @ centroids.T.astype(np.float32)
    own = distance[np.arange(n), labels].copy()
    distance[np.arange(n), labels] = np.inf
    other = distance.min(axis=1)
    return float(np.average((other - own) / np.maximum(np.maximum(own, other), 1e-6), weights=weights))


def choose_level(levels: Sequence[Level], *, n_themes: int | None = None, before: float | None = None) -> float:
    """Place among the levels to show, between two as a rule; `resolution_at` tells its resolution.

    The mean place, each level weighted by exp(score / 0.02): where one level stands out it is that one, and where many
    are as good it lies in their middle, so that noise in the scores moves it little. With a budget: the level whose
    number of groups is nearest to it. Levels of fewer than five groups are shown only where no other has more, and the
    place that the last fit showed (before: its resolution) stays unless another is clearly better.
    """
    if n_themes is not None:
        return float(min(range(len(levels)),
                         key=lambda i: (round(abs(float(np.log(max(levels[i].n_groups, 1) / n_themes))), 6), i)))
    enough = min(_FEWEST, max(lv.n_groups for lv in levels))
    shown = np.array([i for i, lv in enumerate(levels) if lv.n_groups >= enough])
    worth = scores(levels)[shown]
    if before is not None:
        place = float(np.interp(np.log(before), np.log([lv.resolution for lv in levels]), np.arange(len(levels))))
        if shown[0] <= place <= shown[-1] and np.interp(place, shown, worth) >= worth.max() - _KEEP:
            return place
    return round(float(np.average(shown, weights=np.exp((worth - worth.max()) / _SHARPNESS))), 3)


def resolution_at(levels: Sequence[Level], place: float) -> float:
    """Resolution at a place among the levels, even in its logarithm."""
    return float(np.exp(np.interp(place, np.arange(len(levels)), np.log([lv.resolution for lv in levels]))))
