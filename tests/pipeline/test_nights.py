"""Night after night: what stays, what is new, what is refused, and what must never come back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline import word_encoder
from tests.pipeline.conftest import table_bytes
from voicemine import config as configuration
from voicemine.artefacts.keys import load_hasher
from voicemine.artefacts.ledger import Ledger
from voicemine.artefacts.publish import current_run, read_manifest, read_table
from voicemine.errors import InputError
from voicemine.forgetting import forget
from voicemine.forgotten import Forgotten, item_digest
from voicemine.runner import Outcome, execute

Record = Mapping[str, Any]
Night = Callable[..., Outcome]
_BASE, _NEW = 150, 12
_QUICK = ("draw.n_points=0", "cluster.runs=2", "cluster.consensus_runs=4", "name.parse_total=200")


@pytest.fixture(scope="module", autouse=True)
def words() -> Iterator[None]:
    """What is tested here hangs on no model."""
    word_encoder.use()
    yield
    word_encoder.undo()


@pytest.fixture(scope="module")
def records(sample: Path) -> list[dict[str, Any]]:
    lines = (sample / "reviews.jsonl").read_text("utf-8").splitlines()[: _BASE + 2 * _NEW]
    return [json.loads(line) for line in lines]


def _write(path: Path, rows: Iterable[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


def _night(home: Path, *overrides: str, mode: str = "append", lock: bool = True, **more: Any) -> Outcome:
    source = {"name": "reviews", "path": str(home / "in" / "*.jsonl"), "mode": mode, "lock": lock, "allow_empty": True}
    loaded = configuration.load(None, overrides=[*_QUICK, *overrides], extra={"sources": [source | more]})
    return execute(loaded, out=home / "out")


@pytest.fixture(scope="module")
def home(records: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights of a source that only grows: the first file is gone on the second, a row of it came again, changed."""
    home = tmp_path_factory.mktemp("nights")
    _write(home / "in" / "one.jsonl", records[:_BASE])
    first = _night(home)
    assert first.is_new and first.manifest["counts"]["cluster"]["fit"].startswith("full")
    (home / "in" / "one.jsonl").rename(home / "one.jsonl")
    shutil.copytree(home, home / "stormy", symlinks=True)
    changed = records[0] | {"text": "The courier left my lamp in the rain and the shade was ruined."}
    _write(home / "in" / "two.jsonl", [changed, *records[_BASE : _BASE + _NEW]])
    second = _night(home)
    assert second.is_new and second.folder != first.folder
    shutil.copytree(home / "in", home / "stormy" / "in", dirs_exist_ok=True)
    (home / "runs.json").write_text(json.dumps([first.folder.name, second.folder.name]), "utf-8")
    return home


def _runs(home: Path) -> tuple[Path, Path]:
    first, second = json.loads((home / "runs.json").read_text("utf-8"))
    return home / "out" / first, home / "out" / second


def test_an_absent_row_of_an_append_source_stays_and_a_changed_one_is_changed(home: Path) -> None:
    first, second = _runs(home)
    before, now = read_table(first, "items").set_index("item_id"), read_table(second, "items").set_index("item_id")
    assert len(before) == _BASE and len(now) == _BASE + _NEW
    both = [i for i in before.index if before.loc[i, "text"] == now.loc[i, "text"]]
    assert len(both) == _BASE - 1
    (changed,) = set(before.index) - set(both)
    assert "lamp in the rain" in now.loc[changed, "text"]
    rows = read_manifest(second)["rows"]
    assert (rows["in"], rows["kept"], rows["items"]) == (_NEW + 1, _BASE - 1, _BASE + _NEW)


def test_a_later_night_assigns_to_known_themes(home: Path) -> None:
    first, second = _runs(home)
    counts = read_manifest(second)["counts"]
    assert counts["cluster"]["fit"] == "assigned to the known themes" and counts["cluster"]["runs_since_fit"] == 1
    before, now = (read_table(r, "mentions").set_index("mention_id") for r in (first, second))
    untouched = before.index.intersection(now.index)
    untouched = untouched[(before.loc[untouched, "text"] == now.loc[untouched, "text"]).to_numpy()]
    kept = before.loc[untouched, "theme_id"].dropna()
    assert len(kept) > 30 and (now.loc[kept.index, "theme_id"] == kept).all()


_STORM = """
import os, signal, sys
from pathlib import Path
from voicemine.artefacts import ledger
from tests.pipeline import word_encoder
from tests.pipeline.test_nights import _night
word_encoder.use()
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
ledger.Ledger.commit = die
_night(Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_second_night_that_is_killed_ends_as_an_undisturbed_one(home: Path) -> None:
    first, second = _runs(home)
    stormy, root = home / "stormy", Path(__file__).resolve().parents[2]
    ledger = Ledger.open(stormy / "out" / "state" / "ledger.sqlite")
    locks = ledger.locks()
    done = subprocess.run([sys.executable, "-c", _STORM, str(stormy)], capture_output=True, text=True, cwd=root)
    assert done.returncode == -9, done.stderr
    assert current_run(stormy / "out") == (stormy / "out" / first.name).resolve()
    assert ledger.runs() == [first.name] and ledger.locks() == locks
    finished = _night(stormy)
    assert finished.folder.name == second.name and table_bytes(finished.folder) == table_bytes(second)
    state = stormy / "out" / "state"
    assert {p.stem for p in (state / "themes").iterdir()} == ledger.models(), "no model is missing or left over"
    shutil.rmtree(stormy)


def test_the_same_night_again_and_nights_without_news_change_nothing(home: Path, tmp_path: Path) -> None:
    _, second = _runs(home)
    bytes_before, ledger = table_bytes(second), Ledger.open(home / "out" / "state" / "ledger.sqlite")
    runs = ledger.runs()
    again = _night(home)
    assert not again.is_new and again.folder == second
    two = home / "in" / "two.jsonl"
    try:
        two.rename(home / "two.jsonl")
        empty = _night(home)
        assert not empty.is_new and empty.folder == second, "an empty folder is no news"
        # Some rows once more, in another file and order: nothing that is not known.
        lines = (home / "one.jsonl").read_text("utf-8").splitlines()[5:15]
        (home / "in" / "known.jsonl").write_text("\n".join(reversed(lines)) + "\n", "utf-8")
        known = _night(home)
        assert not known.is_new and known.folder == second
    finally:
        (home / "in" / "known.jsonl").unlink(missing_ok=True)
        (home / "two.jsonl").rename(two)
    assert ledger.runs() == runs and table_bytes(second) == bytes_before and current_run(home / "out") == second


def test_what_no_longer_fits_the_first_night_is_an_error_with_the_cure(home: Path, records: list[Record]) -> None:
    _, second = _runs(home)
    odd = home / "in" / "three.jsonl"
    two = home / "in" / "two.jsonl"
    try:
        two.rename(home / "two.jsonl")
        _write(odd, [{"said" if k == "text" else k: v for k, v in r.items()} for r in records[_BASE:]])
        with pytest.raises(InputError, match=r"no column 'text'.*locked to how an earlier night.*lock: false") as told:
            _night(home)
        assert told.value.exit_code == 3
        assert current_run(home / "out") == second
    finally:
        odd.unlink()
        (home / "two.jsonl").rename(two)


def test_another_file_by_hand_into_the_same_folder_still_works(home: Path, records: list[Record]) -> None:
    _, second = _runs(home)
    other = home / "other.jsonl"
    _write(other, [{"id": f"x{n}", "comment": r["text"]} for n, r in enumerate(records[:40])])
    loaded = configuration.load(None, overrides=_QUICK, extra={"sources": [{"path": str(other)}]})
    try:
        found = execute(loaded, out=home / "out", force_publish=True)
        assert found.is_new and found.manifest["rows"]["items"] == 40 and found.manifest["rows"]["kept"] == 0
    finally:
        # Take the run back, as if it had never been.
        shutil.rmtree(found.folder)
        Ledger.open(home / "out" / "state" / "ledger.sqlite").forget_unfinished(
            lambda run: (home / "out" / run / "run.json").is_file())
        link = home / "out" / "current"
        link.unlink()
        link.symlink_to(second.name, target_is_directory=True)


_KILLED = """
import os, signal, sys
from pathlib import Path
from voicemine import forgetting
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(forgetting, sys.argv[1], die)
forgetting.forget(Path(sys.argv[2]), item_ids=[sys.argv[3]])
"""


def test_a_forgotten_item_leaves_the_folder_and_does_not_come_back(home: Path, records: list[Record]) -> None:
    """Runs last: it empties the caches."""
    first, second = _runs(home)
    items = read_table(second, "items")
    plain = items["is_mined"] & (items["text"].str.len() > 60) & ~items["text"].str.contains(r"[^\w ,.]")
    victim = items[plain].iloc[3]
    out, words = home / "out", str(victim["text"])[:40].encode()
    assert _holding(out, words), "its words are there before"
    done = subprocess.run([sys.executable, "-c", _KILLED, "draw", str(out), victim["item_id"]], capture_output=True)
    assert done.returncode == -9, done.stderr
    erased = forget(out, item_ids=[victim["item_id"]])
    assert erased.items == 1
    assert not _holding(out, words)
    assert not _holding(out, f'"{victim["item_id"]}'.encode()), "no table and no report names it"
    for run in (first, second):
        assert victim["item_id"] not in set(read_table(run, "items")["item_id"])
        assert victim["item_id"] not in set(read_table(run, "theme_quotes")["item_id"])
        assert read_manifest(run)["tables"]["items"] == len(read_table(run, "items"))
    # Its file is read again, with one row that is new.
    (home / "one.jsonl").rename(home / "in" / "one.jsonl")
    _write(home / "in" / "four.jsonl", records[_BASE + _NEW : _BASE + _NEW + 1])
    third = _night(home)
    assert third.is_new and third.manifest["rows"]["rejected"]["forgotten"] == 1
    assert third.manifest["rows"]["items"] == len(items)
    refused = read_table(third.folder, "rejects").set_index("reason").loc["forgotten"]
    assert refused["item_id"] is None and refused["detail"] is None
    assert not _holding(out, words)


def test_a_snapshot_deletes_what_is_absent_and_a_killed_forgetting_is_finished(
    records: list[dict[str, Any]], tmp_path: Path
) -> None:
    _write(tmp_path / "in" / "all.jsonl", records[:60])
    first = _night(tmp_path, mode="snapshot")
    item = read_table(first.folder, "items").iloc[30]
    ledger = Ledger.open(tmp_path / "out" / "state" / "ledger.sqlite")
    hasher = load_hasher(tmp_path / "out" / "state", key_file=None)
    ledger.bury(Forgotten(items=frozenset({item_digest(item["item_id"], hasher)})))
    _write(tmp_path / "in" / "all.jsonl", records[5:60])
    second = _night(tmp_path, mode="snapshot")
    assert second.is_new and second.manifest["rows"]["items"] == 54 and second.manifest["rows"]["kept"] == 0
    assert second.manifest["rows"]["rejected"]["forgotten"] == 1
    left = read_table(first.folder, "items")
    assert item["item_id"] not in set(left["item_id"]) and len(left) == 59
    assert not ledger.forgotten(unfinished=True) and ledger.forgotten()


def _holding(out: Path, words: bytes) -> list[Path]:
    """Files below the out folder that hold these words; tables are looked at as CSV, models and caches as they are."""
    found = [p for p in out.rglob("*") if p.is_file() and not p.is_symlink() and words in p.read_bytes()]
    for path in out.rglob("*.parquet"):
        import pyarrow.parquet as pq

        if words in repr(pq.read_table(path).to_pylist()).encode():
            found.append(path)
    return found
