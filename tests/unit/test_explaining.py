"""Explanations of a run's items by the shipped models."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from tests.fabricated_run import fill

import voicemine
from voicemine import config as configuration
from voicemine.artefacts.publish import write_tables
from voicemine.cli import main
from voicemine.errors import UsageError
from voicemine.explaining import as_frame, reader, text_of
from voicemine.stages.classify.explain import explain

TEXT = "The parcel came two weeks late, [red]joe[/red] and <PERSON> never called."


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a run as an explanation needs: two items, the mention of one of them, and run.json."""
    folder = tmp_path_factory.mktemp("out") / "run"
    (folder / "tables").mkdir(parents=True)
    items = pd.DataFrame({"item_id": ["a", "b"], "text": [TEXT, "n/a"], "is_mined": [True, False],
                          "skip_reason": [None, "non_answer"]})
    mentions = pd.DataFrame({"mention_id": ["a#0"], "item_id": ["a"], "text": ["The parcel came two weeks late,"]})
    write_tables(folder, {"items": fill("items", items), "mentions": fill("mentions", mentions)}, csv_too=False)
    settings = configuration.load(None, overrides=["encode.backend=torch", "encode.device=cpu"]).config
    (folder / "run.json").write_text(json.dumps({"config": settings.model_dump(mode="json")}), "utf-8")
    return folder


def test_an_item_or_a_mention_is_found_by_its_id(run: Path) -> None:
    assert text_of(run, "a") == TEXT and text_of(run, "a#0").startswith("The parcel")
    with pytest.raises(UsageError, match="no item and no mention 'z'"):
        text_of(run, "z")
    with pytest.raises(UsageError, match=r"was not mined \(non_answer\)"):
        text_of(run, "b")


def test_a_run_explains_its_items_by_its_own_models(run: Path) -> None:
    found = voicemine.Run.open(run).explain("a", label="touchpoint")
    assert found.loc[0, ["label_set", "label", "word"]].tolist() == ["touchpoint", "delivery_shipping", "parcel"]
    assert found["weight"].abs().is_monotonic_decreasing and found["confidence"].nunique() == 1
    assert [TEXT[a:b] for a, b in zip(found["start"], found["end"], strict=True)] == found["word"].tolist()
    with pytest.raises(UsageError, match="no label set is called 'mood'"):
        voicemine.Run.open(run).explain("a", label="mood")


def test_a_label_of_the_users_taxonomy_is_explained_too(tmp_path: Path) -> None:
    (tmp_path / "j.yaml").write_text(
        "version: 1\nstages:\n"
        "  - {label: arriving, classic: purchase, learnt_as: [onboarding], definition: Getting what was bought.}\n"
        "  - {label: using, classic: retention, learnt_as: [use], definition: Using what was bought.}\n", "utf-8")
    (tmp_path / "c.yaml").write_text("taxonomy: {journey: j.yaml}\nencode: {backend: torch, device: cpu}\n", "utf-8")
    read = reader(configuration.load(tmp_path / "c.yaml"), label="stage")
    one, = explain("The parcel came two weeks late.", read=read)
    assert (one.label_set, one.label) == ("stage", "arriving")
    assert as_frame([one])["word"].tolist()[0] == "parcel"


def test_the_command_prints_tables_or_json(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["voicemine", "explain", "a", "--out", str(run), *words])
        with pytest.raises(SystemExit) as done:
            main()
        assert not done.value.code
        return capsys.readouterr().out

    shown = call("--label", "pain", "--limit", "2")
    assert TEXT in shown, "square brackets of a customer are no markup"
    assert "pain: true" in shown and len(shown.strip().splitlines()) == 5
    record = json.loads(call("--json"))
    assert [e["label_set"] for e in record["labels"]] == [
        "stage", "touchpoint", "sentiment", "emotion", "pain", "intent"]
    assert all(record["text"][w["start"]:w["end"]] == w["text"] for e in record["labels"] for w in e["words"])
