"""What makes segmenting fast changes no mention."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from voicemine.backends.spacy_pipeline import load_pipeline
from voicemine.stages.segment import SegmentSettings, cuts, run_on, segment_texts
from voicemine.stages.segment.join import Span, join

PIECES = st.lists(st.sampled_from(
    ["the", "room", "but", "BUT it", "it", "is", "nothing", "all", "last", "was", ",", ";", ".", "..", "!", "?", " ",
     "\n", "\u00a0", "although", "Whereas", "in spite of", "de\u017fpite", "It", "They went", "please help",
     "Can you see it", "thank you very", "would u", "1.", "2)", "•", "pros:", "#tag", "@anna", "<EMAIL>", "www.a.b", "https://a.b/c",
     "O'Brien", "x-y", "é", "10"]), max_size=12)
TEXTS = st.one_of(PIECES.map(" ".join), PIECES.map("".join), st.text(max_size=30))

PLAIN_BUT = re.compile(
    r"(?<!\bnothing)(?<!\banything)(?<!\beverything)(?<!\ball)(?<!\bnone)(?<!\blast)(?<=[\w.,;)])\s"
    r"(?=but\s+(?:the|it|its|it['’]s|i|i['’]m|my|they|we|he|she|you|there|this|that|nobody|not|still|now|never|when|if)"
    r"\s+\w)", re.IGNORECASE)
PLAIN_REQUEST = re.compile(
    r"\b(?:(?:please|pls|plz)\s+\w+|thank\s+you|(?:can|could|would)\s+(?:you|u|someone|anyone)\s+\w+)\s+\w",
    re.IGNORECASE)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_quick_forms_find_what_plain_forms_find(text: str) -> None:
    assert cuts.word_starts(text) == [m.start() for m in cuts._TOKEN.finditer(text) if m.group(1)]
    for quick, plain in ((cuts._CONTRAST_BUT, PLAIN_BUT), (run_on._REQUEST, PLAIN_REQUEST)):
        assert [m.span() for m in quick.finditer(text)] == [m.span() for m in plain.finditer(text)]
    lowered = text.lower()
    if cuts._CONTRAST_FIRST.search(text):
        assert not lowered.isascii() or "though" in lowered or "whereas" in lowered or "spite" in lowered
    assert cuts._CONTRAST_BUT.search(text) is None or "but" in lowered


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(10, 45))
def test_text_of_few_characters_without_a_cut_is_one_mention(text: str, most: int) -> None:
    if len(text) < 2 * most:
        assert len(cuts.word_starts(text)) <= most
        bare = text.strip()
        start = text.find(bare)
        assert join(text, (), (), min_words=2, max_words=most) == ([Span(start, start + len(bare))] if bare else [])


def test_words_that_the_tokenizer_has_met_change_nothing() -> None:
    nlp = load_pipeline("spacy_en_ewt", components=("senter", "clauser"))
    texts = [f"The lift's broken-down again, wasn't it #{n}? I can't wait... but nobody came :( at 5pm/6pm."
             for n in range(9)]
    alone = [segment_texts([text], settings=SegmentSettings(processes=1), nlp=nlp)[0] for text in texts]
    assert segment_texts(texts, settings=SegmentSettings(processes=1), nlp=nlp) == alone
