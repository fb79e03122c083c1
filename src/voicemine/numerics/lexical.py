"""Word vectors of texts: what a text says by its words alone, beside what an encoder makes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from voicemine.numerics.projection import unit

Floats = npt.NDArray[np.float32]
_LEAST_TEXTS = 50


def lexical_vectors(texts: Sequence[str], dimensions: int, *, seed: int) -> Floats | None:
    """Latent semantic vectors (n, r) of length 1 (Deerwester et al. 1990); None where there is too little to learn.

    Words and word pairs in three texts at least and 30 % at most, sublinear TF-IDF, leading singular directions.
    A text without such a word is a row of zeros.
    """
    if len(texts) < _LEAST_TEXTS:
        return None
    try:
        table = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=3, max_df=0.3,
                                dtype=np.float32).fit_transform(texts)
    except ValueError:  # scikit-learn's word for an empty vocabulary
        return None
    r = min(dimensions, table.shape[1] - 1)
    return unit(TruncatedSVD(r, random_state=seed).fit_transform(table)) if r >= 2 else None
