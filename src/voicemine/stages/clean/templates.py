"""Boilerplate that repeats across items: learnt from the corpus, frozen, then applied to one item at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xxhash

from voicemine.numerics.placeholders import PLACEHOLDER

_SENTENCE_END = re.compile(r"\s(?<=[.!?].)\s*(?=[A-Z<\"'])", re.DOTALL)
_NORMAL = re.compile(r"[\W\d_]+")
_LEAST_WORDS = 5
_LEAST_CHARS = 28


@dataclass(frozen=True)
class Templates:
    """Frozen state: keys (64-bit hashes, hex) of lines and of first or last sentences that are boilerplate."""

    keys: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        """Hash of the state, for the key of whatever is computed with it."""
        return xxhash.xxh64_hexdigest("\n".join(sorted(self.keys)).encode())


def learn(texts: Iterable[str], *, min_items: int, min_share: float) -> Templates:
    """Find the units that open, close or fill a line of many otherwise different texts. Give each text once."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        units = _units(text)
        if len(units) > 1:
            total += 1
            counts.update({key for key, _, _ in _candidates(text, units)})
    least = max(min_items, int(min_share * total))
    return Templates(frozenset(key for key, n in counts.items() if n >= least))


def strip(text: str, templates: Templates) -> str:
    """`text` without boilerplate; unchanged if nothing else would be left."""
    if not templates.keys:
        return text
    units = _units(text)
    if len(units) < 2:
        return text
    cut = [(start, end) for key, start, end in _candidates(text, units) if key in templates.keys]
    if not cut or len(cut) >= len(units):
        return text
    pieces, at = [], 0
    for start, end in sorted(set(cut)):
        pieces.append(text[at:start])
        at = end
    rest = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]{2,}", " ", "".join([*pieces, text[at:]]))).strip()
    return rest if any(c.isalpha() for c in rest) else text


def _units(text: str) -> list[tuple[int, int]]:
    """Spans of the lines; of the sentences where the text is one line."""
    spans: list[tuple[int, int]] = []
    at = 0
    if "\n" in text:
        for line in text.split("\n"):
            if line.strip():
                spans.append((at, at + len(line)))
            at += len(line) + 1
        return spans
    for gap in _SENTENCE_END.finditer(text):
        spans.append((at, gap.start()))
        at = gap.end()
    spans.append((at, len(text)))
    return spans


def _candidates(text: str, units: list[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
    chosen = units if "\n" in text else [units[0], units[-1]]
    for start, end in chosen:
        if end - start >= _LEAST_CHARS:
            words = _NORMAL.sub(" ", PLACEHOLDER.sub(lambda m: m[1], text[start:end])).strip().casefold()
            if words.count(" ") >= _LEAST_WORDS - 1:
                yield xxhash.xxh64_hexdigest(words.encode()), start, end
