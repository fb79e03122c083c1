"""Who asked to be forgotten: keyed hashes of item ids and of authors, from which nobody can be guessed back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class _Hasher(Protocol):
    def digest(self, text: str) -> str:
        """Keyed hash of a text."""


def item_digest(item_id: str, hasher: _Hasher) -> str:
    """The tombstone of an item: a keyed hash of its id as exported."""
    return hasher.digest(f"forgotten item:{item_id}")


def author_digest(author_id: str, hasher: _Hasher) -> str:
    """The tombstone of an author: a keyed hash of its `author_id`, which is a keyed hash already."""
    return hasher.digest(f"forgotten author:{author_id}")


@dataclass(frozen=True)
class Forgotten:
    """Tombstones. items, authors: digests as `item_digest` and `author_digest` make them."""

    items: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()

    @property
    def identity(self) -> str:
        """Hash of all tombstones; empty where there is none."""
        if not self:
            return ""
        return hashlib.sha256("\n".join([*sorted(self.items), "", *sorted(self.authors)]).encode()).hexdigest()

    def __bool__(self) -> bool:
        return bool(self.items or self.authors)

    def rows(self, item_ids: Sequence[str], author_ids: Sequence[str | None], hasher: _Hasher) -> list[bool]:
        """Of each item (n ids, n author_ids or None) whether it must not come back."""
        if not self:
            return [False] * len(item_ids)
        authors = {a: author_digest(a, hasher) in self.authors for a in set(author_ids) if a} if self.authors else {}
        return [bool(self.items and item_digest(i, hasher) in self.items) or bool(a and authors.get(a, False))
                for i, a in zip(item_ids, author_ids, strict=True)]
