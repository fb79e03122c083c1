from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from voicemine.backends.label_branch import BranchShape, LabelBranch
from voicemine.training.calibrate import choose_shift, cross_fit, fit_set
from voicemine.training.data import Examples
from voicemine.training.losses import batch_targets, class_weights, set_loss
from voicemine.training.report import class_table, confusion_table, coverage_table, set_score
from voicemine.training.settings import Optimiser, TrainSettings
from voicemine.training.states import States, batches, join_states
from voicemine.training.train import Epoch, average_of, drop_tokens, fit, predict, score

LABELS = {"stage": ("use", "support"), "sentiment": ("negative", "neutral", "positive")}
SHAPE = BranchShape(labels=LABELS, base_layer=0, n_layers=1, hidden=16, n_heads=2, intermediate=32)


def toy(n: int = 72, seed: int = 0) -> tuple[Examples, States]:
    """Texts of three to six tokens whose first number decides both labels."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 7, n)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    stage, mood = rng.integers(0, 2, n), rng.integers(0, 3, n)
    hidden = rng.normal(0, 0.3, (starts[-1], 16)).astype(np.float16)
    for i in range(n):
        hidden[starts[i] : starts[i + 1], 0] += 3.0 * stage[i]
        hidden[starts[i] : starts[i + 1], 1 + mood[i]] += 3.0
    target = {"stage": np.eye(2, dtype=np.float32)[stage], "sentiment": np.eye(3, dtype=np.float32)[mood]}
    rows = Examples(
        np.array([str(i) for i in range(n)], object), ["t"] * n, np.full(n, "toy", object), np.ones(n, np.float32),
        target, {s: np.zeros(n, bool) for s in LABELS}, {s: np.ones(n, bool) for s in LABELS},
        {s: np.ones((n, len(k)), bool) for s, k in LABELS.items()},
    )
    return rows, States(hidden, starts)


def plan_settings(**given: object) -> TrainSettings:
    optimiser = Optimiser(epochs=5, batch=8, rate_layers=3e-3, rate_heads=1e-2, average_decay=0.9, **given)
    return TrainSettings(labels=LABELS, files=(), optimiser=optimiser, threads=1)


def fresh() -> LabelBranch:
    torch.manual_seed(0)
    return LabelBranch(SHAPE)


PLAN = Epoch(np.arange(54), ())
HELD = np.arange(54, 72)


def test_a_branch_learns_and_the_same_seed_gives_the_same_weights() -> None:
    rows, states = toy()
    first, second = fresh(), fresh()
    history = fit(first, rows, states, PLAN, HELD, settings=plan_settings())
    fit(second, rows, states, PLAN, HELD, settings=plan_settings())
    assert score(predict(first, states, HELD), rows.take(HELD)) > 0.9
    assert history.loss[0] > history.loss[-1]
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key


def test_an_interrupted_fit_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    rows, states = toy()
    whole, halves = fresh(), fresh()
    settings = plan_settings(patience=9)
    fit(whole, rows, states, PLAN, HELD, settings=settings)

    class Stop(Exception):
        pass

    epochs = 0

    def interrupt(kind: str, value: float) -> None:
        nonlocal epochs
        epochs += kind == "epoch"
        if epochs == 3:
            raise Stop

    with pytest.raises(Stop):
        fit(halves, rows, states, PLAN, HELD, settings=settings, work=tmp_path, report=interrupt)
    again = fresh()
    fit(again, rows, states, PLAN, HELD, settings=settings, work=tmp_path)
    for key, value in whole.state_dict().items():
        assert torch.allclose(value, again.state_dict()[key], atol=1e-6), key


def test_early_stopping_keeps_the_best_epoch() -> None:
    rows, states = toy()
    history = fit(fresh(), rows, states, PLAN, HELD, settings=plan_settings(patience=1))
    assert history.score[history.best] == max(history.score)
    assert len(history.score) - 1 - history.best <= 1


def test_partial_labels_ask_only_for_the_set() -> None:
    rows, _ = toy(4)
    rows.target["sentiment"][0] = [0.5, 0.5, 0.0]
    rows.partial["sentiment"][0] = True
    target = batch_targets(rows, np.array([0]))["sentiment"]
    inside, outside = torch.tensor([[9.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 9.0]])
    assert float(set_loss(inside, target, torch.ones(3))) < 0.01
    assert float(set_loss(outside, target, torch.ones(3))) > 5


def test_labels_a_source_cannot_give_and_unknown_rows_cost_nothing() -> None:
    rows, _ = toy(4)
    rows.target["sentiment"][0] = [1.0, 0.0, 0.0]
    rows.active["sentiment"][0] = [True, True, False]
    target = batch_targets(rows, np.array([0]))["sentiment"]
    assert float(set_loss(torch.tensor([[9.0, 0.0, 99.0]]), target, torch.ones(3))) < 0.01
    rows.known["sentiment"][0] = False
    assert float(set_loss(torch.zeros(1, 3), batch_targets(rows, np.array([0]))["sentiment"], torch.ones(3))) == 0.0


def test_rare_classes_weigh_more_within_bounds() -> None:
    rows, _ = toy(100)
    rows.target["stage"][:] = [1.0, 0.0]
    rows.target["stage"][0] = [0.0, 1.0]
    even, raised = class_weights(rows, "stage", power=0.0), class_weights(rows, "stage", power=1.0)
    assert even.tolist() == [1.0, 1.0]
    assert raised.tolist() == [1.0, 4.0]


def test_batches_hold_every_row_once() -> None:
    rows = np.arange(50)
    found = list(batches(rows, np.arange(50) % 7, 8, np.random.default_rng(0)))
    assert sorted(np.concatenate(found).tolist()) == rows.tolist()
    assert all(len(b) <= 8 for b in found)


def test_public_rows_take_turns() -> None:
    plan = Epoch(np.array([100]), ((np.arange(6), 2),))
    drawn = [set(plan.rows(e, np.random.default_rng(e)).tolist()) - {100} for e in range(3)]
    assert set.union(*drawn) == set(range(6))
    assert plan.steps(2) == 2


def test_dropped_tokens_never_take_the_first() -> None:
    mask = drop_tokens(torch.ones(40, 9), 0.5, torch.Generator().manual_seed(0))
    assert bool((mask[:, 0] == 1).all()) and 0.3 < float(mask[:, 1:].mean()) < 0.7


def test_joined_states_and_batches_keep_their_texts() -> None:
    _, a = toy(5, seed=1)
    _, b = toy(4, seed=2)
    both = join_states([a, b])
    hidden, mask = both.batch(np.array([6]))
    own, _ = b.batch(np.array([1]))
    assert torch.equal(hidden, own) and int(mask.sum()) == int(b.lengths()[1])


def test_a_soup_of_equals_is_the_same_soup() -> None:
    one = fresh()
    for key, value in average_of([one, one]).state_dict().items():
        assert torch.allclose(value, one.state_dict()[key])


def test_prior_correction_needs_a_reason_and_cross_fitting_sees_no_own_row() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 300)
    logits = np.eye(2)[truth] * 2 + rng.normal(0, 1, (300, 2))
    prior = np.array([0.5, 0.5])
    assert choose_shift(logits, truth, prior) == 0.0
    found = cross_fit(logits, truth, LABELS["stage"], prior=prior)
    assert found.ece < 0.08 and found.given.shape == (300, 2)
    fitted = fit_set(logits, truth, LABELS["stage"], prior=prior, risk=0.6)
    assert fitted.threshold == pytest.approx(0.4)


def test_scores_count_runner_ups_and_tables_name_classes() -> None:
    truth, guess = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0])
    lenient = np.array([[1, 0], [1, 1], [0, 1], [0, 1]], bool)
    found = set_score(truth, guess, lenient)
    assert (found.accuracy, found.lenient) == (0.5, 0.75)
    assert "| use | 0.50 | 0.50 | 0.50 | 2 | 2 |" in class_table(truth, guess, LABELS["stage"])
    assert "| support | 1 | 1 |" in confusion_table(truth, guess, LABELS["stage"])
    assert coverage_table(np.array([0.9, 0.8, 0.7, 0.6]), guess == truth, lenient[np.arange(4), guess]).count("|") > 30
