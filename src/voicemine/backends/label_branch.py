"""The label branch: tuned copies of the encoder's upper layers, pooled and read by one head a label set.

The encoder runs once. After its layer `base_layer` the hidden states go two ways: on through the
untouched upper layers to the embedding, and through this branch to the labels. So the embedding
is exactly that of the published encoder, and the labels cost `n_layers` layers more.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from voicemine.errors import ModelError

WEIGHTS = "model.safetensors"
_FORMAT = "voicemine-label-branch/1"


@dataclass(frozen=True)
class BranchShape:
    """Sizes of a branch. `labels` maps each label set to its labels in the order of the logits."""

    labels: Mapping[str, tuple[str, ...]]
    base_layer: int = 3
    n_layers: int = 3
    hidden: int = 384
    n_heads: int = 12
    intermediate: int = 1536
    layer_norm_eps: float = 1e-12


class Layer(nn.Module):
    """One post-norm transformer layer as in BERT (Devlin et al., 2019), with query, key, value fused."""

    def __init__(self, shape: BranchShape) -> None:
        super().__init__()
        self.n_heads = shape.n_heads
        self.head_size = shape.hidden // shape.n_heads
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.out = nn.Linear(shape.hidden, shape.hidden)
        self.norm_attention = nn.LayerNorm(shape.hidden, eps=shape.layer_norm_eps)
        self.up = nn.Linear(shape.hidden, shape.intermediate)
        self.down = nn.Linear(shape.intermediate, shape.hidden)
        self.norm_output = nn.LayerNorm(shape.hidden, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(0.1)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        """hidden (b, t, d), bias (b, 1, 1, t): 0 where a token stands, a large negative number elsewhere."""
        b, t, d = hidden.shape
        split = self.qkv(hidden).view(b, t, 3, self.n_heads, self.head_size).permute(2, 0, 3, 1, 4)
        query, key, value = split.unbind(0)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias).transpose(1, 2)
        mixed = mixed.reshape(b, t, d)
        hidden = self.norm_attention(hidden + self.dropout(self.out(mixed)))
        grown = self.down(functional.gelu(self.up(hidden)))
        normed: Tensor = self.norm_output(hidden + self.dropout(grown))
        return normed


class LabelBranch(nn.Module):
    """Hidden states after layer `base_layer` in, logits of every label set out."""

    def __init__(self, shape: BranchShape) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.n_layers))
        self.query = nn.Parameter(torch.zeros(len(shape.labels), shape.hidden))
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(2 * shape.hidden, len(labels)) for name, labels in shape.labels.items()}
        )

    def pooled(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Features (b, sets, 2 d): what each label set attends to, beside the mean of all tokens."""
        keep = mask.to(hidden.dtype)
        bias = (1.0 - keep)[:, None, None, :] * -1e4
        for layer in self.layers:
            hidden = layer(hidden, bias)
        scores = torch.matmul(hidden, self.query.t()).transpose(1, 2) / math.sqrt(self.shape.hidden)
        weights = torch.softmax(scores + bias[:, 0], dim=-1)
        attended = torch.matmul(weights, hidden)
        mean = (hidden * keep[:, :, None]).sum(1) / keep.sum(1, keepdim=True).clamp(min=1.0)
        return torch.cat([attended, mean[:, None, :].expand_as(attended)], dim=-1)

    def forward(self, hidden: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """hidden (b, t, d) and mask (b, t; 1 = token) to logits (b, k) for each label set, uncalibrated."""
        features = self.dropout(self.pooled(hidden, mask))
        return {name: head(features[:, i]) for i, (name, head) in enumerate(self.heads.items())}

    def start_from(self, encoder_layers: nn.ModuleList) -> None:
        """Copy the encoder's layers from `base_layer` on, so that training starts at the encoder itself.

        `encoder_layers` are the BertLayer modules of transformers. Raises ModelError when there are too few.
        """
        wanted = range(self.shape.base_layer, self.shape.base_layer + self.shape.n_layers)
        if wanted.stop > len(encoder_layers):
            raise ModelError(f"the encoder has {len(encoder_layers)} layers; the branch wants layer {wanted.stop}")
        for mine, index in zip(self.layers, wanted, strict=True):
            mine.load_state_dict(bert_state(encoder_layers[index].state_dict()))


def bert_state(weights: Mapping[str, Tensor], *, prefix: str = "") -> dict[str, Tensor]:
    """The weights of a BertLayer of transformers, under names that begin with `prefix`, as those of a `Layer`."""
    state = {}
    for kind in ("weight", "bias"):
        parts = [weights[f"{prefix}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
        state[f"qkv.{kind}"] = torch.cat(parts)
        state[f"out.{kind}"] = weights[f"{prefix}attention.output.dense.{kind}"]
        state[f"norm_attention.{kind}"] = weights[f"{prefix}attention.output.LayerNorm.{kind}"]
        state[f"up.{kind}"] = weights[f"{prefix}intermediate.dense.{kind}"]
        state[f"down.{kind}"] = weights[f"{prefix}output.dense.{kind}"]
        state[f"norm_output.{kind}"] = weights[f"{prefix}output.LayerNorm.{kind}"]
    return state


def save_branch(branch: LabelBranch, folder: Path, *, encoder_sha256: str) -> str:
    """Write the weights as float16 safetensors; shape, labels and the encoder's hash go in its metadata.

    Returns the sha256 of the file written.
    """
    shape = branch.shape
    sizes = {k: getattr(shape, k) for k in ("base_layer", "n_layers", "hidden", "n_heads", "intermediate")}
    metadata = {
        "format": _FORMAT,
        "encoder_sha256": encoder_sha256,
        "sizes": json.dumps(sizes),
        "labels": json.dumps(list(shape.labels.items())),
    }
    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v.detach().to(torch.float16).contiguous() for k, v in branch.state_dict().items()}
    save_file(state, folder / WEIGHTS, metadata=metadata)
    _sort_metadata(folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def _sort_metadata(path: Path) -> None:
    """Write the header's metadata in a fixed order: safetensors leaves it to chance, and with it the file's hash."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[end:])


def read_branch(folder: Path, *, encoder_sha256: str | None = None) -> LabelBranch:
    """Read a branch without asking for a card: for training and tests. Float32, in evaluation mode.

    Raises ModelError when the file is missing or malformed, or was trained for another encoder.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(f"{path} is missing; train it with `voicemine models train` or reinstall voicemine")
    with safe_open(path, framework="pt") as handle:
        metadata = handle.metadata() or {}
        state = {key: handle.get_tensor(key).float() for key in handle.keys()}  # noqa: SIM118
    if metadata.get("format") != _FORMAT:
        raise ModelError(f"{path} is no label branch of format {_FORMAT}")
    if encoder_sha256 is not None and metadata["encoder_sha256"] != encoder_sha256:
        raise ModelError(f"{path} was trained for another encoder (sha256 {metadata['encoder_sha256'][:12]}…)")
    labels = {name: tuple(values) for name, values in json.loads(metadata["labels"])}
    branch = LabelBranch(BranchShape(labels=labels, **json.loads(metadata["sizes"])))
    try:
        branch.load_state_dict(state)
    except RuntimeError as fault:
        raise ModelError(f"{path} does not fit its own metadata: {fault}") from fault
    return branch.eval()


def load_branch(folder: Path, *, encoder_sha256: str | None = None) -> LabelBranch:
    """Read a shipped branch, first checking every file against the hashes in its `card.json`.

    `encoder_sha256` is the hash of the encoder's weights that will feed it. Raises ModelError on any mismatch.
    """
    from voicemine.backends.model_card import verify_card

    verify_card(folder)
    return read_branch(folder, encoder_sha256=encoder_sha256)
