"""A researcher's own labelled rows: JSON lines or CSV with a text and one label a row."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicemine.errors import InputError
from voicemine.training.data import as_model_reads

TEXT = "text"
#: Label sets that take any label; those of the others are fixed by the exported tables.
OPEN = ("stage", "touchpoint")
FEWEST = 2
_NAMED = 5
_LABEL = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class OwnRows:
    """n texts as the model reads them, and the label of each."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]


def _lines(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError) as fault:
        raise InputError(f"{path} cannot be read: {fault}") from fault
    except UnicodeDecodeError as fault:
        raise InputError(f"{path} is not UTF-8 (byte {fault.start}); save it as UTF-8") from fault


def _csv(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as fault:
            raise InputError(f"{path}, line {reader.line_num}: {fault}; quote the field and double the quotes in it"
                             ) from fault
        if row is None:
            return
        if None in row:
            raise InputError(f"{path}, line {reader.line_num}: more fields than the heading has; quote the field that "
                             "holds the separator")
        yield f"line {reader.line_num}", row


def _json(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as fault:
            raise InputError(f"{path}, line {number}: no JSON ({fault}); write one object a line") from fault
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: not a JSON object; write one object a line")
        yield f"line {number}", row


def _label(value: Any) -> str | None:
    """A label as text: 1.0 is "1"; None where the value is no single label."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def read_own(path: Path, label_set: str) -> OwnRows:
    """The rows of `path` (.csv or .csv.gz, else JSON lines), repeats of a text under the same label left out.

    Raises InputError where the file cannot be read, lacks a column, or a row lacks its text or label.
    """
    is_csv = ".csv" in path.suffixes
    rows = list((_csv if is_csv else _json)(_lines(path), path))
    if not rows:
        raise InputError(f"{path} holds no rows")
    columns = list(dict.fromkeys(name for _, row in rows for name in row))
    for wanted in (TEXT, label_set):
        if wanted not in columns:
            raise InputError(f"{path} has no column '{wanted}'; it has {', '.join(map(str, columns))}")
    problems: list[str] = []
    found: dict[tuple[str, str], None] = {}
    for place, row in rows:
        text, label = row.get(TEXT), _label(row.get(label_set))
        if not isinstance(text, str) or not text.strip():
            problems.append(f"{place}: no text")
        elif label is None:
            problems.append(f"{place}: no single label in '{label_set}'")
        else:
            found[as_model_reads(text), label] = None
    if problems:
        more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        raise InputError(f"{path}: {'; '.join(problems[:_NAMED])}{more}; fill them in or remove the rows")
    return OwnRows(tuple(t for t, _ in found), tuple(label for _, label in found))


def check_labels(labels: Sequence[str], label_set: str, known: Mapping[str, Sequence[str]], *, path: Path) -> None:
    """Refuse what no head can be fitted for: `known` are the label sets of the model that is adapted.

    Raises InputError for labels with fewer than two different texts, a single label, a name that no taxonomy file
    may hold, or a new label in a set whose labels the tables fix.
    """
    counts = Counter(labels)
    few = [f"{label} ({n})" for label, n in sorted(counts.items()) if n < FEWEST]
    if few:
        raise InputError(f"{path}: too few different texts for {', '.join(few)}; give at least {FEWEST} a label, "
                         "better 8 or more, or leave the label out")
    if len(counts) < 2:
        raise InputError(f"{path}: only one label in '{label_set}'; give examples of at least two")
    if label_set not in OPEN:
        strange = sorted(set(counts) - set(known[label_set]))
        if strange:
            raise InputError(f"{path}: '{label_set}' takes no new labels, its tables know "
                             f"{', '.join(known[label_set])}; rename {', '.join(strange)}, or use the column of a set "
                             f"that does ({', '.join(OPEN)})")
        return
    wrong = [label for label in sorted(counts)
             if not _LABEL.fullmatch(label) or (label == "unclear" and label_set == "touchpoint")]
    if wrong:
        raise InputError(f"{path}: no taxonomy file may hold the {label_set} {', '.join(map(repr, wrong[:_NAMED]))}; "
                         "use lower case, digits and underscores" + (
                             ", and `none` for no touchpoint" if "unclear" in wrong else ""))
