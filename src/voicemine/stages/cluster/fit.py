"""Fitting themes: a consensus of many partitions of shared-neighbour graphs, less what is noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from voicemine.numerics.chance import Hashes, content_hashes
from voicemine.numerics.graph import by_size, coassociation, leiden, network, top_matches
from voicemine.numerics.projection import Projection, fit_projection, unit
from voicemine.stages.cluster.assign import FLOOR_VOTERS, assign_themes
from voicemine.stages.cluster.consensus import consensus, consensus_runs, memberships, runs_around, stabilities
from voicemine.stages.cluster.levels import RESOLUTIONS, choose_level, resolution_at, try_levels
from voicemine.stages.cluster.merge import merge_themes
from voicemine.stages.cluster.model import Floats, Ints, ThemeModel
from voicemine.stages.cluster.settings import ClusterSettings
from voicemine.stages.cluster.split import split_giants
from voicemine.stages.cluster.views import joint_graph, view_neighbours

Weights = npt.NDArray[np.float64]
_FINER = 4  # levels, half an octave each
#: A theme at least so stable is one matter, however large: it is not divided.
_FIRM = 0.75
_NULL_ROWS = 1000
#: Texts from which a level gets no more than the configured runs; fewer texts get up to three times as many.
_LARGE, _MORE_RUNS = 10_000, 3
#: Neighbours, and how fine the themes are, are properties of the corpus: they are looked for with the same draws
#: whatever the seed, which decides what the consensus is taken over.
_LEVEL_SEED = 0
_LEFT_OUT = 0.08


def fit_themes(vectors: Floats, *, weights: npt.NDArray[np.number], keys: Sequence[str], settings: ClusterSettings,
               texts: Sequence[str] | None = None, labels: Floats | None = None, seed: int = 0,
               guide: Callable[[ThemeModel], ThemeModel] = lambda model: model,
               before: float | None = None) -> ThemeModel:
    """Find themes in (n, d) vectors of length 1 of distinct texts.

    weights (n,): mentions of each text. keys (n,): a name of each text's content, unique; work is ordered by it, so
    that the order of the rows changes nothing. texts (n,): their words, a second view. labels (n, r): where in the
    journey they stand, a third one (`views.label_vectors`). guide: changes the fitted themes before rows are assigned.
    before: resolution of the level that the last fit of this corpus showed. Returns the model; its `label` and the
    like are in the given order.
    """
    order = sorted(range(len(keys)), key=lambda i: keys[i])
    hashes = content_hashes(keys if texts is None else texts)
    if len(order) > settings.max_fit:
        drawn = sorted(order, key=lambda i: (int(hashes[i]), keys[i]))
        order = sorted(drawn[: settings.max_fit], key=lambda i: keys[i])
    words = None if texts is None else [texts[i] for i in order]
    # A sample holds fewer mentions of each theme than the whole.
    share = len(order) / max(len(keys), 1)
    where = None if labels is None else labels[order]
    model = _fit(vectors[order].astype(np.float32), np.asarray(weights, np.float64)[order], hashes[order], words, where,
                 settings, least=max(2.0, settings.min_mentions * share), seed=seed, before=before)
    model = guide(model)
    found = assign_themes(vectors, model)
    return replace(model, label=found.label, sublabel=found.sublabel, probability=found.probability, fit=found.fit)


def _fit(vectors: Floats, weights: Weights, hashes: Hashes, texts: Sequence[str] | None, labels: Floats | None,
         settings: ClusterSettings, *, least: float, seed: int, before: float | None = None) -> ThemeModel:
    n = len(vectors)
    if n < 2 * settings.min_texts + 2:
        return _without_graph(vectors, weights, settings)
    projection = fit_projection(vectors, settings.dimensions)
    points = projection.apply(vectors).astype(np.float16).astype(np.float32)
    views = view_neighbours(points, texts, max(2, min(settings.neighbours, n // 4)), labels=labels,
                            seed=_LEVEL_SEED)
    levels = try_levels(points, views, weights, hashes, resolutions=RESOLUTIONS, runs=_runs(settings, n), least=least,
                        seed=_LEVEL_SEED)
    place = choose_level(levels, n_themes=settings.n_themes, before=before)
    chosen, resolution = round(place), resolution_at(levels, place)
    runs, graph = runs_around(levels, chosen), joint_graph(views)
    voting = consensus_runs(views, resolution, hashes, count=settings.consensus_runs, seed=seed)
    found = consensus(graph, voting, seed=seed, n_themes=settings.n_themes, least=settings.min_texts)
    floor = noise_floor(points, seed=seed)
    found[_nearness(points) < floor] = -1
    theme = merge_themes(_supported(found, weights, least, settings.min_texts), points, weights,
                         alike=settings.merge_above, n_themes=settings.n_themes)
    finer = runs_around(levels, min(chosen + _FINER, len(levels) - 1))
    together = coassociation(graph, finer)
    if settings.n_themes is None:
        firm = stabilities(theme, runs, weights, int(theme.max(initial=-1)) + 1) >= _FIRM
        theme = split_giants(theme, together, points, weights, firm=firm, above=settings.split_above, least=least,
                             texts=settings.min_texts, seed=seed)
    n_themes = int(theme.max(initial=-1)) + 1
    sub, parent = _sub_themes(theme, together, weights, least, settings.min_texts, seed)
    whole = n_themes + len(parent)
    return _model(
        projection, points, theme, sub, settings,
        exemplar_probability=memberships(theme, runs, weights, n_themes),
        parent=np.concatenate([np.full(n_themes, -1, np.int32), parent]),
        # A theme that came of a division is judged at the level where it shows.
        stability=np.concatenate([np.maximum(stabilities(theme, runs, weights, n_themes),
                                             stabilities(theme, finer, weights, n_themes)),
                                  stabilities(sub, finer, weights, whole)[n_themes:]]),
        floor=floor, resolution=resolution,
        tried=np.array([(lv.resolution, lv.n_groups, lv.stability, lv.separation) for lv in levels], np.float32),
    )


def _runs(settings: ClusterSettings, n: int) -> int:
    """Runs at each level: the scores of a small corpus are noisier, and its runs cheaper."""
    return int(np.clip(round(settings.runs * _LARGE / n), settings.runs, _MORE_RUNS * settings.runs))


def _model(projection: Projection, points: Floats, theme: Ints, sub: Ints, settings: ClusterSettings, *,
           exemplar_probability: Floats, parent: Ints, stability: Floats, floor: float, resolution: float,
           tried: Floats) -> ThemeModel:
    """The model, before its own rows are assigned."""
    return ThemeModel(
        mean=projection.mean, components=projection.components, exemplars=points.astype(np.float16),
        exemplar_theme=theme, exemplar_subtheme=sub, exemplar_probability=exemplar_probability, parent=parent,
        stability=stability, floor=np.array([floor], np.float32),
        core=np.array([settings.core_probability], np.float32),
        voters=np.array([settings.assign_neighbours], np.int32), tried=tried,
        resolution=np.array([resolution], np.float32),
        label=np.zeros(0, np.int32), sublabel=np.zeros(0, np.int32), probability=np.zeros(0, np.float32),
        fit=np.zeros(0, np.int8),
    )


def _without_graph(vectors: Floats, weights: Weights, settings: ClusterSettings) -> ThemeModel:
    """Too few texts for a graph: each text that alone has the support of a theme is one."""
    n, d = vectors.shape
    strong = [int(i) for i in np.lexsort((np.arange(n), -weights)) if weights[i] >= settings.min_mentions]
    theme = np.full(n, -1, np.int32)
    theme[strong] = np.arange(len(strong))
    return _model(
        Projection(np.zeros(d, np.float32), np.eye(d, dtype=np.float32)), unit(vectors), theme,
        np.full(n, -1, np.int32), settings, exemplar_probability=(theme >= 0).astype(np.float32),
        parent=np.full(len(strong), -1, np.int32), stability=np.ones(len(strong), np.float32), floor=0.7,
        resolution=0.0, tried=np.zeros((0, 4), np.float32),
    )


def noise_floor(points: Floats, *, seed: int) -> float:
    """Nearness to the nearest five below which a row has no theme.

    At least the nearness that rows reach by chance where no direction is favoured (95 % of a shuffled rotation). Above
    that, the lower quartile of nearness where each principal direction keeps its spread and nothing else hangs
    together (Horn's parallel analysis, 1965, of neighbours instead of variances); but that may leave out 8 % of the
    rows at most, for the directions of a corpus with few themes are themselves the themes.
    """
    draw = np.random.default_rng(seed)
    rotation = np.linalg.qr(draw.normal(size=(points.shape[1], points.shape[1])))[0].astype(np.float32)
    chance = float(np.quantile(_shuffled(points @ rotation, draw), 0.95))
    directed = float(np.quantile(_shuffled(points, draw), 0.25))
    real = float(np.quantile(_nearness(points), _LEFT_OUT))
    return round(max(chance, min(directed, real)), 4)


def _shuffled(points: Floats, draw: np.random.Generator) -> Floats:
    null = unit(np.stack([draw.permutation(points[:, j]) for j in range(points.shape[1])], axis=1))
    return _nearness(null, null[:_NULL_ROWS])


def _nearness(points: Floats, asked: Floats | None = None) -> Floats:
    """Mean cosine of the first rows (or all) to their nearest five others."""
    k = min(FLOOR_VOTERS, len(points) - 1)
    found: Floats = top_matches(points if asked is None else asked, points, k, skip_self=True)[1].mean(axis=1)
    return found


def _supported(labels: Ints, weights: Weights, least: float, texts: int) -> Ints:
    """Labels by falling size, groups below the least support taken out."""
    kept = labels >= 0
    if not kept.any():
        return labels
    mass, distinct = np.bincount(labels[kept], weights[kept]), np.bincount(labels[kept])
    enough = (mass >= least) & (distinct >= texts)
    return by_size(np.where(kept & enough[labels], labels, -1).astype(np.int32), weights)


def _sub_themes(theme: Ints, together: sparse.csr_matrix, weights: Weights, least: float, texts: int,
                seed: int) -> tuple[Ints, Ints]:
    """Sub-theme of each row (numbered on after the themes) and the theme of each sub-theme.

    together: co-association at a finer level. A theme is divided where two parts at least have the support.
    """
    sub, parent = np.full(len(theme), -1, np.int32), list[int]()
    n_themes = int(theme.max(initial=-1)) + 1
    for t in range(n_themes):
        rows = np.flatnonzero(theme == t)
        if weights[rows].sum() < 4 * least or len(rows) < 4 * texts:
            continue
        parts = _supported(leiden(network(together[rows][:, rows]), 1.0, seed=seed), weights[rows], 2 * least, texts)
        if parts.max(initial=-1) < 1:
            continue
        sub[rows] = np.where(parts >= 0, parts + n_themes + len(parent), -1)
        parent += [t] * (int(parts.max()) + 1)
    return sub, np.array(parent, dtype=np.int32)
