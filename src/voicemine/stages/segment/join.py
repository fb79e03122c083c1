"""From possible cuts to mentions: fragments join a neighbour, overlong pieces are cut again."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from voicemine.stages.segment.cuts import word_starts
from voicemine.stages.segment.kinds import Cut

#: A clause cut off by coordination or juxtaposition alone needs this many words, and so does what it is cut from.
CLAUSE_WORDS = 3
_COMMA = re.compile(r"[,;:]\s+|\s[-–—]+\s+")


class Span(NamedTuple):
    """Half-open code-point offsets of one mention in its item's text."""

    start: int
    end: int


@dataclass(slots=True)
class _Piece:
    start: int
    end: int
    n_words: int
    cut: Cut | None
    """The cut before the piece; None at the start of the text."""
    joins_next: bool = False


def join(
    text: str, cuts: Sequence[Cut], weak: Sequence[int], *, min_words: int, max_words: int
) -> list[Span]:
    """Mentions of *text*: in order, disjoint, trimmed, and together holding every character that is no space.

    *cuts* must be settled (ordered, unique). *weak* are offsets used only to shorten a piece of over *max_words*.
    """
    # A word and what parts it from the next take two characters at least, so few characters are few words.
    if not cuts and len(text) < 2 * max_words:
        whole = _trimmed(text, Span(0, len(text)))
        return [] if whole is None else [whole]
    words = word_starts(text)
    pieces = _joined(_pieces(text, cuts, words), text, min_words)
    spans: list[Span] = []
    for piece in pieces:
        if piece.n_words > max_words:
            spans.extend(_shortened(text, piece.start, piece.end, words, weak, min_words, max_words))
        else:
            spans.append(Span(piece.start, piece.end))
    return [span for raw in spans if (span := _trimmed(text, raw)) is not None]


def _pieces(text: str, cuts: Sequence[Cut], words: list[int]) -> list[_Piece]:
    bounds = [0, *(cut.offset for cut in cuts), len(text)]
    befores: list[Cut | None] = [None, *cuts]
    return [
        _Piece(start, end, bisect_left(words, end) - bisect_left(words, start), before)
        for start, end, before in zip(bounds, bounds[1:], befores, strict=False)
    ]


def _joined(pieces: list[_Piece], text: str, min_words: int) -> list[_Piece]:
    """One pass: a short piece joins across its weaker boundary, the earlier one where both are alike."""
    out: list[_Piece] = []
    for index, piece in enumerate(pieces):
        after = pieces[index + 1].cut if index + 1 < len(pieces) else None
        if out and out[-1].joins_next:
            before = out[-1]
            before.end, before.n_words, before.joins_next = piece.end, before.n_words + piece.n_words, False
            current = before
        else:
            out.append(piece)
            current = piece
        if current.n_words >= _needed(current.cut, after, min_words):
            continue
        is_heading = after is not None and text[current.start : current.end].rstrip().endswith(":")
        if after is not None and (
            current.cut is None or is_heading or current.cut.strength > after.strength
        ):
            current.joins_next = True
        elif len(out) > 1:
            short = out.pop()
            out[-1].end, out[-1].n_words = short.end, out[-1].n_words + short.n_words
        elif after is not None:
            current.joins_next = True
    return out


def _needed(before: Cut | None, after: Cut | None, min_words: int) -> int:
    beside_clause = any(cut is not None and cut.parts_full_clauses for cut in (before, after))
    return max(CLAUSE_WORDS, min_words) if beside_clause else min_words


def _shortened(
    text: str, start: int, end: int, words: list[int], weak: Sequence[int], min_words: int, max_words: int
) -> list[Span]:
    """Cut [start, end) until each part has at most *max_words* words; text without white space stays whole."""
    spans: list[Span] = []
    while bisect_left(words, end) - bisect_left(words, start) > max_words:
        at = _best_break(text, start, end, words, weak, min_words, max_words)
        if at is None:
            break
        spans.append(Span(start, at))
        start = at
    spans.append(Span(start, end))
    return spans


def _best_break(
    text: str, start: int, end: int, words: list[int], weak: Sequence[int], min_words: int, max_words: int
) -> int | None:
    """A clause start near the middle of what is left, else a comma, else the last word that fits."""
    first, last = bisect_left(words, start), bisect_left(words, end)
    high = max(first + 1, min(first + max_words, last - min_words))
    low = min(first + min_words, high)
    target = words[first + min(max_words, (last - first + 1) // 2)]
    candidates = list(weak[bisect_left(weak, words[low]) : bisect_left(weak, words[high] + 1)])
    if not candidates:
        commas = (match.end() for match in _COMMA.finditer(text, words[low - 1], words[high]))
        candidates = [offset for offset in commas if words[low] <= offset <= words[high]]
    if candidates:
        nearest: int = min(candidates, key=lambda offset: (abs(offset - target), offset))
        return nearest
    for index in chain(range(high, first, -1), range(high + 1, last)):
        if text[words[index] - 1].isspace():
            return words[index]
    return None


def _trimmed(text: str, span: Span) -> Span | None:
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    end = span.start + len(piece.rstrip())
    return Span(start, end) if start < end else None
