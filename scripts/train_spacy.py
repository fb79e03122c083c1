"""Train the English spaCy pipeline on UD English EWT and write it to models/spacy_en_ewt.

    python scripts/train_spacy.py --data ../shared/data

Needs en_ewt-ud-train.conllu.gz and en_ewt-ud-dev.conllu.gz in DATA/ud_ewt (or in $VOICEMINE_SHARED/data/ud_ewt).
About 25 minutes on one free core; OMP_NUM_THREADS=1 gives the same weights again.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from voicemine.errors import VoicemineError
from voicemine.training.spacy_card import build
from voicemine.training.spacy_ewt import Plan

ROOT = Path(__file__).resolve().parents[1]


def data_folder(given: Path | None) -> Path:
    """--data, else $VOICEMINE_SHARED/data, else ../shared/data beside the checkout."""
    if given is not None:
        return given
    shared = os.environ.get("VOICEMINE_SHARED")
    return (Path(shared) if shared else ROOT.parent / "shared") / "data"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds ud_ewt/")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "spacy_en_ewt")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--fast-epochs", type=int, default=Plan.fast_epochs)
    parser.add_argument("--full-epochs", type=int, default=Plan.full_epochs)
    parser.add_argument("--full-stop", type=int, help="end the full part after this many of its epochs")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument(
        "--only", choices=("fast", "full"), help="train this part alone and keep the other part of --out as it is"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    plan = Plan(
        fast_epochs=options.fast_epochs,
        full_epochs=options.full_epochs,
        full_stop=options.full_stop,
        seed=options.seed,
    )
    parts = (options.only,) if options.only else ("fast", "full")
    try:
        metrics = build(
            data_folder(options.data) / "ud_ewt", options.out, plan=plan, parts=parts, version=options.version
        )
    except VoicemineError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for name, value in metrics.items():
        sys.stdout.write(f"{name:32} {value:.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
