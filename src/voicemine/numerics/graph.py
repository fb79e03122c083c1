"""Neighbour graphs over vectors, and partitions of such graphs."""

from __future__ import annotations

import random

import igraph
import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_BLOCK = 1024
_EXACT_LIMIT = 30_000


def top_matches(queries: Floats, base: Floats, k: int, *, skip_self: bool = False) -> tuple[Ints, Floats]:
    """The `k` rows of `base` most similar to each row of `queries`, best first, exactly and block by block.

    queries: (n, d), base: (m, d), rows of length 1, k <= m (k < m with `skip_self`, where row i of the queries is row
    i of the base). Returns indices (n, k) and cosines (n, k), rounded to 1e-5 so that the last bits of a sum decide
    nothing; ties go to the lower index. Memory: 1,024 x m floats at a time.
    """
    n = len(queries)
    indices, cosines = np.empty((n, k), dtype=np.int32), np.empty((n, k), dtype=np.float32)
    for start in range(0, n, _BLOCK):
        found = np.round(queries[start : start + _BLOCK] @ base.T, 5)
        if skip_self:
            rows = np.arange(len(found))
            found[rows, start + rows] = -2.0
        best = np.sort(np.argpartition(-found, k - 1, axis=1)[:, :k], axis=1)
        values = np.take_along_axis(found, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        indices[start : start + _BLOCK] = np.take_along_axis(best, order, axis=1)
        cosines[start : start + _BLOCK] = np.take_along_axis(values, order, axis=1)
    return indices, cosines


def nearest(vectors: Floats, k: int, *, seed: int = 0, exact_limit: int = _EXACT_LIMIT) -> tuple[Ints, Floats]:
    """The `k` nearest other rows of each row: indices and cosines, both (n, k), best first.

    Exact up to `exact_limit` rows; above, by an HNSW index (Malkov & Yashunin 2018) that is built and asked by one
    thread in row order, so that the same rows give the same neighbours. k < n.
    """
    if len(vectors) <= exact_limit:
        return top_matches(vectors, vectors, k, skip_self=True)
    import hnswlib

    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(max_elements=len(vectors), ef_construction=100, M=16, random_seed=seed + 1)
    index.add_items(vectors, np.arange(len(vectors)), num_threads=1)
    index.set_ef(max(100, 3 * k))
    found, distances = index.knn_query(vectors, k=k + 1, num_threads=1)
    # The row itself comes first but for exact twins; where it is missing, the farthest neighbour goes instead.
    own = found == np.arange(len(vectors))[:, None]
    own[~own.any(axis=1), -1] = True
    return (found[~own].reshape(-1, k).astype(np.int32),
            np.round(1.0 - distances[~own].reshape(-1, k), 5).astype(np.float32))


def shared_neighbours(indices: Ints) -> sparse.csr_matrix:
    """Symmetric (n, n) graph of neighbour pairs, weighted by the Jaccard overlap of their neighbourhoods.

    indices: (n, k) from `nearest`; a row counts as its own neighbour (Jarvis & Patrick 1973).
    """
    n, k = indices.shape
    rows = np.repeat(np.arange(n), k)
    near = sparse.csr_matrix((np.ones(n * k, dtype=np.float32), (rows, indices.ravel())), shape=(n, n))
    near = near + sparse.eye(n, dtype=np.float32, format="csr")
    # Only pairs of neighbours are wanted, so the overlap is counted pair by pair, never as a full product.
    pairs = sparse.triu(near.maximum(near.T), k=1).tocoo()
    shared = np.empty(pairs.nnz, dtype=np.float32)
    for start in range(0, pairs.nnz, 200_000):
        part = slice(start, start + 200_000)
        shared[part] = np.asarray(near[pairs.row[part]].multiply(near[pairs.col[part]]).sum(axis=1)).ravel()
    weight = shared / (2 * (k + 1) - shared)
    kept = weight > 0
    return symmetric(weight[kept], pairs.row[kept], pairs.col[kept], n)


def symmetric(weights: npt.NDArray[np.floating], rows: Ints, columns: Ints, n: int) -> sparse.csr_matrix:
    """(n, n) symmetric matrix from the entries above its diagonal."""
    upper = sparse.csr_matrix((np.asarray(weights, dtype=np.float32), (rows, columns)), shape=(n, n))
    return (upper + upper.T).tocsr()


def network(graph: sparse.csr_matrix) -> igraph.Graph:
    """A symmetric weighted graph for `leiden`, its weights in the edge attribute `weight`."""
    upper = sparse.triu(graph, k=1).tocoo()
    net = igraph.Graph(n=graph.shape[0], edges=np.column_stack([upper.row, upper.col]), directed=False)
    net.es["weight"] = upper.data.astype(np.float64)
    return net


def leiden(net: igraph.Graph, resolution: float, *, seed: int, iterations: int = 2) -> Ints:
    """Communities of a weighted `network` by modularity at a resolution: labels (n,), 0 = the largest.

    Leiden algorithm (Traag, Waltman & van Eck 2019) of igraph, one thread, seeded. Equal sizes are ordered by their
    first row.
    """
    igraph.set_random_number_generator(random.Random(seed))
    found = net.community_leiden(objective_function="modularity", weights="weight", resolution=resolution,
                                 n_iterations=iterations)
    return by_size(np.array(found.membership, dtype=np.int32))


def best_leiden(net: igraph.Graph, resolution: float, *, seed: int, tries: int = 3) -> Ints:
    """As `leiden`, each try until nothing improves, and of the tries the one of the highest modularity.

    One try of a few rounds ends wherever its seed leads it; the best of some is nearly the same whatever the seed.
    """
    found = [leiden(net, resolution, seed=seed * tries + t, iterations=-1) for t in range(tries)]
    worth = [round(net.modularity(f.tolist(), weights="weight", resolution=resolution), 9) for f in found]
    return found[int(np.argmax(worth))]


def by_size(labels: Ints, weights: npt.NDArray[np.floating] | None = None) -> Ints:
    """Labels renumbered from 0 by falling size (sum of `weights`), then by first row; -1 stays -1."""
    kept = labels >= 0
    values, first, inverse = np.unique(labels[kept], return_index=True, return_inverse=True)
    mass = np.bincount(inverse, None if weights is None else weights[kept], minlength=len(values))
    order = np.lexsort((first, -mass))
    rank = np.empty(len(values), dtype=np.int32)
    rank[order] = np.arange(len(values), dtype=np.int32)
    result = np.full(len(labels), -1, dtype=np.int32)
    result[kept] = rank[inverse]
    return result


def coassociation(graph: sparse.csr_matrix, partitions: npt.NDArray[np.int32]) -> sparse.csr_matrix:
    """Share of the partitions (r, n) in which the two ends of each edge of `graph` are together (Fred & Jain 2005).

    Only the graph's pairs are looked at, so memory grows with its edges. Pairs that are never together drop out.
    """
    pairs = sparse.triu(graph, k=1).tocoo()
    together = np.zeros(pairs.nnz, dtype=np.float32)
    for labels in partitions:
        together += labels[pairs.row] == labels[pairs.col]
    kept = together > 0
    return symmetric(together[kept] / len(partitions), pairs.row[kept], pairs.col[kept], graph.shape[0])
