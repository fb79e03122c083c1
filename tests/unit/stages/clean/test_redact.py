from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicemine.numerics.placeholders import placeholders
from voicemine.stages.clean import CleanSettings, redact

SETTINGS = CleanSettings()


def clean(text: str) -> str:
    return redact(text, settings=SETTINGS)


@pytest.mark.parametrize(("text", "clean_text"), [
    ("Write to kim.lo@mail.example or lo@mail.example", "Write to <EMAIL> or <EMAIL_2>"),
    ("Call (415) 555-2671 or +44 7911 123456", "Call <PHONE> or <PHONE_2>"),
    ("Card 4111 1111 1111 1111 was charged", "Card <CARD> was charged"),
    ("to GB82 WEST 1234 5698 7654 32 please", "to <IBAN> please"),
    ("my ssn is 7889", "my ssn is <NATIONAL_ID>"),
    ("MAC 00:1A:2B:3C:4D:5E at 192.168.14.7", "MAC <MAC> at <IP>"),
    ("see https://x.example/r?token=abc.", "see <URL>."),
    ("order number is h 76 k 98", "order number is <ORDER>"),
    ("Case CS-004812 is open", "Case <TICKET> is open"),
    ("I live at 48 Hawthorne Street", "I live at <ADDRESS>"),
    ("Postcode M1 4BT", "Postcode <POSTCODE>"),
    ("born on 14 March 1985", "born on <DOB>"),
    ("my password is Blue!Kite77", "my password is <PASSWORD>"),
    ("thanks @lena_k", "thanks <HANDLE>"),
    ("On XX/XX/2019 XXXX XXXX called", "On <MASKED> called"),
    ("My name is Sarah Whitfield.", "My name is <PERSON_1>."),
    ("I spoke to Kwame, then to Ingrid, then to Kwame", "I spoke to <PERSON_1>, then to <PERSON_2>, then to "
                                                        "<PERSON_1>"),
])
def test_personal_data_is_replaced(text: str, clean_text: str) -> None:
    assert clean(text) == clean_text


@pytest.mark.parametrize("text", [
    "It cost $1,299.00 on 12/05/2019, size 38-40.", "Flight UA1171, gate C47, seat 14C.",
    "Version 4.556.10005 is worse.",
    "John Lewis and Ralph Lauren in Paris", "Dr Pepper was flat", "I have 112000000 points",
    "my name is not on the list", "order 2 pizzas",
    "May I ask? Will it work? Mark my words.", "ISBN 978-3-16-148410-0", "the pin code was never asked for",
])
def test_look_alikes_stay(text: str) -> None:
    assert clean(text) == text


def test_names_can_be_left_alone() -> None:
    assert redact("My name is Sarah", settings=CleanSettings(redact_names=False)) == "My name is Sarah"


def test_redaction_can_be_turned_off() -> None:
    assert redact("a@b.example", settings=CleanSettings(redact=False)) == "a@b.example"


PLANTED = {
    "EMAIL": st.from_regex(r"[a-z]{3,8}\.[a-z]{3,8}@[a-z]{4,9}\.(com|org|de)", fullmatch=True),
    "PHONE": st.from_regex(r"\([2-9][0-9]{2}\) [2-9][0-9]{2}-[0-9]{4}", fullmatch=True),
    "CARD": st.from_regex(r"4[0-9]{3} [0-9]{4} [0-9]{4} [0-9]{4}", fullmatch=True),
    "NATIONAL_ID": st.from_regex(r"[1-5][1-9]{2}-[1-9]{2}-[1-9]{4}", fullmatch=True),
    "IP": st.from_regex(r"1[0-9]{2}\.1[0-9]{2}\.2[0-4][0-9]\.[1-9][0-9]", fullmatch=True),
    "URL": st.from_regex(r"https://[a-z]{3,9}\.example/[a-z0-9]{4,12}\?t=[a-f0-9]{8}", fullmatch=True),
    "HANDLE": st.from_regex(r"@[a-z]{4,12}_[0-9]{2}", fullmatch=True),
    "ORDER": st.from_regex(r"[A-Z]{2}[0-9]{6}", fullmatch=True),
}
_FRAMES = ["{lead} {value} {tail}", "{tail} {lead} {value}", "{lead} {value}, {tail}", "({lead} {value}) {tail}",
           "{lead} {value}"]
_LEADS = {"EMAIL": "mail me at", "PHONE": "call", "CARD": "my card", "NATIONAL_ID": "my social is",
          "IP": "blocked from", "URL": "see",
          "HANDLE": "ask", "ORDER": "order number"}


@settings(max_examples=200)
@given(st.data())
def test_no_planted_value_survives(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(PLANTED)))
    value = data.draw(PLANTED[kind])
    tail = data.draw(st.sampled_from(["and it failed", "please", "since Monday", "why?", "für immer"]))
    text = data.draw(st.sampled_from(_FRAMES)).format(lead=_LEADS[kind], value=value, tail=tail)
    redacted = clean(text)
    assert value not in redacted, redacted
    assert not set(re.findall(r"[0-9]{4,}", value)) & set(re.findall(r"[0-9]{4,}", redacted)), redacted


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from(list("abJohn SmithDr.Mr 0123456789-@.,:/#<>_XEMAIL\n'")), max_size=80))
def test_redaction_is_idempotent(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(st.text(max_size=60))
def test_placeholders_of_the_text_are_where_they_are_said_to_be(text: str) -> None:
    redacted = clean(f"{text} kim@mail.example")
    assert all(redacted[p.start:p.end].startswith(f"<{p.type}") for p in placeholders(redacted))
    assert any(p.type == "EMAIL" for p in placeholders(redacted))
