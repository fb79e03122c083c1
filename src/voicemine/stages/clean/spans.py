"""Findings of personal data in a text, and how they are put together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Personal data of one type at a half-open span."""

    type: str
    start: int
    end: int


class Taken:
    """The spans already found in one text of `length` characters; whoever comes first keeps them."""

    def __init__(self, length: int) -> None:
        self.findings: list[Finding] = []
        self._mask = bytearray(length)

    def free(self, start: int, end: int) -> bool:
        """Whether nothing found so far touches the span."""
        return self._mask.find(1, start, end) < 0

    def take(self, kind: str, start: int, end: int) -> None:
        """Keep the span if it is free and not empty."""
        if start < end and self.free(start, end):
            self.findings.append(Finding(kind, start, end))
            self._mask[start:end] = b"\x01" * (end - start)

    def shield(self, start: int, end: int) -> None:
        """Let nothing be found at the span."""
        self._mask[start:end] = b"\x01" * (end - start)

    def widen(self, number: int, start: int, end: int, *, kind: str | None = None) -> None:
        """Let finding `number` reach from `start` to `end`."""
        self.findings[number] = Finding(kind or self.findings[number].type, start, end)
        self.shield(start, end)
