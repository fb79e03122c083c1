"""Static token vectors: distilled by the library, moved towards what the encoder says of whole texts."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from tests.unit.backends.test_encoder_static import WORDS, tiny_tokenizer

from voicemine.errors import ModelError
from voicemine.training.static_vectors import bags_of, distil_tokens, fit_vectors, unit_rows

V, D, N = 60, 8, 900


def _bags(draw: np.random.Generator, n: int = N, words: int = V - 1) -> sparse.csr_matrix:
    """Texts of 3 to 8 words; the last token never occurs."""
    found = np.zeros((n, V), np.float32)
    for row in found:
        np.add.at(row, draw.integers(words, size=draw.integers(3, 9)), 1)
    return sparse.csr_matrix(found / found.sum(axis=1, keepdims=True))


@pytest.fixture
def case() -> tuple[np.ndarray, sparse.csr_matrix, np.ndarray, np.ndarray]:
    """A table, texts, the vectors of a teacher whose tokens lie elsewhere, and texts that are held back."""
    draw = np.random.default_rng(0)
    table = draw.normal(size=(V, D)).astype(np.float32)
    truth = table @ draw.normal(size=(D, D)) + 0.5 * draw.normal(size=(V, D))
    bags = _bags(draw)
    return table, bags, unit_rows(bags @ truth).astype(np.float32), np.arange(N) % 10 == 0


def test_texts_come_nearer_to_the_encoder_than_by_the_distilled_tokens(case) -> None:
    table, bags, targets, held = case
    found = fit_vectors(table, bags, targets, held, dimensions=D)
    fresh = _bags(np.random.default_rng(7), 300)
    draw = np.random.default_rng(0)
    table_again = draw.normal(size=(V, D)).astype(np.float32)
    truth = table_again @ draw.normal(size=(D, D)) + 0.5 * draw.normal(size=(V, D))
    wanted, ours, before = (unit_rows(fresh @ t) for t in (truth, found.table, table))
    likeness = wanted @ wanted.T
    assert np.abs(ours @ ours.T - likeness).mean() < 0.4 * np.abs(before @ before.T - likeness).mean()
    assert found.word_ridge is not None and found.cosine > 0.95


def test_a_token_that_no_text_holds_moves_with_the_map_alone(case) -> None:
    table, bags, targets, held = case
    found = fit_vectors(table, bags, targets, held, dimensions=D)
    moved = table.copy()
    moved[V - 1] += 1.0
    again = fit_vectors(moved, bags, targets, held, dimensions=D)
    np.testing.assert_allclose(found.table[: V - 1], again.table[: V - 1], atol=1e-4)
    assert np.abs(found.table[V - 1] - again.table[V - 1]).max() > 0.1


def test_a_teacher_that_is_the_table_itself_leaves_all_likenesses(case) -> None:
    table, bags, _, held = case
    targets = unit_rows(bags @ table).astype(np.float32)
    found = unit_rows(bags @ fit_vectors(table, bags, targets, held, dimensions=D).table)
    np.testing.assert_allclose((found * unit_rows(found)).sum(axis=1), 1, atol=1e-4)
    assert np.abs(found @ found.T - targets @ targets.T).mean() < 0.05


def test_fewer_dimensions_are_those_in_which_texts_differ_most(case) -> None:
    table, bags, targets, held = case
    whole, half = (fit_vectors(table, bags, targets, held, dimensions=d).table for d in (D, D // 2))
    assert half.shape == (V, D // 2)
    np.testing.assert_allclose(half, whole[:, : D // 2], atol=1e-5)
    lengths = np.square(unit_rows(bags @ whole)).sum(axis=0)
    assert (np.diff(lengths) <= 1e-3).all()
    assert fit_vectors(table, bags, targets, held, dimensions=99).table.shape == (V, D)


def test_the_same_input_gives_the_same_bytes(case) -> None:
    table, bags, targets, held = case
    one, two = (fit_vectors(table, bags, targets, held, dimensions=5) for _ in range(2))
    assert one.table.tobytes() == two.table.tobytes()


def test_bags_hold_shares_of_known_tokens() -> None:
    tokenizer = tiny_tokenizer()
    found = bags_of(["late late app", "zzz late", "zzz", ""], tokenizer, unknown=tokenizer.token_to_id("[UNK]"))
    late, app = tokenizer.token_to_id("late"), tokenizer.token_to_id("app")
    assert found.shape == (4, len(WORDS) + 2)
    assert found[0, late] == pytest.approx(2 / 3) and found[0, app] == pytest.approx(1 / 3) and found[1, late] == 1
    assert found[2].nnz == found[3].nnz == 0


@pytest.fixture
def tiny_encoder(tmp_path: Path) -> Path:
    """A BERT with random weights and a vocabulary of a few words."""
    import torch
    from tokenizers import processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    tokenizer = tiny_tokenizer()
    tokenizer.add_special_tokens(["[CLS]", "[SEP]"])
    ends = [(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
                            sep_token="[SEP]").save_pretrained(tmp_path)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size(), hidden_size=16, num_hidden_layers=1,
                         num_attention_heads=2, intermediate_size=32, max_position_embeddings=16)
              ).save_pretrained(tmp_path)
    return tmp_path


def test_tokens_are_distilled_by_the_library(tiny_encoder: Path) -> None:
    pytest.importorskip("model2vec.distill")
    import torch
    from transformers import BertModel

    table, tokenizer = distil_tokens(tiny_encoder)
    assert table.shape == (tokenizer.get_vocab_size(), 16) and table.dtype == np.float32
    assert {tokenizer.token_to_id(w) for w in WORDS} <= set(range(len(table)))
    model = BertModel.from_pretrained(tiny_encoder).eval()
    original = {w: i for i, w in enumerate(("[PAD]", "[UNK]", *WORDS, "[CLS]", "[SEP]"))}
    with torch.inference_mode():
        for word in ("late", "##es"):
            ids = torch.tensor([[original["[CLS]"], original[word], original["[SEP]"]]])
            read = model(input_ids=ids).last_hidden_state.mean(dim=1).numpy()[0]
            ours = table[tokenizer.token_to_id(word)]
            assert float(read @ ours / np.linalg.norm(read) / np.linalg.norm(ours)) == pytest.approx(1, abs=1e-5)


def test_without_the_extra_the_cure_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "model2vec.distill", None)
    with pytest.raises(ModelError, match=r"pip install 'voicemine\[fast\]'"):
        distil_tokens(tmp_path)
