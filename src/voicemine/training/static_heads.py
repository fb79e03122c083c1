"""Label heads on static vectors that imitate the full model: its probabilities are the target, not labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize

from voicemine.numerics.calibration import SetCalibration, probabilities

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_RIDGES = (1.0, 0.1)
_WORD_RIDGES = (1.0, 0.3, 0.1)
_CHOOSE = 2_000  # texts are enough to choose a ridge: weighed against a sum of losses, it hardly hangs on their number
_STEPS, _ENOUGH = 40, 1e-5  # steps at most; relative gain of a step below which there are no more


@dataclass(frozen=True)
class Head:
    """Logits of a text: weight (k, d) times its vector, plus the mean of its tokens' words (v, k), plus bias (k,).

    ridge and word_ridge: what was chosen on held texts (None: words are all zero). loss: cross-entropy there.
    """

    weight: Floats
    words: Floats
    bias: Floats
    ridge: float
    word_ridge: float | None
    loss: float


def fit_head(vectors: npt.NDArray[np.floating], bags: sparse.csr_matrix, logits: npt.NDArray[np.floating],
             calibration: SetCalibration, held: Bools) -> Head:
    """Fit a head of one label set to the full model's logits (n, k) of the texts.

    vectors (n, d) of length 1; bags (n, v): share of each token; held (n,): texts that only choose the ridges. The loss
    is the cross-entropy between both models' probabilities under `calibration`, which therefore holds for the new
    logits as well. Ridges are weighed against the sum of the losses, not their mean.
    """
    used = np.unique(bags.indices)
    texts = _Texts(np.asarray(vectors, np.float64), bags[:, used].astype(np.float64),
                   probabilities(logits, calibration), calibration)
    fitting, judging = texts.part(np.flatnonzero(~held)[:_CHOOSE]), texts.part(np.flatnonzero(held)[:_CHOOSE])
    best = _try(fitting, judging, _RIDGES[0], None, None)
    for ridge in _RIDGES[1:]:
        tried = _try(fitting, judging, ridge, None, best.found)
        if tried.loss >= best.loss:
            break
        best = tried
    for word_ridge in _WORD_RIDGES:
        tried = _try(fitting, judging, best.ridge, word_ridge, best.found)
        if tried.loss >= best.loss:
            break
        best = tried
    weight, moved, bias = texts.parts(texts.solve(best.ridge, best.word_ridge, best.found))
    words = np.zeros((bags.shape[1], len(bias)))
    words[used] = moved
    return Head(weight, words, bias, best.ridge, best.word_ridge, best.loss)


@dataclass(frozen=True)
class _Tried:
    ridge: float
    word_ridge: float | None
    loss: float
    found: Floats


def _try(fitting: _Texts, judging: _Texts, ridge: float, word_ridge: float | None, start: Floats | None) -> _Tried:
    found = fitting.solve(ridge, word_ridge, start)
    return _Tried(ridge, word_ridge, judging.loss(found)[0] / len(judging.x), found)


@dataclass(frozen=True)
class _Texts:
    """Inputs and wanted probabilities of n texts; a solution is weight, words and bias in one row."""

    x: Floats
    shares: sparse.csr_matrix
    wanted: Floats
    calibration: SetCalibration

    def part(self, chosen: npt.NDArray[np.int64]) -> _Texts:
        return _Texts(self.x[chosen], self.shares[chosen], self.wanted[chosen], self.calibration)

    def parts(self, solution: Floats) -> tuple[Floats, Floats, Floats]:
        k, d, v = self.wanted.shape[1], self.x.shape[1], self.shares.shape[1]
        weight, words, bias = np.split(solution, [k * d, k * d + v * k])
        return weight.reshape(k, d), words.reshape(v, k), bias

    def loss(self, solution: Floats) -> tuple[float, Floats]:
        """Sum of the cross-entropies, and its slope at the logits (n, k)."""
        weight, words, bias = self.parts(solution)
        given = probabilities(self.x @ weight.T + self.shares @ words + bias, self.calibration)
        total = -float((self.wanted * np.log(np.maximum(given, 1e-12))).sum())
        slope: Floats = (given - self.wanted) / self.calibration.temperature
        return total, slope

    def solve(self, ridge: float, word_ridge: float | None, start: Floats | None) -> Floats:
        """The solution of least loss with its ridges, from `start`; without a word_ridge words are all zero."""
        k, d, v = self.wanted.shape[1], self.x.shape[1], self.shares.shape[1]
        zeros = np.zeros(k * d + v * k + k)
        free = np.ones(len(zeros), dtype=np.bool_)
        free[k * d : k * d + v * k] = word_ridge is not None

        def judged(given: Floats) -> tuple[float, Floats]:
            solution = zeros.copy()
            solution[free] = given
            weight, words, _ = self.parts(solution)
            total, slope = self.loss(solution)
            total += ridge / 2 * float((weight**2).sum()) + (word_ridge or 0.0) / 2 * float((words**2).sum())
            of_words = (self.shares.T @ slope + word_ridge * words).ravel() if word_ridge is not None else zeros[:0]
            step = np.concatenate([(slope.T @ self.x + ridge * weight).ravel(), of_words, slope.sum(axis=0)])
            return total / len(self.x), step / len(self.x)

        done = minimize(judged, (zeros if start is None else start)[free], jac=True, method="L-BFGS-B",
                        options={"maxiter": _STEPS, "ftol": _ENOUGH})
        found = zeros.copy()
        found[free] = done.x
        return found
