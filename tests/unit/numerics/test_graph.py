"""Neighbour graphs against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from voicemine.numerics.graph import (
    by_size,
    coassociation,
    leiden,
    nearest,
    network,
    shared_neighbours,
    symmetric,
    top_matches,
)
from voicemine.numerics.lexical import lexical_vectors
from voicemine.numerics.projection import fit_projection, unit


def rows(n: int, d: int, seed: int = 0):
    return unit(np.random.default_rng(seed).normal(size=(n, d)))


def test_top_matches_are_the_best_by_full_sort():
    queries, base = rows(7, 5), rows(50, 5, seed=1)
    indices, cosines = top_matches(queries, base, 4)
    full = np.round(queries @ base.T, 5)
    assert (indices == np.argsort(-full, axis=1, kind="stable")[:, :4]).all()
    assert np.allclose(cosines, -np.sort(-full, axis=1)[:, :4])


def test_a_row_is_not_its_own_neighbour():
    indices, _ = nearest(rows(40, 6), 5)
    assert (indices != np.arange(40)[:, None]).all()


def test_approximate_neighbours_agree_with_exact_ones_and_repeat():
    base = rows(1500, 16)
    exact, _ = nearest(base, 10)
    found, cosines = nearest(base, 10, exact_limit=100)
    again, _ = nearest(base, 10, exact_limit=100)
    assert (found == again).all()
    assert (found != np.arange(1500)[:, None]).all()
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, found, strict=True)]) > 0.95
    assert (np.diff(cosines, axis=1) <= 1e-6).all()


def test_shared_neighbours_by_hand():
    # Neighbourhoods with the row itself: {0,1,2}, {1,0,2}, {2,0,1}, {3,2,1}.
    graph = shared_neighbours(np.array([[1, 2], [0, 2], [0, 1], [2, 1]], np.int32)).toarray()
    assert graph[0, 1] == graph[1, 2] == pytest.approx(1.0)
    assert graph[3, 2] == pytest.approx(2 / 4)
    assert graph[0, 3] == 0.0
    assert (graph == graph.T).all()


def test_leiden_parts_two_cliques_and_repeats():
    block = np.kron(np.eye(2), np.ones((6, 6))) - np.eye(12)
    block[0, 6] = block[6, 0] = 0.1
    net = network(sparse.csr_matrix(block))
    labels = leiden(net, 1.0, seed=5)
    assert labels.tolist() == [0] * 6 + [1] * 6
    assert (labels == leiden(net, 1.0, seed=5)).all()


def test_coassociation_counts_runs_on_the_pairs_given():
    graph = symmetric(np.ones(2), np.array([0, 1]), np.array([1, 2]), 3)
    runs = np.array([[0, 0, 1], [0, 0, 0], [0, 1, 1], [0, 1, 1]], np.int32)
    found = coassociation(graph, runs).toarray()
    assert found[0, 1] == pytest.approx(0.5)
    assert found[1, 2] == pytest.approx(0.75)
    assert found[0, 2] == 0.0


@given(st.lists(st.integers(-1, 5), max_size=40))
def test_by_size_renumbers_and_keeps_the_partition(values):
    labels = np.array(values, dtype=np.int32)
    found = by_size(labels)
    assert ((found < 0) == (labels < 0)).all()
    sizes = np.bincount(found[found >= 0])
    assert (np.diff(sizes) <= 0).all()
    assert len({(a, b) for a, b in zip(labels.tolist(), found.tolist(), strict=True)}) == len(set(labels.tolist()))


def test_projection_takes_out_the_mean_and_keeps_the_spread():
    draw = np.random.default_rng(0)
    plane = draw.normal(size=(300, 2)) @ draw.normal(size=(2, 20)) + 5.0
    projection = fit_projection(plane.astype(np.float32), 2)
    centred = plane - plane.mean(axis=0)
    left = centred - centred @ projection.components @ projection.components.T
    assert np.abs(left).max() < 1e-3
    assert np.allclose(projection.components.T @ projection.components, np.eye(2), atol=1e-5)
    assert np.allclose(np.linalg.norm(projection.apply(plane.astype(np.float32)), axis=1), 1.0, atol=1e-5)


def test_projection_never_asks_for_more_than_there_is():
    assert fit_projection(rows(3, 10), 100).components.shape == (10, 2)
    assert fit_projection(rows(1, 10), 100).components.shape == (10, 1)


def test_lexical_vectors_put_texts_of_the_same_words_together():
    texts = ["refund never came", "parcel was late", "app crashed again", "soup tasted cold"] * 40
    found = lexical_vectors(texts, 10, seed=0)
    assert found is not None
    same = found @ found.T
    assert same[0, 4] > 0.99
    assert same[0, 2] < 0.5


def test_lexical_vectors_need_texts_and_words():
    assert lexical_vectors(["a text"] * 10, 5, seed=0) is None
    assert lexical_vectors([f"word{i}" for i in range(100)], 5, seed=0) is None
