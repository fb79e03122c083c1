"""Draws that belong to what they are made for: the same pair of rows meets the same chance in any company."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]


def content_hashes(contents: Sequence[str]) -> Hashes:
    """(n,): 64 bits of BLAKE2b of each content."""
    return np.frombuffer(
        b"".join(hashlib.blake2b(c.encode("utf-8", "surrogatepass"), digest_size=8).digest() for c in contents), "<u8")


def pair_draws(hashes: Hashes, rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer], *,
               seed: int) -> npt.NDArray[np.float64]:
    """(m,) in [0, 1): one draw for each pair of rows, whichever of the two comes first.

    A generator gives its numbers in turn, so that one pair more shifts the draws of all that follow; these stay.
    hashes: (n,) of the rows' contents. Mixed by the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
    """
    one, other = hashes[rows], hashes[columns]
    mixed = _mixed(np.minimum(one, other) + _mixed(np.full(1, seed, np.uint64)))
    bits = _mixed(mixed ^ np.maximum(one, other)) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def _mixed(values: Hashes) -> Hashes:
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed
