"""The fast tier: static token embeddings distilled from the default encoder, with heads for its label sets.

A text is the mean of its tokens' vectors (model2vec), so that nothing but the tokenizer takes time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from voicemine.backends.model_card import CARD_NAME, read_card, verify_card
from voicemine.backends.protocols import Encoding, Floats
from voicemine.backends.runtimes.batching import tokenised
from voicemine.errors import ModelError

NAME = "static"
ABOUT = "card.md"
_FORMAT = "voicemine-static/1"
_VECTORS, _HEADS, _TOKENIZER, _CONFIG = "model.safetensors", "heads.safetensors", "tokenizer.json", "config.json"
#: What a folder of this kind holds.
FILES = frozenset({_VECTORS, _HEADS, _TOKENIZER, _CONFIG, CARD_NAME, ABOUT})
_CURE = "make it anew with `voicemine models distil`"
_ZERO = 1e-8  # a mean of vectors shorter than this has no direction


@dataclass(frozen=True)
class StaticParts:
    """A static model. v tokens, d dimensions, k labels of all sets together, one set after the other.

    vectors (v, d). The logits of a text are `weight` (k, d) times its vector of length 1, plus the mean of its tokens'
    `words` (v, k), plus `bias` (k,). empty (d,): vector of a text without a known token. labels: label set -> labels.
    teacher: what the label branch that the heads imitate is known by.
    """

    tokenizer: Tokenizer
    vectors: npt.NDArray[Any]
    weight: Floats
    words: npt.NDArray[Any]
    bias: Floats
    empty: Floats
    labels: Mapping[str, Sequence[str]]
    teacher: str


def is_static(folder: Path) -> bool:
    """Whether a folder holds a static model: its card says so. Raises ModelError where the card cannot be read."""
    return (folder / CARD_NAME).is_file() and read_card(folder)["name"] == NAME


def write_static(parts: StaticParts, folder: Path) -> None:
    """Write all files but the cards; vectors in float16, in the form that model2vec reads as well."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"embeddings": np.ascontiguousarray(parts.vectors, np.float16)}, folder / _VECTORS)
    heads = {"weight": parts.weight, "bias": parts.bias, "empty": parts.empty}
    save_file({name: np.ascontiguousarray(value, np.float32) for name, value in heads.items()}
              | {"words": np.ascontiguousarray(parts.words, np.float16)}, folder / _HEADS)
    parts.tokenizer.save(str(folder / _TOKENIZER), pretty=False)
    config = {
        "model_type": "model2vec", "architectures": ["StaticModel"], "hidden_dim": int(parts.vectors.shape[1]),
        "normalize": True, "max_length": None, "embedding_dtype": "float16",
        "voicemine": {"format": _FORMAT, "teacher": parts.teacher,
                      "labels": {name: list(labels) for name, labels in parts.labels.items()}},
    }
    (folder / _CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    for path in (folder / _VECTORS, folder / _HEADS):
        path.chmod(0o644)


def read_static(folder: Path) -> StaticParts:
    """Read what `write_static` wrote. Raises ModelError where a file is missing or malformed."""
    try:
        said = json.loads((folder / _CONFIG).read_text("utf-8"))["voicemine"]
        if said["format"] != _FORMAT:
            raise ModelError(f"{folder} is no static model of format {_FORMAT}; {_CURE}")
        heads = load_file(folder / _HEADS)
        parts = StaticParts(
            _tokenizer(folder / _TOKENIZER), load_file(folder / _VECTORS)["embeddings"], heads["weight"],
            heads["words"], heads["bias"], heads["empty"],
            {str(name): tuple(labels) for name, labels in said["labels"].items()}, str(said["teacher"]))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as fault:
        raise ModelError(f"the static model {folder} cannot be read ({fault}); {_CURE}") from fault
    _check(parts, folder)
    return parts


def _tokenizer(path: Path) -> Tokenizer:
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is missing")
    found = Tokenizer.from_file(str(path))
    found.no_truncation()
    found.no_padding()
    return found


def _check(parts: StaticParts, folder: Path) -> None:
    v, d, k = parts.tokenizer.get_vocab_size(), len(parts.empty), sum(map(len, parts.labels.values()))
    shapes = [a.shape for a in (parts.vectors, parts.weight, parts.words, parts.bias)]
    if shapes != [(v, d), (k, d), (v, k), (k,)] or not d:
        raise ModelError(f"the files of the static model {folder} do not fit together; {_CURE}")


@dataclass(frozen=True)
class StaticCard:
    """What is known of a static model before it is loaded: its identity, the label branch that its heads imitate, and
    one line on what is lost by using it."""

    identity: str
    teacher: str
    loss: str


def static_card(folder: Path) -> StaticCard:
    """Check every file against the card and read what it says. Raises ModelError for a file that was altered."""
    verify_card(folder)
    card = read_card(folder)
    try:
        metrics = card["metrics"]
        return StaticCard(f"{NAME}:{_digest(card['files'])}:table1", str(metrics["teacher"]), loss_line(metrics))
    except (KeyError, TypeError, ValueError) as fault:
        raise ModelError(f"the card of the static model {folder} cannot be used ({fault}); {_CURE}") from fault


def _digest(files: Mapping[str, str]) -> str:
    content = "".join(f"{name}\0{digest}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def loss_line(metrics: Mapping[str, Any]) -> str:
    """One line on what is lost against the full encoder, from the figures on the card."""
    check = metrics["check"]
    labels = ", ".join(f"{name} {part['agreement']:.0%}" for name, part in check["labels"].items())
    return (f"against the full encoder, on {check['texts']} unseen texts: {check['neighbours']:.0%} of the ten nearest "
            f"neighbours stay, themes agree to AMI {check['themes']['ami']:.2f} (the full encoder with itself: "
            f"{check['themes']['ami_again']:.2f}); same label: {labels}")


class StaticEncoder:
    """Vectors and logits by looking tokens up. There is no window: every token of a text counts the same."""

    def __init__(self, folder: Path, *, checked: bool = True, vectors: bool = True) -> None:
        """`checked=False` asks for no card: for a model that is being made. `vectors=False` gives logits alone, with
        vectors of no dimension. Raises ModelError."""
        self._identity = static_card(folder).identity if checked else f"{NAME}:unchecked"
        parts = read_static(folder)
        self._tokenizer = parts.tokenizer
        table = parts.vectors.astype(np.float32)
        # The heads are linear, so that their products belong to a token as its vector does. One table for all keeps
        # a text's answer the same to the last bit in any company, which a product over a batch would not.
        self._table = torch.from_numpy(np.ascontiguousarray(np.concatenate(
            [table, table @ parts.weight.T, parts.words.astype(np.float32)], axis=1)))
        self._width, self._bias = int(table.shape[1]), parts.bias
        self._dimension = self._width if vectors else 0
        self._empty, self._empty_logits = parts.empty, parts.weight @ parts.empty + parts.bias
        self._ends = np.cumsum([0, *map(len, parts.labels.values())])
        self._sets = tuple(parts.labels)
        unknown = json.loads(parts.tokenizer.to_str())["model"].get("unk_token")
        self._unknown = parts.tokenizer.token_to_id(unknown) if unknown else None

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Vectors (n, d) of length 1 and the logits of each label set; a text without a known token gets the mean
        text's vector and its logits."""
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        logits = np.zeros((len(texts), len(self._bias)), dtype=np.float32)
        for tokens in tokenised(texts, self._tokenizer):
            rows = slice(tokens.first_row, tokens.first_row + len(tokens.counts))
            found, logits[rows] = self._looked_up(tokens.flat, tokens.counts)
            vectors[rows] = found[:, : self._dimension]
        sets = {name: logits[:, a:b] for name, a, b in zip(self._sets, self._ends[:-1], self._ends[1:], strict=True)}
        return Encoding(vectors, sets, 0, np.zeros(len(texts), dtype=np.bool_))

    def _looked_up(self, flat: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        if self._unknown is not None:
            known = flat != self._unknown
            owner = np.repeat(np.arange(len(counts)), counts)
            flat, counts = flat[known], np.bincount(owner[known], minlength=len(counts))
        starts = np.cumsum(counts) - counts
        with torch.inference_mode():
            means: Floats = torch.nn.functional.embedding_bag(
                torch.from_numpy(flat), self._table, torch.from_numpy(starts), mode="mean").numpy()
        d, k = self._width, len(self._bias)
        length = np.linalg.norm(means[:, :d], axis=1, keepdims=True)
        is_empty = length[:, 0] < _ZERO
        length[is_empty] = 1.0
        vectors, logits = means[:, :d] / length, means[:, d : d + k] / length + means[:, d + k :] + self._bias
        vectors[is_empty], logits[is_empty] = self._empty, self._empty_logits
        return vectors, logits
