"""A night after the first: new mentions join the known themes, new themes are looked for among those that fit nowhere,
and everything is fitted anew where the themes have ceased to describe what comes in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from voicemine.errors import ModelError
from voicemine.numerics.graph import top_matches
from voicemine.numerics.projection import Projection, unit
from voicemine.stages.cluster.assign import FLOOR_VOTERS, TWIN, assign_themes, judge
from voicemine.stages.cluster.fit import fit_themes
from voicemine.stages.cluster.model import Assignment, Floats, Ints, ThemeModel
from voicemine.stages.cluster.settings import ClusterSettings

Bools = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float64]
#: Learnt mentions that are held out to see how a mention like them fares.
_HELD_OUT = 2000
#: New texts from which drift is judged, and standard errors that it must exceed beside its threshold.
_FEWEST_NEW, _ERRORS = 50, 3.0
#: Texts without theme of which groups are looked for at most.
_MOST_LOOSE = 4000


@dataclass(frozen=True)
class Texts:
    """The distinct texts of a night: vectors (n, d) of length 1, mentions of each (n,), content keys (n,) to order the
    work by, words (n,), and label vectors (n, r) or None."""

    vectors: Floats
    weights: npt.NDArray[np.number]
    keys: Sequence[str]
    words: Sequence[str]
    labels: Floats | None

    def take(self, rows: npt.NDArray[np.integer]) -> Texts:
        """Some of them."""
        return Texts(self.vectors[rows], self.weights[rows], [self.keys[i] for i in rows],
                     [self.words[i] for i in rows], None if self.labels is None else self.labels[rows])


@dataclass(frozen=True)
class Night:
    """Tonight's model, how it came about (`full: why` or `assigned`), and figures."""

    model: ThemeModel
    how: str
    counts: Mapping[str, float]


@dataclass(frozen=True)
class Drift:
    """What came in since the last full fit, against what was fitted. Shares are of mentions, 0..1.

    growth: new mentions over those fitted. lost: share of the fitted texts that are there no more. without_theme: share
    of the new mentions without theme; usual: the same of held-out fitted ones. nearness: mean cosine of new texts to
    their nearest five learnt ones; usual_nearness and spread: mean and standard deviation of held-out ones.
    """

    n_new: int
    growth: float
    lost: float
    without_theme: float
    usual: float
    nearness: float
    usual_nearness: float
    spread: float

    def reason(self, settings: ClusterSettings) -> str | None:
        """Why the themes should be fitted anew, or None."""
        if self.growth > settings.refit_growth:
            return f"{self.growth:.0%} new mentions since the last fit (refit_growth {settings.refit_growth:.0%})"
        if self.lost > settings.refit_growth:
            return f"{self.lost:.0%} of the fitted texts are gone (refit_growth {settings.refit_growth:.0%})"
        if self.n_new < _FEWEST_NEW:
            return None
        noise = _ERRORS / self.n_new ** 0.5
        more = self.without_theme - self.usual
        if more > settings.refit_drift and more > noise * (self.usual * (1 - self.usual)) ** 0.5:
            return (f"{self.without_theme:.0%} of the new mentions fit no theme, {self.usual:.0%} is usual "
                    f"(refit_drift {settings.refit_drift:.0%})")
        away = self.usual_nearness - self.nearness
        if away > settings.refit_drift and away > noise * self.spread:
            return (f"new mentions lie {away:.2f} further from the known ones than is usual "
                    f"(refit_drift {settings.refit_drift:g})")
        return None


def themes_tonight(
    texts: Texts, known: Mapping[str, npt.NDArray[Any]] | None, *, settings: ClusterSettings, seed: int,
    guide: Callable[[ThemeModel], ThemeModel] = lambda model: model,
) -> Night:
    """Themes of tonight's texts, from the model that the night before left (`known`) or from the ground up.

    The mentions of known texts keep their themes; new ones are assigned as a fit assigns. A full fit is made where
    nothing is known, `refit` is always, the schedule says so, or drift passes a threshold (unless `refit` is never).
    """
    before = _usable(known)
    if before is None or settings.refit == "always":
        return _full(texts, "no themes were known" if before is None else "refit is always", settings, seed, guide,
                     before)
    hashes = row_hashes(texts.vectors)
    is_new = ~np.isin(hashes, before.fitted)
    age = int(before.age[0]) + 1
    if settings.refit == "auto" and 0 < settings.refit_every <= age:
        return _full(texts, f"the last full fit was {age} runs ago (refit_every)", settings, seed, guide, before)
    found = _assign(texts, hashes, before)
    model, fresh = _with_new_themes(texts, is_new, found, before, settings)
    if fresh:
        again = np.flatnonzero(found.label < 0)
        found = _placed(found, again, assign_themes(texts.vectors[again], model))
    # What new themes explain is no drift.
    drift = measure_drift(texts, hashes, is_new, found, model)
    why = drift.reason(settings) if settings.refit == "auto" else None
    if why:
        return _full(texts, why, settings, seed, guide, before)
    model = replace(model, label=found.label, sublabel=found.sublabel, probability=found.probability, fit=found.fit,
                    row_hashes=hashes, age=np.array([age], np.int32))
    counts = {"full_fit": 0, "new_texts": int(is_new.sum()), "new_themes": fresh, "runs_since_fit": age,
              "growth": round(drift.growth, 4), "new_without_theme": round(drift.without_theme, 4),
              "usual_without_theme": round(drift.usual, 4)}
    return Night(model, "assigned to the known themes", counts)


def row_hashes(vectors: Floats) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each of (n, d) vectors, as they are kept in half precision."""
    kept = np.ascontiguousarray(vectors.astype(np.float16))
    return np.array([int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest(), "little") for row in kept],
                    dtype=np.uint64)


def _usable(known: Mapping[str, npt.NDArray[Any]] | None) -> ThemeModel | None:
    try:
        model = ThemeModel.from_arrays(known) if known else None
    except ModelError:
        return None
    return model if model is not None and model.n_themes and len(model.fitted) else None


def _full(texts: Texts, why: str, settings: ClusterSettings, seed: int,
          guide: Callable[[ThemeModel], ThemeModel], before: ThemeModel | None) -> Night:
    level = float(before.resolution[0]) or None if before is not None else None
    model = fit_themes(texts.vectors, weights=texts.weights, keys=texts.keys, texts=texts.words, labels=texts.labels,
                       settings=settings, seed=seed, guide=guide, before=level)
    hashes = row_hashes(texts.vectors)
    model = replace(model, fitted=np.unique(hashes), row_hashes=hashes, age=np.zeros(1, np.int32),
                    usual=_usual(model, float(np.sum(texts.weights))))
    return Night(model, f"full: {why}", {"full_fit": 1})


def _usual(model: ThemeModel, mass: float) -> npt.NDArray[np.float64]:
    """(4,): mentions fitted; of held-out exemplars the share without theme, and mean and deviation of the nearness."""
    m, k = len(model.exemplars), int(model.voters[0]) + 1
    if m <= k or not model.n_themes:
        return np.array([mass, 0.0, 1.0, 0.0])
    base = model.exemplars.astype(np.float32)
    rows = np.unique(np.linspace(0, m - 1, min(m, _HELD_OUT)).astype(np.int64))
    near, cosine = top_matches(base[rows], base, k)
    own = near == rows[:, None]
    # The row itself does not vote; where twins crowd it out of the list, the farthest is left out in its stead.
    own[~own.any(axis=1), -1] = True
    near, cosine = near[~own].reshape(-1, k - 1), cosine[~own].reshape(-1, k - 1)
    nearness = cosine[:, :FLOOR_VOTERS].mean(axis=1)
    without = judge(near, cosine, model)[0] < 0
    return np.round([mass, without.mean(), nearness.mean(), nearness.std()], 4).astype(np.float64)


def _assign(texts: Texts, hashes: npt.NDArray[np.uint64], before: ThemeModel) -> Assignment:
    """Known texts as they were placed the night before, the others by the vote of the learnt ones."""
    order = np.argsort(before.row_hashes, kind="stable")
    sorted_hashes = before.row_hashes[order]
    at = np.minimum(np.searchsorted(sorted_hashes, hashes), max(len(order) - 1, 0))
    is_known = sorted_hashes[at] == hashes if len(order) else np.zeros(len(hashes), dtype=bool)
    rows = order[at] if len(order) else np.zeros(len(hashes), np.int64)
    found = Assignment(before.label[rows], before.sublabel[rows], before.probability[rows], before.fit[rows])
    fresh = np.flatnonzero(~is_known)
    return _placed(found, fresh, assign_themes(texts.vectors[fresh], before))


def _placed(found: Assignment, rows: npt.NDArray[np.int64], part: Assignment) -> Assignment:
    """The assignment with some rows replaced."""
    made = Assignment(found.label.copy(), found.sublabel.copy(), found.probability.copy(), found.fit.copy())
    made.label[rows], made.sublabel[rows] = part.label, part.sublabel
    made.probability[rows], made.fit[rows] = part.probability, part.fit
    return made


def measure_drift(texts: Texts, hashes: npt.NDArray[np.uint64], is_new: Bools, found: Assignment,
                  model: ThemeModel) -> Drift:
    """How far what came in since the last full fit is from the themes that are known by now."""
    weights = np.asarray(texts.weights, np.float64)
    new = np.flatnonzero(is_new)
    mass = float(weights[new].sum())
    fitted, usual, usual_nearness, spread = (float(v) for v in model.usual)
    near = _nearness(_points(texts.vectors[new], model), model) if len(new) else np.zeros(0)
    return Drift(
        n_new=len(new), growth=mass / max(fitted, 1.0), lost=float((~np.isin(model.fitted, hashes)).mean()),
        without_theme=float(weights[new][found.label[new] < 0].sum() / mass) if mass else 0.0, usual=usual,
        nearness=float(near.mean()) if len(near) else usual_nearness, usual_nearness=usual_nearness, spread=spread)


def _points(vectors: Floats, model: ThemeModel) -> Floats:
    points: Floats = Projection(model.mean, model.components).apply(vectors).astype(np.float16).astype(np.float32)
    return points


def _nearness(points: Floats, model: ThemeModel) -> npt.NDArray[np.float64]:
    k = min(FLOOR_VOTERS, len(model.exemplars))
    cosines: npt.NDArray[np.float64] = top_matches(points, model.exemplars.astype(np.float32), k)[1].astype(np.float64)
    nearness: npt.NDArray[np.float64] = cosines.mean(axis=1)
    return nearness


def _with_new_themes(texts: Texts, is_new: Bools, found: Assignment, before: ThemeModel,
                     settings: ClusterSettings) -> tuple[ThemeModel, int]:
    """The model with themes that new mentions form among those without theme, and how many.

    Looked at are texts that lie as near to others of their kind as a member of a theme must. Groups of them by average
    linkage, as compact as the loosest quarter of the known themes, are themes where they have the support, are at
    least half new (what was there at the last fit was found wanting then), and stand apart: most of the nearest texts
    of their members are of the group, too.
    """
    weights = np.asarray(texts.weights, np.float64)
    loose = np.flatnonzero(found.label < 0)
    points, new = _points(texts.vectors[loose], before), is_new[loose]
    k = min(FLOOR_VOTERS, max(settings.min_texts - 1, 1))
    if weights[loose][new].sum() < settings.min_mentions / 2 or len(loose) <= k:
        return before, 0
    near, cosine = top_matches(points, points, k, skip_self=True)
    dense = cosine.mean(axis=1) >= float(before.floor[0])
    wanted = np.zeros(len(loose), dtype=bool)
    wanted[dense & new] = True
    wanted[near[dense & new].ravel()] = True
    rows = np.flatnonzero(wanted & dense)
    # Where so many fit nowhere, drift will call for a full fit.
    if not settings.min_texts <= len(rows) <= _MOST_LOOSE or len(rows) < 2:
        return before, 0
    known = before.exemplars[before.exemplar_theme >= 0].astype(np.float32)
    bar = float(np.quantile(_compactness(before.exemplars.astype(np.float32), before.exemplar_theme,
                                         before.n_themes), 0.25))
    # Two members of a group whose members have a cosine of `bar` to its centre have one of about its square.
    rows = rows[np.argsort([texts.keys[i] for i in loose[rows]], kind="stable")]
    distance = np.round(np.clip(1.0 - points[rows] @ points[rows].T, 0.0, 2.0).astype(np.float64), 5)
    np.fill_diagonal(distance, 0.0)
    group = fcluster(linkage(squareform((distance + distance.T) / 2), "average"), 1.0 - bar**2, "distance")
    model, count = before, 0
    for g in sorted(set(group), key=lambda g: (-weights[loose[rows[group == g]]].sum(), g)):
        own = rows[group == g]
        mass = weights[loose[own]]
        if (mass.sum() < settings.min_mentions or len(own) < max(settings.min_texts, 2)
                or mass[new[own]].sum() < mass.sum() / 2
                or _compactness(points[own], np.zeros(len(own), np.int32), 1)[0] < bar):
            continue
        others = np.concatenate([known, points[np.setdiff1d(rows, own)]])
        apart = _apart(points[own], others, settings.assign_neighbours)
        if apart.mean() < settings.stable:
            continue
        model = _added(model, points[own], apart, float(apart.mean()))
        count += 1
    return model, count


def _apart(points: Floats, others: Floats, voters: int) -> Floats:
    """Share (n,) of the nearest of each point, itself left out, that are of its own group and not of the others."""
    n = len(points)
    near = top_matches(points, np.concatenate([points, others]), min(voters, n - 1), skip_self=True)[0]
    share: Floats = np.round((near < n).mean(axis=1), 4).astype(np.float32)
    return share


def _compactness(points: Floats, label: Ints, n_labels: int) -> npt.NDArray[np.float64]:
    """Mean cosine (n_labels,) of the points of each label to their centroid; labels without points are left out."""
    found = []
    for theme in range(n_labels):
        own = points[label == theme]
        if len(own):
            found.append(float((own @ unit(own.mean(axis=0, keepdims=True))[0]).mean()))
    return np.round(np.array(found or [0.0]), 4)


def _added(model: ThemeModel, points: Floats, probability: Floats, stability: float) -> ThemeModel:
    """The model with one more theme, after the others, whose exemplars are the points."""
    new, m = model.n_themes, len(model.exemplars)
    near, cosine = top_matches(points, model.exemplars.astype(np.float32), 1)
    twin = cosine[:, 0] >= TWIN
    theme = np.concatenate([model.exemplar_theme, np.full(int((~twin).sum()), new, np.int32)])
    theme[near[twin, 0]] = new
    odds = np.concatenate([model.exemplar_probability, probability[~twin]]).astype(np.float32)
    odds[near[twin, 0]] = probability[twin]
    # Sub-themes are numbered after the themes.
    moved = np.where(model.exemplar_subtheme >= new, model.exemplar_subtheme + 1, model.exemplar_subtheme)
    sub = np.concatenate([moved, np.full(len(theme) - m, -1)]).astype(np.int32)
    sub[near[twin, 0]] = -1
    return replace(
        model, exemplars=np.concatenate([model.exemplars, points[~twin].astype(np.float16)]),
        exemplar_theme=theme.astype(np.int32), exemplar_subtheme=sub, exemplar_probability=odds,
        parent=np.insert(model.parent, new, -1).astype(np.int32),
        stability=np.insert(model.stability, new, stability).astype(np.float32))
