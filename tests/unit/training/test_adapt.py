"""Few-shot heads on a tiny branch with random weights: what changes, what stays, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

from voicemine.backends.branch_file import WEIGHTS, load_branch, read_branch, save_branch
from voicemine.backends.label_branch import BranchShape, LabelBranch
from voicemine.backends.model_card import write_card
from voicemine.errors import InputError, UsageError
from voicemine.numerics.calibration import SetCalibration, calibration_from, calibration_to, probabilities
from voicemine.numerics.shrunk_logistic import Linear, balanced, fit_offset, fit_shrunk
from voicemine.stages.classify.taxonomy import adapt as to_taxonomy
from voicemine.taxonomy import Stage, Taxonomy, Touchpoint
from voicemine.training import own_model
from voicemine.training.adapt import adapt_branch, labels_of
from voicemine.training.own_model import features
from voicemine.training.own_rows import check_labels, read_own
from voicemine.training.states import States

STAGES = ("purchase", "use", "support", "unclear")
LABELS = {"stage": STAGES, "touchpoint": ("website", "product", "none"), "intent": ("complaint", "praise")}
SHAPE = BranchShape(labels=LABELS, n_layers=1, hidden=16, n_heads=2, intermediate=32)
CALIBRATION = {name: SetCalibration(labels, 1.0, (0.0,) * len(labels), 0.3) for name, labels in LABELS.items()}


def tiny(seed: int = 0) -> LabelBranch:
    torch.manual_seed(seed)
    branch = LabelBranch(SHAPE)
    torch.nn.init.normal_(branch.query)
    return branch.eval()


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """A folder with the weights of an encoder of the tiny branch's sizes."""
    torch.manual_seed(8)
    config = BertConfig(vocab_size=30, hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32)
    folder = tmp_path / "encoder"
    folder.mkdir()
    bert = BertModel(config, add_pooling_layer=False)
    save_file({k: v.contiguous() for k, v in bert.state_dict().items()}, folder / WEIGHTS)
    return folder


def cloud(per_label: int, n_labels: int, seed: int, size: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, size) about one centre a label, and the index (n,) of each."""
    centres = np.random.default_rng(99).normal(size=(n_labels, size))
    y = np.repeat(np.arange(n_labels), per_label)
    return centres[y] + 0.6 * np.random.default_rng(seed).normal(size=(len(y), size)), y


def trained(labels: tuple[str, ...], seed: int = 5) -> LabelBranch:
    """The tiny branch, whose stage head knows the clouds of its first labels."""
    branch = tiny()
    x, y = cloud(60, len(labels), seed)
    none = Linear(np.zeros((len(labels), x.shape[1])), np.zeros(len(labels)))
    head = fit_shrunk(x, y, none, offset=np.zeros(len(labels)), ridge=np.full(len(labels), 0.1))
    with torch.no_grad():
        branch.heads["stage"].weight.copy_(torch.from_numpy(head.weight))
        branch.heads["stage"].bias.copy_(torch.from_numpy(head.bias))
    return branch


def test_eight_examples_teach_a_new_label_and_the_known_ones_stay() -> None:
    names = (*STAGES[:3], "delivery")
    x, y = cloud(8, 4, seed=1)
    found = adapt_branch(trained((*STAGES[:3], "unclear")), CALIBRATION, "stage", [names[i] for i in y], x, x)
    assert found.labels == ("purchase", "use", "support", "delivery") and found.is_new == (False, False, False, True)
    assert found.counts == (8, 8, 8, 8)
    fresh, truth = cloud(50, 4, seed=2)
    head = found.branch.heads["stage"]
    guess = head(torch.from_numpy(fresh).float()).argmax(1).numpy()
    for label in range(4):
        assert (guess[truth == label] == label).mean() >= 0.9
    assert found.ours.accuracy >= 0.9 and found.recall[3] is not None and found.recall[3] >= 0.75


def test_every_other_weight_is_the_same_to_the_byte(tmp_path: Path, encoder: Path) -> None:
    x, y = cloud(4, 3, seed=3)
    branch = tiny()
    found = adapt_branch(branch, CALIBRATION, "stage", [("arrival", "use", "support")[i] for i in y], x, x)
    for folder, one in (("a", branch), ("b", found.branch)):
        save_branch(one, tmp_path / folder, encoder=encoder)
    before, after = (read_branch(tmp_path / folder, encoder=encoder).state_dict() for folder in ("a", "b"))
    changed = {"heads.stage.weight", "heads.stage.bias"}
    assert changed <= before.keys() == after.keys()
    for name in before.keys() - changed:
        assert before[name].numpy().tobytes() == after[name].numpy().tobytes()
    assert not torch.equal(before["heads.stage.weight"][:2], after["heads.stage.weight"][:2])
    assert {k: v for k, v in found.calibration.items() if k != "stage"} == {
        k: v for k, v in CALIBRATION.items() if k != "stage"}
    assert found.calibration["stage"].threshold == 0.3


def test_how_common_known_labels_are_is_kept_though_the_examples_are_balanced() -> None:
    branch = trained(STAGES)
    with torch.no_grad():
        branch.heads["stage"].bias[1] += 3.0
    x, y = cloud(12, 4, seed=4)
    found = adapt_branch(branch, CALIBRATION, "stage", [STAGES[i] for i in y], x, x)
    middle = torch.from_numpy(cloud(1, 4, seed=0)[0].mean(axis=0)).float()
    read = [b.heads["stage"](middle).detach() for b in (branch, found.branch)]
    gap = [float(logits[1] - logits[[0, 2, 3]].mean()) for logits in read]
    assert gap[1] > 0.5 * gap[0] > 0.5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1e-3, 0.1, 1.0, 1e5]))
def test_a_stronger_prior_stays_nearer_to_the_start(seed: int, ridge: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(20, 6)), np.arange(20) % 3
    start = Linear(rng.normal(size=(3, 6)), rng.normal(size=3))
    free, held = (fit_shrunk(x, y, start, offset=np.zeros(3), ridge=np.full(3, r)) for r in (ridge, ridge * 100))
    assert np.linalg.norm(held.weight - start.weight) <= np.linalg.norm(free.weight - start.weight) + 1e-6
    if ridge >= 1e5:
        np.testing.assert_allclose(held.logits(x), start.logits(x), atol=1e-3)


def test_the_offset_undoes_a_shifted_prior() -> None:
    rng = np.random.default_rng(0)
    fair = rng.normal(scale=2.0, size=(3000, 3))
    y = (fair + rng.gumbel(size=fair.shape)).argmax(axis=1)
    shift = np.array([1.5, -1.0, -0.5])
    np.testing.assert_allclose(fit_offset(fair + shift, y), -shift, atol=0.15)
    rare = np.concatenate([np.flatnonzero(y == 0)[:40], np.flatnonzero(y > 0)])
    np.testing.assert_allclose(fit_offset((fair + shift)[rare], y[rare]), -shift, atol=0.4)
    assert np.bincount(y[rare], balanced(y[rare], 3)) == pytest.approx([len(rare) / 3] * 3)


def test_labels_keep_their_order_and_the_built_in_ones_stand_last() -> None:
    assert labels_of(["unclear", "zeta", "use", "alpha", "purchase"], STAGES, "stage") == (
        "purchase", "use", "alpha", "zeta", "unclear")
    assert labels_of(["praise"], LABELS["intent"], "intent") == LABELS["intent"]


def test_a_taxonomy_with_the_new_labels_leaves_the_probabilities_alone() -> None:
    names = ("arrival", "use", "unclear")
    x, y = cloud(5, 3, seed=8)
    found = adapt_branch(tiny(), CALIBRATION, "stage", [names[i] for i in y], x, x)
    assert found.labels == ("use", "arrival", "unclear")
    taxonomy = Taxonomy(
        stages=tuple(Stage(label=n, classic="purchase", definition="is doing something") for n in ("use", "arrival")),
        touchpoints=tuple(Touchpoint(label=n, channel="either", definition="a thing") for n in ("website", "product")),
    )
    logits = found.branch.heads["stage"](torch.from_numpy(x).float()).detach().numpy()
    probs = {"stage": probabilities(logits, found.calibration["stage"]), "touchpoint": np.full((15, 3), 1 / 3)}

    def never(*_: object) -> np.ndarray:
        raise AssertionError("nothing here is unknown to the model")

    out, read = to_taxonomy(probs, found.calibration, taxonomy, vectors=never, embed=never)
    assert out["stage"] is probs["stage"] and read["stage"] == found.calibration["stage"]


def test_features_are_what_the_head_reads() -> None:
    branch, rng = tiny(), np.random.default_rng(0)
    starts = np.array([0, 3, 8, 10])
    states = States(rng.normal(size=(10, 16)).astype(np.float16), starts)
    found = features(branch, ("touchpoint",), states, batch=2)["touchpoint"]
    with torch.inference_mode():
        expected = branch(*states.batch(np.arange(3)))["touchpoint"].numpy()
        got = branch.heads["touchpoint"](torch.from_numpy(found).float()).numpy()
    np.testing.assert_allclose(got, expected, atol=1e-4)


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(r) for r in rows), encoding="utf8")
    return path


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.jsonl", "", "holds no rows"),
    ("a.jsonl", '{"text": "x", "kind": "a"}', "no column 'stage'; it has text, kind"),
    ("a.csv", "words,stage\nx,a\n", "no column 'text'; it has words, stage"),
    ("a.jsonl", '{"text": "x", "stage": "a"}\n{"text": "y"}', "line 2: no single label in 'stage'; fill them in"),
    ("a.jsonl", '{"text": " ", "stage": "a"}', "line 1: no text"),
    ("a.jsonl", '{"text": "x", "stage": ["a", "b"]}', "line 1: no single label"),
    ("a.jsonl", '{"text": "x", "stage": "a"}\nnonsense', "line 2: no JSON"),
    ("a.jsonl", "[1]", "line 1: not a JSON object"),
    ("a.csv", "text,stage\nx,a,b\n", "line 2: more fields than the heading"),
    ("a.csv", 'text,stage\n"x" y,a\n', "line [12]: .*quote the field"),
    ("a.csv", b"text,stage\n\xff,a\n", "is not UTF-8"),
    ("none.csv", None, "cannot be read"),
])
def test_a_file_that_cannot_be_used_is_refused_with_place_and_cure(
    tmp_path: Path, name: str, content: str | bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=said):
        read_own(path, "stage")


def test_csv_and_json_lines_read_alike_and_repeats_count_once(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"text": "It broke;\nagain", "stage": "use"}, {"text": "Write to a@b.org", "stage": 1.0},
        {"text": "It broke;\nagain", "stage": "use"},
    ]
    plain = read_own(write(tmp_path / "a.jsonl", rows), "stage")
    (tmp_path / "a.csv").write_text('id;text;stage\n1;"It broke;\nagain";use\n2;Write to a@b.org; 1\n', "utf-8-sig")
    assert read_own(tmp_path / "a.csv", "stage") == plain
    assert plain.labels == ("use", "1") and "a@b.org" not in plain.texts[1]


@pytest.mark.parametrize(("label_set", "labels", "said"), [
    ("stage", ["a", "a", "b"], r"too few different texts for b \(1\)"),
    ("stage", ["a", "a"], "only one label"),
    ("stage", ["a", "a", "Check-in", "Check-in"], "no taxonomy file may hold the stage 'Check-in'"),
    ("touchpoint", ["a", "a", "unclear", "unclear"], "`none` for no touchpoint"),
    ("intent", ["praise", "praise", "rant", "rant"], "takes no new labels, its tables know complaint, praise"),
])
def test_labels_that_no_head_can_be_fitted_for_are_refused(label_set: str, labels: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_labels(labels, label_set, LABELS, path=Path("own.csv"))


@pytest.fixture
def base(tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tiny label model, and an encoder that makes states of a text's words."""
    folder = tmp_path / "base"
    save_branch(tiny(), folder, encoder=encoder)
    (folder / "calibration.json").write_text(json.dumps(calibration_to(CALIBRATION)), encoding="utf8")
    write_card(folder, name="labels", version="1", metrics={"gold": {"stage": {}, "intent": {"n": 3}}}, licence="own",
               data=["own.jsonl"])

    def vectors(text: str) -> np.ndarray:
        return np.stack([np.random.default_rng(sum(map(ord, word))).normal(size=16) for word in text.split()])

    def states(texts: list[str], *_: object, **__: object) -> States:
        parts = [vectors(text) for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(p) for p in parts])])
        return States(np.concatenate(parts).astype(np.float16), starts)

    monkeypatch.setattr(own_model, "load_encoder", lambda: SimpleNamespace(folder=encoder))
    monkeypatch.setattr(own_model, "minilm_folder", lambda: encoder)
    monkeypatch.setattr(own_model, "compute_states", states)
    monkeypatch.setattr(own_model, "embed", lambda texts, *_, **__: np.stack([vectors(t).mean(0) for t in texts]))
    return folder


def own_file(folder: Path) -> Path:
    kinds = {"arrival": "parcel came", "use": "works fine", "support": "called them"}
    return write(folder / "own.jsonl", [
        {"text": f"{words} {word}", "stage": label} for label, words in kinds.items()
        for word in ("today", "late", "twice", "badly", "then", "here")
    ])


def test_a_file_becomes_a_folder_that_loads_the_same_each_time(tmp_path: Path, base: Path) -> None:
    made = [own_model.adapt_file(own_file(tmp_path), "stage", base=base, out=tmp_path / name) for name in ("a", "b")]
    for name in ("model.safetensors", "calibration.json", "card.json", "card.md"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    read = load_branch(tmp_path / "a", encoder=tmp_path / "encoder")
    assert read.shape.labels["stage"] == ("use", "support", "arrival")
    calibration = calibration_from(json.loads((tmp_path / "a" / "calibration.json").read_text()))
    assert calibration == made[0].calibration
    card = json.loads((tmp_path / "a" / "card.json").read_text())
    assert card["metrics"]["adapted"]["labels"]["arrival"]["examples"] == 6
    assert set(card["metrics"]["gold"]) == {"intent"} and card["data"] == ["own.jsonl", "own.jsonl (stage only)"]
    assert "| arrival (new) | 6 |" in (tmp_path / "a" / "card.md").read_text()


def test_neither_the_base_nor_a_folder_with_other_files_is_overwritten(tmp_path: Path, base: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for out, said in ((base, "name another folder"), (tmp_path / "full", "holds other files")):
        with pytest.raises(UsageError, match=said):
            own_model.adapt_file(own_file(tmp_path), "stage", base=base, out=out)
    with pytest.raises(UsageError, match="no such label set; it has stage, touchpoint, intent"):
        own_model.adapt_file(own_file(tmp_path), "mood", base=base, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_command_prints_labels_and_scores(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from voicemine.cli.main import main

    words = ["models", "adapt", own_file(tmp_path), "--set", "stage", "--base", base, "--out", tmp_path / "x"]
    monkeypatch.setattr("sys.argv", ["voicemine", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        main()
    shown = capsys.readouterr().out
    assert not done.value.code and "arrival" in shown and "frozen embedding + LR" in shown
    assert "must list: use, support, arrival" in shown
    assert (tmp_path / "x" / "model.safetensors").is_file()
