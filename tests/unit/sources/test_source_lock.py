"""A source is read on later nights as on the first; what no longer fits is an error that names the cure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from voicemine.errors import InputError, StoreError
from voicemine.sources import Ingested, SourceSettings, read_sources
from voicemine.sources.lock import locked, locks_of

WORDS = ["the parcel came late again", "the zip broke after a week", "support was kind and quick", "I was billed twice",
         "the app froze at the till", "a fair price for good boots"]
#: Dates of which some only fit one order.
DMY = ["25/02/2026", "26/02/2026", "27/02/2026", "28/02/2026", "01/03/2026", "02/03/2026"]


def write(path: Path, dates: list[str] = DMY, *, text: str = "comment", encoding: str = "utf-8", sign: str = "",
          extra: str = "") -> Path:
    rows = [f"{i},{d},{w}{sign},{'web' if i % 2 else 'app'}{',x' if extra else ''}" for i, (d, w) in
            enumerate(zip(dates, WORDS, strict=True))]
    head = f"ticket_id,created,{text},channel{',' + extra if extra else ''}"
    path.write_bytes("\n".join([head, *rows, ""]).encode(encoding))
    return path


def settings(path: Path, **more: Any) -> tuple[SourceSettings, ...]:
    given = {"name": "tickets", "path": str(path), "lock": True, **more}
    return (SourceSettings.model_validate_json(json.dumps(given)),)


def first_night(path: Path, **more: Any) -> tuple[Ingested, dict[str, str]]:
    sources = settings(path, **more)
    done = read_sources(sources, base=path.parent)
    return done, {k: v for k, v in locks_of(sources, done.reports).items() if v is not None}


def test_the_first_night_decides_and_the_second_is_the_same_input(tmp_path: Path) -> None:
    path = write(tmp_path / "tickets.csv")
    first, known = first_night(path)
    again = read_sources(settings(path), base=tmp_path, known=known)
    assert again.raw.equals(first.raw) and again.fingerprint == first.fingerprint
    held = locked(settings(path), known)[0]
    assert (held.text_columns, held.id_column, held.time_column, held.date_order) == (
        ("comment",), "ticket_id", "created", "dmy")


def test_dates_that_no_longer_tell_their_order_are_read_as_before(tmp_path: Path) -> None:
    _, known = first_night(write(tmp_path / "tickets.csv"))
    open_dates = ["03/04/2026", "03/05/2026", "03/06/2026", "03/07/2026", "03/08/2026", "03/09/2026"]
    path = write(tmp_path / "tickets.csv", open_dates)
    guessed = read_sources(settings(path), base=tmp_path).raw["created_at"]
    assert guessed.iloc[0].month == 3, "on its own the file reads as month first"
    assert read_sources(settings(path), base=tmp_path, known=known).raw["created_at"].iloc[0].month == 4


@pytest.mark.parametrize("change, why", [
    ({"text": "remark"}, r"no column 'comment' \(text_columns\)"),
    ({"dates": [f"03/{d}/2026" for d in range(20, 26)]}, "date order dmy was set"),
    ({"encoding": "cp1252", "sign": " – “très déçu”"}, "encoding utf-8 was set"),
])
def test_a_conflict_is_an_error_with_what_was_held_and_the_cure(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    _, known = first_night(write(tmp_path / "tickets.csv", sign=" – “très déçu”"))
    path = write(tmp_path / "tickets.csv", **change)
    with pytest.raises(InputError, match=f"(?s){why}.*date_order=dmy.*lock: false") as told:
        read_sources(settings(path), base=tmp_path, known=known)
    assert told.value.exit_code == 3


def test_what_the_user_sets_goes_before_the_lock_and_becomes_it(tmp_path: Path) -> None:
    _, known = first_night(write(tmp_path / "tickets.csv"))
    path = write(tmp_path / "tickets.csv", text="remark")
    sources = settings(path, text_columns=["remark"])
    done = read_sources(sources, base=tmp_path, known=known)
    assert done.raw["text"].tolist() == WORDS
    assert json.loads(locks_of(sources, done.reports)["tickets"] or "")["text_columns"] == ["remark"]


def test_a_new_column_is_not_taken_up_and_a_source_without_lock_is_guessed_anew(tmp_path: Path) -> None:
    _, known = first_night(write(tmp_path / "tickets.csv"))
    path = write(tmp_path / "tickets.csv", extra="region")
    held = read_sources(settings(path), base=tmp_path, known=known).raw
    assert not [c for c in held.columns if c.startswith("attr_")]
    free = settings(path, lock=False)
    done = read_sources(free, base=tmp_path, known=known)
    assert "attr_region" in done.raw.columns
    assert locks_of(free, done.reports) == {"tickets": None}


def test_an_empty_night_teaches_nothing_and_keeps_the_lock(tmp_path: Path) -> None:
    sources = settings(tmp_path / "none" / "*.csv", allow_empty=True)
    (tmp_path / "none").mkdir()
    done = read_sources(sources, base=tmp_path)
    assert locks_of(sources, done.reports) == {}


def test_json_may_leave_out_what_has_no_value(tmp_path: Path) -> None:
    path = tmp_path / "tickets.jsonl"
    records = [{"id": str(i), "text": w, "title": f"Case {i} of ours", "nps": i + 3} for i, w in enumerate(WORDS)]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    _, known = first_night(path)
    bare = [{"id": f"b{r['id']}", "text": r["text"]} for r in records]
    path.write_text("\n".join(map(json.dumps, bare)), "utf-8")
    done = read_sources(settings(path), base=tmp_path, known=known)
    assert len(done.raw) == len(WORDS) and done.raw["score"].isna().all()
    assert any("no record has" in w for w in done.reports[0].warnings)
    path.write_text("\n".join(json.dumps({"id": r["id"], "title": r["title"]}) for r in records), "utf-8")
    with pytest.raises(InputError, match="text_columns"):
        read_sources(settings(path), base=tmp_path, known=known)


def test_a_damaged_lock_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "tickets.csv")
    with pytest.raises(StoreError, match="lock of source 'tickets'"):
        read_sources(settings(path), base=tmp_path, known={"tickets": "{"})
