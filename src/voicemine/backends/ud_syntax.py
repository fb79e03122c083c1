"""Syntax helpers over Universal Dependencies labels: noun chunks and clause starts.

spaCy's own English noun chunker expects the ClearNLP label set, so a pipeline that is trained on UD needs its own.
Labels: https://universaldependencies.org/u/dep/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from spacy.symbols import ADP, CCONJ, NOUN, PRON, PROPN, PUNCT, SCONJ
from spacy.tokens import Doc, Span, Token

ClauseKind = Literal["contrast", "joined", "weak"]

_CHUNK_LEFT = frozenset(
    {"det", "det:predet", "amod", "compound", "nummod", "nmod:poss", "nmod:unmarked", "nmod:desc", "flat", "advmod"}
)
_CHUNK_RIGHT = frozenset({"flat", "flat:name", "compound", "fixed", "goeswith"})
_INSIDE_CHUNK = frozenset({"compound", "flat", "flat:name", "fixed", "goeswith", "nmod:poss", "nmod:desc"})
_NEVER_FIRST = frozenset({ADP, CCONJ, PUNCT, SCONJ})
_SUBJECTS = frozenset(
    {"nsubj", "nsubj:pass", "nsubj:outer", "csubj", "csubj:pass", "csubj:outer", "expl", "nsubjpass", "csubjpass"}
)
_CONTRAST_CC = frozenset({"but", "yet", "however", "though", "although", "except"})
_CONTRAST_MARK = frozenset({"although", "though", "tho", "whereas", "albeit", "altho"})
_CONTRAST_ADVERB = frozenset({"however", "nevertheless", "nonetheless", "unfortunately", "sadly"})
_PREDICATE_POS = frozenset({"VERB", "AUX", "ADJ"})
_NO_CONTRAST_POS = frozenset({"ADV", "ADP", "PRON", "NUM", "DET", "PUNCT", "SYM"})
_REPORTING = frozenset(
    {"say", "said", "says", "think", "guess", "believe", "suppose", "know", "mean", "hope", "imagine", "see", "thought"}
)


def noun_chunks(doclike: Doc | Span) -> Iterator[tuple[int, int, int]]:
    """Base noun phrases as ``(start, end, label)`` token ranges, in text order and disjoint.

    The form is what :attr:`spacy.tokens.Doc.noun_chunks` asks of ``vocab.get_noun_chunks``. Needs tags and a parse.
    """
    label = doclike.doc.vocab.strings.add("NP")
    previous_end = -1
    for token in doclike:
        if token.pos not in (NOUN, PROPN, PRON) or token.dep_ in _INSIDE_CHUNK:
            continue
        start = _chunk_start(token)
        while start < token.i and token.doc[start].pos in _NEVER_FIRST:
            start += 1
        if start < previous_end:
            continue
        end = _chunk_end(token)
        yield start, end, label
        previous_end = end


def _chunk_start(head: Token) -> int:
    start = head.i
    for child in reversed(list(head.lefts)):
        if child.dep_ not in _CHUNK_LEFT or child.right_edge.i + 1 != start:
            break
        start = child.left_edge.i
    return start


def _chunk_end(head: Token) -> int:
    end = head.i + 1
    for child in head.rights:
        if child.dep_ not in _CHUNK_RIGHT or child.left_edge.i != end:
            break
        end = child.right_edge.i + 1
    return end


def clause_starts(sentence: Doc | Span) -> dict[int, ClauseKind]:
    """Tokens at which a new clause of *sentence* starts, as document token index -> kind.

    ``contrast``: what follows stands against what came before ("the room was great | but check-in took an hour").
    ``joined``: a further full clause, coordinated or set side by side ("it froze | and I lost my data").
    ``weak``: a verb phrase or adverbial clause without a subject of its own, cut only when a sentence is too long.
    The sentence's own first token is never named. Needs tags and a UD parse.
    """
    found: dict[int, ClauseKind] = {}
    first = next((token.i for token in sentence if not token.is_punct and not token.is_space), None)
    if first is None:
        return found
    for token in sentence:
        for start, kind in _starts_at(token):
            index = _skip_punctuation(token.doc, start, sentence[-1].i)
            if index is not None and index > first and _rank(kind) > _rank(found.get(index)):
                found[index] = kind
    return found


def _rank(kind: ClauseKind | None) -> int:
    return {None: 0, "weak": 1, "joined": 2, "contrast": 3}[kind]


def _skip_punctuation(doc: Doc, start: int, last: int) -> int | None:
    """The first token from *start* on that is a word; quotes and brackets open what follows them."""
    for index in range(start, last + 1):
        if not (doc[index].is_punct and not doc[index].is_left_punct and not doc[index].is_quote):
            return index
    return None


def _starts_at(token: Token) -> Iterator[tuple[int, ClauseKind]]:
    if token.dep_ == "conj" and token.i > token.head.i:
        kind = _coordination(token)
    elif token.dep_ in ("parataxis", "list") and token.i > token.head.i:
        kind = _side_by_side(token)
    elif token.dep_ == "advcl":
        kind = _adverbial(token)
        if kind is not None:
            yield (token.left_edge.i if token.i > token.head.i else token.right_edge.i + 1), kind
        return
    else:
        return
    if kind is not None:
        yield token.left_edge.i, kind


def _coordination(token: Token) -> ClauseKind | None:
    words = {child.lower_ for child in token.children if child.i < token.i and child.dep_ in ("cc", "advmod", "mark")}
    if not _on_main_line(token.head, through=frozenset({"ccomp"})):
        return None
    if words & _CONTRAST_CC or (words & _CONTRAST_ADVERB and _has_subject(token)):
        return None if token.pos_ in _NO_CONTRAST_POS or _not_only(token.head) else "contrast"
    if not _on_main_line(token.head):
        return None
    if _has_subject(token):
        return "joined"
    return "weak" if token.pos_ in ("VERB", "AUX") else None


def _side_by_side(token: Token) -> ClauseKind | None:
    if not _on_main_line(token.head):
        return None
    size = token.right_edge.i - token.left_edge.i + 1
    if token.lower_ in _REPORTING and size <= 4:
        return None
    if _has_subject(token) or token.pos_ in _PREDICATE_POS:
        return "joined"
    return "weak"


def _adverbial(token: Token) -> ClauseKind | None:
    if not _on_main_line(token.head, through=frozenset({"ccomp"})):
        return None
    marks = {child.lower_ for child in token.children if child.dep_ == "mark"}
    if marks & _CONTRAST_MARK and _has_subject(token):
        return "contrast"
    if "while" in marks and token.i < token.head.i and token.pos_ not in ("VERB", "AUX") and _has_subject(token):
        return "contrast"
    return "weak" if marks and _has_subject(token) else None


def _on_main_line(token: Token, *, through: frozenset[str] = frozenset()) -> bool:
    """Is *token* the root, or tied to it by coordination or juxtaposition alone (or the labels in *through*)?"""
    while token.head is not token and token.dep_ not in ("ROOT", "root"):
        if token.dep_ not in ("conj", "parataxis", "list") and token.dep_ not in through:
            return False
        token = token.head
    return True


def _has_subject(token: Token) -> bool:
    return any(child.dep_ in _SUBJECTS for child in token.children)


def _not_only(head: Token) -> bool:
    return any(child.dep_ == "cc:preconj" or child.lower_ == "only" for child in head.children if child.i < head.i)
