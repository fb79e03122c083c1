"""The whole of label training on a handful of our own sentences, with the real encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from voicemine.backends.branch_file import load_branch
from voicemine.backends.minilm import minilm_folder
from voicemine.backends.model_card import read_card
from voicemine.numerics.calibration import calibration_from
from voicemine.training.settings import Anchor, LabelledFile, Optimiser, PublicFile, TrainSettings
from voicemine.training.workflow import train_labels

OWN = Path(__file__).resolve().parents[3] / "data" / "training"


@pytest.mark.slow
def test_training_leaves_a_model_that_loads_and_a_report(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (OWN / "own_items.jsonl").open(encoding="utf8")]
    order = np.random.default_rng(0).permutation(len(rows))
    parts = {"train": [rows[i] for i in order[:120]], "gold": [rows[i] for i in order[120:200]]}
    for name, part in parts.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, part)), encoding="utf8")
    ids_only = [{k: v for k, v in r.items() if k != "text"} for r in (rows[i] for i in order[200:220])]
    (tmp_path / "ids.jsonl").write_text("\n".join(map(json.dumps, ids_only)), encoding="utf8")
    stars = [{"id": i, "text": f"Visit number {i} was fine.", "stars": 5.0} for i in range(12)]
    (tmp_path / "stars.jsonl").write_text("\n".join(map(json.dumps, stars)), encoding="utf8")
    words = [{"text": r["text"], "source": "own"} for r in rows]
    (tmp_path / "anchors.jsonl").write_text("\n".join(map(json.dumps, words)), encoding="utf8")
    settings = TrainSettings(
        files=(LabelledFile(path="train.jsonl"), LabelledFile(path="ids.jsonl", texts="own_items.jsonl")),
        public=(PublicFile(path="stars.jsonl", name="stars", column="stars", per_epoch=6, licence="our own",
                           map={"5": {"sentiment": "positive"}}),),
        gold="gold.jsonl", held_sources=("own_telecom",), threads=1, n_layers=1, base_layer=5, soup=2, refit_epochs=1,
        optimiser=Optimiser(epochs=1), risks={"stage": 0.7}, anchor=Anchor(path="anchors.jsonl", texts=1500),
    )
    said: list[tuple[str, str]] = []
    outcome = train_labels(
        settings, roots=(tmp_path, OWN), out=tmp_path / "out", work=tmp_path / "work",
        say=lambda phase, kind, value: said.append((phase, kind)),
    )
    branch = load_branch(tmp_path / "out", encoder=minilm_folder())
    assert branch.shape.labels == settings.labels
    calibration = calibration_from(json.loads((tmp_path / "out" / "calibration.json").read_text()))
    assert calibration["stage"].threshold == pytest.approx(0.3) and calibration["pain"].threshold == 0.0
    assert {"encode", "choose", "refit0", "refit1"} <= {phase for phase, _ in said}
    metrics = read_card(tmp_path / "out")["metrics"]
    assert set(metrics["gold"]["stage"]) == {"majority", "frozen + LR", "voicemine"}
    assert metrics["gold"]["stage"]["voicemine"]["n"] == 80 and "held_sources" in metrics
    assert "stars (our own)" in read_card(tmp_path / "out")["data"]
    assert branch.shape.embeds and metrics["embedding"]["cosine"] > 0.98
    assert "nearest neighbours" in outcome.markdown
    assert "### stage: risk and coverage" in outcome.markdown
