"""Encodings, dates and scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicemine.errors import InputError
from voicemine.sources.dates import parse_dates
from voicemine.sources.decoding import Encoding
from voicemine.sources.lines import Damage, lines_of
from voicemine.sources.scores import parse_scores, to_number

SENTENCES = {
    "utf-8-sig": "Der Kaffee war kalt und überteuert", "utf-16": "naïve façade 🙂", "utf-16-le": "plain words and é",
    "cp1252": "Le café était froid et le “personnel” désagréable",
    "cp1251": "Очень плохое обслуживание и доставка опоздала",
    "cp932": "配送がとても遅くて困りました。" "サポートの対応も悪い。",
    "cp1250": "Bardzo słaba obsługa i paczka spóźniona o tydzień"}


@pytest.mark.parametrize("encoding", SENTENCES)
def test_encoding_is_detected(read: Any, encoding: str) -> None:
    text = SENTENCES[encoding]
    got = read("a.csv", f"id,text\n1,{text}\n2,{text} {text}\n".encode(encoding))
    assert list(got.raw["text"]) == [text, f"{text} {text}"]


def test_mixed_encodings_are_read_line_by_line_and_counted(read: Any) -> None:
    got = read("a.csv", "id,text\n1,Le café était froid\n".encode() + "2,Très déçu du service\n".encode("cp1252")
               + "3,naïve façade ici\n".encode())
    assert list(got.raw["text"]) == ["Le café était froid", "Très déçu du service", "naïve façade ici"]
    assert "1 line(s) are not utf-8; read as cp1252" in got.reports[0].warnings


def test_nul_bytes_are_dropped_and_counted(read: Any) -> None:
    got = read("a.csv", b"id,text\n1,the par\0cel came late\n2,all fine here with me\n")
    assert got.raw["text"][0] == "the parcel came late"
    assert got.reports[0].warnings == ("NUL bytes were dropped from 1 line(s)",)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings(read: Any, ending: str) -> None:
    got = read("a.csv", ending.join(["id,text", "1,one two three four", "2,five six seven eight", ""]))
    assert list(got.raw["text"]) == ["one two three four", "five six seven eight"]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\0\ufeff")), max_size=5),
       st.integers(1, 7), st.integers(4, 40))
def test_lines_do_not_depend_on_chunks(lines: list[str], step: int, limit: int) -> None:
    data = "\n".join(lines).encode()
    chunks = [data[i:i + step] for i in range(0, len(data), step)]
    code = Encoding("utf-8", "cp1252")
    whole = list(lines_of([data] if data else [], code, Damage(), limit=limit))
    assert list(lines_of(chunks, code, Damage(), limit=limit)) == whole
    expected = [x + "\n" for x in lines[:-1]] + ([lines[-1]] if lines and lines[-1] else [])
    assert whole == [None if len(x.encode()) > limit else x for x in expected]


def stamps(values: list[str | None], **options: Any) -> list[str]:
    return [str(t)[:19] for t in parse_dates(values, **options).times]


def test_the_column_decides_day_and_month() -> None:
    assert stamps(["03/04/2025", "25/12/2025"]) == ["2025-04-03 00:00:00", "2025-12-25 00:00:00"]
    assert stamps(["03/04/2025", "12/25/2025"]) == ["2025-03-04 00:00:00", "2025-12-25 00:00:00"]
    ambiguous = parse_dates(["01/05/2025", "02/05/2025", "03/05/2025"])
    assert ambiguous.order == "dmy" and ambiguous.reason.startswith("ambiguous") and ambiguous.confidence < 0.7
    assert parse_dates(["05/01/2025", "05/02/2025", "05/03/2025"]).order == "mdy"
    assert stamps(["05/06/2025"], order="mdy") == ["2025-05-06 00:00:00"]


def test_a_set_order_that_the_column_contradicts_is_an_error() -> None:
    with pytest.raises(InputError, match="date order dmy was set, but 2 date"):
        parse_dates(["03/25/2025", "04/26/2025", "01/02/2025"], order="dmy", label="x.csv, column 'd'")


def test_four_formats_and_nonsense_in_one_column() -> None:
    values = ["2025-04-05", "13/04/2025 10:11 PM", "Apr 5, 2025", "1743811200", "31.12.2024", "20250406",
              "14 mars 2025", "3. Oktober 2025", "Tue Apr 01 10:00:00 +0200 2025", "2025-04-05T10:11:12.5Z",
              "1743811200123", "5th May 2025",
              "soon", "99/99/2025", "2025-02-30", "0001-01-01", "May 2024", "yesterday", "", None, "n/a"]
    found = parse_dates(values)
    assert [str(t)[:19] for t in found.times[:12]] == [
        "2025-04-05 00:00:00", "2025-04-13 22:11:00", "2025-04-05 00:00:00", "2025-04-05 00:00:00",
        "2024-12-31 00:00:00", "2025-04-06 00:00:00", "2025-03-14 00:00:00", "2025-10-03 00:00:00",
        "2025-04-01 08:00:00", "2025-04-05 10:11:12", "2025-04-05 00:00:00", "2025-05-05 00:00:00"]
    assert found.times[12:].isna().all() and (found.n_given, found.n_nonsense) == (18, 6)
    assert sum(found.formats.values()) == 12


def test_zone_and_daylight_saving() -> None:
    assert stamps(["2025-07-01 12:00", "2025-01-01 12:00"], zone="Europe/Berlin") == [
        "2025-07-01 10:00:00", "2025-01-01 11:00:00"]
    assert parse_dates(["2025-03-30 02:30"], zone="Europe/Berlin").n_shifted == 1
    assert stamps(["2025-10-26 02:30"], zone="Europe/Berlin") == stamps(["2025-10-26 00:30"]), "the first of the two"
    with pytest.raises(InputError, match="no time zone 'Europe/Nowhere'"):
        parse_dates(["2025-01-01"], zone="Europe/Nowhere")


def test_excel_day_numbers_need_a_whole_column() -> None:
    assert stamps(["45752", "45753.5"]) == ["2025-04-05 00:00:00", "2025-04-06 12:00:00"]
    assert parse_dates(["45752", "2025-01-01", "2025-01-02"]).n_nonsense == 1


@settings(deadline=None)
@given(st.lists(st.datetimes(pd.Timestamp("1971-01-01"), pd.Timestamp("2099-12-30")), min_size=1, max_size=30),
       st.sampled_from([("dmy", "%d/%m/%Y %H:%M:%S"), ("mdy", "%m/%d/%Y %H:%M:%S"), ("auto", "%Y-%m-%dT%H:%M:%S"),
                        ("auto", "%d %b %Y %H:%M:%S"), ("auto", "%B %d, %Y %I:%M:%S %p")]))
def test_written_dates_are_read_back(moments: list[Any], written: tuple[str, str]) -> None:
    order, pattern = written
    found = parse_dates([m.strftime(pattern) for m in moments], order=order)
    assert list(found.times.dt.tz_localize(None)) == [pd.Timestamp(m.replace(microsecond=0)) for m in moments]


def test_future_and_nonsense_dates_are_kept_and_counted(read: Any) -> None:
    got = read("a.csv", "id,date,text\n1,2095-01-01,one two three four\n2,never,five six seven eight\n"
               "3,2024-05-05,nine ten eleven twelve\n")
    assert len(got.raw) == 3 and got.raw["created_at"].isna().sum() == 1
    assert any("1 time(s) in 'date' lie in the future" in w for w in got.reports[0].warnings)
    assert any("1 of 3 time(s) in 'date' cannot be read" in w for w in got.reports[0].warnings)


@pytest.mark.parametrize(("text", "number"), [
    ("7", 7), ("7.0", 7), ("4,5", 4.5), ("4/5", 4), ("8 out of 10", 8), ("80 %", 80), ("4 stars", 4), ("★★★☆☆", 3),
    ("10 - extremely likely", 10), ("-1", -1), ("five", np.nan), ("2025-01-01", np.nan), ("", np.nan)])
def test_numbers_in_scores(text: str, number: float) -> None:
    assert to_number(text) == pytest.approx(number, nan_ok=True)


@pytest.mark.parametrize(("name", "values", "kind", "limits"), [
    ("NPS", range(11), "nps", (0, 10)), ("How likely are you to recommend us?", [9, 10, 7], "nps", (0, 10)),
    ("rating", [1, 2, 5, 5, 4], "stars5", (1, 5)), ("csat", [1, 5, 3], "csat5", (1, 5)),
    ("satisfaction", [1, 7, 3, 6], "csat7", (1, 7)), ("customer effort", [7, 6, 2], "ces7", (1, 7)),
    ("score", [12, 50, 100, 80], "percent", (0, 100)), ("score", range(11), "other", (0, 10)),
    ("overall rating", [1, 10, 8, 7, 9], "other", (1, 10))])
def test_kind_and_range_of_scores(name: str, values: Any, kind: str, limits: tuple[float, float]) -> None:
    found = parse_scores([str(v) for v in values], name=name)
    assert (found.kind, (found.low, found.high), found.n_outside) == (kind, limits, 0)


def test_scores_out_of_range_are_dropped_counted_and_named(read: Any) -> None:
    values = ["5", "4", "3", "2", "1", "9", "-1", "4/5", "n/a", "five"] + ["5", "4", "3"] * 5
    found = parse_scores(values, name="rating")
    assert (found.kind, found.n_outside, found.n_unreadable, found.outside) == ("stars5", 2, 1, (-1.0, 9.0))
    assert np.isnan(found.values[5:7]).all() and found.kinds[5] is None and found.values[7] == 4
    lines = "".join(f"{i},{v},some words about visit {i}\n" for i, v in enumerate(values))
    got = read("a.csv", "id,rating,text\n" + lines)
    assert len(got.raw) == len(values)
    assert any("2 of 24 score(s) in 'rating' lie outside 1 to 5 (-1, 9)" in w for w in got.reports[0].warnings)


def test_a_column_may_give_the_scale_of_each_row(read: Any) -> None:
    lines = "".join(f"{i},{1 + i % 5},{[5, 10][i % 2]},words about visit {i} today\n" for i in range(10))
    got = read("a.csv", "id,rating,max_rating,text\n" + lines)
    assert list(got.raw["score_kind"][:4]) == ["stars5", "other", "stars5", "other"]


def test_settings_fix_kind_and_range() -> None:
    found = parse_scores(["0", "7", "11"], name="x", kind="nps")
    assert (found.kind, found.n_outside) == ("nps", 1)
    found = parse_scores(["0", "7", "11"], name="x", kind="other", limits=(0, 20))
    assert (found.kind, found.n_outside, found.reason) == ("other", 0, "as set")
