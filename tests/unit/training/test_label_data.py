from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from voicemine.errors import ConfigError, InputError
from voicemine.training.data import as_model_reads, concatenate, from_codebook, from_public, near_duplicates, read_rows
from voicemine.training.settings import LabelledFile, PublicFile, read_settings

LABELS = {"stage": ("use", "support", "unclear"), "sentiment": ("negative", "neutral", "positive", "mixed")}
SPEC = LabelledFile(path="own.jsonl")


def row(**given: object) -> dict[str, object]:
    return {"id": "1", "text": "It broke.", "source": "shop", "stage": "use", "sentiment": "negative", **given}


def test_a_runner_up_takes_its_share_of_the_target() -> None:
    found = from_codebook([row(stage2="support"), row(stage2="")], LABELS, spec=SPEC, runner_up=0.25)
    assert found.target["stage"].tolist() == [[0.75, 0.25, 0.0], [1.0, 0.0, 0.0]]
    assert found.hard("stage").tolist() == [0, 0]
    assert found.known["sentiment"].all() and not found.partial["sentiment"].any()


def test_rows_without_a_label_set_do_not_know_it() -> None:
    found = from_codebook([row(sentiment=None)], LABELS, spec=SPEC, runner_up=0.25)
    assert found.hard("sentiment").tolist() == [-1]


def test_an_unknown_label_is_named() -> None:
    with pytest.raises(InputError, match="'usage' is no label of 'stage'"):
        from_codebook([row(stage="usage")], LABELS, spec=SPEC, runner_up=0.25)


def test_public_labels_are_mapped_and_restricted() -> None:
    spec = PublicFile(
        path="nhs.jsonl", name="nhs", column="score", where={"split": ("train",)},
        map={"1": {"sentiment": "positive"}, "3": {"sentiment": ("neutral", "mixed")}},
        among={"sentiment": ("negative", "neutral", "positive")},
    )
    rows = [
        {"id": 1, "text": "a", "score": 1.0, "split": "train"}, {"id": 2, "text": "b", "score": 3.0, "split": "train"},
        {"id": 3, "text": "c", "score": 2.0, "split": "train"}, {"id": 4, "text": "d", "score": 1.0, "split": "dev"},
    ]
    found = from_public(rows, LABELS, spec=spec)
    assert found.ids.tolist() == ["nhs:1", "nhs:2"]
    assert found.target["sentiment"].tolist() == [[0, 0, 1, 0], [0, 0.5, 0, 0.5]]
    assert found.partial["sentiment"].tolist() == [False, True]
    assert found.active["sentiment"].tolist() == [[True, True, True, False], [True, True, True, True]]
    assert not found.known["stage"].any()


def test_a_list_label_counts_only_alone() -> None:
    spec = PublicFile(path="go", name="go", column="labels", map={"anger": {"sentiment": "negative"}})
    rows = [{"id": 1, "text": "a", "labels": ["anger"]}, {"id": 2, "text": "b", "labels": ["anger", "joy"]}]
    assert from_public(rows, LABELS, spec=spec).ids.tolist() == ["go:1"]


def test_near_duplicates_are_found_and_others_kept() -> None:
    gold = ["The lift has been out of order for seven weeks and nobody cares.", "Thanks!"]
    texts = [
        "the lift has been out of order, for seven weeks — and nobody cares", "thanks",
        "I wrote twice. The lift has been out of order for seven weeks and nobody cares.",
        "The lift has been out of order for nine weeks and nobody cares.", "The stairs are clean and the lift is fast.",
    ]
    assert near_duplicates(texts, gold, near=0.8).tolist() == [True, True, True, True, False]


def test_texts_are_read_as_a_run_would_read_them() -> None:
    assert as_model_reads("@brand My order &amp; refund 😡 https://x.org/a") == (
        "My order & refund enraged face a link")
    assert as_model_reads("XX/XX/2019 I paid") .startswith("something")


def test_taking_and_joining_keep_rows_together() -> None:
    parts = from_codebook([row(id="a"), row(id="b", sentiment="mixed")], LABELS, spec=SPEC, runner_up=0.25)
    joined = concatenate([parts, parts]).take(np.array([3, 0]))
    assert joined.ids.tolist() == ["b", "a"]
    assert joined.hard("sentiment").tolist() == [3, 0]


def test_gz_and_plain_are_read_and_rubbish_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n\n')
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as handle:
        handle.write('{"id": 2}\n')
    assert read_rows(tmp_path / "a.jsonl") + read_rows(tmp_path / "b.jsonl.gz") == [{"id": 1}, {"id": 2}]
    (tmp_path / "c.jsonl").write_text("{")
    with pytest.raises(InputError, match=r"c\.jsonl"):
        read_rows(tmp_path / "c.jsonl")


CONFIGS = Path(__file__).resolve().parents[3] / "configs"


def test_the_shipped_training_files_are_valid_and_wrong_keys_are_named(tmp_path: Path) -> None:
    shipped = read_settings(CONFIGS / "train.yaml")
    assert shipped.files and shipped.public and shipped.anchor is None
    trunk = read_settings(CONFIGS / "train_trunk.yaml")
    assert trunk.files == shipped.files and trunk.anchor and (trunk.base_layer, trunk.n_layers) == (0, 6)
    fast = read_settings(CONFIGS / "train_fast.yaml")
    assert fast.files == shipped.files and fast.base_layer + fast.n_layers == 6 and fast.n_layers < shipped.n_layers
    wrong = tmp_path / "t.yaml"
    wrong.write_text("files: []\noptimizer: {}\nseed: one\n")
    with pytest.raises(ConfigError) as caught:
        read_settings(wrong)
    assert "optimizer" in str(caught.value) and "seed" in str(caught.value)


def test_our_own_training_items_follow_the_codebook() -> None:
    from voicemine.training.labels import LABEL_SETS

    folder = Path(__file__).resolve().parents[3] / "data" / "training"
    rows = read_rows(folder / "own_items.jsonl")
    assert len(rows) >= 500
    found = from_codebook(rows, LABEL_SETS, spec=LabelledFile(path="own_items.jsonl"), runner_up=0.25)
    assert len(set(found.texts)) == len(found) == len(set(found.ids.tolist()))
    labels_only = read_rows(folder / "corpus_labels.jsonl")
    assert labels_only and all("text" not in r for r in labels_only)
    json.dumps(labels_only)
