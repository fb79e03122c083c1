from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import spacy

from voicemine import tables
from voicemine.stages.name import NamedThemes, NameSettings, name
from voicemine.stages.name.naming import Judge, undecided

_TEXTS = {
    "t1": ["my refund never arrived", "refund never arrived again", "the refund never arrived", "no refund yet",
           "refund never arrived after the return", "still no refund", "where is the refund",
           "refund never arrived <EMAIL>"],
    "t2": ["long queue at the till", "the queue at the till was long", "long queue again", "queue at the till",
           "a long queue at the till today", "queue too long", "long queue at till two", "slow queue at the till"],
    "t3": ["Knopf fehlt"],
}


def _embed(texts: Sequence[str]) -> np.ndarray:
    """A bag of hashed words: alike where words are shared."""
    out = np.zeros((len(texts), 64), np.float32)
    for i, text in enumerate(texts):
        for word in text.lower().split():
            out[i, zlib.crc32(word.encode()) % 64] += 1.0
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def _tables() -> dict[str, pd.DataFrame]:
    texts = [t for theme in _TEXTS.values() for t in theme]
    keys = [k for k, theme in _TEXTS.items() for _ in theme]
    ids = [f"i{n}" for n in range(len(texts))]
    mention = [f"{i}#0" for i in ids]
    labels = {"stage": "use", "touchpoint": "returns_refunds", "sentiment": "negative", "emotion": "frustration",
              "intent": "complaint"}
    made = {
        "items_clean": pd.DataFrame({
            "item_id": ids, "source": "s", "channel": None, "question": None, "created_at": pd.NaT, "language": "en",
            "language_confidence": 1.0, "agent_text": None,
            "text": texts, "score": np.nan, "score_kind": None, "author_id": None,
            "is_mined": True, "skip_reason": None, "representative_id": ids, "source_row": range(1, len(ids) + 1)}),
        "segments": pd.DataFrame({"mention_id": mention, "item_id": ids, "ordinal": 0, "start": 0,
                                  "end": [len(t) for t in texts], "text": texts}),
        "mention_labels": pd.DataFrame({
            "mention_id": mention, "item_id": ids, **labels, "stage_best": "use", "touchpoint_best": "product",
            "stage_confidence": 0.9, "touchpoint_confidence": 0.9, "sentiment_confidence": 0.9,
            "sentiment_score": -0.7, "emotion_confidence": 0.9, "is_pain": True, "pain_probability": 0.9,
            "intent_confidence": 0.9}),
        "theme_members": pd.DataFrame({"mention_id": mention, "theme_key": keys, "subtheme_key": None,
                                       "theme_fit": "core", "theme_probability": 0.9}),
        "theme_nodes": pd.DataFrame({"theme_key": list(_TEXTS), "parent_theme_key": None, "level": 0, "kind": "pain",
                                     "stability": 0.9, "is_stable": True, "given_name": None}),
    }
    return {n: tables.conform(n, t) for n, t in made.items()}


class _Namer:
    identity = "test"

    def __init__(self, answer: str | None) -> None:
        self.answer = answer

    def suggest(self, *, keywords: Sequence[str], quotes: Sequence[str], taken: Sequence[str]) -> str | None:
        return self.answer if "refund" in " ".join(keywords) else None


def _name(made: dict[str, pd.DataFrame], answer: str | None = None, judge: Judge = undecided) -> NamedThemes:
    texts = made["segments"]["text"].tolist()
    encoding = {"rows": np.arange(len(texts)), "vectors": _embed(texts)}
    return name(made["segments"], made["mention_labels"], made["items_clean"], encoding, made["theme_members"],
                made["theme_nodes"], settings=NameSettings(), tagger=spacy.blank("en"), embed=_embed,
                judge=judge, namer=_Namer(answer) if answer else None)


def test_every_theme_gets_a_name_even_without_a_parser() -> None:
    found = _name(_tables()).theme_names.set_index("theme_key")
    assert found.loc["t1", "name"] == "Refund never arrived"
    assert "queue" in found.loc["t2", "name"].lower()
    assert "knopf" in found.loc["t3", "name"].lower()
    assert found["name"].is_unique
    assert found.loc["t1", "keywords"][0] == "refund"
    assert "returns and refunds" in found.loc["t1", "description"]
    assert not found["name"].str.contains("[<>]").any()


def test_a_phrase_that_states_the_complaint_is_preferred() -> None:
    def judge(phrases: Sequence[str]) -> np.ndarray:
        return np.array([[float(p == "long queue"), 0.5] for p in phrases], np.float32)

    assert _name(_tables(), judge=judge).theme_names.set_index("theme_key").loc["t2", "name"] == "Long queue"


def test_quotes_are_whole_mentions_of_the_theme() -> None:
    made = _tables()
    quotes = _name(made).quotes
    theme = made["theme_members"].set_index("mention_id")["theme_key"]
    text = made["segments"].set_index("mention_id")["text"]
    assert (quotes["theme_key"] == quotes["mention_id"].map(theme)).all()
    assert (quotes["text"] == quotes["mention_id"].map(text)).all()
    assert set(quotes["theme_key"]) == set(_TEXTS)


def test_same_input_gives_the_same_tables_whatever_the_row_order() -> None:
    made = _tables()
    first = _name(made)
    again = _name(made)
    pd.testing.assert_frame_equal(first.theme_names, again.theme_names)
    made["theme_members"] = made["theme_members"].iloc[::-1].reset_index(drop=True)
    pd.testing.assert_series_equal(first.theme_names["name"], _name(made).theme_names["name"])


def test_a_borne_out_suggestion_is_used_and_an_invented_one_is_not() -> None:
    assert _name(_tables(), "The refund never arrived").theme_names["name"][0] == "The refund never arrived"
    assert _name(_tables(), "Astronauts love cheese").theme_names["name"][0] == "Refund never arrived"


def test_no_themes_no_names() -> None:
    made = _tables()
    made["theme_nodes"] = made["theme_nodes"].iloc[:0]
    found = _name(made)
    assert found.theme_names.empty and found.quotes.empty


def test_a_seed_theme_keeps_the_name_that_its_user_gave_it() -> None:
    made = _tables()
    made["theme_nodes"].loc[0, "given_name"] = "Where is my money?"
    found = _name(made).theme_names.set_index("theme_key")
    assert found.loc["t1", "name"] == "Where is my money?"
    assert found["name"].is_unique


def test_a_theme_that_no_phrase_fits_is_said_to_be_unspecific() -> None:
    made = _tables()
    rng = np.random.default_rng(0)
    mentions = made["segments"]["mention_id"]
    made["theme_members"]["theme_key"] = "t1"
    made["segments"]["text"] = ["".join(rng.choice(list("bdfgklmnprstvz"), 7)) + " " + "".join(
        rng.choice(list("bdfgklmnprstvz"), 6)) for _ in mentions]
    made["theme_nodes"] = made["theme_nodes"].iloc[:1]
    found = _name(made).theme_names.iloc[0]
    assert found["name_precision"] < 0.2
    assert found["name"] == "Unspecific complaints"
    assert "no phrase fits more than about" in found["description"]
