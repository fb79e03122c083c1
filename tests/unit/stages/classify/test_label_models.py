"""The classify stage with label models of the user's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from voicemine.numerics.calibration import SetCalibration
from voicemine.settings import Settings
from voicemine.stages.classify import ClassifySettings, LabelModel
from voicemine.stages.classify import stage as module
from voicemine.taxonomy import Stage, Taxonomy, Touchpoint

TAXONOMY = Taxonomy(
    stages=(Stage(label="purchase", classic="purchase", definition="Buying things in a shop."),
            Stage(label="repair", classic="retention", definition="Having a thing repaired.")),
    touchpoints=(Touchpoint(label="website", channel="online", definition="The web site."),))
SETS = {
    "stage": ("purchase", "use", "unclear"), "touchpoint": ("website", "product", "none"),
    "sentiment": ("negative", "neutral", "positive", "mixed"), "emotion": ("anger", "satisfaction", "none"),
    "pain": ("0", "1"), "intent": ("complaint", "praise", "other"),
}
CALIBRATION = {name: SetCalibration(labels, threshold=0.5 if name in ("stage", "touchpoint") else 0.0)
               for name, labels in SETS.items()}


class WordLabeller:
    """The label whose word stands in the text gets `sure`; the rest is shared. Remembers what it read."""

    identity = "words"

    def __init__(self, labels: tuple[str, ...], words: dict[str, str], *, sure: float = 0.9) -> None:
        self.labels, self._words, self._sure, self.read = labels, words, sure, []

    def label(self, texts: Sequence[str]) -> np.ndarray:
        self.read.append(list(texts))
        out = np.full((len(texts), len(self.labels)), (1 - self._sure) / (len(self.labels) - 1), dtype=np.float32)
        for i, text in enumerate(texts):
            named = next(label for word, label in self._words.items() if word in text)
            out[i, self.labels.index(named)] = self._sure
        return out


def tables() -> tuple[pd.DataFrame, pd.DataFrame, dict[str, np.ndarray]]:
    """Two items; the second's only mention is the same text as the first's second. Mentions and items share rows."""
    segments = pd.DataFrame({"mention_id": ["a#0", "a#1", "b#0"], "item_id": ["a", "a", "b"],
                             "text": ["the zip was repaired for <PERSON_1>", "fine buy", "fine buy"]})
    items = pd.DataFrame({"item_id": ["a", "b", "c"], "is_mined": [True, True, False],
                          "text": ["the zip was repaired for <PERSON_1>. fine buy", "fine buy", "n/a"]})
    rng = np.random.default_rng(0)
    encoding = {"rows": np.array([2, 0, 0]), "item_rows": np.array([1, 0]),
                "vectors": np.eye(3, dtype=np.float32)}
    encoding |= {f"logits.{name}": rng.normal(size=(3, len(labels))) for name, labels in SETS.items()}
    return items, segments, encoding


def run(models: dict[str, WordLabeller], settings: Settings | None = None) -> module.Classified:
    items, segments, encoding = tables()
    return module.run(
        items, segments, encoding, settings=settings or ClassifySettings(), calibration=CALIBRATION,
        taxonomy=TAXONOMY, embed=lambda texts: np.ones((len(texts), 3), np.float32), label_models=models)


def stage_model(**options: float) -> WordLabeller:
    return WordLabeller(("purchase", "repair", "unclear"), {"repaired": "repair", "buy": "purchase"}, **options)


def test_a_model_gives_its_set_and_leaves_the_others_as_they_were() -> None:
    plain, model = run({}), stage_model()
    found = run({"stage": model})
    assert found.mention_labels["stage"].tolist() == ["repair", "purchase", "purchase"]
    assert found.mention_labels["stage_confidence"].tolist() == pytest.approx([0.9] * 3)
    assert found.item_labels["stage"].tolist() == ["repair", "purchase"]
    rest = [c for c in plain.mention_labels if not c.startswith("stage")]
    pd.testing.assert_frame_equal(found.mention_labels[rest], plain.mention_labels[rest])
    pd.testing.assert_frame_equal(found.item_labels[[c for c in rest if c != "mention_id"]],
                                  plain.item_labels[[c for c in rest if c != "mention_id"]])


def test_each_distinct_text_is_read_once_and_as_a_model_should_read_it() -> None:
    model = stage_model()
    run({"stage": model})
    zip_ = "the zip was repaired for someone"
    assert model.read == [["fine buy", f"{zip_}. fine buy", zip_]]
    alone = stage_model()
    run({"stage": alone}, ClassifySettings(items_from="mentions"))
    assert alone.read == [["fine buy", zip_]]


def test_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run({"stage": stage_model()})
    monkeypatch.setattr(module, "_PART", 1)
    model = stage_model()
    parts = run({"stage": model})
    pd.testing.assert_frame_equal(parts.mention_labels, whole.mention_labels)
    pd.testing.assert_frame_equal(parts.item_labels, whole.item_labels)
    assert len(model.read) == 1


def test_only_an_asked_threshold_makes_it_unclear() -> None:
    unsure = run({"stage": stage_model(sure=0.4)}).mention_labels
    assert unsure["stage"].tolist() == ["repair", "purchase", "purchase"]
    strict = run({"stage": stage_model(sure=0.4)}, ClassifySettings(stage_threshold=0.5)).mention_labels
    assert strict["stage"].tolist() == ["unclear"] * 3
    assert strict["stage_best"].tolist() == ["repair", "purchase", "purchase"]


def test_pain_and_sentiment_of_a_model_reach_every_column_that_hangs_on_them() -> None:
    feeling = WordLabeller(SETS["sentiment"], {"repaired": "negative", "buy": "positive"}, sure=1.0)
    pain = WordLabeller(SETS["pain"], {"repaired": "1", "buy": "0"}, sure=0.8)
    found = run({"sentiment": feeling, "pain": pain}).mention_labels
    assert found["sentiment"].tolist() == ["negative", "positive", "positive"]
    assert (np.sign(found["sentiment_score"]) == [-1, 1, 1]).all()
    assert found["is_pain"].tolist() == [True, False, False]
    assert found["pain_probability"].tolist() == pytest.approx([0.8, 0.2, 0.2])


def test_settings_take_one_model_for_a_set_and_refuse_what_does_not_fit() -> None:
    one = LabelModel(set="stage", model="x")
    with pytest.raises(ValidationError, match="two for stage"):
        ClassifySettings(models=(one, one))
    with pytest.raises(ValidationError, match="goes with kind classification"):
        LabelModel(set="stage", model="x", kind="zero_shot", map={"a": "use"})
    with pytest.raises(ValidationError, match="must hold"):
        LabelModel(set="stage", model="x", kind="zero_shot", template="about stage")
