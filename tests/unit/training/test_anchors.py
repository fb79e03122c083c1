"""A tiny branch that learns labels and is held to the embedding of the encoder that it left."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.unit.training.test_label_training import LABELS, toy
from transformers import BertConfig, BertModel

from voicemine.backends.label_branch import BranchShape, LabelBranch
from voicemine.training import anchors
from voicemine.training.anchors import Anchors, anchor_texts, drift
from voicemine.training.settings import Anchor, Optimiser, TrainSettings
from voicemine.training.states import Encoder
from voicemine.training.train import Epoch, fit

SHAPE = BranchShape(labels=LABELS, base_layer=0, n_layers=2, hidden=16, n_heads=2, intermediate=32, embeds=True)
PLAN, NONE = Epoch(np.arange(72), ()), np.zeros(0, np.int64)


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    torch.manual_seed(3)
    config = BertConfig(vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=32, layer_norm_eps=1e-12)
    return Encoder(tmp_path, None, BertModel(config, add_pooling_layer=False).eval(), "0")


@pytest.fixture
def held_to(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> Anchors:
    monkeypatch.setattr(anchors, "HELD", 30)
    return Anchors(toy(120, seed=4)[1], encoder, 0)


def fresh(encoder: Encoder) -> LabelBranch:
    torch.manual_seed(0)
    branch = LabelBranch(SHAPE)
    branch.start_from(encoder.model.encoder.layer)
    return branch.eval()


def trained(encoder: Encoder, held_to: Anchors, weight: float, *, work: Path | None = None, epochs: int = 4
            ) -> LabelBranch:
    rows, states = toy()
    branch = fresh(encoder)
    optimiser = Optimiser(epochs=epochs, batch=8, rate_layers=3e-3, rate_heads=1e-2, average_decay=0.9)
    settings = TrainSettings(labels=LABELS, files=(), optimiser=optimiser, threads=1,
                             anchor=Anchor(batch=8, weight=weight))
    fit(branch, rows, states, PLAN, NONE, settings=settings, work=work, anchors=held_to)
    return branch


def test_an_untrained_branch_has_not_moved(encoder: Encoder, held_to: Anchors) -> None:
    found = drift(fresh(encoder), held_to)
    assert found.cosine > 0.9999 and found.cosine_p5 > 0.9999 and found.neighbours > 0.99


def test_anchors_hold_the_embedding_while_the_labels_are_learnt(encoder: Encoder, held_to: Anchors) -> None:
    loose, held = (drift(trained(encoder, held_to, weight), held_to) for weight in (1e-6, 50.0))
    assert held.cosine > loose.cosine and held.neighbours > loose.neighbours
    assert 1 - held.cosine < 0.5 * (1 - loose.cosine)


def test_a_fit_that_goes_on_meets_the_anchors_it_would_have_met(encoder: Encoder, held_to: Anchors) -> None:
    drawn = held_to.batches(8, np.random.default_rng(1))
    seen = [next(drawn) for _ in range(40)]
    first = np.concatenate(seen[:12])
    assert len(set(first.tolist())) == 90 == len(first), "none returns before all were seen, none of the held ones"
    again = held_to.batches(8, np.random.default_rng(1))
    assert all(np.array_equal(a, next(again)) for a in seen)


def test_texts_are_cut_to_sentences_and_large_sources_do_not_drown_small_ones(tmp_path: Path) -> None:
    rows = [{"text": f"The lift number {i} is slow. Nobody comes to mend it!", "source": "large"} for i in range(1600)]
    rows += [{"text": f"Room {i} was cold and damp", "source": "small"} for i in range(400)]
    rows.append({"text": "ok", "source": "small"})
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    found = anchor_texts(path, Anchor(texts=1200), seed=0)
    assert found == anchor_texts(path, Anchor(texts=1200), seed=0) != sorted(found)
    small = sum("Room" in t for t in found)
    assert small == 400 and "ok" not in found
    assert {t for t in found if t.startswith("Nobody")} == {"Nobody comes to mend it!"}
    assert any("slow. Nobody" in t for t in found)
