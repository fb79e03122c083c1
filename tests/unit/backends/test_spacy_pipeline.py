"""Loading the shipped spaCy pipeline: verified, partial, cached, and clear when it cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from spacy.lang.en import English

from voicemine.backends.spacy_pipeline import COMPONENTS, SHIPPED, load_pipeline, pipeline_identity, sentence_components
from voicemine.errors import ModelError
from voicemine.resources import model_dir


def test_only_what_is_asked_for_is_loaded() -> None:
    assert load_pipeline(SHIPPED, components=("senter",)).pipe_names == ["tok2vec_fast", "senter"]
    assert load_pipeline(SHIPPED, components=("morphologizer",)).pipe_names == ["tok2vec", "morphologizer"]


def test_the_whole_pipeline_reads_a_sentence() -> None:
    nlp = load_pipeline(SHIPPED, components=COMPONENTS)
    doc = nlp("The driver left my parcels outside.")
    assert [token.pos_ for token in doc][:3] == ["DET", "NOUN", "VERB"]
    assert [token.lemma_ for token in doc][2:5] == ["leave", "my", "parcel"]
    assert doc[1].dep_ == "nsubj"
    assert [chunk.text for chunk in doc.noun_chunks] == ["The driver", "my parcels"]


def test_placeholders_are_one_token() -> None:
    nlp = load_pipeline(SHIPPED, components=("senter",))
    words = [token.text for token in nlp.make_doc("ask <PERSON_1>, or (<EMAIL>) <URL>.")]
    assert {"<PERSON_1>", "<EMAIL>", "<URL>"} <= set(words)


def test_a_pipeline_is_loaded_once() -> None:
    first = load_pipeline(SHIPPED, components=("senter", "clauser"))
    assert load_pipeline(SHIPPED, components=("clauser", "senter")) is first


def test_components_for_sentences(tmp_path: Path) -> None:
    assert sentence_components(SHIPPED) == ("senter", "clauser")
    other = English()
    other.add_pipe("parser")
    other.to_disk(tmp_path)
    assert sentence_components(tmp_path) == ("parser",)


def test_identity_names_the_weights() -> None:
    identity = pipeline_identity(SHIPPED)
    assert identity.startswith("spacy_en_ewt-")
    assert pipeline_identity(model_dir(SHIPPED)) == identity


def test_an_altered_pipeline_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model_dir(SHIPPED), copy)
    with (copy / "senter" / "model").open("ab") as handle:
        handle.write(b"\x00")
    with pytest.raises(ModelError, match="senter/model was altered"):
        load_pipeline(copy, components=("senter",))


def test_unknown_names_are_explained() -> None:
    with pytest.raises(ModelError, match="neither a folder nor an installed package"):
        load_pipeline("no_such_pipeline", components=("senter",))
    with pytest.raises(ModelError, match=r"has no component ner; it has .*parser"):
        load_pipeline(SHIPPED, components=("ner",))


def test_a_folder_without_a_pipeline_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no spaCy pipeline"):
        load_pipeline(tmp_path, components=("senter",))
