"""Names that state the complaint are preferred, and a denial of what members affirm is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from voicemine.numerics.calibration import SetCalibration, complaint_and_praise
from voicemine.stages.name.candidates import Candidate, pairs, pool
from voicemine.stages.name.naming import _telling
from voicemine.stages.name.phrases import Phrase
from voicemine.stages.name.words import Lexicon

_LEXICON = Lexicon(stop=frozenset({"the", "is", "my", "a", "for", "did", "do"}), lemmas={"ordered": "order"})
_CALIBRATION = {"sentiment": SetCalibration(("negative", "neutral", "positive", "mixed")),
                "pain": SetCalibration(("0", "1"))}


def _phrases(*found: tuple[str, int]) -> list[list[Phrase]]:
    return [[Phrase(tuple(text.split()), 0.8)] for text, n in found for _ in range(n)]


@pytest.mark.parametrize(("found", "name", "share"), [
    ((("never ordered", 2), ("ordered", 6)), "never ordered", 0.25),
    ((("no reply", 2), ("reply", 6)), "no reply", 1.0),
    ((("parcel late", 2),), "parcel late", 1.0),
])
def test_a_denial_knows_how_many_say_the_contrary(
    found: Sequence[tuple[str, int]], name: str, share: float
) -> None:
    made = {" ".join(c.words): c for c in pool(_phrases(*found), _LEXICON, max_words=6)}
    assert made[name].denied == pytest.approx(share)


def test_the_judge_is_asked_for_what_the_theme_is() -> None:
    row = [Candidate(("order", "placed"), frozenset({"order", "placed"}), 0.8, 3)]

    def judge(texts: Sequence[str]) -> np.ndarray:
        return np.tile(np.array([0.25, 0.75], np.float32), (len(texts), 1))

    assert _telling([row, row, row, []], [1, -1, 0, 1], judge) == [[0.25], [0.75], [0.75], []]


def test_complaints_and_praise_come_from_calibrated_labels() -> None:
    logits = {"sentiment": np.array([[9.0, 0, 0, 0], [0, 0, 9.0, 0]]), "pain": np.array([[0, 9.0], [9.0, 0]])}
    found = complaint_and_praise(logits, _CALIBRATION, n=2)
    assert found[0, 0] > 0.99 > 0.01 > found[1, 0] and found[1, 1] > 0.99 > 0.01 > found[0, 1]


@pytest.mark.parametrize("logits", [{}, {"sentiment": np.zeros((2, 4))}])
def test_without_the_labels_there_is_no_opinion(logits: dict[str, np.ndarray]) -> None:
    assert (complaint_and_praise(logits, _CALIBRATION, n=2) == 0.5).all()


def _things(*mentions: str) -> list[list[Phrase]]:
    return [[Phrase(tuple(part.split()), 0.1, is_thing=True, is_noun=True) for part in m.split(",")] for m in mentions]


def test_two_things_are_joined_where_together_they_cover_more() -> None:
    said = _things(*["shoes"] * 4, *["boots"] * 4, *["laces"])
    made = pairs(pool(said, _LEXICON, max_words=6), said, _LEXICON)
    assert [(c.words[1], {c.words[0], c.words[2]}, c.support) for c in made] == [("and", {"shoes", "boots"}, 8)]


@pytest.mark.parametrize("mentions", [
    ["lamp"] * 4 + ["lampshade"] * 4, ["phone,line,phone line"] * 4 + ["phone"] * 4 + ["line"] * 4, ["shoes,boots"] * 8,
])
def test_one_thing_is_not_named_twice(mentions: list[str]) -> None:
    said = _things(*mentions)
    assert pairs(pool(said, _LEXICON, max_words=6), said, _LEXICON) == []
