"""Exact and near duplicates: each group has one representative, its first item.

Near duplicates are found with MinHash signatures (Broder 1997; computed by rensa) cut into bands for
locality-sensitive hashing, then every candidate is checked by its true Jaccard similarity. An item joins a
representative that it resembles itself; likeness is never passed on from member to member.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import rensa
import xxhash

from voicemine.numerics.placeholders import for_model

_SIGNS = re.compile(r"[^\w]+")
_ASCII_SIGNS = str.maketrans({c: " " for c in map(chr, range(128)) if not (c.isalnum() or c == "_")})
_PERMUTATIONS, _BANDS, _SEED = 64, 16, 20011
_ROWS = _PERMUTATIONS // _BANDS
_CHUNK = 8192
_MOST_CANDIDATES = 24


@dataclass(frozen=True)
class Repeat:
    """Position `item` repeats position `representative`."""

    item: int
    representative: int
    kind: Literal["exact", "near"]
    similarity: float


def normal_form(text: str) -> str:
    """What has to agree for two texts to count as exactly the same: words, without case, punctuation and numbering."""
    plain = for_model(text)
    if plain.isascii():
        return " ".join(plain.lower().translate(_ASCII_SIGNS).split()) or text
    return _SIGNS.sub(" ", plain.casefold()).strip() or text


def repeats(texts: Sequence[str], *, near: bool, threshold: float, least_words: int) -> list[Repeat]:
    """Repeats among `texts`, which are given in order of seniority; empty texts repeat nothing.

    threshold: Jaccard similarity over single words and pairs of neighbouring words. Deterministic.
    """
    first: dict[int, int] = {}
    found: list[Repeat] = []
    unique: list[int] = []
    forms: list[str] = []
    for at, text in enumerate(texts):
        if not text:
            continue
        form = normal_form(text)
        earlier = first.setdefault(xxhash.xxh3_64_intdigest(form.encode()), at)
        if earlier != at:
            found.append(Repeat(at, earlier, "exact", 1.0))
        elif near and form.count(" ") >= least_words - 1:
            unique.append(at)
            forms.append(form)
    if near and len(forms) > 1:
        leader = {}
        for item, representative, similarity in _near(forms, threshold):
            leader[unique[item]] = unique[representative]
            found.append(Repeat(unique[item], unique[representative], "near", similarity))
        # What repeats a repeating text exactly belongs to the same representative.
        found = [Repeat(r.item, leader[r.representative], "near",
                        _jaccard_of(texts[r.item], texts[leader[r.representative]]))
                 if r.kind == "exact" and r.representative in leader else r for r in found]
    return sorted(found, key=lambda r: r.item)


def _tokens(form: str) -> list[str]:
    words = form.split()
    return [*words, *map(" ".join, pairwise(words))]


def _jaccard_of(left: str, right: str) -> float:
    return _jaccard(set(_tokens(normal_form(left))), set(_tokens(normal_form(right))))


def _jaccard(left: set[str], right: set[str]) -> float:
    shared = len(left & right)
    return round(shared / (len(left) + len(right) - shared), 6)


def _near(forms: Sequence[str], threshold: float) -> list[tuple[int, int, float]]:
    keys = np.concatenate([_band_keys([_tokens(f) for f in forms[at:at + _CHUNK]])
                           for at in range(0, len(forms), _CHUNK)])
    shared = np.zeros(keys.shape, dtype=bool)
    for band in range(_BANDS):
        _, inverse, count = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        shared[:, band] = count[inverse] > 1
    members: dict[tuple[int, int], list[int]] = {}
    joined: list[tuple[int, int, float]] = []
    for at in np.flatnonzero(shared.any(axis=1)).tolist():
        bands = [(band, int(keys[at, band])) for band in np.flatnonzero(shared[at]).tolist()]
        candidates = {c for band in bands for c in members.get(band, ())}
        best = _best(forms, at, sorted(candidates), threshold) if candidates else None
        if best:
            joined.append((at, *best))
            continue
        for place in bands:
            if len(members.setdefault(place, [])) < _MOST_CANDIDATES:
                members[place].append(at)
    return joined


def _best(forms: Sequence[str], at: int, candidates: list[int], threshold: float) -> tuple[int, float] | None:
    own = set(_tokens(forms[at]))
    best: tuple[int, float] | None = None
    for other in candidates:
        likeness = _jaccard(own, set(_tokens(forms[other])))
        if likeness >= threshold and (best is None or likeness > best[1]):
            best = (other, likeness)
    return best


def _band_keys(token_lists: list[list[str]]) -> npt.NDArray[np.uint64]:
    """(n, bands) keys; two texts share a key where their signatures agree in all rows of the band."""
    signatures = np.asarray(rensa.RMinHash.digest_matrix_from_token_sets(token_lists, _PERMUTATIONS, _SEED).to_rows(),
                            dtype=np.uint64).reshape(len(token_lists), _BANDS, _ROWS)
    keys = np.zeros(signatures.shape[:2], dtype=np.uint64)
    for row in range(_ROWS):
        keys = (keys ^ signatures[:, :, row]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys
