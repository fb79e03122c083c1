"""How well found boundaries agree with gold ones. Pure counting: texts and offsets in, scores out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class BoundaryScores:
    """Inner boundaries only: the start of a text is none.

    precision, recall, f1: of boundaries. exact: share of found pieces that are gold pieces.
    whole: share of found pieces that cut no gold piece, that is, hold one or several of them completely.
    """

    n_gold: int
    n_found: int
    n_pieces: int
    precision: float
    recall: float
    f1: float
    exact: float
    whole: float


def anchored(text: str, offset: int) -> int:
    """The first letter or digit at or behind *offset*: a boundary is the same whichever side a dash or space falls."""
    for index in range(offset, len(text)):
        if text[index].isalnum():
            return index
    return len(text)


def boundary_scores(
    texts: Sequence[str], gold: Sequence[Iterable[int]], found: Sequence[Iterable[int]]
) -> BoundaryScores:
    """Compare the starts of pieces, text by text. Starts are code-point offsets; 0 may be given or left out."""
    both = n_gold = n_found = n_pieces = exact = whole = 0
    for text, gold_starts, found_starts in zip(texts, gold, found, strict=True):
        first = anchored(text, 0)
        gold_set = {at for start in gold_starts if first < (at := anchored(text, start)) < len(text)}
        found_set = {at for start in found_starts if first < (at := anchored(text, start)) < len(text)}
        both += len(gold_set & found_set)
        n_gold += len(gold_set)
        n_found += len(found_set)
        edges = [first, *sorted(found_set), len(text)]
        ends = gold_set | {first, len(text)}
        n_pieces += len(edges) - 1
        for start, end in pairwise(edges):
            is_whole = start in ends and end in ends
            whole += is_whole
            exact += is_whole and not any(start < inner < end for inner in gold_set)
    precision = both / n_found if n_found else 1.0
    recall = both / n_gold if n_gold else 1.0
    total = precision + recall
    return BoundaryScores(
        n_gold=n_gold,
        n_found=n_found,
        n_pieces=n_pieces,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / total if total else 0.0,
        exact=exact / n_pieces if n_pieces else 1.0,
        whole=whole / n_pieces if n_pieces else 1.0,
    )
