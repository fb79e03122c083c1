"""A label branch on disk: safetensors whose matrices are kept as eight-bit differences from the encoder they left.

A tuned layer lies near the published one, so that its difference, in steps of a 127th of the largest one of each row,
is as exact as half precision at half the size. What has no counterpart in the encoder is kept in float16.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from voicemine.backends.label_branch import BranchShape, LabelBranch, bert_state
from voicemine.backends.model_card import file_hash
from voicemine.errors import ModelError

WEIGHTS = "model.safetensors"
_FORMAT = "voicemine-label-branch/2"
#: The first format held every weight in float16 and no differences; it is still read.
_READ = ("voicemine-label-branch/1", _FORMAT)
_SIZES = ("base_layer", "n_layers", "hidden", "n_heads", "intermediate", "embeds")
_SCALE = "scale/"


def save_branch(branch: LabelBranch, folder: Path, *, encoder: Path) -> str:
    """Write the weights; shape, labels and the hash of the encoder's weights go in the file's metadata.

    encoder: the encoder's folder. Returns the sha256 of the file written. Raises ModelError where the encoder is not
    the kind that the branch left.
    """
    shape, origin = branch.shape, _origin(branch.shape, encoder)
    state: dict[str, Tensor] = {}
    for key, value in branch.state_dict().items():
        if key in origin and value.ndim > 1:
            difference = value.detach().float() - origin[key]
            scale = difference.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
            state[key] = torch.round(difference / scale).to(torch.int8).contiguous()
            state[_SCALE + key] = scale
        else:
            state[key] = value.detach().to(torch.float16).contiguous()
    metadata = {
        "format": _FORMAT,
        "encoder_sha256": file_hash(encoder / WEIGHTS),
        "sizes": json.dumps({k: getattr(shape, k) for k in _SIZES}),
        "labels": json.dumps(list(shape.labels.items())),
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / WEIGHTS, metadata=metadata)
    _sort_metadata(folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)
    return file_hash(folder / WEIGHTS)


def read_branch(folder: Path, *, encoder: Path) -> LabelBranch:
    """Read a branch without asking for a card: for training and tests. Float32, in evaluation mode.

    encoder: the folder of the encoder that will feed it. Raises ModelError when the file is missing or malformed, or
    was trained for another encoder.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(f"{path} is missing; train it with `voicemine models train` or reinstall voicemine")
    with safe_open(path, framework="pt") as handle:
        metadata = handle.metadata() or {}
        stored = {key: handle.get_tensor(key).float() for key in handle.keys()}  # noqa: SIM118
    if metadata.get("format") not in _READ:
        raise ModelError(f"{path} is no label branch of format {_FORMAT}; train it anew with `voicemine models train`")
    if metadata["encoder_sha256"] != file_hash(encoder / WEIGHTS):
        raise ModelError(f"{path} was trained for another encoder (sha256 {metadata['encoder_sha256'][:12]}…)")
    labels = {name: tuple(values) for name, values in json.loads(metadata["labels"])}
    shape = BranchShape(labels=labels, **json.loads(metadata["sizes"]))
    branch, origin = LabelBranch(shape), _origin(shape, encoder)
    scales = {key.removeprefix(_SCALE): stored.pop(key) for key in list(stored) if key.startswith(_SCALE)}
    try:
        branch.load_state_dict({
            key: origin[key] + value * scales[key] if key in scales else value for key, value in stored.items()})
    except (RuntimeError, KeyError) as fault:
        raise ModelError(f"{path} does not fit its own metadata: {fault}") from fault
    return branch.eval()


def load_branch(folder: Path, *, encoder: Path) -> LabelBranch:
    """Read a shipped branch, first checking every file against the hashes in its `card.json`.

    Raises ModelError on any mismatch.
    """
    from voicemine.backends.model_card import verify_card

    verify_card(folder)
    return read_branch(folder, encoder=encoder)


def _origin(shape: BranchShape, encoder: Path) -> Mapping[str, Tensor]:
    """The matrices that the branch's training started from."""
    try:
        weights = load_file(encoder / WEIGHTS)
        found = {f"layers.{i}.{key}": value.float() for i in range(shape.n_layers)
                 for key, value in bert_state(weights, prefix=f"encoder.layer.{shape.base_layer + i}.").items()}
    except (OSError, KeyError) as fault:
        raise ModelError(f"the encoder in {encoder.name} has no layers that a label branch could leave") from fault
    if shape.embeds:
        eye = torch.eye(shape.hidden)
        found["readout.weight"] = torch.cat([torch.zeros(shape.hidden, (shape.n_layers - 1) * shape.hidden), eye], 1)
    return found


def _sort_metadata(path: Path) -> None:
    """Write the header's metadata in a fixed order: safetensors leaves it to chance, and with it the file's hash."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[end:])
