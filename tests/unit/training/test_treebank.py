"""Training examples from a small treebank written for this test."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from spacy.lang.en import English

from voicemine.errors import InputError
from voicemine.training.spacy_ewt import Plan, blank_pipeline, train
from voicemine.training.treebank import (
    Sentence,
    build_doc,
    examples,
    lowered,
    read_treebank,
    runs,
    shouted,
    unpunctuated,
    varied,
)

_ROWS = """
1 The the DET DT Definite=Def 2 det
2 Lamp lamp NOUN NN Number=Sing 3 nsubj
3 broke break VERB VBD Tense=Past|VerbForm=Fin 0 root
4 , , PUNCT , _ 8 punct
5 but but CCONJ CC _ 8 cc
6 nobody nobody PRON NN Number=Sing 8 nsubj
7 ever ever ADV RB _ 8 advmod
8 answered answer VERB VBD Tense=Past|VerbForm=Fin 3 conj
9 . . PUNCT . _ 3 punct
"""


def _conllu(copies: int) -> str:
    lines = []
    for number in range(copies):
        lines.append(f"# newdoc id = d{number}\n# sent_id = {number}")
        for row in _ROWS.strip().splitlines():
            i, word, lemma, pos, tag, feats, head, dep = row.split()
            misc = "SpaceAfter=No" if i in ("3", "8") else "_"
            lines.append("\t".join([i, word, lemma, pos, tag, feats, head, dep, "_", misc]))
        lines.append("")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[list[Sentence]]:
    path = tmp_path_factory.mktemp("ud") / "toy.conllu"
    path.write_text(_conllu(6), encoding="utf-8")
    return read_treebank(path)


def test_columns_and_clause_tags(documents: list[list[Sentence]]) -> None:
    assert len(documents) == 6
    sentence = documents[0][0]
    assert sentence.words[:3] == ("The", "Lamp", "broke")
    assert sentence.clauses == ("O", "O", "O", "O", "C", "O", "O", "O", "O")
    assert sentence.morphs[0] == ""
    assert sentence.morphs[1] == "Number=Sing"
    doc = build_doc([sentence], English().vocab, spaced=True)
    assert doc.text.strip() == "The Lamp broke, but nobody ever answered."


def test_unpunctuated_keeps_a_sound_tree(documents: list[list[Sentence]]) -> None:
    bare = unpunctuated(documents[0][0])
    assert bare.words == ("The", "Lamp", "broke", "but", "nobody", "ever", "answered")
    assert bare.heads == (1, 2, 2, 6, 6, 6, 2)
    assert bare.spaces[2] is True
    assert bare.clauses[3] == "C"
    assert unpunctuated(documents[0][0], final_only=True).words[-1] == "answered"


def test_a_lost_root_is_replaced() -> None:
    sentence = Sentence(
        words=("!", "a", "b"),
        spaces=(True,) * 3,
        pos=("PUNCT", "X", "X"),
        morphs=("",) * 3,
        lemmas=("",) * 3,
        heads=(0, 0, 0),
        deps=("ROOT", "x", "x"),
        clauses=("O",) * 3,
    )
    bare = unpunctuated(sentence)
    assert bare.heads == (0, 0)
    assert bare.deps == ("ROOT", "x")


def test_case_variants(documents: list[list[Sentence]]) -> None:
    assert lowered(documents[0][0]).words[1] == "lamp"
    assert shouted(documents[0][0]).words[1] == "LAMP"
    assert set(shouted(documents[0][0]).lemmas) == {""}


def test_variants_are_sound_and_repeatable(documents: list[list[Sentence]]) -> None:
    nlp = blank_pipeline()
    pieces = runs(documents, random.Random(1))
    first = [e.reference.text for e in examples(nlp, pieces * 20, rng=random.Random(3))]
    second = [e.reference.text for e in examples(nlp, pieces * 20, rng=random.Random(3))]
    assert first == second
    assert len(set(first)) > 5
    rng = random.Random(5)
    for _ in range(60):
        for sentence in varied(documents[0], rng):
            size = len(sentence.words)
            assert len(sentence.heads) == len(sentence.spaces) == len(sentence.clauses) == size
            assert all(0 <= head < size for head in sentence.heads)
            assert sum(head == index for index, head in enumerate(sentence.heads)) == 1


def test_a_missing_or_empty_treebank_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\$VOICEMINE_SHARED"):
        read_treebank(tmp_path / "none.conllu")
    (tmp_path / "empty.conllu").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="holds no document"):
        read_treebank(tmp_path / "empty.conllu")


@pytest.mark.slow
def test_training_learns_the_toy_treebank(documents: list[list[Sentence]]) -> None:
    plan = Plan(fast_epochs=40, full_epochs=40, batch_words=20)
    nlp = train(documents * 4, documents, plan=plan)
    doc = nlp("The Lamp broke, but nobody ever answered.")
    assert [token.pos_ for token in doc][:3] == ["DET", "NOUN", "VERB"]
    assert doc[4].tag_ == "C"
    assert doc[1].dep_ == "nsubj"
