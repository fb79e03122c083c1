"""Label models of the user's own, on tiny BERT models that are made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
)

from voicemine import config as configuration
from voicemine.backends.label_model import (
    Reading,
    TransformersLabeller,
    foreign_labels,
    label_model_folder,
    label_model_identity,
)
from voicemine.backends.protocols import Labeller
from voicemine.errors import ConfigError, ModelError
from voicemine.labellers import columns_of, hypotheses_of, own_labels, provide_labellers
from voicemine.provision import labels_folder, read_calibration
from voicemine.stages.classify import LabelModel

WORDS = ("the parcel came late and courier was rude lovely shop kind staff this customer feedback is about a good bad "
         "experience plain facts without praise or blame both experiences . ,").split()
STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
OWN = ("negative", "neutral", "positive", "mixed")
MAP = {"1 star": "negative", "2 stars": "negative", "3 stars": "neutral", "4 stars": "positive", "5 stars": "positive"}
TEXTS = ["the parcel came late", "lovely shop", "kind staff and lovely courier . the shop was rude", "", "late"]


def make(folder: Path, labels: tuple[str, ...], *, places: int = 48, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(WORDS)]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(vocab), "utf-8")
    BertTokenizerFast(vocab={w: i for i, w in enumerate(vocab)}, model_max_length=places).save_pretrained(folder)
    config = BertConfig(vocab_size=len(vocab), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=32, max_position_embeddings=places, initializer_range=0.5,
                        id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)})
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def stars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("m") / "stars", STARS)


@pytest.fixture(scope="module")
def nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("m") / "nli", ("contradiction", "neutral", "Entailment"), seed=1)


def by_hand(folder: Path, text: str, hypothesis: str | None = None) -> np.ndarray:
    """Logits of one text, read alone by transformers."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model(**tokenizer(text, hypothesis, return_tensors="pt")).logits[0].numpy()


def softmax(values: np.ndarray) -> np.ndarray:
    return np.exp(values - values.max()) / np.exp(values - values.max()).sum()


def of_stars(folder: Path, **options: object) -> TransformersLabeller:
    columns = columns_of(LabelModel(set="sentiment", model="x", map=MAP), STARS, OWN, place="p")
    temperature = float(options.pop("temperature", 1.0))
    return TransformersLabeller(folder, Reading(OWN, columns=columns, temperature=temperature), identity="i", **options)


def test_labels_that_mean_the_same_are_added_up(stars: Path) -> None:
    model = of_stars(stars)
    assert isinstance(model, Labeller) and model.labels == OWN
    found = model.label(TEXTS)
    assert found.shape == (5, 4) and found.dtype == np.float32
    for text, row in zip(TEXTS, found, strict=True):
        p = softmax(by_hand(stars, text))
        assert np.allclose(row, [p[0] + p[1], p[2], p[3] + p[4], 0.0], atol=2e-3)
    assert np.ptp(found[:, 0]) > 0.05, "the texts are told apart"


def test_a_temperature_flattens(stars: Path) -> None:
    cold, warm = of_stars(stars).label(TEXTS), of_stars(stars, temperature=20.0).label(TEXTS)
    p = softmax(by_hand(stars, TEXTS[0]) / 20)
    assert np.allclose(warm[0], [p[0] + p[1], p[2], p[3] + p[4], 0.0], atol=1e-3)
    assert not np.allclose(cold, warm, atol=1e-2)


def test_order_company_and_batch_change_nothing(stars: Path) -> None:
    together = of_stars(stars, batch=2).label(TEXTS)
    assert np.array_equal(of_stars(stars, batch=2).label(TEXTS[::-1]), together[::-1])
    alone = np.concatenate([of_stars(stars).label([t]) for t in TEXTS])
    assert np.allclose(together, alone, atol=1e-3)
    assert of_stars(stars).label([]).shape == (0, 4)


def test_a_long_text_is_read_in_windows(stars: Path) -> None:
    first, second = " ".join(["lovely"] * 46), "rude late parcel"
    found = of_stars(stars).label([f"{first} {second}"])[0]
    # The window holds 48 tokens with its two ends; the rest is a window of five.
    logits = (48 * by_hand(stars, first) + 5 * by_hand(stars, second)) / 53
    p = softmax(logits)
    assert np.allclose(found, [p[0] + p[1], p[2], p[3] + p[4], 0.0], atol=2e-3)


def test_zero_shot_weighs_the_hypotheses_against_each_other(nli: Path) -> None:
    asked = LabelModel(set="sentiment", model="x", kind="zero_shot")
    taxonomy = configuration.load(None).taxonomy
    hypotheses = hypotheses_of(asked, OWN, taxonomy)
    assert hypotheses[0] == "This customer feedback is about a bad experience."
    seen: list[tuple[int, int]] = []
    model = TransformersLabeller(nli, Reading(OWN, hypotheses=hypotheses, entailment=2), identity="i", batch=3,
                                 progress=lambda done, total: seen.append((done, total)))
    found = model.label(TEXTS)
    for text, row in zip(TEXTS, found, strict=True):
        assert np.allclose(row, softmax(np.array([by_hand(nli, text, h)[2] for h in hypotheses])), atol=2e-3)
    assert seen[-1] == (20, 20)


def test_a_hypothesis_without_room_for_the_text_is_refused(nli: Path) -> None:
    reading = Reading(("a",), hypotheses=(" ".join(["good"] * 40),), entailment=2)
    with pytest.raises(ModelError, match="has 43 tokens, too many for the model's window of 48"):
        TransformersLabeller(nli, reading, identity="i")


def test_hypotheses_come_from_the_taxonomy() -> None:
    taxonomy = configuration.load(None).taxonomy
    own = own_labels(taxonomy, read_calibration(labels_folder(configuration.load(None))))
    asked = LabelModel(set="touchpoint", model="x", kind="zero_shot", template="It is on {}")
    found = hypotheses_of(asked, own["touchpoint"], taxonomy)
    assert len(found) == len(own["touchpoint"]) and own["touchpoint"][-1] == "none"
    assert found[own["touchpoint"].index("packaging")] == "It is on boxes and wrapping"
    assert len(set(found)) == len(found)
    for name in ("sentiment", "emotion", "pain", "intent"):
        said = hypotheses_of(LabelModel(set=name, model="x", kind="zero_shot"), own[name], taxonomy)
        assert len(set(said)) == len(own[name])


@pytest.mark.parametrize("given, part", [
    ({**MAP, "6 stars": "positive"}, "the model has no label '6 stars'; the model knows 1 star, 2 stars"),
    ({**MAP, "5 stars": "delighted"}, "'delighted' (for '5 stars') is no label of ours; sentiment has negative"),
    ({k: v for k, v in MAP.items() if k != "3 stars"}, "the model's label '3 stars' is not mapped"),
    ({}, "'1 star' (for '1 star') is no label of ours"),
])
def test_a_wrong_mapping_names_what_is_known(given: dict[str, str], part: str) -> None:
    with pytest.raises(ConfigError) as fault:
        columns_of(LabelModel(set="sentiment", model="x", map=given), STARS, OWN, place="classify.models.0")
    assert part in str(fault.value) and "classify.models.0.map" in str(fault.value)


def test_without_a_map_the_models_labels_are_ours() -> None:
    assert columns_of(LabelModel(set="pain", model="x"), ("1", "0"), ("0", "1"), place="p") == (1, 0)


def test_the_identity_follows_the_weights_and_not_the_place(stars: Path, tmp_path: Path) -> None:
    again, other = make(tmp_path / "a" / "stars", STARS), make(tmp_path / "b" / "stars", STARS, seed=5)
    assert label_model_identity("stars", again) == label_model_identity("stars", stars)
    assert label_model_identity("stars", other) != label_model_identity("stars", stars)


def test_what_is_no_safe_classifier_is_refused(stars: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is no folder .* and cannot be had from the hub"):
        label_model_folder("nobody/nothing", local=tmp_path / "nobody" / "nothing")
    bare = tmp_path / "bare"
    bare.mkdir()
    with pytest.raises(ModelError, match=r"config\.json"):
        label_model_folder("bare", local=bare)
    (bare / "config.json").write_text("{}")
    (bare / "pytorch_model.bin").write_bytes(b"pickled")
    with pytest.raises(ModelError, match="safetensors"):
        label_model_folder("bare", local=bare)
    headless = make(tmp_path / "headless", STARS)
    config = BertConfig.from_pretrained(headless)
    BertModel(config).save_pretrained(headless)
    with pytest.raises(ModelError, match="no trained classifier"):
        of_stars(headless)
    remote = make(tmp_path / "remote", STARS)
    written = json.loads((remote / "config.json").read_text("utf-8"))
    written |= {"model_type": "strange", "auto_map": {"AutoConfig": "evil.Config"}}
    (remote / "config.json").write_text(json.dumps(written), "utf-8")
    (remote / "evil.py").write_text("raise SystemExit('code of the model was run')\n", "utf-8")
    with pytest.raises(ModelError, match="cannot be used"):
        foreign_labels(remote)


def test_models_are_checked_before_they_are_loaded(stars: Path, nli: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def provided(*models: dict[str, object]) -> tuple[object, ...]:
        loaded = configuration.load(None, extra={"classify": {"models": list(models)}})
        calibration = read_calibration(labels_folder(loaded))
        return provide_labellers(loaded, calibration, progress=lambda done, total: None)

    good = {"set": "sentiment", "model": str(stars), "map": MAP}
    one, other = provided(good, {"set": "stage", "model": str(nli), "kind": "zero_shot"})
    assert one.identity.startswith("sentiment:stars:") and str(stars.parent) not in one.identity
    assert one.load().label(["late"]).shape == (1, 4)
    warmer, = provided({**good, "temperature": 2.0})
    assert warmer.identity != one.identity and other.set == "stage"
    with pytest.raises(ConfigError, match="is not mapped"):
        provided({**good, "map": {"1 star": "negative"}})
    with pytest.raises(ModelError, match="no NLI model"):
        provided({"set": "stage", "model": str(stars), "kind": "zero_shot"})
