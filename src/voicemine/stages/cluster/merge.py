"""Fewer themes: near-identical ones become one, and a reading budget is kept."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from voicemine.numerics.graph import by_size
from voicemine.numerics.projection import unit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


def merge_themes(label: Ints, points: Floats, weights: npt.NDArray[np.float64], *, alike: float,
                 n_themes: int | None = None) -> Ints:
    """Labels (n,) after merging, by falling size; -1 stays.

    Themes whose centroids have a cosine of `alike` on average are one (average linkage). With `n_themes`, merging goes
    on until there are that many. points (n, p): rows of length 1; weights (n,): mentions of each row.
    """
    n_labels = int(label.max(initial=-1)) + 1
    if n_labels < 2:
        return label
    kept = np.flatnonzero(label >= 0)
    member = sparse.csr_matrix((weights[kept], (label[kept], kept)), shape=(n_labels, len(label)))
    centroids = unit(np.asarray(member @ points))
    distance = np.round(np.clip(1.0 - centroids @ centroids.T, 0.0, 2.0).astype(np.float64), 6)
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance), "average")
    group = fcluster(tree, 1.0 - alike, "distance")
    if n_themes is not None and group.max() > n_themes:
        group = fcluster(tree, n_themes, "maxclust")
    merged = np.where(label >= 0, group[label] - 1, -1).astype(np.int32)
    return by_size(merged, weights)
