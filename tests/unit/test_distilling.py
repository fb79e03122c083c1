"""From files to a static model and into a run: what is drawn, what is written, and what serves it."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.pipeline.word_encoder import DIMENSION, WordEncoder
from tokenizers import Tokenizer

from voicemine import config as configuration
from voicemine import distilling
from voicemine.artefacts.keys import Hasher
from voicemine.backends.encoder_static import FILES, StaticEncoder
from voicemine.backends.model_card import folder_hashes, read_card, verify_card
from voicemine.backends.protocols import Encoding
from voicemine.cli import main
from voicemine.distilling import Distilled, distil, drawn
from voicemine.encoders import provide_encoders
from voicemine.errors import ConfigError, InputError, UsageError
from voicemine.provision import Backend, labels_folder, provide, read_calibration
from voicemine.resources import model_dir

SECRET = "ada.lovelace@example.org"


class Reader(WordEncoder):
    """Remembers what it was given to read; a text with "late" in it is no pain."""

    seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> Encoding:
        Reader.seen.extend(texts)
        found = super().encode(texts)
        found.logits["pain"][["late" in t for t in texts]] *= -1
        return found


def _tokens(folder: Path) -> tuple[np.ndarray, Tokenizer]:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), DIMENSION)).astype(np.float32), tokenizer


@pytest.fixture(scope="module")
def stubs() -> Iterator[None]:
    """Made-up tokens and a made-up encoder; everything else as it is."""

    def provided(loaded: Any, **options: Any) -> Any:
        found = provide(loaded, **options)
        sizes = {name: list(c.labels) for name, c in read_calibration(labels_folder(loaded)).items()}
        found.available["encoder"] = Backend("words", lambda: Reader(sizes))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distilling, "distil_tokens", _tokens)
        patch.setattr(distilling, "provide", provided)
        patch.setattr(distilling, "_TIMED", 0.0)
        yield


@pytest.fixture(scope="module")
def feedback(tmp_path_factory: pytest.TempPathFactory) -> Path:
    things = ("parcel", "refund", "app", "driver", "invoice", "shop", "password", "phone line", "return", "box")
    faults = ("came late", "was rude to me", "keeps crashing", "never arrived", "was far too expensive", "got lost")
    texts = [f"My {thing} {fault} {when}. I wrote to {SECRET} about the {thing} and how it {fault}." for thing in things
             for fault in faults for when in ("again", "on Monday", "last week", "after the update")]
    rows = [{"id": f"r{n}", "text": text} for n, text in enumerate(texts)]
    path = tmp_path_factory.mktemp("feedback") / "notes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _loaded(feedback: Path) -> configuration.Loaded:
    return configuration.load(None, extra={"sources": [{"path": str(feedback), "text_columns": ["text"]}]},
                              overrides=["run.threads=1", "encode.backend=torch", "encode.device=cpu"])


def _distil(feedback: Path, out: Path, **options: Any) -> Distilled:
    asked = {"sample": 300, "check": 60, "dimensions": 24, "seed": 0, "say": lambda *_: None} | options
    return distil(_loaded(feedback), out=out, **asked)


@pytest.fixture(scope="module")
def made(stubs: None, feedback: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Distilled]:
    out = tmp_path_factory.mktemp("models") / "fast"
    return out, _distil(feedback, out)


def test_the_folder_is_whole_and_its_card_tells_what_is_lost(made: tuple[Path, Distilled]) -> None:
    folder, found = made
    assert {p.name for p in folder.iterdir()} == FILES
    verify_card(folder)
    card = read_card(folder)
    assert card["data"][-1] == "notes.jsonl" and card["metrics"]["fitted_on"] == found.fitted_on
    check = card["metrics"]["check"]
    assert check == found.loss.as_dict() and check["texts"] == found.loss.texts >= 20
    assert set(check["labels"]) == {"stage", "touchpoint", "sentiment", "emotion", "pain", "intent"}
    assert 0.3 < check["neighbours"] <= 1 and check["labels"]["pain"]["agreement"] > 0.9
    about = (folder / "card.md").read_text("utf-8")
    assert f"{check['neighbours']:.3f}" in about and "notes.jsonl" in about and "touchpoint" in about


def test_personal_data_are_gone_before_anything_is_read(made: tuple[Path, Distilled]) -> None:
    assert len(Reader.seen) > 200 and not any("lovelace" in text or "@" in text for text in Reader.seen)
    assert any("an email address" in text for text in Reader.seen)


def test_the_same_files_give_the_same_model(made: tuple[Path, Distilled], feedback: Path, tmp_path: Path) -> None:
    _distil(feedback, tmp_path / "again")
    assert folder_hashes(tmp_path / "again") == folder_hashes(made[0])


def test_it_may_be_made_again_but_never_over_other_files(stubs: None, feedback: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"):
        _distil(feedback, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["diary.txt"]


def test_too_few_texts_are_refused_and_leave_nothing(stubs: None, tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("id,text\n" + "".join(f"{n},The parcel number {n} came late\n" for n in range(40)))
    with pytest.raises(InputError, match="name more files"):
        _distil(few, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["few.csv"]


def _mentions(n: int) -> pd.DataFrame:
    rows = [(f"item {i // 2}", f"text {i % (n - n // 5)}") for i in range(n)]
    return pd.DataFrame(rows, columns=["item", "text"])


def test_texts_to_check_on_are_of_other_items_and_distinct() -> None:
    mentions = _mentions(2000)
    learnt, checked = drawn(mentions, sample=900, check=300, seed=0)
    items = {text: set(part) for text, part in mentions.groupby("text")["item"]}
    of_learnt = set().union(*(items[t] for t in learnt))
    assert len(set(learnt)) == len(learnt) == 900 and len(set(checked)) == len(checked) >= 250
    assert not set(learnt) & set(checked) and not any(items[t] & of_learnt for t in checked)


def test_the_draw_hangs_on_content_and_seed_alone() -> None:
    mentions = _mentions(2000)
    turned = mentions.iloc[::-1].reset_index(drop=True)
    assert drawn(mentions, sample=500, check=200, seed=3) == drawn(turned, sample=500, check=200, seed=3)
    assert drawn(mentions, sample=500, check=200, seed=3) != drawn(mentions, sample=500, check=200, seed=4)


def test_where_there_are_few_both_get_their_share() -> None:
    learnt, checked = drawn(_mentions(1000), sample=20_000, check=2_000, seed=0)
    assert len(learnt) + len(checked) > 700 and 20 <= len(checked) < len(learnt)


def _provided(folder: Path, labels: Path, state: Path) -> Any:
    loaded = configuration.load(None, overrides=[f"encode.model={folder}"])
    return provide_encoders(loaded, labels, hasher=Hasher(b"k" * 32), state=state)


def test_a_run_is_served_by_it_and_told_once_what_is_lost(
    made: tuple[Path, Distilled], tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("voicemine"), "propagate", True)
    encoder, reader = _provided(made[0], model_dir("labels"), tmp_path)
    assert encoder.identity.startswith("static:") and reader.identity != encoder.identity
    # Where an earlier test left a handler at the logger, one record is caught twice.
    told = list({id(r): r for r in caplog.records if "fast tier" in r.message}.values())
    assert len(told) == 1 and told[0].levelno == logging.WARNING and "nearest neighbours stay" in told[0].message
    found = encoder.encode(["My parcel came late.", "The app crashes."])
    plain = StaticEncoder(made[0]).encode(["My parcel came late.", "The app crashes."])
    np.testing.assert_allclose(found.vectors, plain.vectors, atol=1e-3)
    assert encoder.dimension == 24 and set(found.logits) == set(plain.logits) and found.n_known == 0
    alone = reader.encode(["My parcel came late."])
    assert alone.vectors.shape == (1, 0)
    assert all((alone.logits[name][0] == values[0]).all() for name, values in found.logits.items())
    again, _ = _provided(made[0], model_dir("labels"), tmp_path)
    kept = again.encode(["My parcel came late.", "The app crashes."])
    assert kept.n_known == 2 and (kept.vectors == found.vectors).all()


def test_another_label_model_than_it_imitates_is_a_mistake_of_configuration(
    made: tuple[Path, Distilled], tmp_path: Path
) -> None:
    other = tmp_path / "labels"
    shutil.copytree(model_dir("labels"), other)
    assert _provided(made[0], other, tmp_path)[0].identity.startswith("static:"), "a copy is the same model"
    (other / "model.safetensors").write_bytes(b"another")
    with pytest.raises(ConfigError, match=r"distilled with another label model than encode\.labels"):
        _provided(made[0], other, tmp_path)


def test_the_command_prints_what_is_lost(
    stubs: None, feedback: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--sample", "250", "--check", "50", "--dimensions", "8", "--text-column", "text",
             "--set", "encode.backend=torch", "--set", "run.threads=1"]
    monkeypatch.setattr(sys, "argv", ["voicemine", "models", "distil", str(feedback), "--out", str(tmp_path / "fast"),
                                      *words])
    with pytest.raises(SystemExit) as done:
        main()
    out = capsys.readouterr().out
    assert not done.value.code and read_card(tmp_path / "fast")["metrics"]["dimensions"] == 8
    for part in ("ten nearest neighbours", "touchpoint", "texts a second", "AMI", "encode.model"):
        assert part in out
