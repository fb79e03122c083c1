"""A night after the first: known texts keep their themes, new ones join, new themes are found, drift means a refit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from tests.unit.stages.test_cluster import Floats, planted

from voicemine.stages.cluster import ClusterSettings
from voicemine.stages.cluster.incremental import Drift, Night, Texts, row_hashes, themes_tonight
from voicemine.stages.cluster.model import ThemeModel

QUICK = ClusterSettings(runs=3, consensus_runs=6, refit_growth=0.5)
SIZES = [90, 70, 60, 50, 40]


def texts(vectors: Floats) -> Texts:
    keys = [f"{h:020d}" for h in row_hashes(vectors)]
    return Texts(vectors, np.ones(len(vectors)), keys, keys, None)


def night(vectors: Floats, known: ThemeModel | None, settings: ClusterSettings = QUICK) -> Night:
    return themes_tonight(texts(vectors), known.to_arrays() if known else None, settings=settings, seed=0)


@pytest.fixture(scope="module")
def corpus() -> tuple[Floats, npt.NDArray[np.int64]]:
    """Five themes and some noise; every tenth row comes only later."""
    vectors, label, _ = planted(SIZES, noise=40)
    return vectors, label


@pytest.fixture(scope="module")
def first(corpus: tuple[Floats, npt.NDArray[np.int64]]) -> ThemeModel:
    vectors, _ = corpus
    made = night(vectors[np.arange(len(vectors)) % 10 != 0], None)
    assert made.how == "full: no themes were known" and made.model.n_themes == 5
    return made.model


def test_new_mentions_join_the_themes_of_their_kind_and_the_known_stay(corpus, first) -> None:
    vectors, label = corpus
    made = night(vectors, first)
    assert made.how == "assigned to the known themes" and made.counts["new_themes"] == 0
    old = np.arange(len(vectors)) % 10 != 0
    assert (made.model.label[old] == first.label).all() and (made.model.fit[old] == first.fit).all()
    fresh = np.flatnonzero(~old & (label >= 0))
    theme_of = {int(g): int(np.bincount(made.model.label[old & (label == g)] + 1).argmax()) - 1 for g in range(5)}
    assert np.mean([made.model.label[i] == theme_of[int(label[i])] for i in fresh]) > 0.95


def test_the_order_of_the_rows_and_a_detour_change_nothing(corpus, first) -> None:
    vectors, _ = corpus
    straight = night(vectors, first).model
    order = np.random.default_rng(1).permutation(len(vectors))
    shuffled = night(vectors[order], first).model
    assert (shuffled.label == straight.label[order]).all()
    again = night(vectors, straight)
    assert again.counts["runs_since_fit"] == 2 and (again.model.label == straight.label).all()
    back = ThemeModel.from_arrays(straight.to_arrays())
    assert (back.fitted == straight.fitted).all() and (back.usual == straight.usual).all()


def test_a_group_that_fits_nowhere_becomes_a_theme_and_later_mentions_join_it(corpus, first) -> None:
    vectors, _ = corpus
    strangers, _, _ = planted([40], seed=99)
    second = night(np.concatenate([vectors, strangers[:20]]), first)
    assert second.how.startswith("assigned") and second.counts["new_themes"] == 1
    new = second.model.label[-20:]
    assert (new == 5).mean() >= 0.9, "they share the new theme"
    assert second.model.n_themes == 6 and second.model.parent[5] == -1 and len(second.model.stability) == len(
        second.model.parent)
    third = night(np.concatenate([vectors, strangers]), second.model)
    assert (third.model.label[-20:] == 5).mean() >= 0.9 and third.counts["new_themes"] == 0


def scattered(n: int) -> Floats:
    draw = np.random.default_rng(5).normal(size=(n, 48))
    return (draw / np.linalg.norm(draw, axis=1, keepdims=True)).astype(np.float32)


def test_noise_makes_no_theme(corpus, first) -> None:
    vectors, _ = corpus
    made = night(np.concatenate([vectors, scattered(40)]), first, QUICK.model_copy(update={"refit": "never"}))
    assert made.counts["new_themes"] == 0
    assert (made.model.label[-40:] < 0).mean() > 0.7


@pytest.mark.parametrize("change, why", [
    ({"refit": "always"}, "refit is always"), ({"refit_every": 1}, "1 runs ago"),
    ({"refit_growth": 0.05}, "new mentions"),
])
def test_what_calls_for_a_full_fit(corpus, first, change, why) -> None:
    made = night(corpus[0], first, QUICK.model_copy(update=change))
    assert made.how.startswith("full") and why in made.how
    assert made.model.age[0] == 0 and made.counts["full_fit"] == 1


def test_drift_and_loss_call_for_a_full_fit_unless_it_is_never(corpus, first) -> None:
    vectors, _ = corpus
    mixed = np.concatenate([vectors, scattered(60)])
    assert "fit no theme" in night(mixed, first).how
    never = QUICK.model_copy(update={"refit": "never"})
    assert night(mixed, first, never).how.startswith("assigned")
    assert "are gone" in night(vectors[: len(vectors) // 3], first).how
    assert night(vectors, replace(first, fitted=first.fitted[:0])).how == "full: no themes were known"


def test_drift_is_not_seen_in_a_handful() -> None:
    few = Drift(n_new=20, growth=0.01, lost=0.0, without_theme=0.9, usual=0.1, nearness=0.1, usual_nearness=0.5,
                spread=0.1)
    assert few.reason(QUICK) is None
    assert "fit no theme" in (replace(few, n_new=100).reason(QUICK) or "")
    assert "further" in (replace(few, n_new=100, without_theme=0.1).reason(QUICK) or "")
    assert replace(few, n_new=100, without_theme=0.15, nearness=0.48).reason(QUICK) is None
