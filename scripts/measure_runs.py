"""Run voicemine on files as they are found, and print what came of each as a Markdown table.

    python scripts/measure_runs.py FILE [FILE …] [--keep FOLDER] [--set key=value …]

Each file is run without any column flag, in a process of its own. Columns of the table: rows in, kept, rejected by
reason, items that are not mined by reason, mentions, themes, seconds, peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def _counts(values: dict[str, int]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in values.items()) or "–"


def run(path: Path, out: Path, settings: list[str]) -> str:
    """One row of the table."""
    command = [sys.executable, "-m", "voicemine", "run", "--input", str(path), "--out", str(out), "--json"]
    for setting in settings:
        command += ["--set", setting]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        return f"| {path.name} | exit {done.returncode}: {done.stderr.strip().splitlines()[-1]} |"
    record = json.loads(done.stdout)
    rows = record["rows"]
    peak = max(stage.get("peak_mib", 0.0) for stage in record["stages"].values())
    rejected = sum(sum(s["rows_rejected"].values()) for s in record["sources"])
    return (f"| {path.name} | {rows['in']} | {rows['in'] - rejected} | {_counts(rows['rejected'])} "
            f"| {_counts(rows['skipped'])} | {record['tables']['mentions']} | {record['themes']['count']} "
            f"| {seconds:.0f} | {peak:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--keep", type=Path, help="keep the runs below this folder")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    print("| file | rows in | rows kept | rejected | not mined | mentions | themes | seconds | peak MiB |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for path in given.files:
            print(run(path, (given.keep or Path(scratch)) / path.name.split(".")[0], given.set), flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nhighest memory of any run: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
