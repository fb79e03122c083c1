"""One partition for many: themes that most of the perturbed runs agree on, and how surely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

from voicemine.numerics.chance import Hashes, pair_draws
from voicemine.numerics.graph import best_leiden, coassociation, leiden, network, symmetric
from voicemine.stages.cluster.levels import Level, best_jaccard
from voicemine.stages.cluster.views import run_graphs

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]

_RESOLUTIONS = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
_SPREAD = (0.35, 0.6, 1.0, 1.6, 2.5)
_LEFT_OUT = 0.1
_HAIR = 0.01


def runs_around(levels: Sequence[Level], chosen: int, reach: int = 1) -> Ints:
    """Partitions (r, n) of a level and of its neighbours up to `reach` positions away."""
    return np.concatenate([lv.partitions for lv in levels[max(0, chosen - reach) : chosen + reach + 1]])


def consensus_runs(views: Sequence[Ints], resolution: float, hashes: Hashes, *, count: int, seed: int) -> Ints:
    """Partitions (count, n) about a resolution: each view at five resolutions, a tenth of the edges left out.

    hashes: (n,) of the rows' contents.
    """
    runs = []
    for r, (factor, graph) in enumerate(run_graphs(views, count)):
        own = seed * 7919 + 101 + r
        spread = _SPREAD[(r // len(views)) % len(_SPREAD)]
        runs.append(leiden(network(_thinned(graph, hashes, own)), resolution * spread * factor, seed=own))
    return np.stack(runs)


def _thinned(graph: sparse.csr_matrix, hashes: Hashes, seed: int) -> sparse.csr_matrix:
    pairs = sparse.triu(graph, k=1).tocoo()
    kept = pair_draws(hashes, pairs.row, pairs.col, seed=seed) >= _LEFT_OUT
    return symmetric(pairs.data[kept], pairs.row[kept], pairs.col[kept], graph.shape[0])


def consensus(graph: sparse.csr_matrix, runs: Ints, *, seed: int, n_themes: int | None = None,
              least: int = 1) -> Ints:
    """The partition (n,) that agrees best with the runs among Leiden partitions of their co-association graph.

    Agreement is the mean adjusted Rand index. As it hardly changes about its best, the partition is made at the mean
    resolution (of the logarithm), each weighted by exp(agreement / 0.01): the best by a hair would be another at every
    breath. With `n_themes`, the coarsest of those tried with so many groups of `least` rows is taken instead, or the
    finest there is.
    """
    together = coassociation(graph, runs)
    # Cubed: pairs that are together in half of the runs should bind much less than those always together.
    together.data **= 3
    net = network(together)
    tried = [best_leiden(net, resolution, seed=seed, tries=1) for resolution in _RESOLUTIONS]
    if n_themes is not None:
        enough = [t for t in tried if (np.bincount(t) >= least).sum() >= n_themes]
        return enough[0] if enough else tried[-1]
    agreement = np.array([np.mean([adjusted_rand_score(t, r) for r in runs]) for t in tried])
    weights = np.exp((agreement - agreement.max()) / _HAIR)
    resolution = round(float(np.exp(np.average(np.log(_RESOLUTIONS), weights=weights))), 3)
    return best_leiden(net, resolution, seed=seed)


def memberships(label: Ints, runs: Ints, weights: Weights, n_labels: int) -> Floats:
    """(n,): share of the runs in which a row stands in the run's group that is most like its label (best Jaccard)."""
    total = np.zeros(len(label))
    kept = label >= 0
    for run in runs:
        shape = (n_labels, int(run.max(initial=0)) + 1)
        shared = sparse.coo_matrix((weights[kept], (label[kept], run[kept])), shape=shape).toarray()
        union = shared.sum(axis=1)[:, None] + np.bincount(run, weights, minlength=shape[1])[None, :] - shared
        likest = (shared / np.maximum(union, 1e-12)).argmax(axis=1)
        total[kept] += likest[label[kept]] == run[kept]
    return np.round(total / max(len(runs), 1), 4).astype(np.float32)


def stabilities(label: Ints, runs: Ints, weights: Weights, n_labels: int) -> Floats:
    """(n_labels,): mean over the runs of the label's best Jaccard overlap with a group (Hennig 2007)."""
    found = np.stack([best_jaccard(label, run, weights, n_labels) for run in runs]).mean(axis=0)
    return np.asarray(np.round(found, 4), dtype=np.float32)
