"""Themes: planted groups are found, noise is left out, and nothing hangs on the order of the rows."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from voicemine import tables
from voicemine.errors import ModelError
from voicemine.stages.cluster import STAGE, ClusterSettings, ThemeModel, assign_themes, cluster, fit_themes
from voicemine.stages.cluster.fit import noise_floor
from voicemine.stages.cluster.levels import Level, best_jaccard, choose_level, resolution_at
from voicemine.stages.cluster.merge import merge_themes
from voicemine.stages.cluster.model import CORE, NONE

Floats = npt.NDArray[np.float32]
QUICK = ClusterSettings(runs=3, consensus_runs=6)


def planted(sizes: Sequence[int], *, d: int = 48, spread: float = 0.6, noise: int = 0,
            seed: int = 0) -> tuple[Floats, npt.NDArray[np.int64], list[str]]:
    """Unit vectors round random centres (label 0, 1 ...), scattered ones (label -1), and a key for each."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(len(sizes), d))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    label = np.repeat(np.arange(len(sizes)), sizes)
    found = np.concatenate([centres[label] + draw.normal(size=(len(label), d)) * spread / np.sqrt(d),
                            draw.normal(size=(noise, d))])
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    keys = [f"text {i:05d}" for i in range(len(found))]
    return found.astype(np.float32), np.concatenate([label, np.full(noise, -1)]), keys


def fitted(vectors: Floats, keys: list[str], settings: ClusterSettings = QUICK, *, seed: int = 0,
           texts: list[str] | None = None) -> ThemeModel:
    return fit_themes(vectors, weights=np.ones(len(keys)), keys=keys, settings=settings, seed=seed, texts=texts)


@pytest.fixture(scope="module")
def sample() -> tuple[Floats, npt.NDArray[np.int64], list[str], ThemeModel]:
    vectors, label, keys = planted([90, 70, 60, 50, 40, 30, 20], noise=40)
    return vectors, label, keys, fitted(vectors, keys)


def test_planted_groups_are_found_and_noise_is_left_out(sample):
    _, label, _, model = sample
    inside = label >= 0
    assert model.n_themes == 7
    assert adjusted_rand_score(label[inside], model.label[inside]) > 0.97
    assert (model.label[inside] >= 0).mean() > 0.97
    assert (model.label[~inside] < 0).mean() > 0.8


def test_numbers_follow_size_and_planted_themes_are_stable(sample):
    *_, model = sample
    sizes = np.bincount(model.label[model.label >= 0])
    assert (np.diff(sizes) <= 2).all()
    assert (model.stability[:7] > 0.6).all()
    assert ((model.probability >= 0) & (model.probability <= 1)).all()


def test_fit_says_how_a_mention_belongs(sample):
    *_, model = sample
    assert ((model.fit == NONE) == (model.label < 0)).all()
    assert (model.probability[model.fit == CORE] >= QUICK.core_probability - 1e-6).all()
    assert (model.probability[model.fit == NONE] == 0).all()


def test_same_input_gives_the_same_bytes(sample):
    vectors, _, keys, model = sample
    again = fitted(vectors, keys)
    for name, array in model.to_arrays().items():
        assert array.tobytes() == again.to_arrays()[name].tobytes(), name


def test_the_order_of_the_rows_changes_nothing(sample):
    vectors, _, keys, model = sample
    order = np.random.default_rng(3).permutation(len(keys))
    moved = fitted(vectors[order], [keys[i] for i in order])
    assert (moved.label == model.label[order]).all()
    assert (moved.sublabel == model.sublabel[order]).all()
    assert (moved.probability == model.probability[order]).all()


def test_another_seed_gives_the_same_themes(sample):
    vectors, _, keys, model = sample
    assert adjusted_rand_score(model.label, fitted(vectors, keys, seed=11).label) >= 0.95


def test_assigning_the_fitted_rows_gives_their_own_themes(sample):
    vectors, _, _, model = sample
    found = assign_themes(vectors, model)
    assert (found.label == model.label).all()
    assert (found.fit == model.fit).all()


def test_new_mentions_go_to_their_theme_and_strangers_to_none(sample):
    vectors, label, _, model = sample
    draw = np.random.default_rng(8)
    inside = np.flatnonzero((label >= 0) & (model.label >= 0))
    near = vectors[inside] + draw.normal(size=(len(inside), vectors.shape[1])) * 0.02
    near = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    assert (assign_themes(near, model).label == model.label[inside]).mean() > 0.95
    strange = draw.normal(size=(200, vectors.shape[1]))
    strange = (strange / np.linalg.norm(strange, axis=1, keepdims=True)).astype(np.float32)
    assert (assign_themes(strange, model).label < 0).mean() > 0.7


def test_an_answer_does_not_depend_on_its_neighbours_in_the_call(sample):
    vectors, _, _, model = sample
    whole = assign_themes(vectors[:40], model)
    alone = [int(assign_themes(vectors[i : i + 1], model).label[0]) for i in range(40)]
    assert whole.label.tolist() == alone


def test_the_model_survives_storage_without_pickle(sample):
    vectors, _, _, model = sample
    buffer = io.BytesIO()
    np.savez(buffer, **model.to_arrays())
    buffer.seek(0)
    with np.load(buffer, allow_pickle=False) as stored:
        back = ThemeModel.from_arrays(dict(stored))
    assert (assign_themes(vectors, back).label == model.label).all()


def test_a_model_that_lacks_an_array_is_refused(sample):
    arrays = sample[3].to_arrays()
    del arrays["exemplars"]
    with pytest.raises(ModelError, match="exemplars"):
        ThemeModel.from_arrays(arrays)


@pytest.mark.parametrize("n", [0, 1, 5, 30, 200])
def test_texts_without_anything_in_common_make_no_theme(n):
    vectors, _, keys = planted([], noise=n, d=128)
    model = fitted(vectors.reshape(n, 128), keys)
    assert len(model.label) == n
    assert (model.label < 0).mean() >= 0.95 if n else True


def test_many_equal_texts_are_one_theme():
    vectors, _, keys = planted([1])
    model = fit_themes(vectors, weights=np.array([50]), keys=keys, settings=QUICK)
    assert model.label.tolist() == [0]
    assert fit_themes(vectors, weights=np.array([2]), keys=keys, settings=QUICK).label.tolist() == [-1]


def test_equal_vectors_do_not_break_the_graph():
    vectors = np.tile(planted([1])[0], (60, 1))
    model = fitted(vectors, [f"k{i:02d}" for i in range(60)])
    assert len(set(model.label.tolist())) == 1


def test_a_reading_budget_is_kept_about():
    vectors, _, keys = planted([40] * 16, d=32, spread=0.8)
    few = fitted(vectors, keys, ClusterSettings(runs=3, consensus_runs=6, n_themes=5))
    many = fitted(vectors, keys, ClusterSettings(runs=3, consensus_runs=6, n_themes=16))
    assert few.n_themes == 5
    assert 14 <= many.n_themes <= 16


def test_near_identical_themes_become_one():
    vectors, label, _ = planted([30, 30, 30], spread=0.2)
    halves = np.where(label == 0, np.arange(90) % 2 * 3, label).astype(np.int32)  # the first group torn in two
    merged = merge_themes(halves, vectors, np.ones(90), alike=0.9)
    assert adjusted_rand_score(label, merged) == 1.0
    assert merge_themes(np.full(4, -1, np.int32), vectors[:4], np.ones(4), alike=0.9).tolist() == [-1] * 4


def test_every_sub_theme_lies_in_its_theme(sample):
    *_, model = sample
    inside = model.sublabel >= 0
    assert (model.parent[model.sublabel[inside]] == model.label[inside]).all()
    assert (model.parent[: model.n_themes] == -1).all()


def test_a_large_corpus_is_learnt_from_a_sample_and_assigned_whole():
    vectors, label, keys = planted([500, 400, 300], spread=0.5)
    # Three groups are each a third of all, which the division of catch-alls would look at.
    model = fitted(vectors, keys, ClusterSettings(runs=3, consensus_runs=6, max_fit=1000, split_above=1.0))
    assert len(model.exemplars) == 1000
    themed = model.label >= 0
    assert themed.mean() > 0.9
    assert adjusted_rand_score(label[themed], model.label[themed]) > 0.95


def test_words_are_a_second_view():
    vectors, label, keys = planted([50, 50, 50, 50], spread=2.2, seed=4)
    words = ["refund money back", "parcel late courier", "app crash login", "menu cold soup"]
    draw = np.random.default_rng(0)
    texts = [f"{' '.join(draw.permutation(words[t].split()))} {draw.integers(40)}" for t in label]
    blind, seeing = fitted(vectors, keys), fitted(vectors, keys, texts=texts)
    assert adjusted_rand_score(label, seeing.exemplar_theme) > adjusted_rand_score(label, blind.exemplar_theme)


def test_the_floor_rises_with_the_size_of_the_null():
    vectors, *_ = planted([200, 200], d=32)
    random = planted([], noise=400, d=32)[0]
    assert noise_floor(random, seed=0) > 0.3
    assert noise_floor(vectors, seed=0) < 1.0


def test_level_is_the_reproducible_and_separated_one():
    def level(resolution: float, groups: float, stability: float, separation: float) -> Level:
        return Level(resolution, np.zeros((2, 4), np.int32), groups, stability, separation)

    levels = [level(0.25, 2, 0.99, 0.5), level(0.5, 12, 0.8, 0.3), level(1.0, 25, 0.6, 0.3), level(2.0, 60, 0.4, 0.2)]
    assert choose_level(levels) == pytest.approx(1, abs=0.3)
    assert choose_level(levels, n_themes=55) == 3
    assert choose_level(levels[:1]) == 0
    assert resolution_at(levels, 1.0) == pytest.approx(0.5) and resolution_at(levels, 1.5) == pytest.approx(0.5**0.5)


def test_the_level_of_the_last_fit_stays_unless_another_is_clearly_better() -> None:
    none = np.zeros((2, 1), np.int32)

    def levels(second: float) -> list[Level]:
        return [Level(2.0 ** (i - 4), none, 40, 0.6 if i < 3 else second, 0.2) for i in range(6)]

    assert choose_level(levels(0.63)) == pytest.approx(3.7, abs=0.3)
    assert choose_level(levels(0.63), before=float(np.float32(2.0 ** -4))) == pytest.approx(0, abs=1e-6)
    assert choose_level(levels(0.63), before=2.0 ** -3.6) == pytest.approx(0.4), "a place between levels stays too"
    assert choose_level(levels(0.69), before=float(np.float32(2.0 ** -4))) > 3.5


def test_levels_that_are_as_good_as_each_other_share_the_place() -> None:
    none, noise = np.zeros((2, 1), np.int32), np.random.default_rng(0)
    stabilities = noise.normal(0.6, 0.01, (50, 7))
    places = [choose_level([Level(2.0 ** (i - 4), none, 40, s, 0.2) for i, s in enumerate(row)]) for row in stabilities]
    assert np.std(places) < 0.5 and abs(np.mean(places) - 3) < 0.5


def test_one_lucky_level_does_not_win_over_a_good_neighbourhood():
    none = np.zeros((2, 1), np.int32)
    stability = [0.6, 0.75, 0.6, 0.7, 0.72, 0.69]
    assert choose_level([Level(2.0 ** (i - 4), none, 40, s, 0.2) for i, s in enumerate(stability)]) > 3


def test_best_jaccard_by_hand():
    label = np.array([0, 0, 0, 1, 1, -1], np.int32)
    run = np.array([0, 0, 1, 1, 1, 1], np.int32)
    # {0,1,2} against {0,1}: 2/3; {3,4} against {2,3,4,5}: 2/4.
    assert best_jaccard(label, run, np.ones(6), 2) == pytest.approx([2 / 3, 1 / 2])


def no_text(texts: Sequence[str]) -> Floats:
    raise AssertionError("nothing was to be embedded")


def frames(texts: list[str], pain: list[bool], vectors: Floats):
    distinct = sorted(set(texts))
    n = len(texts)
    segments = pd.DataFrame({"mention_id": [f"i{i}#0" for i in range(n)], "item_id": [f"i{i}" for i in range(n)],
                             "text": texts})
    labels = pd.DataFrame({"mention_id": segments["mention_id"], "is_pain": pain,
                           "sentiment": np.where(pain, "negative", "positive")})
    rows = np.array([distinct.index(t) for t in texts], dtype=np.int64)
    return segments, labels, {"rows": rows, "vectors": vectors[: len(distinct)].astype(np.float16)}


@pytest.mark.parametrize("scope", ["pain", "delight", "all"])
def test_only_mentions_in_scope_have_a_theme(scope):
    vectors, _, keys = planted([40, 40, 40])
    pain = [i % 2 == 0 for i in range(120)]
    settings = ClusterSettings(runs=3, consensus_runs=6, scope=scope)
    found = cluster(*frames(keys, pain, vectors), settings=settings, seed=0, embed=no_text)
    themed = found.theme_members["theme_key"].notna().to_numpy()
    wanted = np.array(pain) if scope == "pain" else ~np.array(pain) if scope == "delight" else np.ones(120, bool)
    assert not themed[~wanted].any()
    assert themed[wanted].mean() > 0.9
    assert set(found.theme_nodes["kind"]) == {scope}
    keys_used = set(found.theme_members["theme_key"].dropna()) | set(found.theme_members["subtheme_key"].dropna())
    assert keys_used == set(found.theme_nodes["theme_key"])


def test_repeated_texts_share_their_theme_and_none_is_lost():
    vectors, _, keys = planted([30, 30])
    texts = [k for k in keys for _ in range(3)]
    found = cluster(*frames(texts, [True] * 180, vectors), settings=QUICK, seed=0, embed=no_text)
    members = found.theme_members.assign(text=texts)
    assert len(members) == 180
    assert (members.groupby("text")["theme_key"].nunique(dropna=False) == 1).all()


def test_without_mentions_there_are_empty_tables():
    found = cluster(*frames([], [], np.zeros((0, 8), np.float32)), settings=QUICK, seed=0, embed=no_text)
    assert found.theme_members.equals(tables.empty("theme_members"))
    assert found.theme_nodes.equals(tables.empty("theme_nodes"))
    nobody = cluster(*frames(["a", "b"], [False, False], np.eye(8, dtype=np.float32)), settings=QUICK, seed=0,
                     embed=no_text)
    assert nobody.theme_members["theme_fit"].tolist() == ["none", "none"]


def test_the_stage_declares_what_it_writes():
    assert STAGE.writes == ("theme_members", "theme_nodes", "theme_model")
    assert STAGE.needs == ("seed", "embed", "edits", "known_themes")
