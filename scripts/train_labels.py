"""Train the label branch: the same as `voicemine models train`, for use from a checkout.

    python scripts/train_labels.py --data FOLDER [--config configs/train.yaml] [--out models/labels] [--work FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from voicemine.training.settings import read_settings
from voicemine.training.workflow import train_labels

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with silver/, labelled/ and gold/")
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "train.yaml")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "labels")
    parser.add_argument("--work", type=Path, help="keeps hidden states and checkpoints, so that training can resume")
    given = parser.parse_args()
    settings = read_settings(given.config)
    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:

        def say(phase: str, kind: str, value: float) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=None)
            if kind == "total":
                bar.update(tasks[phase], total=value)
            elif kind == "step":
                bar.advance(tasks[phase], value if phase == "encode" else 1)
            else:
                bar.console.print(f"{phase}: held-out score {value:.4f}")

        outcome = train_labels(
            settings, roots=(given.data, ROOT / "data" / "training"), out=given.out, work=given.work, say=say
        )
    print(outcome.markdown)
    print(f"{outcome.seconds / 60:.1f} minutes, {outcome.numbers['megabytes']} MiB in {given.out}")


if __name__ == "__main__":
    main()
