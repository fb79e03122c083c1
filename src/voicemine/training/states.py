"""Hidden states of the frozen lower layers, computed once for all training texts and kept as float16."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from voicemine.backends.label_branch import token_bias, token_mean
from voicemine.backends.minilm import MINILM_SHA256, minilm_folder


@dataclass(frozen=True)
class Encoder:
    """The frozen encoder as training sees it."""

    folder: Path
    tokenizer: Any
    model: Any
    sha256: str

    def lower(self, ids: Tensor, mask: Tensor, n_layers: int) -> Tensor:
        """Hidden states (b, t, d) after the first `n_layers` layers; ids and mask are (b, t)."""
        hidden: Tensor = self.model.embeddings(input_ids=ids)
        return self.through(hidden, mask, 0, n_layers)

    def through(self, hidden: Tensor, mask: Tensor, first: int, last: int) -> Tensor:
        """Hidden states (b, t, d) after layer `last`, from those after layer `first`."""
        bias = token_bias(mask.to(hidden.dtype))
        for layer in self.model.encoder.layer[first:last]:
            output = layer(hidden, bias)
            hidden = output[0] if isinstance(output, tuple) else output
        return hidden

    @property
    def n_layers(self) -> int:
        """Layers of the encoder."""
        return int(self.model.config.num_hidden_layers)


def load_encoder() -> Encoder:
    """The default encoder, from the package that carries it. No network."""
    from transformers import AutoModel, AutoTokenizer

    folder = minilm_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager").eval()
    return Encoder(folder, tokenizer, model, MINILM_SHA256)


@dataclass(frozen=True)
class States:
    """`hidden` (all tokens, d) float16, `starts` (n + 1,): text i holds rows starts[i] to starts[i + 1]."""

    hidden: np.ndarray
    starts: np.ndarray

    def lengths(self) -> np.ndarray:
        """Tokens of each text (n,)."""
        return np.diff(self.starts)

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Padded hidden states (b, t, d) float32 and mask (b, t) of the texts at `index`."""
        lengths = self.starts[index + 1] - self.starts[index]
        hidden = np.zeros((len(index), int(lengths.max()), self.hidden.shape[1]), np.float32)
        mask = np.zeros(hidden.shape[:2], np.float32)
        for row, (i, n) in enumerate(zip(index, lengths, strict=True)):
            hidden[row, :n] = self.hidden[self.starts[i] : self.starts[i] + n]
            mask[row, :n] = 1.0
        return torch.from_numpy(hidden), torch.from_numpy(mask)


def join_states(parts: Sequence[States]) -> States:
    """The texts of all parts, in order."""
    starts = [parts[0].starts[:1]]
    for part in parts:
        starts.append(part.starts[1:] + starts[-1][-1])
    return States(np.concatenate([p.hidden for p in parts]), np.concatenate(starts))


def batches(rows: np.ndarray, lengths: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Batches of rows of like length, in random order: little padding, no curriculum."""
    window = size * 40
    for at in range(0, len(rows), window):
        part = rows[at : at + window]
        part = part[np.argsort(lengths[part] + rng.uniform(0, 1, len(part)), kind="stable")]
        groups = [part[i : i + size] for i in range(0, len(part), size)]
        for i in rng.permutation(len(groups)):
            yield groups[i]


def _key(texts: Sequence[str], encoder: Encoder, base_layer: int, max_tokens: int) -> str:
    digest = hashlib.sha256(f"{encoder.sha256}/{base_layer}/{max_tokens}".encode())
    for text in texts:
        digest.update(text.encode("utf8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:20]


def _padded(encoded: Sequence[Sequence[int]], index: np.ndarray) -> tuple[Tensor, Tensor]:
    ids = torch.zeros(len(index), max(len(encoded[i]) for i in index), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, i in enumerate(index):
        ids[row, : len(encoded[i])] = torch.tensor(encoded[i])
        mask[row, : len(encoded[i])] = 1
    return ids, mask


def compute_states(
    texts: Sequence[str],
    encoder: Encoder,
    *,
    base_layer: int,
    max_tokens: int,
    cache: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> States:
    """Run the lower layers over all texts, longest first in batches of like length; reuse the cache when it fits."""
    folder = cache / f"states-{_key(texts, encoder, base_layer, max_tokens)}" if cache else None
    if folder and (folder / "starts.npy").is_file():
        return States(np.load(folder / "hidden.npy", mmap_mode="r"), np.load(folder / "starts.npy"))
    encoded = encoder.tokenizer(list(texts), truncation=True, max_length=max_tokens)["input_ids"]
    lengths = np.array([len(ids) for ids in encoded], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    hidden = np.empty((int(starts[-1]), int(encoder.model.config.hidden_size)), np.float16)
    order = np.argsort(-lengths, kind="stable")
    with torch.inference_mode():
        for at in range(0, len(order), 64):
            index = order[at : at + 64]
            ids, mask = _padded(encoded, index)
            layer = encoder.lower(ids, mask, base_layer)
            for row, i in enumerate(index):
                hidden[starts[i] : starts[i + 1]] = layer[row, : lengths[i]].numpy()
            if progress:
                progress(len(index))
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "hidden.npy", hidden)
        np.save(folder / "starts.npy", starts)
    return States(hidden, starts)


def embed(texts: Sequence[str], encoder: Encoder, *, max_tokens: int) -> np.ndarray:
    """Sentence embeddings (n, d) of unit length: all layers, mean pooling. For the frozen baseline."""
    encoded = encoder.tokenizer(list(texts), truncation=True, max_length=max_tokens)["input_ids"]
    order = np.argsort([-len(ids) for ids in encoded], kind="stable")
    vectors = np.empty((len(texts), int(encoder.model.config.hidden_size)), np.float32)
    with torch.inference_mode():
        for at in range(0, len(order), 64):
            index = order[at : at + 64]
            ids, mask = _padded(encoded, index)
            hidden = encoder.lower(ids, mask, encoder.n_layers)
            vectors[index] = torch.nn.functional.normalize(token_mean(hidden, mask.float()), dim=1).numpy()
    return vectors
