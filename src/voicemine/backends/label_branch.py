"""The label branch: tuned copies of the encoder's layers, pooled and read by one head a label set.

A branch leaves the encoder after its layer `base_layer`. One without an embedding of its own stands beside the
untouched upper layers: the embedding is exactly the published encoder's, and the labels cost `n_layers` layers more.
One that `embeds` takes the upper layers' place: it was trained to give the labels and, from all its layers, the
published embedding back, as nearly as its card says; the labels then cost next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from voicemine.errors import ModelError


@dataclass(frozen=True)
class BranchShape:
    """Sizes of a branch. `labels` maps each label set to its labels in the order of the logits. `embeds`: whether it
    gives the embedding too."""

    labels: Mapping[str, tuple[str, ...]]
    base_layer: int = 3
    n_layers: int = 3
    hidden: int = 384
    n_heads: int = 12
    intermediate: int = 1536
    layer_norm_eps: float = 1e-12
    embeds: bool = False


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


def token_bias(mask: Tensor) -> Tensor:
    """What attention adds (b, 1, 1, t) for a mask (b, t): 0 where a token stands, a large negative number elsewhere."""
    bias: Tensor = (1.0 - mask)[:, None, None, :] * -1e4
    return bias


def token_mean(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean (b, d) over the tokens of hidden (b, t, d)."""
    mean: Tensor = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1.0)
    return mean


class LabelBranch(nn.Module):
    """Hidden states after layer `base_layer` in, logits of every label set out, and the embedding if it `embeds`."""

    def __init__(self, shape: BranchShape) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.n_layers))
        self.query = nn.Parameter(torch.zeros(len(shape.labels), shape.hidden))
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(2 * shape.hidden, len(labels)) for name, labels in shape.labels.items()}
        )
        if shape.embeds:
            self.readout = nn.Linear(shape.n_layers * shape.hidden, shape.hidden, bias=False)

    def through(self, hidden: Tensor, mask: Tensor) -> list[Tensor]:
        """Hidden states (b, t, d) after each layer of the branch."""
        bias = token_bias(mask.to(hidden.dtype))
        states = []
        for layer in self.layers:
            hidden = layer(hidden, bias)
            states.append(hidden)
        return states

    def attended(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Features (b, sets, 2 d) of the last layer: what each label set attends to, beside the mean of all tokens."""
        keep = mask.to(hidden.dtype)
        scores = torch.matmul(hidden, self.query.t()).transpose(1, 2) / math.sqrt(self.shape.hidden)
        weights = torch.softmax(scores + token_bias(keep)[:, 0], dim=-1)
        attended = torch.matmul(weights, hidden)
        return torch.cat([attended, token_mean(hidden, keep)[:, None, :].expand_as(attended)], dim=-1)

    def pooled(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Features (b, sets, 2 d) that the heads read."""
        return self.attended(self.through(hidden, mask)[-1], mask)

    def embedded(self, states: Sequence[Tensor], mask: Tensor) -> Tensor:
        """Vectors (b, d) of length 1 from the states after each layer, for a branch that `embeds`."""
        means = [token_mean(hidden, mask.to(hidden.dtype)) for hidden in states]
        return functional.normalize(self.readout(torch.cat(means, dim=1)), dim=1)

    def judged(self, features: Tensor) -> dict[str, Tensor]:
        """Logits (b, k) of each label set from features (b, sets, 2 d), uncalibrated."""
        features = self.dropout(features)
        return {name: head(features[:, i]) for i, (name, head) in enumerate(self.heads.items())}

    def forward(self, hidden: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """hidden (b, t, d) and mask (b, t; 1 = token) to logits (b, k) for each label set, uncalibrated."""
        return self.judged(self.pooled(hidden, mask))

    def vectors(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Vectors (b, d) of length 1, for a branch that `embeds`."""
        return self.embedded(self.through(hidden, mask), mask)

    def both(self, hidden: Tensor, mask: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Vectors and logits in one pass, for a branch that `embeds`."""
        states = self.through(hidden, mask)
        return self.embedded(states, mask), self.judged(self.attended(states[-1], mask))

    def start_from(self, encoder_layers: nn.ModuleList) -> None:
        """Copy the encoder's layers from `base_layer` on, so that training starts at the encoder itself.

        `encoder_layers` are the BertLayer modules of transformers. The embedding is at first that of the last layer,
        the encoder's own. Raises ModelError when there are too few layers.
        """
        wanted = range(self.shape.base_layer, self.shape.base_layer + self.shape.n_layers)
        if wanted.stop > len(encoder_layers):
            raise ModelError(f"the encoder has {len(encoder_layers)} layers; the branch wants layer {wanted.stop}")
        for mine, index in zip(self.layers, wanted, strict=True):
            mine.load_state_dict(bert_state(encoder_layers[index].state_dict()))
        if self.shape.embeds:
            last = (self.shape.n_layers - 1) * self.shape.hidden
            with torch.no_grad():
                self.readout.weight.zero_()
                self.readout.weight[:, last:] = torch.eye(self.shape.hidden)


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
