"""Finds the files of a source and opens them as streams of unpacked bytes."""

from __future__ import annotations

import difflib
import glob
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from voicemine.errors import InputError

Opener = Callable[[], AbstractContextManager[BinaryIO]]
CHUNK = 1 << 20
FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "text", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".parquet": "parquet", ".pq": "parquet", ".xlsx": "excel", ".xlsm": "excel",
}
_PACKED = (".gz", ".zip")
_BINARY = {
    b"%PDF": "a PDF", b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF8": "a GIF image",
    b"\x7fELF": "a program", b"MZ\x90": "a program", b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7z archive",
    b"\xd0\xcf\x11\xe0": "an old Office file (.xls, .doc); save it as .xlsx or .csv",
    b"SQLite format 3": "an SQLite database; name it as `connection`, with a `query`", b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file", b"\x28\xb5\x2f\xfd": "a zstd file",
}
#: zipfile raises RuntimeError for a member under a password and NotImplementedError for an unknown compression.
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class Origin:
    """One file (or stdin) as it was found. `digest` is the sha256 of its bytes as they lie on disk."""

    path: str
    digest: str
    size: int


@dataclass(frozen=True)
class Part:
    """One table inside an origin: the file itself, unpacked, or one member of a zip."""

    label: str
    origin: Origin
    format: str
    opener: Opener
    limit: int

    def chunks(self) -> Iterator[bytes]:
        """Unpacked bytes. Raises InputError for a damaged archive, a read fault or a file above the limit."""
        total = 0
        try:
            with self.opener() as stream:
                while block := stream.read(CHUNK):
                    total += len(block)
                    if total > self.limit:
                        raise InputError(f"{self.label} is larger than {self.limit} bytes when unpacked; "
                                         "raise max_file_bytes or split it")
                    yield block
        except DAMAGED as fault:
            raise InputError(f"{self.label} is damaged or locked and cannot be unpacked ({type(fault).__name__}); "
                             "fetch it again") from fault
        except OSError as fault:
            raise unreadable(self.label, fault) from fault

    def content(self) -> bytes:
        """All unpacked bytes, for formats that need random access."""
        return b"".join(self.chunks())


def unreadable(label: str, fault: OSError) -> InputError:
    """The error for a path that the operating system refuses to open or read."""
    return InputError(f"cannot read {label}: {fault.strerror or type(fault).__name__}; "
                      "check the path and its permissions")


def find_files(path: str, base: Path) -> list[Path]:
    """Files of a path, glob or folder, in name order. Raises InputError where nothing is there."""
    place = base / Path(path).expanduser()
    try:
        if place.is_dir():
            return sorted(p for p in place.iterdir() if p.is_file() and not p.name.startswith(".") and known(p.name))
        if place.exists():
            return [place]
        if glob.has_magic(path):
            return sorted(p for p in map(Path, glob.iglob(str(place), recursive=True)) if p.is_file())  # noqa: PTH207
        near = difflib.get_close_matches(place.name, [p.name for p in place.parent.iterdir()], n=1) \
            if place.parent.is_dir() else []
    except OSError as fault:
        raise unreadable(path, fault) from fault
    hint = f"; did you mean '{near[0]}'?" if near else "; check the path"
    raise InputError(f"there is no file '{path}'{hint}")


def known(name: str) -> bool:
    """Whether the file name has a known ending."""
    return bool(format_of(name)) or Path(name).suffix.lower() in _PACKED


def format_of(name: str) -> str:
    """Format by file name, pack endings ignored; empty where the name does not tell."""
    suffixes = [s.lower() for s in Path(name).suffixes if s.lower() not in _PACKED]
    return FORMATS.get(suffixes[-1], "") if suffixes else ""


def digest_of(stream: BinaryIO) -> tuple[str, int]:
    """sha256 (hex) and length in bytes."""
    total, state = 0, hashlib.sha256()
    while block := stream.read(CHUNK):
        total += len(block)
        state.update(block)
    return state.hexdigest(), total


def open_path(path: Path, shown: str, limit: int) -> list[Part]:
    """The parts of one file. Raises InputError for unreadable, empty or plainly binary files."""
    try:
        with path.open("rb") as stream:
            digest, size = digest_of(stream)
    except OSError as fault:
        raise unreadable(shown, fault) from fault
    return _split(Origin(shown, digest, size), lambda: path.open("rb"), limit)


def open_bytes(content: bytes, shown: str, limit: int, format: str = "") -> list[Part]:
    """The parts of bytes held in memory (stdin is never written to disk before redaction)."""
    digest, size = digest_of(io.BytesIO(content))
    parts = _split(Origin(shown, digest, size), lambda: io.BytesIO(content), limit)
    return [Part(p.label, p.origin, format or p.format, p.opener, p.limit) for p in parts]


def _split(origin: Origin, opener: Opener, limit: int) -> list[Part]:
    shown = origin.path
    head = _head(opener, shown)
    if head[:2] == b"\x1f\x8b":
        inner = _unzipped(opener)
        return [_single(shown, origin, inner, _head(inner, shown), limit)]
    if head[:4] == b"PK\x03\x04":
        try:
            with opener() as stream, zipfile.ZipFile(stream) as packed:
                names = sorted(n.filename for n in packed.infolist() if not n.is_dir())
        except DAMAGED as fault:
            raise InputError(f"{shown} is damaged and cannot be unpacked; fetch it again") from fault
        if "xl/workbook.xml" in names:
            return [_single(shown, origin, opener, head, limit)]
        names = [n for n in names if not n.startswith("__MACOSX") and not Path(n).name.startswith(".")]
        if not names:
            raise InputError(f"{shown} is a zip file without any file in it")
        return [_member(origin, opener, name, limit) for name in names]
    return [_single(shown, origin, opener, head, limit)]


def _unzipped(opener: Opener) -> Opener:
    @contextmanager
    def inner() -> Iterator[BinaryIO]:
        with opener() as stream, gzip.GzipFile(fileobj=stream) as unpacked:
            yield cast(BinaryIO, unpacked)

    return inner


def _member(origin: Origin, opener: Opener, name: str, limit: int) -> Part:
    @contextmanager
    def plain() -> Iterator[BinaryIO]:
        with opener() as stream, zipfile.ZipFile(stream) as packed, packed.open(name) as member:
            yield cast(BinaryIO, member)

    label = f"{origin.path}:{name}"
    head = _head(plain, label)
    if head[:2] == b"\x1f\x8b":
        inner = _unzipped(plain)
        return _single(label, origin, inner, _head(inner, label), limit)
    return _single(label, origin, plain, head, limit)


def _single(label: str, origin: Origin, opener: Opener, head: bytes, limit: int) -> Part:
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            cure = "" if ";" in what else ", not a table; give CSV, TSV, JSONL, JSON, Parquet or Excel"
            raise InputError(f"{label} is {what}{cure}")
    form = format_of(label)
    if head[:4] == b"PAR1":
        form = "parquet"
    elif head[:4] == b"PK\x03\x04":
        form = "excel"
    elif form in ("parquet", "excel") and head:
        raise InputError(f"{label} is named as {form} but is not; check the file or set `format`")
    return Part(label, origin, form, opener, limit)


def _head(opener: Opener, label: str) -> bytes:
    try:
        with opener() as stream:
            return stream.read(64)
    except DAMAGED as fault:
        raise InputError(f"{label} is damaged or locked and cannot be unpacked ({type(fault).__name__}); "
                         "fetch it again") from fault
    except OSError as fault:
        raise unreadable(label, fault) from fault
