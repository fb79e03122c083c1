"""The segment stage: items in, mentions out."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context

import pandas as pd
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from voicemine.errors import ModelError
from voicemine.stages.base import Earlier, Stage
from voicemine.stages.segment.cuts import rule_cuts, rule_sentences, settle
from voicemine.stages.segment.join import Span, join
from voicemine.stages.segment.kinds import CLAUSE, HARD, SENTENCE, Cut
from voicemine.stages.segment.reading import Reading, check_pipeline, needs_model, read_doc, squeezed, window
from voicemine.stages.segment.settings import SegmentSettings

COLUMNS = ("mention_id", "item_id", "ordinal", "start", "end", "text")
_WINDOW = 20_000
_BATCH = 256
_ZONE = 8192
_CHUNK = 4096
#: The tokenizer learns words that occur this often in this many texts, and so many words at most.
_OFTEN, _WORD_TEXTS, _MOST_WORDS = 3, 50_000, 30_000
#: Mentions by text, and whether the pipeline reads its language.
Known = Mapping[tuple[str, bool], list[Span]]
#: From how many texts on it pays to start worker processes.
FORK_FROM = 12_000
#: Languages whose sentences the pipeline reads; "und" is text too short to tell. Others are cut by rule alone.
_READ = frozenset({"en", "und", ""})


@dataclass(frozen=True)
class Segmented:
    """What the stage writes: ``segments``, one row per mention."""

    segments: pd.DataFrame


def segment_text(text: str, doc: Doc | None, *, settings: SegmentSettings) -> list[Span]:
    """Mentions of one text as half-open code-point offsets, in order.

    *doc* is the pipeline's reading of the text with its white space squeezed (see :func:`reading.squeezed`), or
    None to cut by rule alone. Every character that is no white space lies in exactly one mention.
    """
    if doc is None:
        return _mentions(text, Reading(tuple(rule_sentences(text))), settings)
    return _mentions(text, read_doc(doc, squeezed(text)[1]), settings)


def segment_texts(
    texts: Sequence[str], *, settings: SegmentSettings, nlp: Language, languages: Sequence[str] | None = None,
    known: Known | None = None,
) -> list[list[Span]]:
    """Mentions of each text; equal texts are read once. *languages* are ISO codes, one a text.

    *known* are the mentions of texts that were cut before.

    Raises:
        ModelError: *nlp* has no component that finds sentences.
    """
    if settings.unit == "item":
        return [_whole(text) for text in texts]
    if not check_pipeline(nlp):
        raise ModelError("the spaCy pipeline finds no sentences: it has neither a senter nor a parser")
    codes = languages if languages is not None else [""] * len(texts)
    keys = [(text, code in _READ) for text, code in zip(texts, codes, strict=True)]
    done: dict[tuple[str, bool], list[Span]] = {}
    waiting: list[str] = []
    for key in dict.fromkeys(keys):
        text, is_read = key
        if known and key in known:
            done[key] = known[key]
        elif not is_read:
            done[key] = segment_text(text, None, settings=settings)
        elif needs_model(text, rule_words=settings.rule_words):
            waiting.append(text)
        else:
            done[key] = _mentions(text, Reading(), settings)
    for text, spans in zip(waiting, _cut_all(waiting, settings, nlp), strict=True):
        done[text, True] = spans
    return [done[key] for key in keys]


def segment(
    items: pd.DataFrame, *, settings: SegmentSettings, nlp: Language, known: Known | None = None
) -> pd.DataFrame:
    """Mention rows of *items* (item_id, text, and language if known): the columns of the table ``segments``.

    ``text`` of a mention is ``items.text[start:end]``; ``mention_id`` is ``{item_id}#{ordinal}``. An item whose
    text is blank has no mention.
    """
    texts = [str(text) for text in items["text"]]
    languages = ["" if pd.isna(code) else str(code) for code in items["language"]] if "language" in items else None
    spans = segment_texts(texts, settings=settings, nlp=nlp, languages=languages, known=known)
    rows = [
        (f"{item_id}#{ordinal}", str(item_id), ordinal, span.start, span.end, text[span.start : span.end])
        for item_id, text, found in zip(items["item_id"], texts, spans, strict=True)
        for ordinal, span in enumerate(found)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"ordinal": "int64", "start": "int64", "end": "int64"})


def known_spans(earlier: Earlier | None) -> Known:
    """Mentions of the texts that an earlier run has cut, by text and whether the pipeline reads its language."""
    items, segments = (earlier.read(n) for n in ("items_clean", "segments")) if earlier else (None, None)
    if items is None or segments is None:
        return {}
    spans: dict[str, list[Span]] = {}
    for item_id, start, end in zip(segments["item_id"], segments["start"], segments["end"], strict=True):
        spans.setdefault(item_id, []).append(Span(int(start), int(end)))
    return {(text, code in _READ): spans[item_id]
            for item_id, text, code in zip(items["item_id"], items["text"], items["language"], strict=True)
            if item_id in spans}


def run(
    items_clean: pd.DataFrame, *, settings: SegmentSettings, nlp: Language, earlier: Earlier | None = None
) -> Segmented:
    """The stage's entry for the runner: items that are not mined have no mentions."""
    mined = items_clean[items_clean["is_mined"]]
    return Segmented(segments=segment(mined, settings=settings, nlp=nlp, known=known_spans(earlier)))


STAGE = Stage(
    name="segment",
    version=1,
    reads=("items_clean",),
    writes=("segments",),
    settings=SegmentSettings,
    run=run,
    needs=("nlp", "earlier"),
    about="cuts items into mentions: sentences and clauses that can be judged alone",
)


def _whole(text: str) -> list[Span]:
    return join(text, (), (), min_words=1, max_words=max(1, len(text)))


def _mentions(text: str, reading: Reading, settings: SegmentSettings) -> list[Span]:
    cuts = [*rule_cuts(text, split_lists=settings.split_lists), *reading.cuts]
    if settings.unit == "sentence":
        cuts = [cut._replace(is_contrast=False) for cut in cuts if cut.strength in (HARD, SENTENCE)]
    else:
        cuts = [kept for cut in cuts if (kept := _allowed(cut, settings)) is not None]
    weak = [cut.offset for cut in settle(text, [Cut(offset, CLAUSE) for offset in reading.weak])]
    return join(text, settle(text, cuts), weak, min_words=settings.min_words, max_words=settings.max_words)


def _allowed(cut: Cut, settings: SegmentSettings) -> Cut | None:
    if cut.is_contrast and not settings.split_contrast:
        return cut._replace(is_contrast=False) if cut.strength > CLAUSE else None
    if cut.strength == CLAUSE and not cut.is_contrast and not settings.split_lists:
        return None
    return cut


def _cut_all(texts: Sequence[str], settings: SegmentSettings, nlp: Language) -> Iterator[list[Span]]:
    """Mentions of each text as the model reads it; large inputs are shared between forked processes."""
    _learn_words(texts, nlp)
    if settings.processes < 2 or len(texts) < FORK_FROM or "fork" not in get_all_start_methods():
        yield from _cut(texts, settings, nlp)
        return
    chunks = [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]
    # A forked worker inherits the pipeline: nothing is pickled on the way in but the texts.
    with ProcessPoolExecutor(
        settings.processes, mp_context=get_context("fork"), initializer=_Worker.start, initargs=(settings, nlp)
    ) as pool:
        for spans in pool.map(_Worker.cut, chunks):
            yield from spans


def _learn_words(texts: Sequence[str], nlp: Language) -> None:
    """Let the tokenizer meet the frequent words of *texts* once, before any memory zone is opened.

    It keeps how it has split a word, but not within a memory zone, where it would split each one anew every time.
    What it keeps never changes a result. Forked workers inherit it.
    """
    tokenizer = nlp.tokenizer
    if not isinstance(tokenizer, Tokenizer):
        return
    counts: Counter[str] = Counter()
    for text in texts[:: len(texts) // _WORD_TEXTS + 1]:
        counts.update(text.split())
    tokenizer.max_cache_size = max(tokenizer.max_cache_size, _MOST_WORDS)
    for word, count in counts.most_common(_MOST_WORDS):
        if count < _OFTEN:
            break
        tokenizer(word)


def _cut(texts: Sequence[str], settings: SegmentSettings, nlp: Language) -> list[list[Span]]:
    return [_mentions(text, reading, settings) for text, reading in zip(texts, _read(texts, nlp), strict=True)]


class _Worker:
    """What a worker process holds: set once when it starts, in that process alone."""

    settings: SegmentSettings
    nlp: Language

    @classmethod
    def start(cls, settings: SegmentSettings, nlp: Language) -> None:
        cls.settings, cls.nlp = settings, nlp
        # What was inherited is never garbage here: without it, each collection has little to look through.
        gc.freeze()

    @classmethod
    def cut(cls, texts: Sequence[str]) -> list[list[Span]]:
        return _cut(texts, cls.settings, cls.nlp)


def _read(texts: Sequence[str], nlp: Language) -> Iterator[Reading]:
    """The pipeline's reading of each text; long ones go through in windows. Memory zones bound spaCy's caches."""
    for start in range(0, len(texts), _ZONE):
        chunk = texts[start : start + _ZONE]
        parts = [(index, begin, end) for index, text in enumerate(chunk) for begin, end in window(text, _WINDOW)]
        with nlp.memory_zone():
            readings = _chunk_readings(chunk, parts, nlp)
        yield from readings


def _chunk_readings(
    chunk: Sequence[str], parts: Sequence[tuple[int, int, int]], nlp: Language
) -> list[Reading]:
    cuts: list[list[Cut]] = [[] for _ in chunk]
    weak: list[list[int]] = [[] for _ in chunk]
    prepared = [squeezed(chunk[index][begin:end]) for index, begin, end in parts]
    docs = nlp.pipe((text for text, _ in prepared), batch_size=_BATCH)
    for (index, begin, _), (text, places), doc in zip(parts, prepared, docs, strict=True):
        reading = read_doc(doc, places, text=text)
        cuts[index].extend(cut._replace(offset=cut.offset + begin) for cut in reading.cuts)
        weak[index].extend(offset + begin for offset in reading.weak)
    return [Reading(tuple(c), tuple(w)) for c, w in zip(cuts, weak, strict=True)]
