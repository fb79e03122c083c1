"""A model folder is trusted only when it is what its card says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voicemine.backends.model_card import CARD_NAME, folder_hashes, read_card, verify_card, write_card
from voicemine.errors import ModelError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "part").mkdir()
    (tmp_path / "weights.safetensors").write_bytes(b"\x00\x01")
    (tmp_path / "part" / "labels.json").write_text("[]", encoding="utf-8")
    (tmp_path / "card.md").write_text("what it is", encoding="utf-8")
    write_card(tmp_path, name="toy", version="1", metrics={"f1": 0.5}, licence="MIT", data=["made up"])
    return tmp_path


def test_an_untouched_folder_verifies(folder: Path) -> None:
    verify_card(folder)
    card = read_card(folder)
    assert card["files"] == folder_hashes(folder)
    assert set(card["files"]) == {"weights.safetensors", "part/labels.json"}
    assert card["metrics"] == {"f1": 0.5}


def test_the_text_card_may_be_edited(folder: Path) -> None:
    (folder / "card.md").write_text("better words", encoding="utf-8")
    verify_card(folder)


def test_an_altered_file_is_refused(folder: Path) -> None:
    (folder / "weights.safetensors").write_bytes(b"\x00\x02")
    with pytest.raises(ModelError, match=r"weights\.safetensors was altered"):
        verify_card(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "part" / "labels.json").unlink()
    with pytest.raises(ModelError, match=r"lacks its file part/labels\.json"):
        verify_card(folder)


def test_a_file_that_is_not_on_the_card_is_refused(folder: Path) -> None:
    (folder / "part" / "extra.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"part/extra\.bin"):
        verify_card(folder)


def test_a_path_out_of_the_folder_is_refused(folder: Path) -> None:
    card = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    card["files"]["../secret"] = "0" * 64
    (folder / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="outside the model folder"):
        verify_card(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "x"}', "not json"])
def test_a_broken_card_is_refused(folder: Path, content: str) -> None:
    (folder / CARD_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError):
        verify_card(folder)


def test_no_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no card\.json"):
        verify_card(tmp_path)
