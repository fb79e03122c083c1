"""The teacher starts where the branch is, and its answers become targets that sum to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from voicemine.backends.label_branch import BranchShape, LabelBranch
from voicemine.training import distil
from voicemine.training.data import Examples
from voicemine.training.distil import grown, lessons, sample_texts
from voicemine.training.prepare import Prepared
from voicemine.training.settings import TeacherSettings
from voicemine.training.states import States
from voicemine.training.train import Epoch

LABELS = {"stage": ("use", "support"), "sentiment": ("negative", "neutral", "positive")}


@dataclass(frozen=True)
class _Encoder:
    model: Any


def _tiny() -> _Encoder:
    torch.manual_seed(0)
    return _Encoder(BertModel(BertConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32)).eval())


def test_the_teacher_reads_what_the_branch_reads_before_it_is_tuned() -> None:
    encoder = _tiny()
    branch = LabelBranch(BranchShape(labels=LABELS, base_layer=2, n_layers=1, hidden=16, n_heads=2, intermediate=32))
    branch.start_from(encoder.model.encoder.layer)
    with torch.no_grad():
        branch.heads["stage"].weight.add_(1.0)
    teacher = grown(branch.eval(), encoder).eval()  # type: ignore[arg-type]
    assert teacher.shape.base_layer == 0 and teacher.shape.n_layers == 3
    ids = torch.tensor([[1, 2, 3, 4]])
    mask = torch.ones_like(ids, dtype=torch.float32)
    with torch.inference_mode():
        low = encoder.model.embeddings(input_ids=ids)
        states = encoder.model(input_ids=ids, output_hidden_states=True).hidden_states[2]
        for name, logits in branch(states, mask).items():
            assert torch.allclose(teacher(low, mask)[name], logits, atol=1e-4)


def _rows(n: int) -> Examples:
    target = {name: np.eye(len(k), dtype=np.float32)[np.arange(n) % len(k)] for name, k in LABELS.items()}
    known = {"stage": np.ones(n, bool), "sentiment": np.arange(n) % 2 == 0}
    return Examples(
        np.array([str(i) for i in range(n)], object), ["t"] * n, np.full(n, "toy", object), np.ones(n, np.float32),
        target, {s: ~known[s] for s in LABELS}, known, {s: np.ones((n, len(k)), bool) for s, k in LABELS.items()})


def test_targets_lean_towards_the_teacher_and_unread_rows_take_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def states(texts: list[str], *rest: object, **more: object) -> States:
        return States(np.zeros((len(texts), 4), np.float16), np.arange(len(texts) + 1))

    monkeypatch.setattr(distil, "compute_states", states)
    ready = Prepared(_rows(6), states(["t"] * 6), Epoch(np.arange(4), ((np.array([4]), 3),)), np.zeros(0, np.int64),
                     np.array([5]), {})
    sure = {name: np.tile(np.eye(len(k))[0] * 50.0, (4, 1)) for name, k in LABELS.items()}
    theirs = {name: np.zeros((2, len(k))) for name, k in LABELS.items()}
    made = lessons(ready, sure, ["a", "b"], theirs, settings=TeacherSettings(share=0.6, weight=0.8),
                   encoder=None, base_layer=2, max_tokens=16)  # type: ignore[arg-type]
    assert made.plan.always.tolist() == [0, 1, 2, 3, 6, 7] and made.plan.pools[0][1] == 1
    assert len(made.states.lengths()) == len(made.rows) == 8
    assert made.rows.target["stage"][1] == pytest.approx([0.6, 0.4])
    assert made.rows.target["sentiment"][1] == pytest.approx([1, 0, 0]), "no label of its own: the teacher's word"
    assert made.rows.target["stage"][5] == pytest.approx(ready.rows.target["stage"][5]), "gold stays as it is"
    assert made.rows.weights[6:] == pytest.approx([0.8, 0.8])
    for name in LABELS:
        assert made.rows.known[name][:4].all() and made.rows.target[name][[0, 1, 2, 3, 6, 7]].sum(1) == pytest.approx(1)


def test_texts_come_from_every_source_and_none_repeats_gold() -> None:
    rows = [{"source": "big", "text": f"The kettle number {i} broke after a week"} for i in range(400)]
    rows += [{"source": "small", "text": f"Nobody at desk {i} could help me"} for i in range(4)]
    gold = ["The kettle number 7 broke after a week"]
    found = sample_texts(rows, count=44, gold=gold, near=0.99, seed=0)
    assert gold[0] not in found and len(set(found)) == len(found) <= 44
    assert sum("desk" in t for t in found) >= 3
    assert found == sample_texts(rows, count=44, gold=gold, near=0.99, seed=0)
