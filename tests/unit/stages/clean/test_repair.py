from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine.stages.clean.repair import repair


@pytest.mark.parametrize(("raw", "clean", "step"), [
    ("Itâ€™s great ðŸ™‚ in the cafÃ©", "It's great 🙂 in the café", "encoding"),
    ("<p>Late<br>again &amp;amp; again</p>", "Late\nagain & again", "html"),
    ("&lt;b&gt;bold&lt;/b&gt; claim", "bold claim", "html"),
    ("too gooooood!!!!!!!!", "too goood!!!", "repetition"),
    ("zero\u200bwidth and \x00control\x07", "zerowidth and control", "invisible"),
    ("first line\\nsecond line", "first line\nsecond line", "escapes"),
    ("caf\\u00e9 \\ud83d\\ude42", "café 🙂", "escapes"),
])
def test_dirt_is_repaired_and_named(raw: str, clean: str, step: str) -> None:
    repaired = repair(raw)
    assert repaired.text == clean
    assert step in repaired.steps


@pytest.mark.parametrize("text", [
    "price < 5 and size > 3", "I <3 it", "👨‍👩‍👧 loved it", "a plain sentence.", "<EMAIL> and <PERSON_1> and <ADDRESS>",
    "naïve café, 20 °C",
])
def test_what_is_sound_stays(text: str) -> None:
    assert repair(text).text == text


def test_html_can_be_kept() -> None:
    assert repair("<b>x</b>", strip_html=False).text == "<b>x</b>"


def test_scripts_and_styles_leave_no_text() -> None:
    assert repair("<style>p{color:red}</style><p>Hello</p><script>alert(1)</script>").text == "Hello"


_DIRTY = st.text(alphabet=st.sampled_from(list("aA1 "
                                               "<>&;/\\nux0!?.\n\t\u200b\u200d\u00a0é€™â🙂lt#bp=\"'\x00\ue000\ue001")),
                 max_size=60)


@given(st.one_of(_DIRTY, st.text(max_size=80)))
def test_repair_is_idempotent(text: str) -> None:
    once = repair(text).text
    assert repair(once).text == once
