"""Every format and packing gives the same items; archives, folders, globs, stdin and queries are opened."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from invented_feedback import as_csv, rows

from voicemine.errors import ConfigError, InputError
from voicemine.sources import SourceSettings, read_sources

RECORDS = rows(12)


def encoded(kind: str) -> bytes:
    if kind in ("csv", "tsv"):
        return as_csv(RECORDS, "\t" if kind == "tsv" else ",").encode()
    if kind == "jsonl":
        return "".join(json.dumps(r) + "\n" for r in RECORDS).encode()
    if kind == "json":
        return json.dumps({"meta": {"n": 12}, "data": {"items": RECORDS}}, indent=1).encode()
    out = io.BytesIO()
    if kind == "parquet":
        pd.DataFrame(RECORDS).to_parquet(out)
    else:
        pd.DataFrame(RECORDS).to_excel(out, index=False)
    return out.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("__MACOSX/x", b"junk")
        packed.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "json", "parquet", "xlsx"])
@pytest.mark.parametrize("packing", ["", ".gz", ".zip"])
def test_same_items_from_every_format(read: Any, kind: str, packing: str) -> None:
    content = encoded(kind)
    if packing:
        content = gzip.compress(content) if packing == ".gz" else zipped(f"in.{kind}", content)
    got = read(f"in.{kind}{packing}", content)
    assert list(got.raw["item_id"]) == [r["id"] for r in RECORDS]
    assert list(got.raw["text"]) == [r["text"] for r in RECORDS]
    assert list(got.raw["score"]) == [float(r["rating"]) for r in RECORDS]
    assert str(got.raw["created_at"].dtype) == "datetime64[us, UTC]"
    assert got.raw["created_at"].iloc[3] == pd.Timestamp("2025-03-04 10:03", tz="UTC")
    report = got.reports[0]
    assert (report.name, report.rows_in, report.rows_kept) == ("in", 12, 12)
    assert len(report.files[0].sha256) == 64 and report.files[0].bytes == len(content)


def test_content_tells_the_format_of_an_unnamed_file(read: Any) -> None:
    for name, kind in (("a.dat", "jsonl"), ("b.dat", "csv"), ("c.dat", "json"), ("d.txt", "tsv"), ("e.jsonl", "json"),
                       ("f.json", "jsonl"), ("g.bin", "parquet"), ("h.bin", "xlsx")):
        assert len(read(name, encoded(kind)).raw) == 12, name


def test_semicolons_pipes_hints_and_escapes(read: Any) -> None:
    for delimiter in (";", "|", "\t"):
        report = read("x.csv", as_csv(RECORDS, delimiter)).reports[0]
        assert report.files[0].delimiter == delimiter and report.rows_kept == 12
    assert len(read("y.csv", "sep=;\n" + as_csv(RECORDS, ";")).raw) == 12
    escaped = 'id,text\n1,"He said \\"fine, thanks\\" and left us waiting."\n2,"Plain words, nothing more to say."\n'
    assert read("z.csv", escaped).raw["text"][0] == 'He said "fine, thanks" and left us waiting.'


def test_one_column_without_delimiter_keeps_commas(read: Any) -> None:
    got = read("one.csv", "comment\nGood, but slow\nToo dear, too late, never again\nNice and friendly people\n")
    assert list(got.raw["text"])[1] == "Too dear, too late, never again"


def test_quoted_line_breaks_and_trailing_empty_fields(read: Any) -> None:
    got = read("q.csv", 'id,text\n1,"first line\nsecond line of it"\n2,plain words on one line,,\n\n')
    assert list(got.raw["text"]) == ["first line\nsecond line of it", "plain words on one line"]


def test_nested_json_is_flattened_with_dots(read: Any) -> None:
    lines = [{"id": i, "user": {"name": f"u{i}"}, "review": {"text": r["text"], "tags": ["a", "b"]}, "ok": True}
             for i, r in enumerate(RECORDS)]
    got = read("n.jsonl", "\n".join(map(json.dumps, lines)), attribute_columns=("review.tags", "ok"))
    assert got.reports[0].resolved.text_columns == ("review.text",)
    assert set(got.raw["attr_review_tags"]) == {"a; b"} and set(got.raw["attr_ok"]) == {"true"}


def test_json_of_columns_and_single_object(read: Any) -> None:
    columns = {"id": [1, 2], "text": ["The first one is about late parcels.", "The second one praises the staff."]}
    assert list(read("c.json", json.dumps(columns)).raw["item_id"]) == ["1", "2"]
    assert len(read("s.json", json.dumps({"id": 7, "text": "A single object makes a single row."})).raw) == 1


def test_numbers_in_json_keep_their_digits(read: Any) -> None:
    got = read("big.jsonl", '{"id": 90071992547409931234, "text": "Long ids must stay as they are written."}')
    assert got.raw["item_id"][0] == "90071992547409931234"


def test_broken_surrogates_and_nul_in_json(read: Any) -> None:
    got = read("s.jsonl", '{"id": 1, "text": "half \\ud83d an emoji and a NUL\\u0000 in the text"}')
    assert got.raw["text"][0] == "half \ufffd an emoji and a NUL in the text"


def test_folder_glob_and_zip_with_several_files(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for k in range(3):
        (folder / f"day{k}.csv").write_text(as_csv(RECORDS[4 * k:4 * k + 4]))
    (folder / "notes.md").write_text("not data")
    (folder / "empty.csv").write_text("")
    for path in ("in", "in/day*.csv"):
        got = read_sources([SourceSettings(path=path)], base=tmp_path)
        assert list(got.raw["source_row"]) == list(range(1, 13)) and got.reports[0].name == "in"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("b.jsonl", "\n".join(json.dumps(r) for r in RECORDS[6:]))
        packed.writestr("a.csv", as_csv(RECORDS[:6]))
    (tmp_path / "both.zip").write_bytes(out.getvalue())
    got = read_sources([SourceSettings(path="both.zip")], base=tmp_path)
    assert [f.path for f in got.reports[0].files] == ["both.zip:a.csv", "both.zip:b.jsonl"] and len(got.raw) == 12


def test_stdin_is_json_lines() -> None:
    got = read_sources([SourceSettings(path="-")], base=Path(), stdin=io.BytesIO(encoded("jsonl")))
    assert len(got.raw) == 12 and got.reports[0].name == "stdin"
    with pytest.raises(InputError, match="standard input"):
        read_sources([SourceSettings(path="-")], base=Path())


@pytest.mark.parametrize("connection", ["shop.db", "sqlite:///shop.db"])
def test_sqlite_query(tmp_path: Path, connection: str) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as database:
        pd.DataFrame(RECORDS).to_sql("reviews", database, index=False)
    settings = SourceSettings(connection=connection, query="select * from reviews where rating <= 2 order by id")
    got = read_sources([settings], base=tmp_path)
    assert set(got.raw["score"]) == {1.0, 2.0}
    with pytest.raises(InputError, match="no such table"):
        read_sources([SourceSettings(connection=connection, query="select * from absent")], base=tmp_path)
    with pytest.raises(InputError, match="readonly"):
        read_sources([SourceSettings(connection=connection, query="delete from reviews")], base=tmp_path)


def test_sqlalchemy_query_never_shows_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sqlalchemy")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        pd.DataFrame(RECORDS).to_sql("reviews", database, index=False)
    url = f"sqlite+pysqlite:///{tmp_path}/shop.db"
    got = read_sources([SourceSettings(connection=url, query="select * from reviews")], base=tmp_path)
    assert len(got.raw) == 12
    monkeypatch.setenv("DB_PASSWORD", "hidden")
    settings = SourceSettings(connection="nosuchdriver://me:$DB_PASSWORD@host/db", query="select 1")
    with pytest.raises(InputError) as caught:
        read_sources([settings], base=tmp_path)
    assert "hidden" not in str(caught.value) and "***" in str(caught.value)


def test_several_sources_and_names(tmp_path: Path) -> None:
    for name in ("a/reviews.csv", "b/reviews.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(as_csv(RECORDS))
    both = [SourceSettings(path="a/reviews.csv"), SourceSettings(path="b/reviews.csv")]
    got = read_sources(both, base=tmp_path)
    assert [r.name for r in got.reports] == ["reviews", "reviews_2"]
    assert got.raw["item_id"].is_unique and "reviews_2:r3" in set(got.raw["item_id"])
    with pytest.raises(ConfigError, match="given to 2 sources"):
        read_sources([SourceSettings(path="a/reviews.csv", name="x")] * 2, base=tmp_path)
    fixed = [both[0], SourceSettings(path="b/reviews.csv", id_prefix="")]
    with pytest.raises(InputError, match="12 duplicate_id"):
        read_sources(fixed, base=tmp_path)


def test_fingerprint_follows_content_and_settings_not_place(read: Any, tmp_path: Path) -> None:
    first = read("a.csv", as_csv(RECORDS), name="s")
    moved = read("b.csv", as_csv(RECORDS), name="s")
    assert first.fingerprint == moved.fingerprint
    assert read("b.csv", as_csv(RECORDS[:-1]), name="s").fingerprint != first.fingerprint
    assert read("b.csv", as_csv(RECORDS), name="s", score_column="").fingerprint != first.fingerprint
