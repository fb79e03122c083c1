"""Ids of rows and items: the given ones unchanged, others derived from the content."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from voicemine.sources.grid import Cell

_SLUG = re.compile(r"[\W_]+")
_PHONE = re.compile(r"(?:\+|0)[\d\s()./-]{8,18}$|\d{3}[\s.-]\d{3}[\s.-]\d{4}$")


def slug(name: str, *, taken: set[str], cut: int = 32) -> str:
    """A short, safe name for a column; each slug is given out once."""
    base = _SLUG.sub("_", name.casefold()).strip("_")[:cut].rstrip("_") or "column"
    found, count = base, 2
    while found in taken:
        found, count = f"{base}_{count}", count + 1
    taken.add(found)
    return found


def row_ids(source: str, given: Sequence[Cell] | None, authors: Sequence[Cell] | None, times: Sequence[Cell] | None,
            texts: Sequence[str]) -> tuple[list[str], int]:
    """One id a row, and how many had to be derived although there is an id column.

    A derived id is the first 16 hex digits of the sha256 of source, author, time, text, and how many rows with the
    same four came before.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    ids: list[str] = []
    derived = 0
    for i, text in enumerate(texts):
        own = given[i] if given is not None else None
        if own is not None and own.strip():
            ids.append(own)
            continue
        key = ((authors[i] or "") if authors else "", (times[i] or "") if times else "", text)
        parts = "\x1f".join((source, *key, str(seen[key])))
        seen[key] += 1
        derived += given is not None
        ids.append(hashlib.sha256(parts.encode("utf-8", errors="replace")).hexdigest()[:16])
    return ids, derived


def showable(item_id: str) -> str | None:
    """The id for the rejects table, or None where it might be an e-mail address, a phone number or a sentence."""
    if "@" in item_id or len(item_id) > 64 or item_id.count(" ") > 3 or _PHONE.match(item_id.strip()):
        return None
    return item_id
