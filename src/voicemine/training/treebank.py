"""UD English EWT as training examples, with the variants that customers write: no capitals, no full stops.

Corpus: Silveira et al. 2014, "A Gold Standard Dependency Corpus for English" (LREC), CC BY-SA 4.0.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from spacy.lang.en import English
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.converters.conllu_to_docs import conllu_to_docs
from spacy.vocab import Vocab

from voicemine.backends.ud_syntax import clause_starts
from voicemine.errors import InputError

KEPT_FEATURES = frozenset({"Degree", "Mood", "Number", "Person", "Polarity", "Tense", "VerbForm"})
CLAUSE_TAGS = {"contrast": "C", "joined": "J", "weak": "W"}
NO_CLAUSE = "O"
_FINAL_MARKS = frozenset(".!?")
_EMOJI = ("😀", "😡", "👍", "😍", "😭", "🙄", "❤️", "🔥", "😂", "👎", ":)", ":(", ";)", ":-)", "<3", ":D")
_STYLES = ("plain", "lower", "bare", "lower_bare", "loose", "upper")
_WEIGHTS = (0.45, 0.13, 0.08, 0.2, 0.1, 0.04)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One gold sentence, column by column; ``heads`` are indices into the sentence, a root points at itself."""

    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    pos: tuple[str, ...]
    morphs: tuple[str, ...]
    lemmas: tuple[str, ...]
    heads: tuple[int, ...]
    deps: tuple[str, ...]
    clauses: tuple[str, ...]


def read_treebank(path: Path) -> list[list[Sentence]]:
    """The treebank's documents, each a list of its sentences in order.

    Raises:
        InputError: when the file is missing or holds no sentence.
    """
    if not path.is_file():
        raise InputError(f"treebank file {path.name} not found; name the data folder with --data or $VOICEMINE_SHARED")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as handle:
        text = handle.read()
    vocab = English().vocab
    documents = []
    for block in text.split("# newdoc")[1:]:
        body = block.split("\n", 1)[1]
        documents.append([_sentence(doc, vocab) for doc in _converted(body)])
    if not documents:
        raise InputError(f"treebank file {path.name} holds no document")
    return documents


def _converted(block: str) -> Iterator[Doc]:
    docs: Iterator[Doc] = conllu_to_docs(block, n_sents=1, no_print=True)  # type: ignore[no-untyped-call]
    return docs


def _sentence(gold: Doc, vocab: Vocab) -> Sentence:
    columns = Sentence(
        words=tuple(token.text for token in gold),
        spaces=tuple(bool(token.whitespace_) for token in gold),
        pos=tuple(token.pos_ for token in gold),
        morphs=tuple(_features(str(token.morph)) for token in gold),
        lemmas=tuple(token.lemma_ for token in gold),
        heads=tuple(token.head.i for token in gold),
        deps=tuple(token.dep_ for token in gold),
        clauses=(NO_CLAUSE,) * len(gold),
    )
    starts = clause_starts(build_doc([columns], vocab, spaced=True))
    return replace(
        columns, clauses=tuple(CLAUSE_TAGS[starts[i]] if i in starts else NO_CLAUSE for i in range(len(gold)))
    )


def _features(morph: str) -> str:
    return "|".join(part for part in morph.split("|") if part.split("=")[0] in KEPT_FEATURES)


def build_doc(sentences: Sequence[Sentence], vocab: Vocab, *, spaced: bool) -> Doc:
    """One gold ``Doc`` of the given sentences; ``tag_`` holds the clause tag. *spaced* puts a blank between them."""
    words: list[str] = []
    spaces: list[bool] = []
    heads: list[int] = []
    starts: list[bool] = []
    for sentence in sentences:
        offset = len(words)
        words.extend(sentence.words)
        spaces.extend(sentence.spaces[:-1])
        spaces.append(spaced or sentence.spaces[-1])
        heads.extend(head + offset for head in sentence.heads)
        starts.extend(index == 0 for index in range(len(sentence.words)))
    doc = Doc(
        vocab,
        words=words,
        spaces=spaces,
        pos=[value for s in sentences for value in s.pos],
        morphs=[value for s in sentences for value in s.morphs],
        lemmas=[value for s in sentences for value in s.lemmas],
        tags=[value for s in sentences for value in s.clauses],
        deps=[value for s in sentences for value in s.deps],
        heads=heads,
    )
    return doc


def without(sentence: Sentence, drop: Sequence[bool]) -> Sentence:
    """*sentence* less the dropped tokens: their dependants move to the next head up, a lost root to its first child."""
    kept = [index for index, gone in enumerate(drop) if not gone]
    if len(kept) == len(drop) or not kept:
        return sentence
    place = {old: new for new, old in enumerate(kept)}
    heads: list[int] = []
    deps: list[str] = []
    root: int | None = None
    for old in kept:
        head = sentence.heads[old]
        while drop[head] and sentence.heads[head] != head:
            head = sentence.heads[head]
        lost_root = drop[head]
        if head == old or (lost_root and root is None):
            root = place[old] if root is None else root
            heads.append(place[old])
            deps.append("ROOT")
        else:
            heads.append(root if lost_root and root is not None else place[head])
            deps.append(sentence.deps[old])
    spaces = []
    for position, old in enumerate(kept):
        until = kept[position + 1] if position + 1 < len(kept) else len(drop)
        spaces.append(any(sentence.spaces[old:until]))
    return Sentence(
        words=tuple(sentence.words[i] for i in kept),
        spaces=tuple(spaces),
        pos=tuple(sentence.pos[i] for i in kept),
        morphs=tuple(sentence.morphs[i] for i in kept),
        lemmas=tuple(sentence.lemmas[i] for i in kept),
        heads=tuple(heads),
        deps=tuple(deps),
        clauses=tuple(sentence.clauses[i] for i in kept),
    )


def unpunctuated(sentence: Sentence, *, final_only: bool = False) -> Sentence:
    """*sentence* without its punctuation, or without its closing mark alone."""
    if final_only:
        drop = [False] * len(sentence.words)
        drop[-1] = sentence.pos[-1] == "PUNCT"
    else:
        drop = [pos == "PUNCT" for pos in sentence.pos]
    return without(sentence, drop)


def lowered(sentence: Sentence) -> Sentence:
    """*sentence* in lower case, lemmas too."""
    return replace(
        sentence,
        words=tuple(word.lower() for word in sentence.words),
        lemmas=tuple(lemma.lower() for lemma in sentence.lemmas),
    )


def shouted(sentence: Sentence) -> Sentence:
    """*sentence* in capitals; its lemmas are left open, as an edit tree cannot change the case of a whole word."""
    return replace(
        sentence, words=tuple(word.upper() for word in sentence.words), lemmas=("",) * len(sentence.words)
    )


def varied(sentences: Sequence[Sentence], rng: random.Random) -> list[Sentence]:
    """The same sentences in one style, drawn by *rng* for all of them: as printed, or as customers type."""
    style = rng.choices(_STYLES, _WEIGHTS)[0]
    changed = list(sentences)
    if style in ("bare", "lower_bare"):
        changed = [unpunctuated(sentence) for sentence in changed]
    elif style == "loose":
        changed = [unpunctuated(s, final_only=True) if rng.random() < 0.5 else s for s in changed]
    if style in ("lower", "lower_bare") or (style == "loose" and rng.random() < 0.5):
        changed = [lowered(sentence) for sentence in changed]
        if rng.random() < 0.3:
            changed = [_without_apostrophes(sentence) for sentence in changed]
    elif style == "upper":
        changed = [shouted(sentence) for sentence in changed]
    if rng.random() < 0.12:
        changed = [_with_emoji(sentence, rng) if rng.random() < 0.5 else sentence for sentence in changed]
    return changed


def _without_apostrophes(sentence: Sentence) -> Sentence:
    return replace(sentence, words=tuple(w.replace("'", "").replace("’", "") or w for w in sentence.words))


def _with_emoji(sentence: Sentence, rng: random.Random) -> Sentence:
    """*sentence* with an emoji or emoticon at its end, after the closing mark or in its place."""
    base = unpunctuated(sentence, final_only=True) if rng.random() < 0.5 else sentence
    root = next((i for i, head in enumerate(base.heads) if head == i), 0)
    mark = rng.choice(_EMOJI)
    return Sentence(
        words=(*base.words, mark),
        spaces=(*base.spaces[:-1], rng.random() < 0.8, True),
        pos=(*base.pos, "SYM"),
        morphs=(*base.morphs, ""),
        lemmas=(*base.lemmas, mark),
        heads=(*base.heads, root),
        deps=(*base.deps, "discourse"),
        clauses=(*base.clauses, NO_CLAUSE),
    )


def runs(documents: Iterable[Sequence[Sentence]], rng: random.Random, *, longest: int = 8) -> list[list[Sentence]]:
    """Neighbouring sentences in runs of 1 to *longest*, as an item holds them."""
    pieces: list[list[Sentence]] = []
    for document in documents:
        start = 0
        while start < len(document):
            size = rng.randint(1, longest)
            pieces.append(list(document[start : start + size]))
            start += size
    return pieces


def examples(nlp: Language, pieces: Iterable[Sequence[Sentence]], *, rng: random.Random | None = None) -> list[Example]:
    """Gold examples whose text is tokenised by *nlp*; with *rng* each piece is varied first."""
    made = []
    for piece in pieces:
        sentences = varied(piece, rng) if rng is not None else list(piece)
        reference = build_doc(sentences, nlp.vocab, spaced=True)
        made.append(Example(nlp.make_doc(reference.text), reference))
    return made
