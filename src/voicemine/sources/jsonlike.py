"""JSON lines and JSON documents to a grid."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from voicemine.errors import InputError
from voicemine.sources.decoding import detect
from voicemine.sources.delimited import note_damage
from voicemine.sources.grid import Grid, flatten
from voicemine.sources.lines import Damage, lines_of
from voicemine.sources.parts import Part

_UNSAFE = re.compile(r"\\u(?:[dD][89abAB-F]|0000)", re.I)
_PLAIN = frozenset({str, type(None)})
_LONE = re.compile("[\ud800-\udfff\0]")


def _no_number(_: str) -> None:
    return None


# Numbers stay as they are written: an id of 20 digits or a score of 7.0 must not change on the way.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_number)


def parse(text: str) -> Any:
    """Parse one JSON value; numbers come as text, NaN and Infinity as None. Raises ValueError or RecursionError."""
    value = _DECODER.decode(text)
    return _mended(value) if _UNSAFE.search(text) else value


def _mended(value: Any) -> Any:
    """Half surrogate pairs and NUL cannot be stored; they become U+FFFD and nothing."""
    if isinstance(value, str):
        return _LONE.sub(lambda m: "" if m[0] == "\0" else "\ufffd", value)
    if isinstance(value, list):
        return [_mended(v) for v in value]
    if isinstance(value, dict):
        return {_mended(k): _mended(v) for k, v in value.items()}
    return value


def read_jsonl(part: Part, *, encoding: str, limit: int) -> Grid:
    """Read one JSON object a line. Broken, over-long and non-object lines are refused with a reason."""
    code = detect(part.chunks(), part.label, forced=encoding)
    damage = Damage()
    grid = Grid("jsonl", encoding=code.name, encoding_confidence=code.confidence, fallback=code.fallback)
    for line in lines_of(part.chunks(), code, damage, limit=limit):
        if line is None:
            grid.reject("row_too_long", "the line is longer than max_record_bytes")
            continue
        line = line.strip()
        if not line:
            continue
        try:
            record = parse(line)
        except json.JSONDecodeError as fault:
            grid.reject("broken_json", f"not valid JSON at character {fault.pos + 1}: {fault.msg}")
            continue
        except (ValueError, RecursionError):
            grid.reject("broken_json", "not valid JSON: nested too deeply")
            continue
        if not isinstance(record, dict):
            grid.reject("not_an_object", "the line holds JSON, but not an object with named fields")
            continue
        grid.add(record if _PLAIN.issuperset(map(type, record.values())) else flatten(record))
    grid.fallback_lines = damage.fallback_lines
    note_damage(grid, damage)
    return grid.finish()


def read_json(part: Part, *, encoding: str, limit: int) -> Grid:
    """Read an array of objects, an object that holds one, an object of columns, or JSON lines named .json.

    Raises InputError, with line and column, where the document is not valid JSON or holds no such array.
    """
    code = detect(part.chunks(), part.label, forced=encoding)
    try:
        text = part.content().decode("utf-8-sig" if code.name == "utf-8" else code.name)
    except UnicodeDecodeError:
        text = part.content().decode(code.fallback, errors="replace")
    if not text.strip():
        return Grid("json", encoding=code.name)
    try:
        document = parse(text.replace("\0", ""))
    except json.JSONDecodeError as fault:
        if fault.msg == "Extra data" or _is_lines(text):
            return read_jsonl(part, encoding=encoding, limit=limit)
        raise InputError(f"{part.label}, line {fault.lineno}, column {fault.colno}: not valid JSON ({fault.msg}); "
                         "repair the file or fetch it again") from fault
    except (ValueError, RecursionError) as fault:
        raise InputError(f"{part.label} is not valid JSON: nested too deeply") from fault
    grid = Grid("json", encoding=code.name, encoding_confidence=code.confidence)
    for record in _find_rows(document, part.label):
        if isinstance(record, dict):
            grid.add_limited(flatten(record), limit)
        else:
            grid.reject("not_an_object", "the array holds a value that is not an object with named fields")
    return grid.finish()


def _is_lines(text: str) -> bool:
    first = text.lstrip().partition("\n")[0].strip()
    try:
        return isinstance(parse(first), dict)
    except (ValueError, RecursionError):
        return False


def _find_rows(document: Any, label: str) -> list[Any]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        _refuse(label, "holds a single value")
    columns = [v for v in document.values() if isinstance(v, list) and not any(isinstance(x, dict) for x in v)]
    if len(columns) == len(document) > 1 and len({len(c) for c in columns}) == 1:
        return [dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True)]
    arrays = _arrays(document, "")
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    if len(arrays) > 1:
        _refuse(label, f"holds several arrays ({', '.join(sorted(arrays)[:5])})")
    return [document] if document else []


def _arrays(document: dict[str, Any], prefix: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for key, value in document.items():
        if isinstance(value, list) and any(isinstance(v, dict) for v in value):
            found[prefix + key] = value
        elif isinstance(value, dict):
            found |= _arrays(value, f"{prefix}{key}.")
    return found


def _refuse(label: str, what: str) -> NoReturn:
    raise InputError(f"{label} {what}; give an array of objects, an object that holds one array, or JSON lines")
