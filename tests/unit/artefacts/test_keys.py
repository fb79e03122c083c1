from __future__ import annotations

from pathlib import Path

import pytest

from voicemine.artefacts.keys import Hasher, load_hasher
from voicemine.errors import StoreError


def test_two_fresh_folders_of_one_user_hash_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEMINE_HOME", str(tmp_path / "home"))
    first, second = (load_hasher(tmp_path / n, key_file=None) for n in ("a", "b"))
    assert first.digest("jo@example.com") == second.digest("jo@example.com")
    assert (tmp_path / "a" / "key").stat().st_mode & 0o077 == 0


def test_another_user_hashes_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for user in ("one", "two"):
        monkeypatch.setenv("VOICEMINE_HOME", str(tmp_path / user))
        found.append(load_hasher(tmp_path / f"state-{user}", key_file=None))
    assert found[0].digest("x") != found[1].digest("x")
    assert found[0].identity != found[1].identity


def test_the_state_folder_keeps_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEMINE_HOME", str(tmp_path / "one"))
    before = load_hasher(tmp_path / "state", key_file=None).digest("x")
    monkeypatch.setenv("VOICEMINE_HOME", str(tmp_path / "two"))
    assert load_hasher(tmp_path / "state", key_file=None).digest("x") == before


def test_the_identity_does_not_give_the_key_away() -> None:
    hasher = Hasher(b"k" * 32)
    assert (b"k" * 32).hex()[:16] not in hasher.identity


@pytest.mark.parametrize("content", ["not hex", "abcd", ""])
def test_a_bad_key_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(StoreError, match="64 hex digits"):
        load_hasher(tmp_path / "state", key_file=path)


def test_an_absent_key_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        load_hasher(tmp_path / "state", key_file=tmp_path / "none")
