"""The one graph that every runtime runs: token ids to the pooled, normalised vector and every label set's logits.

The maths is that of BERT (Devlin et al., 2019) with mean pooling as in Sentence-BERT (Reimers and Gurevych,
2019), written with query, key and value as one product and without the parts that inference does not need.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from voicemine.backends.label_branch import BranchShape, LabelBranch, Layer, bert_state, token_bias, token_mean
from voicemine.errors import ModelError

#: Raise when the graph, or how batches are shaped for it, would give other bits: caches are keyed by it.
GRAPH_VERSION = 1


class EncoderGraph(nn.Module):
    """ids, mask -> (vectors, logits of each label set of the branch, in its order)."""

    def __init__(self, shape: BranchShape, *, vocabulary: int, positions: int, layers: int,
                 branch: LabelBranch | None, vectors: bool = True) -> None:
        """`shape` gives the sizes of a layer. Without `vectors` the graph gives logits alone, and lacks the layers that
        only vectors need. Raises ModelError where the branch does not fit."""
        super().__init__()
        if branch is not None and (branch.shape.hidden != shape.hidden or branch.shape.base_layer > layers):
            raise ModelError("the label branch does not fit this encoder; train it anew")
        self.words = nn.Embedding(vocabulary, shape.hidden)
        self.positions = nn.Embedding(positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, eps=shape.layer_norm_eps)
        self._embeds = branch is not None and branch.shape.embeds
        # A branch that embeds takes the place of the layers above the one it leaves.
        is_end = branch is not None and (self._embeds or not vectors)
        self.layers = nn.ModuleList(
            Layer(shape) for _ in range(branch.shape.base_layer if branch is not None and is_end else layers))
        self.branch = branch
        self.dimension = shape.hidden if vectors or branch is None else 0

    @property
    def label_sizes(self) -> dict[str, int]:
        """Label set -> number of its labels, in the order of the outputs; empty without a branch."""
        shape = self.branch.shape if self.branch is not None else None
        return {name: len(labels) for name, labels in shape.labels.items()} if shape else {}

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """ids and mask (b, t; int64, 1 = token) to vectors (b, d) of length 1 and logits (b, k) per label set."""
        place = torch.arange(ids.shape[1], device=ids.device)
        hidden = self.norm(self.words(ids) + self.positions(place)[None])
        keep = mask.to(hidden.dtype)
        bias = token_bias(keep)
        logits: tuple[Tensor, ...] = ()
        for depth, layer in enumerate(self.layers):
            if self.branch is not None and depth == self.branch.shape.base_layer:
                logits = tuple(self.branch(hidden, mask).values())
            hidden = layer(hidden, bias)
        if self.branch is not None and not self.dimension:
            return tuple(self.branch(hidden, mask).values())
        if self.branch is not None and self._embeds:
            vectors, found = self.branch.both(hidden, mask)
            return (vectors, *found.values())
        if self.branch is not None and len(self.layers) == self.branch.shape.base_layer:
            logits = tuple(self.branch(hidden, mask).values())
        return (functional.normalize(token_mean(hidden, keep), dim=1), *logits)


def load_graph(folder: Path, *, branch: LabelBranch | None, vectors: bool = True) -> EncoderGraph:
    """The graph of a BERT encoder in `folder` (config.json, model.safetensors), float32, in evaluation mode.

    Without `vectors` it gives the branch's logits alone.

    Raises ModelError where the files are no BERT with the exact gelu and absolute positions.
    """
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        weights = load_file(folder / "model.safetensors")
        if (config["model_type"], config["hidden_act"]) != ("bert", "gelu"):
            raise ModelError(f"{folder.name} is no BERT encoder with gelu")
        shape = BranchShape(
            labels={}, base_layer=0, n_layers=0, hidden=config["hidden_size"], n_heads=config["num_attention_heads"],
            intermediate=config["intermediate_size"], layer_norm_eps=config["layer_norm_eps"])
        graph = EncoderGraph(shape, vocabulary=config["vocab_size"], positions=config["max_position_embeddings"],
                             layers=config["num_hidden_layers"], branch=branch, vectors=vectors)
        # Every text is one segment: the segment's vector goes into the positions once and for all.
        positions = weights["embeddings.position_embeddings.weight"] + weights[
            "embeddings.token_type_embeddings.weight"][0]
        graph.words.weight.data = weights["embeddings.word_embeddings.weight"]
        graph.positions.weight.data = positions
        graph.norm.load_state_dict({k: weights[f"embeddings.LayerNorm.{k}"] for k in ("weight", "bias")})
        for index, layer in enumerate(graph.layers):
            layer.load_state_dict(bert_state(weights, prefix=f"encoder.layer.{index}."))
    except (OSError, ValueError, KeyError, RuntimeError) as fault:
        raise ModelError(f"the encoder in {folder.name} cannot be read: {fault}") from fault
    return graph.eval().requires_grad_(False)
