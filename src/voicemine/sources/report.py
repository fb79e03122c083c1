"""What was read, how it was understood, and what was refused: for the summary and for run.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from voicemine.sources.guess import Choice
from voicemine.sources.settings import SourceSettings

#: Raised whenever the readers would give another result for the same bytes.
READER_VERSION = 1


@dataclass(frozen=True)
class FileReport:
    """One file (or member of an archive). bytes and sha256 are of the file as it lies on disk."""

    path: str
    sha256: str
    bytes: int
    format: str
    encoding: str | None
    delimiter: str | None
    rows: int


@dataclass(frozen=True)
class SourceReport:
    """One source. rows_in = rows_kept + the sum of rows_rejected. n_items counts texts: a row may hold several.

    resolved: the settings with every guess filled in; given instead of the original, they lock the reading: what no
    longer fits is then an error, not another guess. fingerprint: hash of the content and of `resolved`.
    """

    name: str
    files: tuple[FileReport, ...]
    columns: tuple[Choice, ...]
    date_order: str | None
    date_reason: str | None
    date_formats: Mapping[str, int]
    score_kind: str | None
    score_range: tuple[float, float] | None
    score_reason: str | None
    rows_in: int
    rows_kept: int
    n_items: int
    rows_rejected: Mapping[str, int]
    warnings: tuple[str, ...]
    resolved: SourceSettings
    fingerprint: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for run.json."""
        plain = asdict(self) | {"resolved": self.resolved.model_dump(mode="json")}
        return plain

    def lines(self) -> list[str]:
        """A few readable lines for the summary."""
        how = sorted({" ".join(filter(None, (f.format, f.encoding, f.delimiter and f"delimiter {f.delimiter!r}")))
                      for f in self.files})
        refused = "".join(f", {n} {reason}" for reason, n in self.rows_rejected.items())
        out = [f"{self.name}: {len(self.files)} file(s), {', '.join(how)}; "
               f"{self.rows_in} rows in, {self.rows_kept} kept{refused}"]
        out += [f"  {c.role}: {c.column or '-'} ({c.reason}; {c.confidence:.2f})" for c in self.columns]
        if self.date_order:
            out.append(f"  dates: {self.date_order} ({self.date_reason})")
        if self.score_kind and self.score_range:
            low, high = self.score_range
            out.append(f"  score: {self.score_kind}, {low:g} to {high:g} ({self.score_reason})")
        return out + [f"  warning: {w}" for w in self.warnings]


def fingerprint(digests: list[str], resolved: SourceSettings) -> str:
    """Hash of the files' content and of the settings; where the files lie does not count."""
    settings = resolved.model_dump(mode="json", exclude={"path", "connection"})
    text = json.dumps([READER_VERSION, digests, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
