"""Static token embeddings: distilled by model2vec, then moved so that a text's mean comes near the encoder's vector.

Tulkens and van Dongen (2024), model2vec; the second step is what they call tokenlearn, as a ridge regression.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import Ridge
from tokenizers import Tokenizer

from voicemine.errors import ModelError

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
CURE = "the fast tier needs model2vec; pip install 'voicemine[fast]'"
_MAP_RIDGES = (10.0, 100.0)
_WORD_RIDGES = (3.0, 1.0, 0.3)
_CHOOSE = 2_000  # texts are enough to choose a ridge


def distil_tokens(encoder: Path) -> tuple[Floats, Tokenizer]:
    """Vectors (v, d) of each token that a tokenizer knows, by the encoder in a folder, and that tokenizer.

    A token is read alone, and frequent ones weigh less (smooth inverse frequency, from their rank). Raises ModelError
    where model2vec or what it needs is not installed.
    """
    try:
        from model2vec.distill import distill_from_model
    except ImportError as fault:
        raise ModelError(f"{CURE} ({fault})") from fault
    from transformers import AutoModel, PreTrainedTokenizerFast

    with contextlib.redirect_stderr(io.StringIO()):  # both libraries draw bars of their own
        model = AutoModel.from_pretrained(str(encoder), local_files_only=True, use_safetensors=True)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(str(encoder), local_files_only=True)
        # All dimensions, unrotated: what is left out is decided on texts, not on tokens that may never occur.
        found = distill_from_model(model=model, tokenizer=tokenizer, device="cpu", pca_dims=None, quantize_to="float32")
    tokens: Tokenizer = found.tokenizer
    tokens.no_truncation()
    tokens.no_padding()
    return np.asarray(found.embedding, np.float32), tokens


def bags_of(texts: Sequence[str], tokenizer: Tokenizer, *, unknown: int | None) -> sparse.csr_matrix:
    """Share of each token in each text, (n, v); rows of sum 1, or empty where no token is known."""
    ids = [e.ids for e in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    owner = np.repeat(np.arange(len(ids)), [len(i) for i in ids])
    flat = np.fromiter(chain.from_iterable(ids), np.int64, count=len(owner))
    if unknown is not None:
        owner, flat = owner[flat != unknown], flat[flat != unknown]
    counts = np.bincount(owner, minlength=len(ids))
    shares = (1.0 / np.maximum(counts, 1))[owner].astype(np.float32)
    found = sparse.csr_matrix((shares, (owner, flat)), shape=(len(ids), tokenizer.get_vocab_size()))
    found.sum_duplicates()
    return found


@dataclass(frozen=True)
class FittedVectors:
    """table (v, dimensions) float32. word_ridge: how strongly tokens were held to their distilled vectors; None: they
    were not moved one by one. cosine: mean cosine of held texts to the encoder's vectors."""

    table: Floats
    map_ridge: float
    word_ridge: float | None
    cosine: float


def fit_vectors(
    table: Floats, bags: sparse.csr_matrix, targets: Floats, held: Bools, *, dimensions: int
) -> FittedVectors:
    """Move token vectors so that the mean of a text's tokens comes near `targets` (n, d), the encoder's vectors.

    table (v, d): distilled vectors. bags (n, v): see `bags_of`. held (n,): texts that only choose the ridges. First one
    linear map for all tokens, drawn towards leaving them as they are; then each token on its own, drawn towards where
    the map put it, so that a token which these texts lack stays there. Last, a rotation keeps the `dimensions` in which
    these texts differ most (none are left out where there are no more).
    """
    targets = targets.astype(np.float32)
    some = np.flatnonzero(~held)[:_CHOOSE]
    few, wanted, judged, truth = bags[some], targets[some], bags[held], targets[held]
    best_map = max(_MAP_RIDGES, key=lambda r: _cosine(judged @ _mapped(table, few, wanted, ridge=r), truth))
    start = _mapped(table, few, wanted, ridge=best_map)
    cosine, word_ridge = _cosine(judged @ start, truth), None
    for ridge in _WORD_RIDGES:
        tried = _cosine(judged @ _moved(start, few, wanted, ridge=ridge), truth)
        if tried <= cosine:
            break
        cosine, word_ridge = tried, ridge
    fitted = _mapped(table, bags, targets, ridge=best_map)
    if word_ridge is not None:
        fitted = _moved(fitted, bags, targets, ridge=word_ridge)
    return FittedVectors(_rotated(fitted, bags, dimensions), best_map, word_ridge, cosine)


def _mapped(table: Floats, bags: sparse.csr_matrix, targets: Floats, *, ridge: float) -> Floats:
    """Every token by the same linear map: the identity in scale, plus what a ridge regression finds is missing."""
    x = bags @ table
    if table.shape[1] != targets.shape[1]:
        raise ModelError("token vectors and text vectors differ in length")
    inner, outer = x - x.mean(axis=0), targets - targets.mean(axis=0)
    scale = float((inner * outer).sum() / max(float((inner**2).sum()), 1e-12))
    # Ridges are told in multiples of a typical square of an input, whatever the scale of the distilled vectors.
    unit = max(float((inner**2).mean()), 1e-12)
    fit = Ridge(alpha=ridge * unit, solver="cholesky").fit(x.astype(np.float64), targets - scale * x)
    # A mean over tokens carries a constant of each token as it is.
    moved: Floats = (scale * table + table @ fit.coef_.T + fit.intercept_).astype(np.float32)
    return moved


def _moved(table: Floats, bags: sparse.csr_matrix, targets: Floats, *, ridge: float) -> Floats:
    """Each token on its own, by a ridge regression of what the means lack on the shares of the tokens."""
    used = np.unique(bags.indices)
    lacking = targets - bags @ table
    fit = Ridge(alpha=ridge, solver="sparse_cg", fit_intercept=False, tol=1e-2, max_iter=10)
    fit.fit(bags[:, used], lacking.astype(np.float32))
    found = table.copy()
    found[used] += np.atleast_2d(fit.coef_).T
    return found


def _rotated(table: Floats, bags: sparse.csr_matrix, dimensions: int) -> Floats:
    """The axes along which texts have most of their length, most first; cosines stay as near as so many axes allow."""
    points = unit_rows(bags @ table).astype(np.float64)
    values, axes = np.linalg.eigh(points.T @ points)
    axes = axes[:, np.argsort(-values, kind="stable")][:, :dimensions]
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    turned: Floats = (table @ axes).astype(np.float32)
    return turned


def unit_rows(values: Floats) -> Floats:
    """Rows of length 1; a row of zeros stays one."""
    found: Floats = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return found


def _cosine(found: Floats, targets: Floats) -> float:
    return float((unit_rows(found) * unit_rows(targets)).sum(axis=1).mean())
