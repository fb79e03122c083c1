"""The command line: exit codes, one readable line on stderr, nothing on stdout but results."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from voicemine.cli import main
from voicemine.errors import GateError, InputError, LockedError, StageError, UsageError


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["voicemine", *map(str, words)])
        with pytest.raises(SystemExit) as done:
            main()
        found = capsys.readouterr()
        return int(done.value.code or 0), found.out, found.err

    return run


def test_exit_codes_are_those_of_the_contract() -> None:
    assert [e.exit_code for e in (UsageError, InputError, StageError, LockedError, GateError)] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("words, part", [
    (["run"], "no out folder"),
    (["run", "--out", "x"], "no input"),
    (["run", "--out", "x", "--text-column", "t"], "--text-columns goes with --input"),
    (["run", "--nonsense"], "--nonsense"),
    (["run", "--input", "a.csv", "--out", "x", "--set", "cluster.n_theme=3"], "did you mean cluster.n_themes?"),
    (["run", "--config", "absent.yaml"], "cannot read absent.yaml"),
    (["report", "nowhere"], "is not a run"),
    (["tables", "describe", "topics"], "no table is called 'topics'"),
])
def test_wrong_usage_is_exit_2_and_one_readable_message(call, words, part, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(*words)
    assert (code, out) == (2, "") and part in err and "Traceback" not in err


WRONG_FILES = {
    "empty.csv": (b"", "is empty"),
    "header.csv": (b"id,text\n", "header but no row"),
    "blank.csv": (b"id,text\n1,\n2,  \n", "text"),
    "binary.csv": (bytes(range(256)) * 64, "binary.csv"),
    "broken.jsonl": (b'{"id": 1, "text": "fine, but late"\n{"id"\n', "broken.jsonl"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_unusable_input_is_exit_3_and_names_the_file(call, name: str, tmp_path: Path) -> None:
    content, part = WRONG_FILES[name]
    (tmp_path / name).write_bytes(content)
    code, out, err = call("run", "--input", tmp_path / name, "--out", tmp_path / "out")
    assert (code, out) == (3, ""), err
    assert part in err and name in err and "Traceback" not in err
    assert not (tmp_path / "out" / "current").exists()


def test_a_missing_column_names_the_nearest(call, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,comment\n1,The parcel came late and nobody told me\n")
    code, _, err = call("run", "--input", tmp_path / "a.csv", "--out", tmp_path / "out", "--text-column", "coment")
    assert code in (2, 3) and "coment" in err and "comment" in err


def test_an_absent_file_and_an_unwritable_out_folder(call, tmp_path: Path) -> None:
    code, _, err = call("run", "--input", tmp_path / "none.csv", "--out", tmp_path / "out")
    assert code == 3 and "none.csv" in err
    (tmp_path / "file").write_text("x")
    (tmp_path / "a.csv").write_text("id,text\n1,late\n")
    code, _, err = call("run", "--input", tmp_path / "a.csv", "--out", tmp_path / "file")
    assert code == 4 and "cannot write" in err


def test_config_show_is_a_configuration_and_check_tells_all_problems(call, tmp_path: Path) -> None:
    code, out, _ = call("config", "show", "--no-comments")
    assert code == 0 and out.startswith("version: 1")
    path = tmp_path / "c.yaml"
    path.write_text(out)
    assert call("config", "check", path)[0] == 0
    path.write_text("run: {sede: 1}\nclustr: {}\n")
    code, _, err = call("config", "check", path)
    assert code == 2 and "run.seed" in err and "cluster" in err and "2 problems" in err


def test_config_schema_and_tables_describe_print_what_programs_can_read(call) -> None:
    assert json.loads(call("config", "schema")[1])["additionalProperties"] is False
    tables = json.loads(call("tables", "describe", "--format", "json")[1])
    assert {"items", "mentions", "themes", "rejects"} <= {t["name"] for t in tables["tables"]}
    assert "theme_id" in call("tables", "describe", "themes")[1]


def test_the_shipped_data_dictionary_is_up_to_date(call) -> None:
    shipped = Path(__file__).resolve().parents[2] / "docs" / "tables.md"
    assert shipped.read_text("utf-8") == call("tables", "describe", "--format", "markdown")[1], "run `make configs`"


def test_models_verify(call) -> None:
    code, out, _ = call("models", "verify")
    assert code == 0 and out.count("verified") == 3


@pytest.mark.parametrize("packed", [False, True])
def test_a_tiny_run_ends_to_end(call, tmp_path: Path, packed: bool) -> None:
    lines = "".join(json.dumps({"id": f"a{n}", "text": t, "stars": s}) + "\n" for n, (t, s) in enumerate([
        ("The parcel came two weeks late and the courier was rude.", 1), ("Lovely shop, very kind staff.", 5),
        ("n/a", 3), ("My refund has not arrived after a month.", 1)]))
    path = tmp_path / ("few.jsonl.gz" if packed else "few.jsonl")
    path.write_bytes(gzip.compress(lines.encode()) if packed else lines.encode())
    code, out, err = call("run", "--input", path, "--out", tmp_path / "out", "--json")
    assert code == 0, err
    record = json.loads(out)
    assert record["rows"] == {"in": 4, "kept": 0, "items": 4, "mined": 3, "skipped": {"non_answer": 1}, "rejected": {}}
    assert (tmp_path / "out" / "current" / "report.html").stat().st_size > 500
    code, out, _ = call("run", "--input", path, "--out", tmp_path / "out")
    assert code == 0 and "nothing new" in out
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a0", "pain": "1", "sentiment": "negative"}\n'
                    '{"id": "a1", "pain": "0", "sentiment": "positive"}\n')
    code, out, _ = call("evaluate", tmp_path / "out", "--gold", gold, "--json")
    assert code == 0 and {s["name"]: s["accuracy"] for s in json.loads(out)} == {"sentiment": 1.0, "is_pain": 1.0}
    code, out, _ = call("compare", tmp_path / "out", tmp_path / "out", "--json")
    assert code == 0 and json.loads(out)["settings"] == []
