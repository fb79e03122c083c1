"""Measures the trained spaCy pipeline on the EWT dev set, and saves it with its card."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from voicemine.backends.model_card import write_card
from voicemine.backends.spacy_pipeline import COMPONENTS, load_pipeline
from voicemine.training.spacy_ewt import FAST, FULL, PARTS, Plan, dev_examples, set_weights, train, weights
from voicemine.training.spacy_text import card_text
from voicemine.training.treebank import Sentence, read_treebank

NAME = "spacy_en_ewt"
LICENCE = "CC BY-SA 4.0"
DATA = (
    "Universal Dependencies English EWT, train part (12,544 sentences, 204,577 words), CC BY-SA 4.0, "
    "https://github.com/UniversalDependencies/UD_English-EWT; Silveira et al. 2014",
)
_SCORES = {
    "token_acc": "token_acc",
    "pos_acc": "upos_acc",
    "lemma_acc": "lemma_acc",
    "dep_uas": "uas",
    "dep_las": "las",
    "sents_f": "sentence_f",
}


def build(
    treebank: Path, folder: Path, *, plan: Plan, parts: Sequence[str] = ("fast", "full"), version: str
) -> dict[str, float]:
    """Train on the EWT files in *treebank*, then :func:`finish` to *folder*; returns the metrics.

    With one of *parts* alone ("fast" or "full") the other part is taken over from the pipeline in *folder*.

    Raises:
        InputError: the treebank files are missing.
        ModelError: the other part is wanted from *folder*, and there is no sound pipeline in it.
    """
    train_set = read_treebank(treebank / "en_ewt-ud-train.conllu.gz")
    dev = read_treebank(treebank / "en_ewt-ud-dev.conllu.gz")
    kept = [name for part, names in PARTS.items() if part not in parts for name in names]
    old = load_pipeline(folder, components=tuple(name for name in kept if name in COMPONENTS)) if kept else None
    nlp = train(train_set, dev, plan=plan, parts=parts)
    if old is not None:
        take_over(nlp, old, kept)
    return finish(nlp, dev, folder, version=version, trained=trained(plan))


def trained(plan: Plan) -> str:
    """How long, for the card."""
    stop = plan.full_stop or plan.full_epochs
    return f"{plan.fast_epochs} epochs of the fast part, {stop} of {plan.full_epochs} planned epochs of the full part"


def take_over(nlp: Language, old: Language, names: Sequence[str]) -> None:
    """Put the weights of *old*'s components *names* into *nlp*; both were made from the same config."""
    for string in old.vocab.strings:
        nlp.vocab.strings.add(string)
    for name in names:
        set_weights(nlp, name, weights(old, name))


def finish(
    nlp: Language, dev: Sequence[Sequence[Sentence]], folder: Path, *, version: str, trained: str
) -> dict[str, float]:
    """Measure on *dev* and save to *folder* with the cards; returns the metrics."""
    for name in list(nlp.disabled):
        nlp.enable_pipe(name)
    metrics = measure(nlp, dev)
    save(nlp, folder, version=version, metrics=metrics, text=card_text(version, metrics, trained=trained))
    return metrics


def measure(nlp: Language, dev: Sequence[Sequence[Sentence]]) -> dict[str, float]:
    """Accuracies in 0..1 on raw *dev* text, on the same text without capitals and punctuation, and words a second."""
    found: dict[str, float] = {}
    for name, made in (
        ("", dev_examples(nlp, dev)),
        ("bare_lower_", dev_examples(nlp, dev, lower=True, bare=True)),
    ):
        texts = [example.reference.text for example in made]
        scores = nlp.evaluate(made)
        for key, label in _SCORES.items():
            value = scores[key]
            if isinstance(value, float):
                found[name + label] = round(value, 4)
        clauses = clause_scores(zip(made, nlp.pipe(texts), strict=True))
        found.update({name + label: value for label, value in clauses.items()})
        if not name:
            found.update(speeds(nlp, texts))
    return found


def clause_scores(pairs: Iterable[tuple[Example, Doc]]) -> dict[str, float]:
    """F1 of clause starts (contrast and joined, by place and kind) against those drawn from the gold trees."""
    both = gold_only = read_only = 0
    for example, doc in pairs:
        gold = {(token.idx, token.tag_) for token in example.reference if token.tag_ in ("C", "J")}
        read = {(token.idx, token.tag_) for token in doc if token.tag_ in ("C", "J")}
        both += len(gold & read)
        gold_only += len(gold - read)
        read_only += len(read - gold)
    precision = both / max(1, both + read_only)
    recall = both / max(1, both + gold_only)
    total = precision + recall
    return {
        "clause_precision": round(precision, 4),
        "clause_recall": round(recall, 4),
        "clause_f": round(2 * precision * recall / total, 4) if total else 0.0,
    }


def speeds(nlp: Language, texts: Sequence[str]) -> dict[str, float]:
    """Words a second, tokenising included, for the fast part and for the whole pipeline."""
    found = {}
    for label, part in (("words_per_second_fast", FAST), ("words_per_second_all", (*FAST, *FULL))):
        with nlp.select_pipes(enable=list(part)):
            started = time.process_time()
            n_words = sum(len(doc) for doc in nlp.pipe(texts))
            found[label] = float(round(n_words / (time.process_time() - started)))
    return found


def save(nlp: Language, folder: Path, *, version: str, metrics: Mapping[str, float], text: str) -> None:
    """Write the pipeline, its ``card.md`` (*text*) and ``card.json`` to *folder*, which is emptied first."""
    if folder.exists():
        shutil.rmtree(folder)
    nlp.meta.update(
        name="ewt",
        version=version,
        description="UD English EWT pipeline of voicemine",
        license=LICENCE,
        author="voicemine",
        performance={},
    )
    nlp.to_disk(folder)
    (folder / "vocab" / "strings.json").write_text(json.dumps(needed_strings(nlp), indent=0), encoding="utf-8")
    (folder / "card.md").write_text(text, encoding="utf-8")
    write_card(folder, name=NAME, version=version, metrics=metrics, licence=LICENCE, data=DATA)


def needed_strings(nlp: Language) -> list[str]:
    """Strings without which the pipeline cannot work: labels, lemma edits, tokenizer rules; no list of the corpus."""
    strings = set(spacy.blank("en").vocab.strings)
    for name in ("clauser", "morphologizer", "parser"):
        pipe: Any = nlp.get_pipe(name)
        for label in pipe.labels:
            strings.add(label)
            strings.update(label.split("|"))
            strings.update(label.replace("-", "|").split("|"))
            strings.update(label.split("-", 1)[-1].split("||"))
            strings.update(part for feature in label.split("|") for part in feature.split("="))
            strings.add("|".join(f for f in label.split("|") if not f.startswith("POS=")))
    lemmatizer: Any = nlp.get_pipe("lemmatizer")
    for tree in lemmatizer.label_data["trees"]:
        strings.update(value for key, value in tree.items() if key in ("orig", "subst"))
    return sorted(strings)
