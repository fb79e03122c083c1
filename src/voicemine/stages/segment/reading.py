"""What the spaCy pipeline read in a text, as cuts: sentence starts and clause starts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from spacy.attrs import SENT_START, TAG
from spacy.language import Language
from spacy.tokens import Doc

from voicemine.backends.ud_syntax import clause_starts
from voicemine.stages.segment.cuts import is_consequence, is_contrast_opener, is_correlative, word_starts
from voicemine.stages.segment.kinds import CLAUSE, SENTENCE, Cut

_ODD_SPACE = re.compile(r"[^\S ]|  |^\s")
#: The clause tag of a token at which no clause starts.
NO_CLAUSE = "O"
_SPACES = re.compile(r"\s+")
#: Words after which, or marks within which, a short text may hold a second statement.
_CUE = re.compile(
    r"[.!?;:,…\n\r]\s*\S|\b(?:but|and|though|although|tho|yet|however|whereas|so|because|while|except|or|then)\b"
    r"|[^\w\s\"'’.,!?;:()<>@#$%&/+*-]\s*\w|\s-",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Cuts of one text by the model; ``weak`` are clause starts for overlong mentions, in order."""

    cuts: tuple[Cut, ...] = ()
    weak: tuple[int, ...] = ()


def needs_model(text: str, *, rule_words: int) -> bool:
    """False for a text so short and plain that it is one statement whatever the model says."""
    # n words have 2n - 1 characters at least.
    is_long = len(text) > 2 * rule_words and len(word_starts(text)) > rule_words
    return is_long or _CUE.search(text) is not None


def squeezed(text: str) -> tuple[str, list[int] | None]:
    """*text* with each run of white space as one blank, as the model knows it, and where each character stood."""
    if _ODD_SPACE.search(text) is None:
        return text, None
    places: list[int] = []
    parts: list[str] = []
    at = 0
    for match in _SPACES.finditer(text):
        parts.append(text[at : match.start()])
        places.extend(range(at, match.start()))
        if parts[-1] or len(parts) > 1:
            parts.append(" ")
            places.append(match.start())
        at = match.end()
    parts.append(text[at:])
    places.extend(range(at, len(text)))
    return "".join(parts), places


def read_doc(doc: Doc, places: list[int] | None = None, *, text: str | None = None) -> Reading:
    """Cuts of *doc*, whose text is a squeezed one; *places* leads back to the offsets of the original.

    *text* is the text of *doc* where it is at hand. Uses the clause tags of the shipped pipeline; with another one,
    its parse.
    """
    if not len(doc):
        return Reading()
    found = _from_parse(doc) if doc[0].dep else _from_tags(doc)
    if not found:
        return Reading()
    text = doc.text if text is None else text
    cuts: list[Cut] = []
    weak: list[int] = []
    for index, kind in found:
        offset = doc[index].idx
        if is_correlative(text, offset):
            continue
        place = offset if places is None else places[offset]
        if kind == "weak" or (kind == "joined" and is_consequence(text, offset)):
            weak.append(place)
        elif kind == "sentence":
            cuts.append(Cut(place, SENTENCE, is_contrast_opener(text, offset)))
        else:
            cuts.append(Cut(place, CLAUSE, kind == "contrast"))
    return Reading(tuple(cuts), tuple(weak))


def _from_tags(doc: Doc) -> list[tuple[int, str]]:
    strings = doc.vocab.strings
    kinds = {strings[tag]: kind for tag, kind in (("C", "contrast"), ("J", "joined"), ("W", "weak"))}
    values = doc.to_array([SENT_START, TAG])
    is_start = values[:, 0] == 1
    found: list[tuple[int, str]] = []
    for index in np.flatnonzero(is_start | (values[:, 1] != strings[NO_CLAUSE])).tolist():
        kind = "sentence" if is_start[index] else kinds.get(int(values[index, 1]))
        if index and kind is not None:
            found.append((index, kind))
    return found


def _from_parse(doc: Doc) -> list[tuple[int, str]]:
    found: dict[int, str] = {}
    for sentence in doc.sents:
        if sentence.start:
            found[sentence.start] = "sentence"
        if doc.has_annotation("DEP"):
            for index, kind in clause_starts(sentence).items():
                found.setdefault(index, kind)
    return sorted(found.items())


def window(text: str, limit: int) -> list[tuple[int, int]]:
    """[start, end) windows of at most *limit* characters, broken after white space where there is any."""
    bounds: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > limit:
        end = start + limit
        space = max(text.rfind(" ", start + limit // 2, end), text.rfind("\n", start + limit // 2, end))
        end = space + 1 if space > 0 else end
        bounds.append((start, end))
        start = end
    bounds.append((start, len(text)))
    return bounds


def check_pipeline(nlp: Language) -> bool:
    """Can *nlp* cut sentences at all?"""
    return bool({"senter", "parser", "sentencizer"} & set(nlp.pipe_names))
