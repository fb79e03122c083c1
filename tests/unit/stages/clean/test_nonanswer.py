from __future__ import annotations

import pytest

from voicemine.stages.clean.nonanswer import is_non_answer


@pytest.mark.parametrize("text", [
    "n/a", "N/A.", "None", "no comment", "nothing", ".", "-", "???", "asdf", "asdfghjkl", "sdfghj", "xxx", "12345",
    "aaaa", "Nothing really",
    "qwerty", "ghghgh", "idk", "None that I can think of", "bcdfgh",
])
def test_non_answers_are_known(text: str) -> None:
    assert is_non_answer(text)


@pytest.mark.parametrize("text", [
    "good", "ok", "👍", ":)", "<3", "bad", "haha", "Nothing works", "no help at all", "slow", "wow", "type", "power",
    "poor", "Docker", "10/10!!! great",
    "everything", "too pricey", "great", "were",
])
def test_answers_are_kept(text: str) -> None:
    assert not is_non_answer(text)
