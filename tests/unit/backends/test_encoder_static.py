"""The fast tier's encoder: what the protocol asks, on a tiny model; what is written is what is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from voicemine.backends.encoder_static import (
    NAME,
    StaticEncoder,
    StaticParts,
    is_static,
    read_static,
    static_card,
    write_static,
)
from voicemine.backends.model_card import write_card
from voicemine.backends.protocols import Encoder
from voicemine.errors import ModelError

WORDS = ("parcel", "late", "app", "crash", "##es", "refund", "never", "rude")
CHECK = {"texts": 50, "neighbours": 0.5, "rank": 0.6, "themes": {"ami": 0.41, "ami_again": 0.83},
         "labels": {"pain": {"agreement": 0.9}, "stage": {"agreement": 0.7}}, "rates": {"full": 1, "static": 9}}


def tiny_tokenizer() -> Tokenizer:
    words = {w: i for i, w in enumerate(("[PAD]", "[UNK]", *WORDS))}
    found = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    found.normalizer = normalizers.BertNormalizer()
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return found


def tiny_parts(seed: int = 0) -> StaticParts:
    draw, tokenizer = np.random.default_rng(seed), tiny_tokenizer()
    v, d, k = tokenizer.get_vocab_size(), 6, 5

    def half(*shape: int) -> np.ndarray:
        return draw.normal(size=shape).astype(np.float16).astype(np.float32)

    empty = half(d)
    return StaticParts(tokenizer, half(v, d), half(k, d), half(v, k), half(k), empty / np.linalg.norm(empty),
                       {"pain": ("0", "1"), "stage": ("use", "support", "unclear")}, "labels:0123456789abcdef")


def write(folder: Path, parts: StaticParts) -> Path:
    write_static(parts, folder)
    write_card(folder, name=NAME, version="1", licence="Apache-2.0", data=["made up"],
               metrics={"teacher": parts.teacher, "check": CHECK})
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("static") / "model", tiny_parts())


@pytest.fixture(scope="module")
def encoder(folder: Path) -> StaticEncoder:
    return StaticEncoder(folder)


def test_it_is_an_encoder_with_vectors_of_length_one_and_all_label_sets(encoder: StaticEncoder) -> None:
    assert isinstance(encoder, Encoder) and encoder.dimension == 6
    found = encoder.encode(["Parcel late", "app crashes", "refund never"])
    assert found.vectors.shape == (3, 6) and found.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)
    assert {name: values.shape for name, values in found.logits.items()} == {"pain": (3, 2), "stage": (3, 3)}


def test_vectors_and_logits_are_those_of_the_definition(encoder: StaticEncoder) -> None:
    parts = tiny_parts()
    ids = parts.tokenizer.encode("app crashes", add_special_tokens=False).ids
    assert len(ids) == 3
    mean = parts.vectors[ids].mean(axis=0)
    unit = mean / np.linalg.norm(mean)
    logits = parts.weight @ unit + parts.words[ids].mean(axis=0) + parts.bias
    found = encoder.encode(["app crashes"])
    np.testing.assert_allclose(found.vectors[0], unit, atol=1e-6)
    np.testing.assert_allclose(np.concatenate([found.logits["pain"][0], found.logits["stage"][0]]), logits, atol=1e-5)


def test_a_text_without_a_known_token_gets_the_mean_text(encoder: StaticEncoder) -> None:
    parts = tiny_parts()
    found = encoder.encode(["", "漢字 ??", "  ", "late"])
    for row in range(3):
        assert (found.vectors[row] == parts.empty).all()
        np.testing.assert_allclose(found.logits["pain"][row], (parts.weight @ parts.empty + parts.bias)[:2], atol=1e-6)
    assert not np.allclose(found.vectors[3], parts.empty)
    assert encoder.encode([]).vectors.shape == (0, 6)


def test_unknown_tokens_do_not_count(encoder: StaticEncoder) -> None:
    assert (encoder.encode(["late 漢字 zzz"]).vectors == encoder.encode(["late"]).vectors).all()


def test_nothing_is_cut_off(encoder: StaticEncoder) -> None:
    long = encoder.encode([" ".join(["app"] * 3000 + ["refund"] * 3000), "app refund"])
    np.testing.assert_allclose(long.vectors[0], long.vectors[1], atol=1e-4)
    assert long.n_windowed == 0 and long.windowed is not None and not long.windowed.any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from((*WORDS[:4], "zzz")), max_size=9).map(" ".join), min_size=1, max_size=12))
def test_a_text_gets_the_same_to_the_last_bit_in_any_company(encoder: StaticEncoder, texts: list[str]) -> None:
    together, turned = encoder.encode(texts), encoder.encode(texts[::-1])
    for row, text in enumerate(texts):
        alone = encoder.encode([text])
        for other, place in ((together, row), (turned, len(texts) - 1 - row)):
            assert (other.vectors[place] == alone.vectors[0]).all()
            assert all((other.logits[name][place] == alone.logits[name][0]).all() for name in alone.logits)


def test_what_is_written_is_what_is_read(folder: Path) -> None:
    parts, found = tiny_parts(), read_static(folder)
    for name in ("vectors", "weight", "words", "bias", "empty"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(found, name).astype(np.float32))
    assert (found.labels, found.teacher) == (parts.labels, parts.teacher)
    assert found.tokenizer.get_vocab() == parts.tokenizer.get_vocab()


def test_the_same_model_is_written_to_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = write(tmp_path / "again", tiny_parts())
    assert [p.read_bytes() for p in sorted(folder.iterdir())] == [p.read_bytes() for p in sorted(again.iterdir())]
    assert StaticEncoder(again).identity == StaticEncoder(folder).identity


def test_another_table_is_another_identity(folder: Path, tmp_path: Path) -> None:
    assert static_card(write(tmp_path / "other", tiny_parts(1))).identity != static_card(folder).identity


def test_the_card_tells_the_loss_and_the_teacher(folder: Path) -> None:
    found = static_card(folder)
    assert found.teacher == "labels:0123456789abcdef" and "\n" not in found.loss
    for part in ("50 unseen texts", "50% of the ten nearest", "AMI 0.41", "0.83", "pain 90%", "stage 70%"):
        assert part in found.loss


def test_a_folder_of_another_kind_is_not_taken_for_one(folder: Path, tmp_path: Path) -> None:
    assert is_static(folder) and not is_static(tmp_path) and not is_static(tmp_path / "absent")


@pytest.mark.parametrize("name", ["model.safetensors", "heads.safetensors", "tokenizer.json", "config.json"])
def test_an_altered_or_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    made = write(tmp_path / "model", tiny_parts())
    (made / name).write_bytes((made / name).read_bytes() + b" ")
    with pytest.raises(ModelError, match="altered"):
        StaticEncoder(made)
    (made / name).unlink()
    with pytest.raises(ModelError, match="lacks its file"):
        StaticEncoder(made)
    with pytest.raises(ModelError, match="voicemine models distil"):
        StaticEncoder(made, checked=False)


def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    parts = tiny_parts()
    made = write(tmp_path / "model", replace(parts, bias=parts.bias[:-1]))
    with pytest.raises(ModelError, match="do not fit together"):
        StaticEncoder(made)


def test_a_card_without_figures_is_refused(tmp_path: Path) -> None:
    write_static(tiny_parts(), tmp_path / "model")
    write_card(tmp_path / "model", name=NAME, version="1", licence="", data=[], metrics={})
    with pytest.raises(ModelError, match="card of the static model"):
        StaticEncoder(tmp_path / "model")


def test_model2vec_reads_the_same_vectors(folder: Path, encoder: StaticEncoder) -> None:
    theirs = pytest.importorskip("model2vec").StaticModel.from_pretrained(folder)
    texts = ["parcel late", "app crashes never", "refund " * 700 + "rude"]
    np.testing.assert_allclose(theirs.encode(texts), encoder.encode(texts).vectors, atol=5e-3)
