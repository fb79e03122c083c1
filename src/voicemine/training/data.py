"""Training rows: codebook files and mapped public sets as dense targets, guarded against leakage."""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

from voicemine.errors import InputError
from voicemine.numerics.placeholders import for_model
from voicemine.training.settings import LabelledFile, PublicFile

Labels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Examples:
    """n rows. `target[s]` (n, k) sums to 1 over the right labels; `partial[s]` (n,) says that the row only
    knows the right label to be one of those with a target; `known[s]` (n,) that the row has a label at all;
    `active[s]` (n, k) the labels that the row's source could have given."""

    ids: np.ndarray
    texts: list[str]
    sources: np.ndarray
    weights: np.ndarray
    target: dict[str, np.ndarray]
    partial: dict[str, np.ndarray]
    known: dict[str, np.ndarray]
    active: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, index: np.ndarray) -> Examples:
        """The rows at `index`, in that order."""
        def pick(parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {name: part[index] for name, part in parts.items()}

        return Examples(
            self.ids[index], [self.texts[i] for i in index], self.sources[index], self.weights[index],
            pick(self.target), pick(self.partial), pick(self.known), pick(self.active),
        )

    def hard(self, label_set: str) -> np.ndarray:
        """Index (n,) of the most probable target; -1 where the row does not know."""
        return np.where(self.known[label_set], self.target[label_set].argmax(1), -1)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """JSON lines, plain or gz. Raises InputError when the file cannot be read."""
    try:
        with (gzip.open(path, "rt", encoding="utf8") if path.suffix == ".gz" else path.open(encoding="utf8")) as lines:
            return [json.loads(line) for line in lines if line.strip()]
    except (OSError, json.JSONDecodeError) as fault:
        raise InputError(f"{path} cannot be read as JSON lines: {fault}") from fault


_AS_REDACTED = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<EMAIL>"),
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), "<URL>"),
    (re.compile(r"(?<![\w@])@\w{2,}"), "<HANDLE>"),
    (re.compile(r"\bX{2,}(?:[/\- ]+X{2,})*\b"), "<MASKED>"),
)


def as_model_reads(text: str) -> str:
    """The text as the model will meet it in a run: entities undone, what redaction hides hidden, then
    placeholders and emoji in words."""
    text = html.unescape(text)
    for pattern, placeholder in _AS_REDACTED:
        text = pattern.sub(placeholder, text)
    return for_model(text)


def _empty(n: int, labels: Labels) -> tuple[dict[str, np.ndarray], ...]:
    target = {s: np.zeros((n, len(k)), np.float32) for s, k in labels.items()}
    partial = {s: np.zeros(n, bool) for s in labels}
    known = {s: np.zeros(n, bool) for s in labels}
    active = {s: np.ones((n, len(k)), bool) for s, k in labels.items()}
    return target, partial, known, active


def _position(labels: Labels, label_set: str, label: str, path: str) -> int:
    try:
        return labels[label_set].index(label)
    except (KeyError, ValueError):
        raise InputError(f"{path}: '{label}' is no label of '{label_set}'") from None


def from_codebook(
    rows: Sequence[Mapping[str, Any]], labels: Labels, *, spec: LabelledFile, runner_up: float
) -> Examples:
    """Rows in the codebook's form. A runner-up (`stage2`) takes `runner_up` of the target.

    Raises InputError on a label that is not in `labels`.
    """
    kept = [r for r in rows if all(str(r.get(c)) not in bad for c, bad in spec.where_not.items())]
    target, partial, known, active = _empty(len(kept), labels)
    for i, row in enumerate(kept):
        for name in labels:
            first, second = str(row.get(name) or ""), str(row.get(f"{name}2") or "")
            if not first:
                continue
            known[name][i] = True
            target[name][i, _position(labels, name, first, spec.path)] = 1.0
            if second and second != first:
                target[name][i] *= 1.0 - runner_up
                target[name][i, _position(labels, name, second, spec.path)] = runner_up
    return Examples(
        np.array([str(r["id"]) for r in kept], object), [as_model_reads(str(r["text"])) for r in kept],
        np.array([str(r.get("source", spec.path)) for r in kept], object),
        np.array([spec.weight * float(r.get("weight", 1.0)) for r in kept], np.float32),
        target, partial, known, active,
    )


def _foreign(value: Any) -> str | None:
    """The one label of a row as text: 1.0 becomes "1"; a list counts only when it holds one label."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value)


def from_public(rows: Sequence[Mapping[str, Any]], labels: Labels, *, spec: PublicFile) -> Examples:
    """Rows of a public set, mapped by `spec`. Rows whose label the map does not name are left out."""
    picked = [
        (row, spec.map[key]) for row in rows
        if (key := _foreign(row.get(spec.column))) in spec.map
        and all(str(row.get(c)) in good for c, good in spec.where.items()) and str(row.get("text", "")).strip()
    ]
    target, partial, known, active = _empty(len(picked), labels)
    allowed = {s: [_position(labels, s, k, spec.path) for k in some] for s, some in spec.among.items()}
    for i, (_, choice) in enumerate(picked):
        for name, given in choice.items():
            options = (given,) if isinstance(given, str) else given
            places = [_position(labels, name, option, spec.path) for option in options]
            known[name][i] = True
            partial[name][i] = len(places) > 1
            target[name][i, places] = 1.0 / len(places)
            if name in allowed:
                active[name][i] = False
                active[name][i, [*allowed[name], *places]] = True
    return Examples(
        np.array([f"{spec.name}:{r['id']}" for r, _ in picked], object),
        [as_model_reads(str(r["text"])) for r, _ in picked],
        np.full(len(picked), spec.name, object), np.full(len(picked), spec.weight, np.float32),
        target, partial, known, active,
    )


def concatenate(parts: Sequence[Examples]) -> Examples:
    """All rows of all parts, in order."""
    def join(kind: str) -> dict[str, np.ndarray]:
        return {s: np.concatenate([getattr(p, kind)[s] for p in parts]) for s in getattr(parts[0], kind)}

    return Examples(
        np.concatenate([p.ids for p in parts]), [t for p in parts for t in p.texts],
        np.concatenate([p.sources for p in parts]), np.concatenate([p.weights for p in parts]),
        join("target"), join("partial"), join("known"), join("active"),
    )


def plain(text: str) -> str:
    """The text without case, accents, punctuation and spacing: what exact comparison should see."""
    bare = unicodedata.normalize("NFKD", text).lower()
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def near_duplicates(texts: Sequence[str], gold_texts: Sequence[str], *, near: float) -> np.ndarray:
    """Which rows (n,) repeat a gold text: the same words, one text inside the other, or 5-gram cosine >= `near`."""
    grams = HashingVectorizer(analyzer="char_wb", ngram_range=(5, 5), n_features=2**20, alternate_sign=False)
    mine, gold = [plain(t) for t in texts], [plain(t) for t in gold_texts]
    vectors, gold_vectors = grams.transform(mine), grams.transform(gold)
    found = np.zeros(len(texts), bool)
    for start in range(0, len(texts), 4096):
        near_by = vectors[start : start + 4096] @ gold_vectors.T
        found[start : start + 4096] = near_by.max(axis=1).toarray().ravel() >= near
    exact, long_gold = set(gold), [g for g in gold if len(g) >= 40]
    for i, text in enumerate(mine):
        found[i] |= text in exact or (len(text) >= 40 and any(text in g or g in text for g in long_gold))
    return found
