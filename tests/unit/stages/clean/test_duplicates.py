from __future__ import annotations

import random

from voicemine.stages.clean.duplicates import repeats

WORDS = ("the lamp on my desk went dark after one week and nobody at the shop would take it back although I had "
         "the slip").split()


def _repeats(texts: list[str], *, near: bool = True) -> dict[int, tuple[int, str]]:
    return {r.item: (r.representative, r.kind) for r in repeats(texts, near=near, threshold=0.75, least_words=8)}


def test_case_punctuation_and_numbering_do_not_matter() -> None:
    assert _repeats(["Great, thanks <PERSON_1>!", "great thanks <PERSON_2>"]) == {1: (0, "exact")}


def test_one_changed_word_in_a_long_text_is_near() -> None:
    text = " ".join(WORDS)
    assert _repeats([text, text.replace("dark", "dim")]) == {1: (0, "near")}
    assert _repeats([text, text.replace("dark", "dim")], near=False) == {}


def test_short_texts_are_compared_exactly() -> None:
    assert _repeats(["the lamp is dim", "the lamp is dark"]) == {}


def test_likeness_is_not_passed_on() -> None:
    chain = [list(WORDS)]
    for at in (3, 9, 15, 20):
        chain.append([*chain[-1][:at], "changed", *chain[-1][at + 1:]])
    found = _repeats([" ".join(words) for words in chain])
    assert found[1][0] == 0
    assert found.get(4, (0, ""))[0] != 0 or 4 not in found


def test_a_flood_has_one_representative() -> None:
    rng = random.Random(5)
    flood = [" ".join([*WORDS, str(rng.randint(0, 9))]) for _ in range(300)]
    assert {r for r, _ in _repeats(flood).values()} == {0}


def test_empty_texts_repeat_nothing() -> None:
    assert _repeats(["", "", "a lamp"]) == {}
