"""The clean stage: raw rows in, cleaned and redacted items, rejects, redactions and duplicates out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from voicemine import tables
from voicemine.backends.protocols import Redactor
from voicemine.errors import InputError, ModelError
from voicemine.forgotten import Forgotten
from voicemine.numerics.placeholders import placeholders
from voicemine.stages.base import Earlier, Stage
from voicemine.stages.clean import templates as boilerplate
from voicemine.stages.clean.duplicates import repeats
from voicemine.stages.clean.identity import Hasher, author_hash, hashed_id, is_personal, made_id, phone_like
from voicemine.stages.clean.item import CleanedText, redact
from voicemine.stages.clean.memory import recall, remembered
from voicemine.stages.clean.settings import CleanSettings
from voicemine.stages.clean.templates import Templates

_RAW = ("source", "source_row", "item_id", "author", "created_at", "score", "score_kind", "channel", "question", "text")


@dataclass(frozen=True)
class Cleaned:
    """What the stage writes, the boilerplate that it used, and how often each step did something."""

    items_clean: pd.DataFrame
    clean_rejects: pd.DataFrame
    redactions: pd.DataFrame
    duplicates: pd.DataFrame
    clean_memory: pd.DataFrame
    clean_templates: pd.DataFrame
    templates: Templates = field(default_factory=Templates)
    counts: Mapping[str, int] = field(default_factory=dict)


def clean(raw: pd.DataFrame, kept_items: pd.DataFrame | None = None, *, settings: CleanSettings, hasher: Hasher,
          templates: Templates | None = None, redactor: Redactor | None = None, forgotten: Forgotten | None = None,
          known_templates: frozenset[str] = frozenset(), earlier: Earlier | None = None) -> Cleaned:
    """Clean `raw` (columns: see `_RAW`, plus `attr_*` and, if known, `speaker`).

    kept_items: items of earlier runs, clean already, that stay although they are no longer in the sources; what is in
    `raw` again replaces them. templates: frozen boilerplate to apply; None learns it from these rows, and adds
    known_templates, which earlier nights learnt. redactor: finds personal data beyond the built-in rules. forgotten:
    items and authors that are refused without a trace of their words. Every row is in `items_clean` or
    `clean_rejects`. Raises InputError where two sources share an id and `id_prefix` is off.
    """
    if settings.redact and settings.redactor == "rules+presidio" and redactor is None:
        raise ModelError("clean.redactor is rules+presidio, but presidio was not given; set clean.redactor=rules")
    counts: Counter[str] = Counter(rows_in=len(raw))
    frame = raw.reset_index(drop=True)
    for column in ("speaker", *_RAW):
        if column not in frame:
            frame[column] = None
    texts = [t if isinstance(t, str) else "" for t in frame["text"].tolist()]
    ids = _ids(frame, texts, settings, hasher, counts)
    reasons = _refused(frame, texts, ids)
    if forgotten:
        authors = [author_hash(a, hasher) if (a := _given(v)) else None for v in frame["author"].tolist()]
        hits = forgotten.rows(ids, authors, hasher)
        reasons = ["forgotten" if hit else reason for hit, reason in zip(hits, reasons, strict=True)]
    keep = [at for at, reason in enumerate(reasons) if reason is None]
    _no_collision(frame, ids, keep)

    cleaned_by_text = recall((texts[at] for at in keep), earlier, settings=settings, hasher=hasher,
                             extra=redactor.find if redactor else None)
    if templates is None:
        shown = (c.text for c in cleaned_by_text.values() if c.skip_reason is None)
        templates = (boilerplate.learn(dict.fromkeys(shown), min_items=settings.template_min_items,
                                       min_share=settings.template_min_share) if settings.templates else Templates())
        templates = Templates(templates.keys | (known_templates if settings.templates else frozenset()))
    final = {raw_text: boilerplate.strip(c.text, templates) for raw_text, c in cleaned_by_text.items()}
    for at in keep:
        _count(cleaned_by_text[texts[at]], final[texts[at]], counts)
    if settings.spam == "reject":
        for at in keep:
            if cleaned_by_text[texts[at]].skip_reason == "spam":
                reasons[at] = f"spam_{cleaned_by_text[texts[at]].detail}"
        keep = [at for at in keep if reasons[at] is None]

    items = _items(frame, ids, keep, [cleaned_by_text[texts[at]] for at in keep], [final[texts[at]] for at in keep],
                   settings, hasher)
    if kept_items is not None and len(kept_items):
        items = _with_kept(items, kept_items, set(ids), forgotten, hasher)
        counts["kept"] = len(items) - len(keep)
    duplicates = _duplicates(items, settings)
    representative = dict(zip(duplicates["item_id"].tolist(), duplicates["representative_id"].tolist(), strict=True))
    items["representative_id"] = [representative.get(i, i) for i in items["item_id"].tolist()]
    rejects = _rejects(frame, ids, reasons, settings)
    redactions = _redactions(items)
    counts.update({f"rejected.{r}": n for r, n in Counter(x for x in reasons if x).items()})
    counts.update({f"redacted.{t}": int(n) for t, n in redactions["type"].value_counts().items()})
    counts.update({f"duplicates.{k}": int(n) for k, n in duplicates["kind"].value_counts().items()})
    counts.update({f"skipped.{k}": int(n) for k, n in items["skip_reason"].dropna().value_counts().items()})
    counts.update({f"language.{k}": int(n) for k, n in items["language"].value_counts().items()})
    counts["templates"] = len(templates.keys)
    counts["rows_kept"] = len(items)
    return Cleaned(tables.conform("items_clean", items), tables.conform("rejects", rejects),
                   tables.conform("redactions", redactions), tables.conform("duplicates", duplicates),
                   tables.conform("clean_memory", remembered(cleaned_by_text, hasher)),
                   tables.conform("clean_templates", pd.DataFrame({"key": sorted(templates.keys)}, dtype=object)),
                   templates, dict(sorted(counts.items())))


def _with_kept(items: pd.DataFrame, kept: pd.DataFrame, present: set[str], forgotten: Forgotten | None,
               hasher: Hasher) -> pd.DataFrame:
    """Items of earlier runs that are not in the sources now, in their order, and then those that are."""
    absent = kept[~kept["item_id"].isin(present)]
    if forgotten:
        hits = forgotten.rows(absent["item_id"].tolist(), [_given(a) for a in absent["author_id"].tolist()], hasher)
        absent = absent[[not hit for hit in hits]]
    owner = dict(zip(kept["item_id"], kept["source"], strict=True))
    other = [i for i, s in zip(items["item_id"], items["source"], strict=True) if owner.get(i, s) != s]
    if other:
        raise InputError(f"{len(other)} item id(s) belonged to another source on an earlier night, such as "
                         f"'{other[0][:40]}'; set id_prefix for one of the sources")
    if absent.empty:
        return items
    parts = [tables.conform("items_clean", part.reset_index(drop=True)) for part in (absent, items) if len(part)]
    return tables.conform("items_clean", pd.concat(parts, ignore_index=True))


def _count(cleaned: CleanedText, final: str, counts: Counter[str]) -> None:
    for step in cleaned.steps:
        counts[f"step.{step}"] += 1
    counts["step.template"] += final != cleaned.text
    if cleaned.detail:
        counts[f"spam.{cleaned.detail}"] += 1


def _given(value: Any) -> str | None:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def _ids(frame: pd.DataFrame, texts: list[str], settings: CleanSettings, hasher: Hasher,
         counts: Counter[str]) -> list[str]:
    given = [_given(v) for v in frame["item_id"].tolist()]
    sources = [str(s) for s in frame["source"].tolist()]
    by_source: dict[str, list[str]] = {}
    for source, one in zip(sources, given, strict=True):
        if one:
            by_source.setdefault(source, []).append(one)
    phones = {source for source, ids in by_source.items() if settings.redact
              and phone_like(ids, settings.phone_regions)}
    seen: Counter[tuple[str, ...]] = Counter()
    made: list[str] = []
    rest = [frame[column].tolist() for column in ("author", "created_at", "question")]
    for at, (one, source) in enumerate(zip(given, sources, strict=True)):
        if one is None:
            key = tuple(str(_given(p)) for p in (source, *(values[at] for values in rest), texts[at]))
            one = made_id(hasher, *key, seen[key])
            seen[key] += 1
            counts["ids.made"] += 1
        elif settings.redact and (is_personal(one) or (source in phones and re.fullmatch(r"\d{10,12}", one))):
            one = hashed_id(one, hasher)
            counts["ids.hashed"] += 1
        made.append(f"{source}:{one}" if settings.id_prefix else one)
    return made


def _refused(frame: pd.DataFrame, texts: list[str], ids: list[str]) -> list[str | None]:
    reasons: list[str | None] = []
    seen: dict[tuple[str, str], str] = {}
    for source, one, text in zip(frame["source"].tolist(), ids, texts, strict=True):
        key = (str(source), one)
        if not text.strip():
            reasons.append("no_text")
        elif key in seen:
            reasons.append("repeated_row" if seen[key] == text else "repeated_id")
        else:
            seen[key] = text
            reasons.append(None)
    return reasons


def _no_collision(frame: pd.DataFrame, ids: list[str], keep: list[int]) -> None:
    owner: dict[str, str] = {}
    sources = frame["source"].tolist()
    shared = [ids[at] for at in keep if owner.setdefault(ids[at], str(sources[at])) != str(sources[at])]
    if shared:
        raise InputError(f"{len(shared)} item id(s) occur in more than one source, such as '{shared[0][:40]}'; "
                         "set clean.id_prefix=true to put the source's name before each id")


def _items(frame: pd.DataFrame, ids: list[str], keep: list[int], cleaned: list[CleanedText], texts: list[str],
           settings: CleanSettings, hasher: Hasher) -> pd.DataFrame:
    kept = frame.iloc[keep]
    agent = (kept["speaker"] == "agent").fillna(False).to_numpy(dtype=bool)
    reasons = ["agent" if a else c.skip_reason for a, c in zip(agent, cleaned, strict=True)]
    authors = [_given(a) for a in kept["author"].tolist()]
    redacted = _Memo(settings)
    items = pd.DataFrame({
        "item_id": [ids[at] for at in keep],
        "source": kept["source"].astype(str).to_numpy(),
        "channel": [redacted("", _given(v)) for v in kept["channel"].tolist()],
        "question": [redacted("", _given(v)) for v in kept["question"].tolist()],
        "created_at": pd.to_datetime(kept["created_at"], utc=True).to_numpy(),
        "language": [c.language for c in cleaned],
        "language_confidence": [c.language_confidence for c in cleaned],
        "text": texts,
        "score": pd.to_numeric(kept["score"]).astype(float).to_numpy(),
        "score_kind": [_given(v) for v in kept["score_kind"].tolist()],
        "author_id": [author_hash(a, hasher) if a else None for a in authors],
        "is_mined": [r is None for r in reasons],
        "skip_reason": pd.Series(reasons, dtype=object),
        "representative_id": "",
        "agent_text": pd.Series([c.agent_text or None for c in cleaned], dtype=object),
        "source_row": kept["source_row"].astype("int64").to_numpy(),
    })
    for column in kept.columns:
        if column.startswith("attr_"):
            items[column] = pd.Series([redacted(column, _given(v)) for v in kept[column].tolist()], dtype=object)
    return items


class _Memo:
    """Redacts short values, each distinct one once; an attribute's name serves as its cue."""

    def __init__(self, settings: CleanSettings) -> None:
        self._settings = settings
        self._known: dict[tuple[str, str], str] = {}

    def __call__(self, column: str, value: str | None) -> str | None:
        if value is None or not self._settings.redact:
            return value
        key = (column, value)
        if key not in self._known:
            cue = column.removeprefix("attr_").replace("_", " ")
            lead = f"{cue}: " if cue else ""
            whole = redact(lead + value, settings=self._settings)
            self._known[key] = whole[len(lead):] if whole.startswith(lead) else redact(value, settings=self._settings)
        return self._known[key]


def _duplicates(items: pd.DataFrame, settings: CleanSettings) -> pd.DataFrame:
    """Repeats among the items, the earliest (then the smallest id) being the representative."""
    order = items.assign(_undated=items["created_at"].isna()).sort_values(
        ["_undated", "created_at", "item_id"], kind="stable").index.to_numpy()
    texts = items["text"].to_numpy()[order].tolist()
    ids = items["item_id"].to_numpy()[order]
    found = repeats(texts, near=settings.near_duplicates, threshold=settings.near_threshold,
                    least_words=settings.near_min_words)
    frame = pd.DataFrame({
        "item_id": [ids[r.item] for r in found], "representative_id": [ids[r.representative] for r in found],
        "kind": [r.kind for r in found], "similarity": [r.similarity for r in found]},
        columns=list(tables.DUPLICATES.column_names))
    return frame.sort_values("item_id", kind="stable").reset_index(drop=True)


def _rejects(frame: pd.DataFrame, ids: list[str], reasons: list[str | None], settings: CleanSettings) -> pd.DataFrame:
    at = [i for i, reason in enumerate(reasons) if reason]
    sources, rows, texts = frame["source"].tolist(), frame["source_row"].tolist(), frame["text"].tolist()
    return pd.DataFrame({
        "ordinal": range(len(at)), "source": [str(sources[i]) for i in at], "row": [int(rows[i]) for i in at],
        "item_id": [None if reasons[i] == "forgotten" else ids[i] for i in at], "stage": "clean",
        "reason": [reasons[i] for i in at],
        "detail": [None if reasons[i] == "forgotten" else redact(texts[i], settings=settings)[:80]
                   if isinstance(texts[i], str) and texts[i].strip() else None for i in at],
    }, columns=list(tables.REJECTS.column_names))


def _redactions(items: pd.DataFrame) -> pd.DataFrame:
    rows = [(item, ordinal, p.type, p.start, p.end)
            for item, text in zip(items["item_id"].tolist(), items["text"].tolist(), strict=True) if "<" in text
            for ordinal, p in enumerate(placeholders(text))]
    return pd.DataFrame(rows, columns=list(tables.REDACTIONS.column_names))


STAGE = Stage(
    name="clean", version=4, reads=("raw", "kept_items"),
    writes=("items_clean", "clean_rejects", "redactions", "duplicates", "clean_memory", "clean_templates"),
    settings=CleanSettings, run=clean, needs=("hasher", "redactor", "forgotten", "known_templates", "earlier"),
    about="repairs, strips and redacts texts; finds language, non-answers, spam, boilerplate and duplicates",
)
