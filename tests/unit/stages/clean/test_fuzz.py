"""Long repeated strings: no rule may take time that grows faster than the text."""

from __future__ import annotations

import time

import pytest

from voicemine.stages.clean import CleanSettings, clean_text

UNITS = ["a", "A", " ", "1", "1 ", "1-", "1.", "(1", "+1", "@", "a@", "a.", "a@a.", "a.a@", "<", "<a", "<p>", "&lt;",
         "&", "X", "XX/", "Xx ", "ab ",
         "Ab ", "My name is ", "Mr ", "Mr. A", "order ", "order number ", "order # ", "1 a ", "12 Main ", "http://",
         "www.", "www.a", "12:", "::",
         "a:", "0a:", "-", "--", "> ", ">\n", "\n", "a\n", "On a wrote:\n", "From: a\n", "Agent: a\n", "no ", "asdf",
         "'", "’", "\\", "\\n", "\\u00",
         "_", "*", "#", "€", "â€™", "ðŸ", "é", "你", "🙂", "\u200d", "IBAN GB82 ", "GB82WEST", "A1", "a1 ", "Dear A ",
         "thanks ", "address is 1 ",
         "dot at ", "a dot ", "a at a dot ", "1999-", "12/", "1,", "$1", "rue de ", "Via A ", "Smith ", "Anna Smith ",
         "John", "J. ", "st 1 ", "road 1 ",
         "0 0 0 0 ", "1234 ", "1234-", "12345678 ", "?", "!", "... ", "{$", "<URL>", "<PERSON_1> ", "u/", "@_", "x x "]


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_length_only(unit: str) -> None:
    settings = CleanSettings()
    clean_text(unit * 20, settings=settings)
    started = time.process_time()
    clean_text(unit * (16_000 // len(unit)), settings=settings)
    # A quadratic rule takes tens of seconds here; a linear one well below one, even on a busy machine.
    assert time.process_time() - started < 4.0
