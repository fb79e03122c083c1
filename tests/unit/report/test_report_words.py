"""Figures and labels in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine.report import words
from voicemine.report.page import embed
from voicemine.report.plain import escape


@pytest.mark.parametrize(("share", "shown"), [
    (0.0, "0%"), (0.00001, "<0.1%"), (0.034, "3.4%"), (0.05, "5%"), (0.0996, "10%"), (0.5, "50%"), (1.0, "100%")])
def test_percent(share: float, shown: str) -> None:
    assert words.percent(share) == shown


@pytest.mark.parametrize(("value", "shown"), [(-1.24, "−1.2"), (0.04, "0.0"), (-0.04, "0.0"), (2.0, "+2.0")])
def test_signed_shows_a_real_minus_and_no_signed_zero(value: float, shown: str) -> None:
    assert words.signed(value) == shown


@pytest.mark.parametrize(("text", "shown"), [
    ("nps_rating", "NPS rating"), ("Survey_SUB type", "Survey sub type"), ("mobile_app", "Mobile app"), ("", "–")])
def test_labels_in_words(text: str, shown: str) -> None:
    assert words.label(text) == shown


def test_own_sentences_write_figures_as_the_page_does() -> None:
    assert words.prose("48 % since week of 2026-05-18", 80) == "48% since week of 18 May 2026"
    assert words.prose("9999-99-99 2026-02-30", 80) == "9999-99-99 2026-02-30"
    assert words.lower("NPS rating") == "NPS rating" and words.lower("Age band") == "age band"
    assert words.run_day("20260705-ab12-0000") == "5 Jul 2026" and words.run_day("nightly") == "nightly"
    assert words.run_day("20269999-ab12") == "20269999-ab12"


def test_a_quote_cut_out_of_a_sentence_says_so() -> None:
    assert words.quote("It broke, ", 80) == "It broke …" and words.quote("It broke.", 80) == "It broke."


def test_a_figure_at_the_start_of_a_line_stays_a_figure() -> None:
    assert escape("2.64") == "2.64" and escape("−3") == "−3"


@given(st.text(max_size=300), st.integers(20, 80))
def test_shown_text_is_bounded_and_turns_no_direction(text: str, limit: int) -> None:
    shown = words.clean(text, limit)
    assert len(shown) <= limit
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200f\u0000\u2028\n")


@given(st.recursive(st.text() | st.integers() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x),
                    max_leaves=8))
def test_embedded_json_reads_back_and_cannot_leave_its_element(data: object) -> None:
    import json

    text = str(embed(data))
    assert json.loads(text) == data
    assert not set(text) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("text", ["<script>x</script>", "[a](javascript:alert(1))", "| a |", "# head", "- item",
                                  "1. item", "12) item", "---", "===", "+ item", "`code`",
                                  "http://example.com", "![x](y)"])
def test_markdown_shows_marks_as_they_are(text: str) -> None:
    from markdown_it import MarkdownIt

    html = MarkdownIt("gfm-like", {"linkify": False}).render(escape(text) + "\n")
    assert html.count("<") == 2 and html.startswith("<p>"), html
