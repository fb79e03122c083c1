"""The secret key under which author ids and content keys are hashed, so that nobody can guess them back."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from voicemine.artefacts.files import make_folder, write_bytes
from voicemine.errors import StoreError

_BYTES = 32


@dataclass(frozen=True)
class Hasher:
    """HMAC-SHA256 under one secret key. Its identity is a fingerprint of the key, never the key."""

    key: bytes

    @property
    def identity(self) -> str:
        return "hmac-sha256:" + hashlib.sha256(b"voicemine key fingerprint" + self.key).hexdigest()[:16]

    def digest(self, text: str) -> str:
        """Hash of `text` as 24 hex digits."""
        return hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:24]


def load_hasher(state: Path, *, key_file: Path | None) -> Hasher:
    """The hasher of an out folder.

    The key is read from `key_file` where the configuration names one, else from the state folder. A new state
    folder gets a copy of the user's own key (made once, kept in the user's data folder), so that the same
    person's runs of the same input agree in every folder.
    """
    if key_file is not None:
        if not key_file.is_file():
            raise StoreError(f"privacy.key_file {key_file} does not exist; create it with 64 hex digits")
        return Hasher(_read(key_file))
    own = state / "key"
    if not own.is_file():
        make_folder(state)
        _write(own, _user_key())
    return Hasher(_read(own))


def _user_key() -> bytes:
    path = Path(os.environ.get("VOICEMINE_HOME") or platformdirs.user_data_dir("voicemine")) / "key"
    if path.is_file():
        return _read(path)
    key = secrets.token_bytes(_BYTES)
    try:
        make_folder(path.parent)
        _write(path, key)
    except StoreError:
        pass  # a home that cannot be written (a service account): this folder keeps a key of its own
    return key


def _write(path: Path, key: bytes) -> None:
    write_bytes(path, key.hex().encode("ascii") + b"\n")
    path.chmod(0o600)


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (ValueError, OSError) as fault:
        raise StoreError(f"the key file {path} cannot be used: {fault}; it must hold 64 hex digits") from fault
    if len(key) < _BYTES:
        raise StoreError(f"the key file {path} is too short; it must hold 64 hex digits")
    return key
