"""How a file is encoded: told by a survey of all its bytes, so that no odd line comes as a surprise."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from charset_normalizer import from_bytes

from voicemine.errors import InputError

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WESTERN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüŒœŠšŽž‘’“”–—…€£¥§©®°·«»¿¡´•™½¼²\xa0")
_KEPT_SAMPLE = 1 << 16
_CONTROL = bytes(set(range(32)) - {0, 8, 9, 10, 11, 12, 13, 26, 27})


@dataclass(frozen=True)
class Encoding:
    """How a file is decoded: `name` for all lines, `fallback` for lines that are not `name`.

    mixed: lines of both kinds occur. carriage_returns: lines end in a lone CR.
    """

    name: str
    fallback: str
    mixed: bool = False
    carriage_returns: bool = False
    confidence: float = 1.0


def detect(chunks: Iterable[bytes], label: str, *, forced: str = "auto") -> Encoding:
    """Survey all bytes of a file and say how to decode it.

    UTF-8 wins where at least one line in 20 that is not ASCII is valid UTF-8; lines that are not are decoded
    by the fallback. Raises InputError for binary content or an unknown encoding name.
    """
    head, rest, bad, n_good, n_bad, n_lf, n_cr, n_nul, n_control, total = b"", b"", bytearray(), 0, 0, 0, 0, 0, 0, 0
    for chunk in chunks:
        if not head:
            head = chunk[:_KEPT_SAMPLE]
            wide = _wide(head, label, forced)
            if wide:
                return Encoding(wide, wide)
        total += len(chunk)
        n_lf += chunk.count(b"\n")
        n_cr += chunk.count(b"\r")
        n_nul += chunk.count(b"\0")
        n_control += len(chunk) - len(chunk.translate(None, _CONTROL))
        if chunk.isascii() and rest.isascii():
            rest = chunk.rpartition(b"\n")[2][-64:]
            continue
        block, mark, tail = (rest + chunk).rpartition(b"\n")
        if mark and _fits(block):
            n_good += block.count(b"\n") + 1
            rest = tail
            continue
        lines = (rest + chunk).splitlines(keepends=True)
        rest = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        if len(rest) > 1 << 22:
            lines.append(rest)
            rest = b""
        good, wrong = _judge(lines, bad)
        n_good, n_bad = n_good + good, n_bad + wrong
    good, wrong = _judge([rest], bad)
    n_good, n_bad = n_good + good, n_bad + wrong
    if n_control > total * 0.01 or n_nul > total * 0.3:
        raise InputError(f"{label} is binary, not text; give CSV, TSV, JSONL, JSON, Parquet or Excel")
    only_cr = n_lf == 0 and n_cr > 0
    if forced != "auto":
        name = _checked(forced)
        is_utf8 = name.startswith("utf-8")
        wrong = n_bad if is_utf8 and n_good * 20 < n_good + n_bad else n_good if not is_utf8 and not n_bad else 0
        if (wrong > 2 and not name.startswith(("utf", "ascii"))) or (wrong and is_utf8):
            raise InputError(f"{label}: encoding {forced} was set, but {wrong} line(s) with other than ASCII signs are "
                             f"{'not UTF-8' if is_utf8 else 'all UTF-8'}; set encoding to auto, or check the file")
        return Encoding("utf-8" if is_utf8 else name, "cp1252" if is_utf8 else name, False, only_cr)
    if n_bad == 0:
        return Encoding("utf-8", "cp1252", False, only_cr)
    other, confidence = guess_legacy(bytes(bad))
    if n_good * 20 >= n_good + n_bad:
        return Encoding("utf-8", other, True, only_cr, confidence)
    return Encoding(other, other, False, only_cr, confidence)


def _wide(head: bytes, label: str, forced: str) -> str:
    if forced != "auto":
        name = _checked(forced)
        return name if name.startswith(("utf-16", "utf-32")) else ""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name if name != "utf-8-sig" else ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half >= 4 and max(even, odd) > 0.4 * half and min(even, odd) < 0.1 * half:
        name = "utf-16-le" if odd > even else "utf-16-be"
        try:
            text = head[: len(head) // 2 * 2].decode(name, errors="strict")
        except UnicodeDecodeError:
            return ""
        return name if sum(c.isprintable() or c in "\r\n\t" for c in text) > 0.95 * len(text) else ""
    return ""


def _checked(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as fault:
        raise InputError(f"there is no encoding '{name}'; use for example utf-8, cp1252 or auto") from fault


def _fits(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _judge(lines: list[bytes], bad: bytearray) -> tuple[int, int]:
    n_good = n_bad = 0
    for line in lines:
        if line.isascii():
            continue
        if _fits(line):
            n_good += 1
            continue
        n_bad += 1
        if len(bad) < _KEPT_SAMPLE:
            bad += line[: _KEPT_SAMPLE]
    return n_good, n_bad


def guess_legacy(sample: bytes) -> tuple[str, float]:
    """The 8-bit or East Asian encoding of `sample`, and how sure: windows-1252 where it reads like a Western text
    (short Western samples fit many code pages equally well), else what charset-normalizer says."""
    western = sample.decode("cp1252", errors="replace")
    marks = [i for i, c in enumerate(western) if ord(c) > 127]
    if marks:
        fits = sum(western[i] in _WESTERN for i in marks) / len(marks)
        lonely = sum(not re.match(r"[^\W\d_a-zA-Z]{2}", western[i:i + 2]) for i in marks) / len(marks)
        odd = len(re.findall(r"(?<=[a-z])[²½¼¥§©®°·¿¡´•](?=[a-z])", western)) / len(marks)
        if fits >= 0.95 and lonely >= 0.5 and odd <= 0.05:
            return "cp1252", 0.9
    best = from_bytes(sample).best() or from_bytes(sample, threshold=0.4).best()
    return (codecs.lookup(best.encoding).name, max(0.3, 1 - best.chaos)) if best else ("cp1252", 0.2)
