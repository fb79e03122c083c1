from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from voicemine.errors import ModelError
from voicemine.numerics.calibration import SetCalibration
from voicemine.stages.classify import COLUMNS, ClassifySettings, LabelOverride, classify, roll_up

SETS = {
    "stage": ("purchase", "use", "unclear"), "touchpoint": ("website", "product", "none"),
    "sentiment": ("negative", "neutral", "positive", "mixed"), "emotion": ("anger", "satisfaction", "none"),
    "pain": ("0", "1"), "intent": ("complaint", "praise", "other"),
}
CALIBRATION = {
    name: SetCalibration(labels, threshold=0.5 if name in ("stage", "touchpoint") else 0.0)
    for name, labels in SETS.items()
}
PLAIN = ClassifySettings()


def logits_for(*rows: dict[str, str], sharp: float = 5.0) -> dict[str, np.ndarray]:
    """Logits that favour the labels named; what is not named is uniform."""
    out = {name: np.zeros((len(rows), len(labels))) for name, labels in SETS.items()}
    for i, row in enumerate(rows):
        for name, label in row.items():
            out[name][i, SETS[name].index(label)] = sharp
    return out


def table(*items: str) -> pd.DataFrame:
    return pd.DataFrame({
        "mention_id": [f"{item}#{i}" for i, item in enumerate(items)], "item_id": list(items),
        "text": [f"text {i}" for i in range(len(items))],
    })


BLAME = {"stage": "purchase", "touchpoint": "website", "sentiment": "negative", "emotion": "anger", "pain": "1",
         "intent": "complaint"}
PRAISE = {"stage": "use", "touchpoint": "product", "sentiment": "positive", "emotion": "satisfaction", "pain": "0",
          "intent": "praise"}
FLAT = {"stage": "unclear", "touchpoint": "none", "sentiment": "neutral", "emotion": "none", "pain": "0",
        "intent": "other"}


def test_labels_are_the_first_choice_with_its_probability() -> None:
    out = classify(table("a"), logits_for(BLAME), settings=PLAIN, calibration=CALIBRATION)
    row = out.iloc[0]
    assert (row["stage"], row["touchpoint"], row["emotion"], row["intent"]) == (
        "purchase", "website", "anger", "complaint")
    assert row["is_pain"] and row["pain_probability"] > 0.9
    assert row["sentiment"] == "negative" and row["sentiment_score"] < -0.5
    assert row["stage_confidence"] == pytest.approx(np.exp(5) / (np.exp(5) + 2))


def test_too_unsure_is_unclear_and_keeps_its_first_choice() -> None:
    vague = logits_for({**BLAME}, sharp=0.1)
    row = classify(table("a"), vague, settings=PLAIN, calibration=CALIBRATION).iloc[0]
    assert (row["stage"], row["stage_best"]) == ("unclear", "purchase")
    assert (row["touchpoint"], row["touchpoint_best"]) == ("unclear", "website")
    never = ClassifySettings(stage_threshold=0.0, touchpoint_threshold=0.0)
    row = classify(table("a"), vague, settings=never, calibration=CALIBRATION).iloc[0]
    assert (row["stage"], row["touchpoint"]) == ("purchase", "website")


def test_pain_threshold_is_a_setting() -> None:
    logits = logits_for({"pain": "1"}, sharp=1.0)
    assert classify(table("a"), logits, settings=PLAIN, calibration=CALIBRATION)["is_pain"].iloc[0]
    strict = ClassifySettings(pain_threshold=0.9)
    assert not classify(table("a"), logits, settings=strict, calibration=CALIBRATION)["is_pain"].iloc[0]


def test_stronger_emotion_lies_further_out() -> None:
    two = logits_for({**BLAME}, {**BLAME, "emotion": "none"})
    score = classify(table("a", "b"), two, settings=PLAIN, calibration=CALIBRATION)["sentiment_score"]
    assert score[0] < score[1] < 0


def test_overrides_by_id_and_by_phrase() -> None:
    texts = table("a", "b")
    texts["text"] = ["my Klarna bill", "klarnaism"]
    chosen = ClassifySettings(overrides=(
        LabelOverride(contains="klarna", column="touchpoint", label="checkout_payment"),
        LabelOverride(id="b", column="is_pain", label="false"),
    ))
    out = classify(texts, logits_for(BLAME, BLAME), settings=chosen, calibration=CALIBRATION)
    assert out["touchpoint"].tolist() == ["checkout_payment", "website"]
    assert out["touchpoint_confidence"].tolist()[0] == 1.0
    assert out["is_pain"].tolist() == [True, False]


def test_an_override_needs_one_way_to_find_its_rows() -> None:
    with pytest.raises(ValidationError):
        LabelOverride(column="stage", label="use")
    with pytest.raises(ValidationError):
        LabelOverride(id="a", contains="bb", column="stage", label="use")


def test_logits_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError):
        classify(table("a", "b"), logits_for(BLAME), settings=PLAIN, calibration=CALIBRATION)
    short = logits_for(BLAME) | {"stage": np.zeros((1, 2))}
    with pytest.raises(ModelError):
        classify(table("a"), short, settings=PLAIN, calibration=CALIBRATION)


def rolled(mentions: pd.DataFrame, *rows: dict[str, str]) -> pd.DataFrame:
    labels = classify(mentions, logits_for(*rows), settings=PLAIN, calibration=CALIBRATION)
    items = mentions[["item_id"]].drop_duplicates()
    return roll_up(labels, items, settings=PLAIN).set_index("item_id")


def test_one_mention_rolls_up_to_itself() -> None:
    mentions = table("a", "b", "c")
    labels = classify(mentions, logits_for(BLAME, PRAISE, FLAT), settings=PLAIN, calibration=CALIBRATION)
    items = roll_up(labels, mentions[["item_id"]], settings=PLAIN)
    pd.testing.assert_frame_equal(items[list(COLUMNS)], labels[list(COLUMNS)], check_dtype=False)


def test_halves_that_disagree_make_a_mixed_item() -> None:
    row = rolled(table("a", "a"), BLAME, PRAISE).loc["a"]
    assert row["sentiment"] == "mixed" and abs(row["sentiment_score"]) < 0.3
    assert row["is_pain"] and row["stage"] == "purchase" and row["touchpoint"] == "website"


def test_a_neutral_sentence_does_not_blur_praise() -> None:
    row = rolled(table("a", "a"), FLAT, PRAISE).loc["a"]
    assert (row["sentiment"], row["stage"], row["intent"]) == ("positive", "use", "praise")


def test_the_pain_leads_however_late_it_comes() -> None:
    row = rolled(table("a", "a", "a"), PRAISE, PRAISE, BLAME).loc["a"]
    assert (row["stage"], row["emotion"], row["intent"]) == ("purchase", "anger", "complaint")


def test_a_lead_that_says_nothing_yields_to_the_next() -> None:
    silent = {**BLAME, "stage": "unclear", "touchpoint": "none"}
    row = rolled(table("a", "a"), silent, PRAISE).loc["a"]
    assert (row["stage"], row["touchpoint"], row["intent"]) == ("use", "product", "complaint")


def test_all_neutral_stays_neutral_and_items_without_mentions_are_left_out() -> None:
    mentions = table("a", "a")
    labels = classify(mentions, logits_for(FLAT, FLAT), settings=PLAIN, calibration=CALIBRATION)
    out = roll_up(labels, pd.DataFrame({"item_id": ["z", "a"]}), settings=PLAIN)
    assert out["item_id"].tolist() == ["a"]
    assert out["sentiment"].tolist() == ["neutral"] and not out["is_pain"].any()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([BLAME, PRAISE, FLAT])), min_size=1, max_size=9))
def test_roll_up_keeps_pains_and_ranges(parts: list[tuple[str, dict[str, str]]]) -> None:
    mentions = table(*[item for item, _ in parts])
    labels = classify(mentions, logits_for(*[row for _, row in parts]), settings=PLAIN, calibration=CALIBRATION)
    items = pd.DataFrame({"item_id": sorted({item for item, _ in parts})})
    out = roll_up(labels, items, settings=PLAIN)
    assert out["item_id"].tolist() == items["item_id"].tolist()
    assert out.set_index("item_id")["is_pain"].to_dict() == labels.groupby("item_id")["is_pain"].any().to_dict()
    assert out["sentiment_score"].between(-1, 1).all()
    confidences = [c for c in COLUMNS if c.endswith("_confidence")]
    assert ((out[confidences] > 0) & (out[confidences] <= 1)).all().all()
    again = roll_up(labels.sample(frac=1, random_state=1).sort_index(), items, settings=PLAIN)
    pd.testing.assert_frame_equal(out, again)
