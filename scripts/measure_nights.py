"""Replays dated feedback night by night, and fits anew what was fitted, to see what becomes of the ids.

    python scripts/measure_nights.py nights FILE… [--period week|day] [--nights 8] [--set cluster.scope=all …]
    python scripts/measure_nights.py identity FILE… [--set …]
    python scripts/measure_nights.py cost FILE… [--items 20000] [--new 0.02] [--set …]

nights: the first night reads all but the last periods of the file, each further night one period more, as a source
that only grows (`mode: append`: each night's file holds the new rows alone). Told are, for each night: items, how the
themes came about, the share of the mentions in themes that kept their theme's id, ledger events, alerts, seconds; and
the seconds of a full run over everything. identity: a refit of the same rows in another order, and one after 2 % of
the items were added. cost: seconds of a night with so many new items, against the full run before it.
Runs lie in a temporary folder that is removed at the end.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from voicemine import config as configuration
from voicemine.artefacts.publish import read_table
from voicemine.runner import Outcome, execute
from voicemine.sources.read import read_sources
from voicemine.sources.settings import SourceSettings

COLUMNS = ("item_id", "text", "created_at", "score")


def records(paths: Sequence[Path], limit: int | None) -> pd.DataFrame:
    """The items of some files, in the order of their dates, with ids of their own."""
    raw = read_sources([SourceSettings(path=str(p.resolve())) for p in paths], base=Path.cwd()).raw
    raw = raw[[*COLUMNS]].sort_values(["created_at", "item_id"], kind="stable", ignore_index=True)
    return raw if limit is None else raw.sample(limit, random_state=0).sort_index().reset_index(drop=True)


def write(path: Path, rows: pd.DataFrame) -> None:
    """Rows as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_json(path, orient="records", lines=True, date_format="iso", date_unit="us", force_ascii=False)


def run(home: Path, overrides: Sequence[str], *, out: str = "out", mode: str = "append") -> tuple[Outcome, float]:
    """One night over the files in `home/in`; returns it and its wall seconds."""
    columns = {"id_column": "item_id", "text_columns": ["text"], "time_column": "created_at", "score_column": "score"}
    source = {"name": "replay", "path": str(home / "in" / "*.jsonl"), "mode": mode, **columns}
    loaded = configuration.load(None, overrides=overrides, extra={"sources": [source]})
    start = time.perf_counter()
    done = execute(loaded, out=home / out, force_publish=True)
    return done, time.perf_counter() - start


def kept(before: Path, now: Path) -> tuple[float, float]:
    """Shares of the mentions in themes before: whose theme's id lives on, and that have it still."""
    old, new = (read_table(r, "mentions").set_index("mention_id")["theme_id"].dropna() for r in (before, now))
    there = old[old.index.isin(read_table(now, "mentions")["mention_id"])]
    if there.empty:
        return 1.0, 1.0
    lives = float(there.isin(set(read_table(now, "themes")["theme_id"])).mean())
    return lives, float((new.reindex(there.index) == there).mean())


def events(done: Outcome) -> str:
    """This run's events, but for themes that merely went on."""
    ledger = read_table(done.folder, "theme_ledger")
    counts = Counter(ledger.loc[ledger["run_id"] == done.manifest["run_id"], "event"])
    return ", ".join(f"{n} {e}" for e, n in sorted(counts.items())) or "none"


def line(label: str, done: Outcome, seconds: float, before: Path | None) -> None:
    rows, fit = done.manifest["rows"], done.manifest["counts"].get("cluster", {})
    lives, same = kept(before, done.folder) if before else (1.0, 1.0)
    alerts = "; ".join(a["name"] for a in done.manifest["alerts"]) or "-"
    print(f"| {label} | {rows['items']} | {done.manifest['themes']['count']} | {fit.get('fit', '?')} | {lives:.1%} | "
          f"{same:.1%} | {events(done)} | {alerts} | {seconds:.1f} |", flush=True)


def header() -> None:
    print("| night | items | themes | fit | ids live on | mentions keep id | ledger | alerts | seconds |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)


def nights(path: Sequence[Path], args: argparse.Namespace, home: Path) -> None:
    rows = records(path, args.items)
    rows = rows[rows["created_at"].notna()]
    periods = rows["created_at"].dt.tz_localize(None).dt.to_period("W" if args.period == "week" else "D")
    last = sorted(periods.unique())[-(args.nights - 1):]
    header()
    before: Path | None = None
    for number, chosen in enumerate([periods < last[0], *(periods == p for p in last)]):
        for old in (home / "in").glob("*.jsonl"):
            old.unlink()
        write(home / "in" / f"{number}.jsonl", rows[chosen])
        done, seconds = run(home, args.set)
        line(f"to {rows[chosen]['created_at'].max():%Y-%m-%d}", done, seconds, before)
        before = done.folder
    write(home / "in" / "all.jsonl", rows)
    done, seconds = run(home, args.set, out="full", mode="snapshot")
    line("all at once", done, seconds, None)
    again, seconds = run(home, args.set, out="full", mode="snapshot")
    print(f"the same night again: {'new' if again.is_new else 'nothing new'}, {seconds:.1f} s")


def identity(path: Sequence[Path], args: argparse.Namespace, home: Path) -> None:
    rows = records(path, args.items)
    late = rows.sample(frac=0.02, random_state=1).index
    most = rows.drop(index=late)
    header()
    always = [*args.set, "cluster.refit=always"]
    write(home / "in" / "all.jsonl", most)
    first, seconds = run(home, args.set, mode="snapshot")
    line("first", first, seconds, None)
    write(home / "in" / "all.jsonl", most.sample(frac=1.0, random_state=2))
    shuffled, seconds = run(home, always, mode="snapshot")
    line("refit, shuffled", shuffled, seconds, first.folder)
    write(home / "in" / "all.jsonl", rows)
    more, seconds = run(home, always, mode="snapshot")
    line("refit, 2 % more", more, seconds, shuffled.folder)


def cost(path: Sequence[Path], args: argparse.Namespace, home: Path) -> None:
    rows = records(path, args.items)
    late = rows.sample(frac=args.new, random_state=1).index
    write(home / "in" / "0.jsonl", rows.drop(index=late))
    first, full = run(home, args.set)
    (home / "in" / "0.jsonl").unlink()
    write(home / "in" / "1.jsonl", rows.loc[late])
    second, night = run(home, args.set)
    print("| stage | full run | night |\n|---|---|---|")
    for name, spent in first.manifest["stages"].items():
        print(f"| {name} | {_seconds(spent)} | {_seconds(second.manifest['stages'][name])} |")
    print(f"| **all, wall** | {full:.1f} | {night:.1f} ({night / full:.1%}) |")
    lives, same = kept(first.folder, second.folder)
    print(f"{len(rows)} items, {len(late)} of them new; themes {second.manifest['counts']['cluster']}; "
          f"ids live on {lives:.1%}, mentions keep theirs {same:.1%}; "
          f"encoded {second.manifest['counts']['encode']['encoded_now']} of "
          f"{second.manifest['counts']['encode']['distinct_texts']} texts")


def _seconds(spent: dict[str, Any]) -> str:
    return "as before" if spent.get("reused") else f"{spent['seconds']:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("nights", "identity", "cost"))
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("--period", choices=("week", "day"), default="week")
    parser.add_argument("--nights", type=int, default=8)
    parser.add_argument("--items", type=int)
    parser.add_argument("--new", type=float, default=0.02)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    print(json.dumps({k: str(v) for k, v in vars(args).items()}))
    with tempfile.TemporaryDirectory(prefix="nights-") as folder:
        {"nights": nights, "identity": identity, "cost": cost}[args.what](args.file, args, Path(folder))


if __name__ == "__main__":
    main()
