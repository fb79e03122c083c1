"""The words that drove a label: what the model says with and without each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from voicemine.numerics.calibration import Floats
from voicemine.numerics.placeholders import PLACEHOLDER

MOST = 60
"""Words that are left out one by one; the words of a longer text are left out in as many runs of neighbours."""
# A placeholder is one word; marks that carry a feeling (!, ?, emoji, emoticons) count as words, quiet ones do not.
_FACE = r"[:;=8][-'’]?[()\[\]DPp/\\|](?!\w)"
_WORD = re.compile(rf"(?P<face>{_FACE})|{PLACEHOLDER.pattern}|\w+(?:[-'’.]\w+)*|[^\w\s]+")
_QUIET = frozenset(".,;:'\"“”‘’„«»()[]{}<>-–—/\\…*_#|&+=~`^")

#: Texts in, (labels, probabilities (n, k)) of each label set out.
Read = Callable[[Sequence[str]], Mapping[str, tuple[Sequence[str], Floats]]]


@dataclass(frozen=True)
class Word:
    """A word, or a run of words, `text[start:end]`; weight: how much of the label's probability goes without it."""

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """The model's first choice in one label set, its probability, and the words, strongest first.

    A positive weight speaks for the label, a negative one against it.
    """

    label_set: str
    label: str
    confidence: float
    words: tuple[Word, ...]


def spans_of(text: str, *, most: int = MOST) -> list[tuple[int, int]]:
    """Half-open spans of the words of `text`, left to right; of runs of words where there are more than `most`."""
    words = [m.span() for m in _WORD.finditer(text) if m["face"] or not set(m[0]) <= _QUIET]
    size = -(-len(words) // most) or 1
    return [(words[i][0], words[min(i + size, len(words)) - 1][1]) for i in range(0, len(words), size)]


def without(text: str, span: tuple[int, int]) -> str:
    """`text` with one span left out, and no double space in its place."""
    before, after = text[: span[0]], text[span[1] :]
    return before + after.lstrip(" ") if before.endswith(" ") or not before else before + after


def explain(text: str, *, read: Read, pain_threshold: float = 0.5, most: int = MOST) -> list[Explanation]:
    """For each label set that `read` gives: the label of `text` and the weights of its words.

    Occlusion: the text is read again without each word, all in one batch, and a word weighs by how much the
    probability of the label changes (Li, Monroe and Jurafsky, 2016). The label set `pain` has the labels true and
    false, from `pain_threshold` up; the other sets' label is the most probable one.
    """
    spans = spans_of(text, most=most)
    found = read([text, *(without(text, span) for span in spans)])
    out = []
    for name, (labels, given) in found.items():
        best = int(given[0].argmax())
        if name == "pain":
            yes = list(labels).index("1")
            best = yes if given[0, yes] >= pain_threshold else 1 - yes
        weights = given[0, best] - given[1:, best]
        words = [Word(text[a:b], a, b, float(w)) for (a, b), w in zip(spans, weights, strict=True)]
        label = {"1": "true", "0": "false"}[labels[best]] if name == "pain" else labels[best]
        out.append(Explanation(name, label, float(given[0, best]),
                               tuple(sorted(words, key=lambda w: (-abs(w.weight), w.start)))))
    return out
