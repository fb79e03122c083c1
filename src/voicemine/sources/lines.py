"""Bytes to lines of text with bounded memory; a line that does not decode never stops the reading."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from voicemine.sources.decoding import Encoding


@dataclass
class Damage:
    """What decoding met, counted in lines."""

    fallback_lines: int = 0
    replaced_lines: int = 0
    nul_lines: int = 0


def lines_of(chunks: Iterable[bytes], encoding: Encoding, damage: Damage, *, limit: int) -> Iterator[str | None]:
    """Decoded lines with their line end; None for a line above `limit` bytes, which is skipped unread."""
    wide = encoding.name.startswith(("utf-16", "utf-32"))
    source = _recode(chunks, encoding.name) if wide else iter(chunks)
    name = "utf-8" if wide else encoding.name
    first = True
    for line in _split(source, encoding.carriage_returns, limit):
        if line is None:
            first = False
            yield None
            continue
        if first:
            line = line.removeprefix(codecs.BOM_UTF8)
            first = False
        if b"\0" in line:
            damage.nul_lines += 1
            line = line.replace(b"\0", b"")
        try:
            yield line.decode(name)
        except UnicodeDecodeError:
            damage.fallback_lines += 1
            try:
                yield line.decode(encoding.fallback)
            except UnicodeDecodeError:
                damage.replaced_lines += 1
                yield line.decode(encoding.fallback, errors="replace")


def _recode(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", errors="replace")
    yield decoder.decode(b"", final=True).encode("utf-8", errors="replace")


def _split(chunks: Iterable[bytes], carriage_returns: bool, limit: int) -> Iterator[bytes | None]:
    pending: list[bytes] = []
    size, skipping = 0, False
    for chunk in chunks:
        if carriage_returns:
            chunk = chunk.replace(b"\r", b"\n")
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            piece = chunk[start:end + 1]
            start = end + 1
            if skipping or size + len(piece) > limit:
                yield None
            else:
                yield b"".join(pending) + piece if pending else piece
            pending, size, skipping = [], 0, False
        tail = chunk[start:]
        size += len(tail)
        if size > limit:
            pending, skipping = [], True
        elif tail:
            pending.append(tail)
    if skipping:
        yield None
    elif pending:
        yield b"".join(pending)
