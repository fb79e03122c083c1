"""Guidance: seed themes take their mentions, pairs of texts unite and divide themes, and nothing else moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tests.unit.stages.test_cluster import Floats, fitted, frames, planted

from voicemine.stages.cluster import ClusterSettings, ThemeModel, assign_themes, cluster
from voicemine.stages.cluster.guidance import guided, pairs_of, seeded
from voicemine.stages.cluster.settings import SeedTheme


class Said:
    """An embedder that knows a few texts."""

    def __init__(self, **known: Floats) -> None:
        self.known = known

    def __call__(self, texts: Sequence[str]) -> Floats:
        return np.stack([self.known[t.replace(" ", "_")] for t in texts]).astype(np.float32)


@pytest.fixture(scope="module")
def six() -> tuple[Floats, np.ndarray, list[str], ThemeModel]:
    vectors, label, keys = planted([90, 70, 60, 50, 40, 30])
    return vectors, label, keys, fitted(vectors, keys)


def centre(vectors: Floats, label: np.ndarray, theme: int) -> Floats:
    mean = vectors[label == theme].mean(axis=0)
    return mean / np.linalg.norm(mean)


def most(labels: np.ndarray) -> int:
    return int(np.bincount(labels[labels >= 0]).argmax())


def test_a_pair_that_belongs_together_unites_its_themes(six):
    vectors, label, _, model = six
    said = Said(one=centre(vectors, label, 0), two=centre(vectors, label, 2))
    found = guided(model, pairs_of([("one", "two")], embed=said), [])
    before, after = assign_themes(vectors, model).label, assign_themes(vectors, found).label
    a, b = (most(before[label == t]) for t in (0, 2))
    assert set(after[np.isin(before, [a, b])]) == {min(a, b)}
    other = ~np.isin(before, [a, b])
    assert (after[other] == before[other]).all()


def test_a_pair_that_belongs_apart_divides_its_theme_and_the_parts_are_used_alike_for_new_mentions(six):
    vectors, label, _, model = six
    poles = Said(left=centre(vectors, label, 0), right=centre(vectors, label, 2))
    pair = pairs_of([("left", "right")], embed=poles)
    united = guided(model, pair, [])
    found = guided(united, [], pair)
    after = assign_themes(vectors, found).label
    assert found.n_themes == united.n_themes + 1
    assert len(found.parent) == len(found.stability) == len(united.parent) + 1
    left, right = (most(after[label == t]) for t in (0, 2))
    assert left != right
    assert (after[label == 0] == left).mean() > 0.95
    assert (after[label == 2] == right).mean() > 0.95


def test_a_pair_with_a_text_outside_all_themes_changes_nothing(six):
    vectors, label, _, model = six
    far = -vectors.mean(axis=0) / np.linalg.norm(vectors.mean(axis=0))
    said = Said(one=centre(vectors, label, 0), nowhere=far)
    assert assign_themes(said(["nowhere"]), model).label[0] == -1
    pairs = pairs_of([("one", "nowhere"), ("nowhere", "one")], embed=said)
    assert guided(model, pairs[:1], pairs[1:]) is model
    other_encoder = [(np.ones(3, np.float32), np.ones(3, np.float32))]
    assert guided(model, other_encoder, other_encoder) is model


def test_the_nearest_seed_within_its_threshold_takes_a_mention():
    vectors = np.eye(4, dtype=np.float32)
    near = np.array([0.0, 0.0, 0.6, 0.8], np.float32)
    said = Said(aa=vectors[0], a=vectors[0], b=vectors[1], cc=near)
    seeds = (SeedTheme(name="aa", examples=("b",), threshold=0.9), SeedTheme(name="cc", threshold=0.7))
    label, cosine = seeded(vectors, seeds, embed=said)
    assert label.tolist() == [0, 0, -1, 1]
    assert cosine == pytest.approx([1, 1, 0.6, 0.8])


def test_seed_themes_take_their_mentions_before_the_fit_and_keep_their_name():
    vectors, label, keys = planted([40, 40, 40], seed=5)
    said = Said(Parcel_late=centre(vectors, label, 1))
    settings = ClusterSettings(runs=3, consensus_runs=6, seeds=(SeedTheme(name="Parcel late", threshold=0.55),))
    found = cluster(*frames(keys, [True] * 120, vectors), settings=settings, seed=0, embed=said)
    theme = found.theme_members["theme_key"].fillna("none").to_numpy()
    assert (theme[label == 1] == "s00000").mean() > 0.8
    assert not (theme[label != 1] == "s00000").any()
    node = found.theme_nodes.set_index("theme_key")
    assert node.loc["s00000", "given_name"] == "Parcel late"
    assert node.drop("s00000")["given_name"].isna().all()
    assert set(found.theme_members["theme_key"].dropna()) <= set(node.index)
