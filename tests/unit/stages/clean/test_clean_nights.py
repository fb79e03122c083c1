"""Cleaning on a later night: items that stay, items that must not come back, and texts that are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest

from voicemine.errors import InputError
from voicemine.forgotten import Forgotten, author_digest, item_digest
from voicemine.stages.clean import CleanSettings, clean, memory

Rows = Callable[..., pd.DataFrame]
SETTINGS = CleanSettings()


class Before:
    """What an earlier run wrote."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.written = written

    def read(self, name: str) -> Any:
        return self.written.get(name)


def test_items_that_stay_stand_before_those_of_tonight(rows: Rows, hasher: Any) -> None:
    first = clean(rows(["The lamp broke", "The chair broke", "The rug is thin"], item_id=["a", "b", "c"]),
                  settings=SETTINGS, hasher=hasher).items_clean
    raw = rows(["The chair broke twice", "The lamp broke"], item_id=["b", "d"], attr_shop=["north", None])
    found = clean(raw, first, settings=SETTINGS, hasher=hasher)
    items = found.items_clean.set_index("item_id")
    assert items.index.tolist() == ["a", "c", "b", "d"] and found.counts["kept"] == 2
    assert items.loc["b", "text"] == "The chair broke twice" and items.loc["b", "attr_shop"] == "north"
    assert items["attr_shop"].isna().tolist() == [True, True, False, True]
    assert items.loc["d", "representative_id"] == "a", "repeats are found across nights"


def test_a_row_that_is_refused_tonight_does_not_stay(rows: Rows, hasher: Any) -> None:
    first = clean(rows(["The lamp broke"], item_id=["a"]), settings=SETTINGS, hasher=hasher).items_clean
    found = clean(rows([" ", "The rug is thin"], item_id=["a", "b"]), first, settings=SETTINGS, hasher=hasher)
    assert found.items_clean["item_id"].tolist() == ["b"]
    assert found.clean_rejects["item_id"].tolist() == ["a"]


def test_an_id_of_another_source_is_an_error(rows: Rows, hasher: Any) -> None:
    raw = rows(["The lamp broke"], item_id=["a"], source=["shop"])
    first = clean(raw, settings=SETTINGS, hasher=hasher).items_clean
    with pytest.raises(InputError, match=r"belonged to another source.*'a'.*id_prefix"):
        clean(rows(["The rug is thin"], item_id=["a"], source=["app"]), first, settings=SETTINGS, hasher=hasher)


def test_the_forgotten_are_refused_without_id_or_words(rows: Rows, hasher: Any) -> None:
    raw = rows(["The lamp broke", "The chair broke", "The rug is thin", "The sofa came late"],
               item_id=["a", "b", "c", "d"], author=["kim", "lee", "lee", None])
    first = clean(raw, settings=SETTINGS, hasher=hasher).items_clean
    lee = first.set_index("item_id").loc["b", "author_id"]
    gone = Forgotten(frozenset({item_digest("a", hasher)}), frozenset({author_digest(lee, hasher)}))
    found = clean(raw, settings=SETTINGS, hasher=hasher, forgotten=gone)
    assert found.items_clean["item_id"].tolist() == ["d"]
    assert found.clean_rejects["reason"].tolist() == ["forgotten"] * 3
    assert found.clean_rejects[["item_id", "detail"]].isna().all(axis=None)
    assert len(found.clean_memory) == 1, "their texts are not remembered"
    kept = clean(rows(["The bed is fine"], item_id=["e"]), first, settings=SETTINGS, hasher=hasher, forgotten=gone)
    assert kept.items_clean["item_id"].tolist() == ["d", "e"]
    assert gone.identity and not Forgotten().identity


def test_known_texts_are_not_cleaned_again(rows: Rows, hasher: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["Call me on (415) 555-2671, the lamp broke", "", "the rug is thin!!!",
             "Dear shop,\n\nthe bed broke\n\nKim",
             "n/a", "Das Bett ist leider kaputt angekommen und niemand antwortet"]
    first = clean(rows(texts), settings=SETTINGS, hasher=hasher)
    asked: list[str] = []
    real = memory.clean_many

    def spy(wanted: Any, **options: Any) -> Any:
        asked.extend(wanted := list(wanted))
        return real(wanted, **options)

    monkeypatch.setattr(memory, "clean_many", spy)
    raw = rows([*texts, "a new one about the desk"])
    again = clean(raw, settings=SETTINGS, hasher=hasher, earlier=Before({"clean_memory": first.clean_memory}))
    assert asked == ["a new one about the desk"]
    fresh = clean(raw, settings=SETTINGS, hasher=hasher)
    for name in ("items_clean", "clean_rejects", "redactions", "duplicates", "clean_memory"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(fresh, name))
    assert again.counts == fresh.counts
    assert "555" not in first.clean_memory.to_csv(), "what is remembered is redacted"


def test_boilerplate_of_earlier_nights_is_stripped_from_a_few_new_rows(rows: Rows, hasher: Any) -> None:
    footer = "This review was collected as part of a promotion."
    chosen = CleanSettings(template_min_items=5)
    many = rows([f"The {m} broke after a week. {footer}" for m in ("lamp", "chair", "table", "sofa", "rug")],
                item_id=list("abcde"))
    first = clean(many, settings=chosen, hasher=hasher)
    known = frozenset(first.clean_templates["key"])
    one = rows([f"The mirror broke. {footer}"], item_id=["f"])
    later = clean(one, first.items_clean, settings=chosen, hasher=hasher, known_templates=known)
    assert later.items_clean["text"].iloc[-1] == "The mirror broke."
    assert frozenset(later.clean_templates["key"]) == known
