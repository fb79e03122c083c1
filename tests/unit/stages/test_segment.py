"""Segment: what is cut and what is not, exact offsets, and invariants that hold for any text."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from spacy.lang.en import English
from spacy.language import Language

from voicemine.backends.spacy_pipeline import SHIPPED, load_pipeline
from voicemine.errors import ModelError
from voicemine.schema import to_arrow
from voicemine.stages.segment import SegmentSettings, Span, segment, segment_text, segment_texts, stage
from voicemine.stages.segment.reading import squeezed
from voicemine.tables import SEGMENTS

NLP = load_pipeline(SHIPPED, components=("senter", "clauser"))
DEFAULT = SegmentSettings()


def pieces(text: str, options: SegmentSettings = DEFAULT, nlp: Language = NLP) -> list[str]:
    spans = segment_texts([text], settings=options, nlp=nlp)[0]
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The room was great but check-in took an hour.",
            ["The room was great", "but check-in took an hour."],
        ),
        (
            "Although the staff was friendly, the room was dirty.",
            ["Although the staff was friendly,", "the room was dirty."],
        ),
        (
            "I love the design, however the battery dies within two hours",
            ["I love the design,", "however the battery dies within two hours"],
        ),
        (
            "The app froze twice and I lost my whole shopping basket.",
            ["The app froze twice", "and I lost my whole shopping basket."],
        ),
    ],
)
def test_contrast_and_full_clauses_are_cut(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "slow, rude, overpriced",
        "The staff was friendly and helpful",
        "It was not only slow but also rude",
        "good but slow",
        "The lamp broke so I returned it",
        "When I called, they hung up on me.",
        "Great app 😀😀",
        "😡😡😡",
        "!!!",
        "Thanks <PERSON_1>",
    ],
)
def test_what_makes_one_point_stays_whole(text: str) -> None:
    assert pieces(text) == [text]


def test_lists_are_cut() -> None:
    assert pieces("1) too slow to load 2) rude staff everywhere 3) pricey for what it is") == [
        "1) too slow to load",
        "2) rude staff everywhere",
        "3) pricey for what it is",
    ]
    assert pieces("- parcel came late\n- box was crushed\n- nobody called me back") == [
        "- parcel came late",
        "- box was crushed",
        "- nobody called me back",
    ]
    assert pieces("poor service, not replying to e-mails, two failed visits") == [
        "poor service,",
        "not replying to e-mails,",
        "two failed visits",
    ]
    assert pieces("delivery was two days late; the invoice was wrong; nobody answers the phone") == [
        "delivery was two days late;",
        "the invoice was wrong;",
        "nobody answers the phone",
    ]


def test_version_numbers_are_no_list() -> None:
    text = "I am still on version 2. Works for me on every phone"
    assert all("2." not in piece[:2] for piece in pieces(text))


def test_fragments_join_a_neighbour() -> None:
    assert pieces("Horrible. The parcel never came.") == ["Horrible. The parcel never came."]
    assert pieces("The parcel never came. Horrible.") == ["The parcel never came. Horrible."]
    assert pieces("Delivery:\nThe parcel never came.") == ["Delivery:\nThe parcel never came."]


def test_emoji_links_and_tags_stay_with_the_words_before() -> None:
    text = "The parcel never came 😡😡 The box was crushed 🙄 #fail https://example.org/a?b=1"
    found = pieces(text)
    assert found[0].endswith("😡😡")
    assert found[-1].endswith("https://example.org/a?b=1")
    assert all(any(char.isalpha() for char in piece) for piece in found)


def test_wrapped_mail_lines_are_one_sentence() -> None:
    text = "This is about the replacement of my broken kettle and of its heavy\nglass lid."
    assert pieces(text) == [text]
    assert len(pieces("The kettle is broken.\n\nThe toaster is fine though.")) == 2


def test_units() -> None:
    text = "The room was great but check-in took an hour. I will not come back."
    assert pieces(text, SegmentSettings(unit="item")) == [text]
    assert pieces(text, SegmentSettings(unit="sentence")) == [
        "The room was great but check-in took an hour.",
        "I will not come back.",
    ]
    assert len(pieces(text)) == 3


def test_splitting_can_be_turned_off() -> None:
    text = "The room was great but check-in took an hour."
    assert pieces(text, SegmentSettings(split_contrast=False)) == [text]
    listed = "• parcel came late • box was crushed"
    assert len(pieces(listed)) == 2
    assert pieces(listed, SegmentSettings(split_lists=False)) == [listed]


def test_overlong_mentions_are_shortened() -> None:
    text = " ".join(f"word{i}" for i in range(200))
    found = pieces(text, SegmentSettings(max_words=20))
    assert all(len(piece.split()) <= 20 for piece in found)
    assert " ".join(found) == text


def test_other_languages_are_cut_by_rule_alone() -> None:
    text = "Die Lieferung kam zu spät. Der Karton war offen. Niemand hat geantwortet."
    spans = segment_texts([text], settings=DEFAULT, nlp=NLP, languages=["de"])[0]
    assert [text[a:b] for a, b in spans] == [
        "Die Lieferung kam zu spät.",
        "Der Karton war offen.",
        "Niemand hat geantwortet.",
    ]


def test_segment_text_takes_a_ready_doc() -> None:
    text = "The room was great   but check-in took an hour."
    doc = NLP(squeezed(text)[0])
    spans = segment_text(text, doc, settings=DEFAULT)
    assert [text[a:b] for a, b in spans] == ["The room was great", "but check-in took an hour."]


def test_rows_keep_the_contract() -> None:
    items = pd.DataFrame(
        {
            "item_id": ["b", "a", "blank"],
            "text": ["The room was great but check-in took an hour.", "Lovely staff", "  "],
            "language": ["en", "en", None],
        }
    )
    frame = segment(items, settings=DEFAULT, nlp=NLP)
    assert list(frame["mention_id"]) == ["b#0", "b#1", "a#0"]
    texts = dict(zip(items["item_id"], items["text"], strict=True))
    for row in frame.itertuples():
        assert texts[row.item_id][row.start : row.end] == row.text
    to_arrow(SEGMENTS, frame)
    to_arrow(SEGMENTS, segment(items.iloc[:0], settings=DEFAULT, nlp=NLP))


def test_equal_texts_are_cut_alike_wherever_they_stand() -> None:
    texts = ["The app froze twice and I lost my basket.", "ok", "The app froze twice and I lost my basket."] * 40
    spans = segment_texts(texts, settings=DEFAULT, nlp=NLP)
    alone = segment_texts(texts[:1], settings=DEFAULT, nlp=NLP)[0]
    assert all(found == alone for text, found in zip(texts, spans, strict=True) if text != "ok")


def test_worker_processes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"The lamp number {i} was great but the box was crushed. I want my money back." for i in range(40)]
    alone = segment_texts(texts, settings=SegmentSettings(processes=1), nlp=NLP)
    monkeypatch.setattr(stage, "FORK_FROM", 10)
    monkeypatch.setattr(stage, "_CHUNK", 7)
    assert segment_texts(texts, settings=SegmentSettings(processes=2), nlp=NLP) == alone
    assert sum(map(len, alone)) >= 3 * len(alone)


def test_another_pipeline_is_read_by_its_parse() -> None:
    parsing = load_pipeline(SHIPPED, components=("morphologizer", "parser"))
    found = pieces("The room was great but the shower was cold. I will not come back.", nlp=parsing)
    assert found[0] == "The room was great"
    assert found[-1] == "I will not come back."


def test_a_pipeline_without_sentences_is_refused() -> None:
    with pytest.raises(ModelError, match="finds no sentences"):
        segment_texts(["The room was great but check-in took an hour."], settings=DEFAULT, nlp=English())


def test_settings_are_checked() -> None:
    with pytest.raises(ValidationError, match="at least twice"):
        SegmentSettings(min_words=15, max_words=20)


_SNIPPETS = st.sampled_from(
    [
        "The app froze", "but", "and I lost my data", "great", ". ", "! ", "; ", "\n", "\r\n", "\n- ", " 1) ", " 2. ",
        "<EMAIL>", "<PERSON_1>", ", ", "😡", "❤️", ":)", "...", " ", "\t", "\u00a0", "\u2028", "it's late", "Pros:",
        "however", "http://a.b/c;d", "<", ">", "é", "日本語", "٣", "\u200d", "(", ")", '"', "don't", "so", "-",
        "although", "\ufffd",
    ]
)
_TEXTS = st.one_of(
    st.text(max_size=80), st.lists(_SNIPPETS, max_size=40).map(" ".join), st.lists(_SNIPPETS).map("".join)
)
_OPTIONS = st.builds(
    SegmentSettings,
    unit=st.sampled_from(["mention", "sentence", "item"]),
    min_words=st.integers(1, 5),
    max_words=st.integers(10, 40),
    split_contrast=st.booleans(),
    split_lists=st.booleans(),
)


def _check(text: str, spans: list[Span]) -> None:
    covered = [0] * len(text)
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        last = end
        for index in range(start, end):
            covered[index] += 1
    for char, count in zip(text, covered, strict=True):
        assert count == 1 or (count == 0 and char.isspace())
    for placeholder in ("<EMAIL>", "<PERSON_1>"):
        at = text.find(placeholder)
        while at >= 0:
            assert not any(at < start < at + len(placeholder) for start, _ in spans)
            at = text.find(placeholder, at + 1)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=_TEXTS, options=_OPTIONS, language=st.sampled_from(["en", "fr"]))
def test_every_character_lies_in_one_mention(text: str, options: SegmentSettings, language: str) -> None:
    _check(text, segment_texts([text], settings=options, nlp=NLP, languages=[language])[0])


@pytest.mark.parametrize(
    "unit",
    [".", "!? ", ":)", "; ", "\n", " ", "a. ", "<EMAIL>", "<A_", "1) ", "but, ", "a,", "a, ", "it, ", "😀 ", "- ", "("],
)
def test_long_repeats_are_harmless(unit: str) -> None:
    text = (unit * 30_000)[:30_000]
    started = time.process_time()
    _check_fast(text, segment_text(text, None, settings=DEFAULT))
    assert time.process_time() - started < 5


def _check_fast(text: str, spans: list[Span]) -> None:
    assert sum(len(text[a:b].replace(" ", "").replace("\n", "")) for a, b in spans) == len(
        text.replace(" ", "").replace("\n", "")
    )
