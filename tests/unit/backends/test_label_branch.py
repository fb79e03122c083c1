from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

from voicemine.backends.branch_file import WEIGHTS, load_branch, read_branch, save_branch
from voicemine.backends.label_branch import BranchShape, LabelBranch, token_mean
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
def encoder(bert: BertModel, tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    folder.mkdir()
    save_file({k: v.contiguous() for k, v in bert.state_dict().items()}, folder / WEIGHTS)
    return folder


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


def tuned(branch: LabelBranch, seed: int = 7) -> LabelBranch:
    """The branch after some training: every weight a little off."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in branch.parameters():
            value += 0.02 * torch.randn(value.shape, generator=generator)
    return branch


def test_saved_and_read_back(branch: LabelBranch, encoder: Path, tmp_path: Path) -> None:
    save_branch(tuned(branch), tmp_path / "b", encoder=encoder)
    again = read_branch(tmp_path / "b", encoder=encoder)
    assert again.shape == SHAPE
    for key, value in branch.state_dict().items():
        assert float((again.state_dict()[key] - value).abs().max()) < 1e-3, key


def test_the_file_is_the_same_each_time_and_smaller_than_half_precision(
    branch: LabelBranch, encoder: Path, tmp_path: Path
) -> None:
    digests = {save_branch(branch, tmp_path / name, encoder=encoder) for name in "ab"}
    assert len(digests) == 1
    numbers = sum(v.numel() for v in branch.state_dict().values())
    assert (tmp_path / "a" / WEIGHTS).stat().st_size < 2 * numbers


def test_a_branch_that_embeds_starts_at_the_encoders_own_embedding(bert: BertModel, encoder: Path, tmp_path: Path
                                                                  ) -> None:
    torch.manual_seed(1)
    made = LabelBranch(replace(SHAPE, base_layer=0, n_layers=3, embeds=True))
    made.start_from(bert.encoder.layer)
    ids, mask = torch.tensor([[2, 7, 9, 3], [2, 8, 3, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    with torch.inference_mode():
        states = bert(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        wanted = torch.nn.functional.normalize(token_mean(states[-1], mask.float()), dim=1)
        vectors, logits = made.eval().both(states[0], mask)
        assert torch.allclose(vectors, wanted, atol=1e-5)
        assert torch.equal(vectors, made.vectors(states[0], mask))
        assert torch.equal(logits["stage"], made(states[0], mask)["stage"])
        save_branch(tuned(made), tmp_path / "b", encoder=encoder)
        again = read_branch(tmp_path / "b", encoder=encoder)
        assert again.shape.embeds
        assert torch.allclose(again.vectors(states[0], mask), made.vectors(states[0], mask), atol=1e-2)


def test_another_encoder_is_refused(branch: LabelBranch, bert: BertModel, encoder: Path, tmp_path: Path) -> None:
    save_branch(branch, tmp_path / "b", encoder=encoder)
    with torch.no_grad():
        bert.embeddings.word_embeddings.weight += 1
    save_file({k: v.contiguous() for k, v in bert.state_dict().items()}, encoder / WEIGHTS)
    with pytest.raises(ModelError, match="another encoder"):
        read_branch(tmp_path / "b", encoder=encoder)


def test_an_encoder_without_such_layers_is_refused(branch: LabelBranch, encoder: Path, tmp_path: Path) -> None:
    save_file({"embeddings.word_embeddings.weight": torch.zeros(3, 24)}, encoder / WEIGHTS)
    with pytest.raises(ModelError, match="no layers"):
        save_branch(branch, tmp_path / "b", encoder=encoder)


def test_altered_missing_and_foreign_files_are_refused(branch: LabelBranch, encoder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    save_branch(branch, folder, encoder=encoder)
    write_card(folder, name="t", version="1", metrics={}, licence="MIT", data=["none"])
    load_branch(folder, encoder=encoder)
    weights = folder / WEIGHTS
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    with pytest.raises(ModelError):
        load_branch(folder, encoder=encoder)
    save_file({"query": torch.zeros(1)}, weights, metadata={"format": "voicemine-label-branch/9"})
    with pytest.raises(ModelError, match="train it anew"):
        read_branch(folder, encoder=encoder)
    weights.unlink()
    with pytest.raises(ModelError, match="missing"):
        read_branch(folder, encoder=encoder)


def test_too_few_encoder_layers_are_refused(bert: BertModel) -> None:
    deep = LabelBranch(BranchShape(labels={"pain": ("0", "1")}, base_layer=2, n_layers=2, hidden=24, n_heads=4,
                                   intermediate=48))
    with pytest.raises(ModelError, match="layers"):
        deep.start_from(bert.encoder.layer)
