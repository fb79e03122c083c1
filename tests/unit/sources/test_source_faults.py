"""Bad input: a clear error with the cure, or refused rows with a reason; no row is ever lost."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented_feedback import TEXTS, as_csv, rows

from voicemine.errors import InputError
from voicemine.sources import Ingested, SourceSettings, read_sources

LIMIT = 4096


def reasons(got: Ingested) -> dict[str, int]:
    report = got.reports[0]
    assert report.rows_in == report.rows_kept + sum(report.rows_rejected.values())
    assert got.rejects["row"].is_monotonic_increasing and len(got.rejects) == report.rows_in - report.rows_kept
    return dict(report.rows_rejected)


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.csv", "", "is empty"), ("a.jsonl", "\n \n", "is empty"), ("a.json", "[]", "is empty"),
    ("a.csv", "id,text\n", "holds a header but no row"),
    ("a.csv", "id,text\n1,\n2,  \n", "2 blank_text.*row 1.*looked for in 'text'"),
    ("a.csv", "%PDF-1.7 and so on", "is a PDF"), ("a.csv", bytes(range(256)) * 20, "is binary"),
    ("a.csv", "x" * 9000, "line 1: the header is longer than 4096 bytes"),
    ("a.jsonl", "{" * 9000, "1 row_too_long"), ("a.json", '[{"text": "a b"}, {"text" "c"}]', "line 1, column 27"),
    ("a.json", '{"a": [{"x": 1}], "b": [{"y": 2}]}', r"several arrays \(a, b\)"), ("a.json", "3", "single value"),
    ("a.parquet", "not parquet", "named as parquet"), ("a.xlsx", b"PK\x03\x04junk", "damaged"),
    ("a.csv.gz", b"\x1f\x8b\x08\x00junk", "damaged"), ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(90), "save it as .xlsx"),
    ("a.jsonl", '{"id": 1\n{"id": 2', "2 broken_json; first: row 1, not valid JSON at character 9")])
def test_unusable_files_say_what_and_where(read: Any, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(name, content, max_record_bytes=LIMIT)


def test_places_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text("x")
    for path, message in (("revews.csv", "did you mean 'reviews.csv'"), ("no/such.csv", "check the path"),
                          ("*.tsv", "allow_empty"), ("reviews.csv/x", "there is no file|cannot read")):
        with pytest.raises(InputError, match=message):
            read_sources([SourceSettings(path=path)], base=tmp_path)
    if os.geteuid() != 0:
        (tmp_path / "reviews.csv").chmod(0)
        with pytest.raises(InputError, match="permissions"):
            read_sources([SourceSettings(path="reviews.csv")], base=tmp_path)


def test_an_empty_source_may_be_normal(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n")
    sources = [SourceSettings(path=p, allow_empty=True) for p in ("a.csv", "in/*.csv")]
    got = read_sources(sources, base=tmp_path)
    assert len(got.raw) == 0 and [r.rows_in for r in got.reports] == [0, 0]
    (tmp_path / "b.csv").write_text(as_csv(rows(3)))
    got = read_sources([*sources, SourceSettings(path="b.csv")], base=tmp_path)
    assert len(got.raw) == 3 and str(got.raw["created_at"].dtype) == "datetime64[us, UTC]"


def test_unpacked_size_is_limited(read: Any) -> None:
    with pytest.raises(InputError, match="larger than 2048 bytes"):
        read("a.csv", as_csv(rows(100)), max_file_bytes=2048)


def test_over_long_lines_are_refused_and_reading_goes_on(read: Any) -> None:
    long = "far too long " * 1000
    assert reasons(read("a.csv", f"id,text\n1,{TEXTS[0]}\n2,{long}\n3,{TEXTS[1]}\n", max_record_bytes=LIMIT)) == {
        "row_too_long": 1}
    lines = [json.dumps({"id": i, "text": t}) for i, t in enumerate((TEXTS[0], long, TEXTS[1]))]
    assert reasons(read("a.jsonl", "\n".join(lines), max_record_bytes=LIMIT)) == {"row_too_long": 1}
    assert reasons(read("a.json", f"[{','.join(lines)}]", max_record_bytes=LIMIT)) == {"row_too_long": 1}
    got = read("a.csv", f'id,text\n1,"{TEXTS[0]}\n{long}"\n3,{TEXTS[1]}\n', max_record_bytes=LIMIT)
    assert list(got.raw["item_id"]) == ["3"] and reasons(got) == {"row_too_long": 1}


def test_broken_json_lines(read: Any) -> None:
    content = f'{{"id": 1, "text": "{TEXTS[0]}"}}\n{{"id": 2, "text": "{TEXTS[1]}\n[1]\n"x"\n' + "[" * 3000 + "\n"
    got = read("a.jsonl", content)
    assert reasons(got) == {"broken_json": 2, "not_an_object": 2}
    assert list(got.rejects["row"]) == [2, 3, 4, 5] and set(got.rejects["stage"]) == {"ingest"}


def test_ragged_rows_are_refused_not_shifted(read: Any) -> None:
    content = (f"id,date,text\n1,2025-01-01,{TEXTS[0]}\n2,{TEXTS[1]}\n3,2025-01-02,{TEXTS[2]},more\n"
               f"4,2025-01-03,{TEXTS[3]}\n")
    got = read("a.csv", content)
    assert list(got.raw["item_id"]) == ["1", "4"] and reasons(got) == {"ragged_row": 2}
    assert list(got.rejects["detail"]) == ["2 field(s) where the header has 3", "4 field(s) where the header has 3"]


@pytest.mark.parametrize("rest", ['3,"{0}"\n4,{0}\n', "3,{0}\n4,{0}\n"])
def test_an_open_quote_costs_one_row(read: Any, rest: str) -> None:
    got = read("a.csv", f'id,text\n1,{TEXTS[0]}\n2,"{TEXTS[1]}\n' + rest.format(TEXTS[2]))
    assert list(got.raw["item_id"]) == ["1", "3", "4"] and reasons(got) == {"unclosed_quote": 1}


def test_repeated_ids(read: Any) -> None:
    content = (f"id,text\n1,{TEXTS[0]}\n1,{TEXTS[0]}\n1,{TEXTS[1]}\n2,{TEXTS[2]}\n"
               f"a@example.org,{TEXTS[3]}\na@example.org,{TEXTS[4]}\n")
    got = read("a.csv", content)
    assert reasons(got) == {"duplicate_id": 3} and got.raw["text"][0] == TEXTS[0]
    assert list(got.rejects["detail"][:2]) == ["the id stands already in row 1, and the whole row is the same",
                                               "the id stands already in row 1, with other content"]
    assert list(got.rejects["item_id"]) == ["1", "1", None]
    assert any("repeat an id" in w for w in got.reports[0].warnings)


def test_equal_rows_without_ids_are_all_kept(read: Any) -> None:
    got = read("a.csv", f"date,text\n2025-01-01,{TEXTS[0]}\n2025-01-01,{TEXTS[0]}\n")
    assert got.raw["item_id"].is_unique and len(got.raw) == 2
    third = f"2025-01-01,{TEXTS[1]}\n"
    again = read("a.csv", f"date,text\n{third}2025-01-01,{TEXTS[0]}\n2025-01-01,{TEXTS[0]}\n")
    assert set(got.raw["item_id"]) < set(again.raw["item_id"]), "an id must not depend on the row's place"


def test_a_missing_id_is_derived(read: Any) -> None:
    got = read("a.csv", f"id,text\nx1,{TEXTS[0]}\n,{TEXTS[1]}\nx3,{TEXTS[2]}\n", id_column="id")
    assert len(got.raw) == 3 and len(got.raw["item_id"][1]) == 16
    assert any("1 row(s) have no value in 'id'" in w for w in got.reports[0].warnings)


def test_rejects_never_show_the_text(read: Any) -> None:
    secret = "Zanzibar"
    content = (f'{{"id": 1, "text": "{TEXTS[0]}"}}\n{{"id": 2, "text": "{secret}\n"{secret}"\n'
               f'{{"id": 1, "text": "{secret}"}}\n{{"id": 4, "text": " ", "note": "{secret}"}}\n')
    got = read("a.jsonl", content, filter=("id!=9",))
    assert len(got.rejects) == 4 and secret not in got.rejects.to_csv()


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["1", "2", "3", "", "x y"]), CELL, CELL), max_size=8),
       st.sampled_from([b"", b"\xff\xfe\n", b'"', b"{", b"\n,,,,\n", b"\0\0", b'{"id": 1}\n', b"\xe9,\x93"]),
       st.integers(0, 400), st.sampled_from(["a.csv", "a.jsonl"]))
def test_rows_in_are_rows_kept_and_rows_refused(tmp_path: Path, records: list[tuple[str, str, str]], junk: bytes,
                                                place: int, name: str) -> None:
    """Whatever is spliced into a file: an InputError, or every row is accounted for and every kept row has a text."""
    if name == "a.csv":
        records = [("i", "a good long text", "yes"), *records]
        clean = as_csv([{"id": a, "text": b, "What else?": c} for a, b, c in records])
    else:
        clean = "".join(json.dumps({"id": a, "text": b, "What else?": c}) + "\n" for a, b, c in records)
    data = clean.encode()
    (tmp_path / name).write_bytes(data[:place] + junk + data[place:])
    try:
        got = read_sources([SourceSettings(path=name, text_columns=("text", "What else?"))], base=tmp_path)
    except InputError:
        return
    reasons(got)
    assert got.raw["item_id"].is_unique and (got.raw["text"].str.strip() != "").all()
    assert got.raw["source_row"].nunique() == got.reports[0].rows_kept
    assert set(got.raw["source_row"]).isdisjoint(got.rejects["row"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300),
       st.sampled_from(["a.csv", "a.jsonl", "a.json", "a.parquet", "a.xlsx", "a.csv.gz", "a.zip"]))
def test_any_bytes_give_an_input_error_or_an_account(tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    try:
        reasons(read_sources([SourceSettings(path=name)], base=tmp_path))
    except InputError as fault:
        assert str(fault)
