"""The text of the spaCy pipeline's card."""

from __future__ import annotations

from collections.abc import Mapping

_TEMPLATE = """# spacy_en_ewt {version}

A small English spaCy pipeline for customer feedback: sentence and clause starts, parts of speech, lemmas, and a
dependency parse with Universal Dependencies labels. Trained from scratch by `scripts/train_spacy.py`
(settings: `src/voicemine/training/spacy_ewt.cfg`), CPU only, no static vectors, no transformer.

## Components

| component | writes | reads |
|---|---|---|
| `tok2vec_fast`, `senter`, `clauser` | sentence starts; `token.tag_`, see below | every item |
| `tok2vec`, `morphologizer` | `token.pos_` (UPOS), `token.morph` (seven features) | on demand |
| `lemmatizer` | `token.lemma_` (edit trees, Müller et al. 2015; unknown words fall back to lower case) | on demand |
| `parser` | `token.dep_`, `token.head` (UD labels; transition-based) | on demand |

`token.tag_` says where clauses start: `C` one that stands in contrast, `J` a further full clause, `W` a dependent
clause or verb phrase; `O` elsewhere. It is **not** a Penn Treebank tag. Features kept in `token.morph`: Degree, Mood,
Number, Person, Polarity, Tense, VerbForm.

Load it with `voicemine.backends.spacy_pipeline.load_pipeline("spacy_en_ewt", components=(...))`: files are checked
against `card.json`, only the named components are loaded, and `doc.noun_chunks` works on the UD labels.
The tokenizer keeps placeholders such as `<EMAIL>` whole.

## Data and licence

Universal Dependencies English EWT (weblogs, newsgroups, e-mail, reviews, questions), train part: 12,544 sentences.
Silveira et al. 2014, *A Gold Standard Dependency Corpus for English*, LREC. Licence **CC BY-SA 4.0**; the weights
are derived from it and are offered under CC BY-SA 4.0 as well. The vocabulary that ships holds labels, edit
trees and tokenizer rules, no list of the corpus' words.

While training, a part of the text was changed to what customers type: in lower case, without punctuation, without
the closing mark, without apostrophes, in capitals, with emoji or emoticons. Clause starts are derived from the gold
trees by `voicemine.backends.ud_syntax.clause_starts`.
Nothing was chosen by the dev scores but the width of the fast part.
This version saw {trained}.
The two parts share no weights and can be trained apart (`--only fast`, `--only full`).

## Scores on the EWT dev set (2,001 sentences)

Raw text in, documents without paragraph breaks. "Bare" is the same text in lower case without punctuation.

| | dev | dev, bare |
|---|---|---|
{rows}

Speed on one core (processor time, tokenising included): sentence and clause starts {fast:,.0f} words a second,
all components {all:,.0f}.

### Published figures on EWT, for scale

They are for the test part of UD 2.5, from raw text, and of far larger models. EWT's labels have changed since, so
the rows give the scale, not a ranking.

| system | tokens | sentences | UPOS | lemmas | UAS | LAS |
|---|---|---|---|---|---|---|
| Stanza 1.0 (its page "Model performance on UD 2.5") | 99.01 | 81.13 | 95.40 | 97.21 | 86.22 | 83.59 |
| spaCy `en_udv25_englishewt_trf` (its model card; a transformer) | – | 90.62 | 96.94 | 97.36 | 91.90 | 89.42 |

spaCy's `en_core_web_sm` is no row here: it is trained and scored on OntoNotes, with other labels.
"""
_ROWS = (
    ("tokens", "token_acc"),
    ("sentence starts, F1", "sentence_f"),
    ("clause starts (C, J), F1", "clause_f"),
    ("UPOS", "upos_acc"),
    ("lemmas", "lemma_acc"),
    ("UAS", "uas"),
    ("LAS", "las"),
)


def card_text(version: str, metrics: Mapping[str, float], *, trained: str) -> str:
    """Markdown for ``card.md``; *metrics* as :func:`voicemine.training.spacy_card.measure` gives them."""
    rows = "\n".join(
        f"| {label} | {_percent(metrics, key)} | {_percent(metrics, 'bare_lower_' + key)} |" for label, key in _ROWS
    )
    return _TEMPLATE.format(
        version=version,
        rows=rows,
        trained=trained,
        fast=metrics["words_per_second_fast"],
        all=metrics["words_per_second_all"],
    )


def _percent(metrics: Mapping[str, float], key: str) -> str:
    value = metrics.get(key)
    return "–" if value is None else f"{100 * value:.2f}"
