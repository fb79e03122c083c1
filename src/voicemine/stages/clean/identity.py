"""Ids: kept as given, made where there is none, hashed where the id itself is personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Protocol

import phonenumbers
from stdnum import iban, luhn

from voicemine.stages.clean.redact import find

_ODD = re.compile(r"\s|\.[^.]*\.|:[^:]*:")
_HINT = re.compile(r"@|[A-Z][a-z]+ |\d[\d\s().\-]{6}|[A-Z]{2}\d{2}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9 ]{10,}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FORMATTED_PHONE = re.compile(r"(?:\+|00)[\d\s().\-]{8,20}|0\d{9,10}|\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}|0\d{2,4}[ "
                              r"\-]\d{3,4}[ \-]?\d{3,4}")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_CARD = re.compile(r"(?:\d{4}[ -]){3}\d{4}|[2-6]\d{15}|3[47]\d{13}")
_NAME = re.compile(r"[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+")
_HANDLE = re.compile(r"@\w{2,}")
_PLAIN_PHONE = re.compile(r"1?[2-9]\d{9}|\d{11,12}")
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class Hasher(Protocol):
    """Keyed hash (HMAC) of a text, as hexadecimal digits."""

    def digest(self, text: str) -> str:
        """Digest of `text` under the run's key."""


def is_personal(item_id: str) -> bool:
    """Whether an id is plainly an e-mail address, phone number, card, IBAN, national id, IP address, handle,
    street address or full name."""
    if _ODD.search(item_id):
        findings = find(item_id, regions=("US", "GB"))
        if findings and findings[0].start == 0 and findings[-1].end == len(item_id):
            return True
    if not _HINT.search(item_id):
        return False
    return bool(
        _EMAIL.fullmatch(item_id) or _FORMATTED_PHONE.fullmatch(item_id) or _SSN.fullmatch(item_id)
        or _HANDLE.fullmatch(item_id)
        or _NAME.fullmatch(item_id) or (_CARD.fullmatch(item_id) and luhn.is_valid(re.sub(r"\D", "", item_id)))
        or (_IBAN.match(item_id) and iban.is_valid(item_id, check_country=False)))


def phone_like(ids: Sequence[str], regions: tuple[str, ...]) -> bool:
    """Whether the bare numbers among the ids of one source are phone numbers: nine in ten of them must be valid."""
    bare = [i for i in ids if _PLAIN_PHONE.fullmatch(i)][:200]
    digits = sum(i.isdigit() for i in ids[:2000])
    return bool(bare) and len(bare) >= 0.9 * min(digits, 200) and sum(_valid(i, regions)
                                                                      for i in bare) >= 0.9 * len(bare)


def _valid(number: str, regions: tuple[str, ...]) -> bool:
    for region in regions[:3]:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def hashed_id(item_id: str, hasher: Hasher) -> str:
    """A keyed stand-in that is never longer than the id, and no number."""
    number = int(hasher.digest(f"id:{item_id}"), 16)
    signs = []
    for _ in range(max(1, min(len(item_id), 26) - 1)):
        number, rest = divmod(number, 36)
        signs.append(_ALPHABET[rest])
    return ("h" + "".join(signs))[:max(len(item_id), 1)]


def made_id(hasher: Hasher, *parts: object) -> str:
    """Id of an item that came without one, from what it says and how often that occurred before."""
    return hasher.digest("item:" + json.dumps([None if p is None else str(p) for p in parts], ensure_ascii=False))[:24]


def author_hash(author: str, hasher: Hasher) -> str:
    """Keyed hash of an author."""
    return hasher.digest(f"author:{author}")[:24]
