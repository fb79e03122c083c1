"""Class-based TF-IDF (Grootendorst, 2022, "BERTopic: Neural topic modeling with a class-based TF-IDF procedure")."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[np.float64]


def class_tfidf(counts: sparse.spmatrix | npt.ArrayLike) -> sparse.csr_matrix:
    """Weight of each term for each class.

    counts: (c, t) how often term t occurs in class c. Returns (c, t) float64: the term's share of the class times
    log(1 + mean class size / occurrences of the term in all classes). An empty class has a row of zeros.
    """
    table = sparse.csr_matrix(counts, dtype=np.float64)
    sizes = np.asarray(table.sum(axis=1)).ravel()
    totals = np.asarray(table.sum(axis=0)).ravel()
    mean = float(sizes.mean()) if len(sizes) else 0.0
    idf = np.log1p(mean / np.maximum(totals, 1e-12))
    idf[totals == 0] = 0.0
    shares = sparse.diags(1.0 / np.maximum(sizes, 1e-12))
    return sparse.csr_matrix(shares @ table @ sparse.diags(idf))
