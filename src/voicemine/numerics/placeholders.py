"""The typed placeholders that redaction leaves behind, and how a model should read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import emoji

#: Type of placeholder -> the words that a model reads in its place.
READING: dict[str, str] = {
    "EMAIL": "an email address", "PHONE": "a phone number", "CARD": "a card number", "IBAN": "an account number",
    "NATIONAL_ID": "an id number", "IP": "an address", "MAC": "an address", "URL": "a link",
    "ACCOUNT": "an account number", "ORDER": "an order number", "TICKET": "a reference number",
    "ADDRESS": "an address", "POSTCODE": "a postcode", "DOB": "a date of birth", "HANDLE": "you",
    "PERSON": "someone", "PASSWORD": "a password", "MASKED": "something",
}
TYPES: tuple[str, ...] = tuple(READING)

#: `<EMAIL>`, `<EMAIL_2>`, `<PERSON_1>`; group 1 is the type, group 2 the number within the item.
PLACEHOLDER = re.compile(r"<(" + "|".join(TYPES) + r")(?:_(\d{1,4}))?>")

_EDGE_HANDLES = re.compile(r"\A(?:[.\s]*<HANDLE(?:_\d{1,4})?>[\s,:]*)+|(?:\s*<HANDLE(?:_\d{1,4})?>)+\s*\Z")
_EMOJI_NAME = re.compile(r":([a-z0-9_'’\-]{2,60}):")
_SPACES = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True)
class Placeholder:
    """One placeholder in a text: its type and its half-open span."""

    type: str
    start: int
    end: int


def placeholders(text: str) -> Iterator[Placeholder]:
    """Placeholders of `text` from left to right."""
    if "<" in text:
        for found in PLACEHOLDER.finditer(text):
            yield Placeholder(found[1], found.start(), found.end())


def for_model(text: str) -> str:
    """`text` as an encoder or label model should read it.

    Placeholders become plain words without their number, so that the text of one item never differs from
    another's by numbering alone; handles that only address somebody, at either end, are left out; emoji become
    their names. Text without placeholder or emoji comes back unchanged.
    """
    if "<" in text:
        bare = _EDGE_HANDLES.sub(" ", text) if "<HANDLE" in text else text
        if not bare.strip():
            bare = text
        text = PLACEHOLDER.sub(lambda m: READING[m[1]], bare)
        text = _SPACES.sub(" ", text).strip()
    if not text.isascii() and emoji.emoji_count(text):
        text = emoji.demojize(text, delimiters=(" :", ": "))
        text = _EMOJI_NAME.sub(lambda m: m[1].replace("_", " "), text)
        text = _SPACES.sub(" ", text).strip()
    return text
