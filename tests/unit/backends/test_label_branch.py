from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel

from voicemine.backends.label_branch import BranchShape, LabelBranch, load_branch, read_branch, save_branch
from voicemine.backends.model_card import write_card
from voicemine.errors import ModelError

SHAPE = BranchShape(
    labels={"stage": ("use", "support", "purchase"), "pain": ("0", "1")}, base_layer=1, n_layers=2, hidden=24,
    n_heads=4, intermediate=48,
)


@pytest.fixture
def bert() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=50, hidden_size=24, num_hidden_layers=3, num_attention_heads=4,
                        intermediate_size=48, layer_norm_eps=1e-12)
    return BertModel(config, add_pooling_layer=False).eval()


@pytest.fixture
def branch(bert: BertModel) -> LabelBranch:
    torch.manual_seed(1)
    made = LabelBranch(SHAPE)
    made.start_from(bert.encoder.layer)
    return made.eval()


def test_untrained_layers_are_the_encoders_own(bert: BertModel, branch: LabelBranch) -> None:
    ids = torch.tensor([[2, 7, 9, 3], [2, 8, 3, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    with torch.inference_mode():
        states = bert(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        hidden = states[SHAPE.base_layer]
        bias = (1.0 - mask.float())[:, None, None, :] * -1e4
        for layer in branch.layers:
            hidden = layer(hidden, bias)
    kept = mask.bool()
    assert torch.allclose(hidden[kept], states[-1][kept], atol=1e-5)


def test_logits_have_the_labels_shapes_and_ignore_padding(branch: LabelBranch) -> None:
    hidden = torch.randn(2, 5, 24, generator=torch.Generator().manual_seed(3))
    mask = torch.ones(2, 5)
    with torch.inference_mode():
        plain = branch(hidden, mask)
        padded = branch(torch.cat([hidden, torch.full((2, 3, 24), 9.0)], 1), torch.cat([mask, torch.zeros(2, 3)], 1))
    assert {name: tuple(part.shape) for name, part in plain.items()} == {"stage": (2, 3), "pain": (2, 2)}
    for name in plain:
        assert torch.allclose(plain[name], padded[name], atol=1e-5)


def test_a_row_does_not_depend_on_its_neighbours(branch: LabelBranch) -> None:
    hidden = torch.randn(3, 5, 24, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        together = branch(hidden, torch.ones(3, 5))["stage"][1]
        alone = branch(hidden[1:2], torch.ones(1, 5))["stage"][0]
    assert torch.allclose(together, alone, atol=1e-5)


def test_saved_and_read_back(branch: LabelBranch, tmp_path: Path) -> None:
    save_branch(branch, tmp_path, encoder_sha256="abc")
    again = read_branch(tmp_path, encoder_sha256="abc")
    assert again.shape == SHAPE
    hidden, mask = torch.randn(1, 4, 24, generator=torch.Generator().manual_seed(5)), torch.ones(1, 4)
    with torch.inference_mode():
        assert torch.allclose(branch(hidden, mask)["pain"], again(hidden, mask)["pain"], atol=2e-2)


def test_another_encoder_is_refused(branch: LabelBranch, tmp_path: Path) -> None:
    save_branch(branch, tmp_path, encoder_sha256="abc")
    with pytest.raises(ModelError, match="another encoder"):
        read_branch(tmp_path, encoder_sha256="def")


def test_altered_and_missing_files_are_refused(branch: LabelBranch, tmp_path: Path) -> None:
    save_branch(branch, tmp_path, encoder_sha256="abc")
    write_card(tmp_path, name="t", version="1", metrics={}, licence="MIT", data=["none"])
    load_branch(tmp_path, encoder_sha256="abc")
    weights = tmp_path / "model.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    with pytest.raises(ModelError):
        load_branch(tmp_path, encoder_sha256="abc")
    weights.unlink()
    with pytest.raises(ModelError):
        read_branch(tmp_path)


def test_too_few_encoder_layers_are_refused(bert: BertModel) -> None:
    deep = LabelBranch(BranchShape(labels={"pain": ("0", "1")}, base_layer=2, n_layers=2, hidden=24, n_heads=4,
                                   intermediate=48))
    with pytest.raises(ModelError, match="layers"):
        deep.start_from(bert.encoder.layer)
