"""Texts as speech-to-text writes them: no capitals, no punctuation, codes in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine.stages.clean import CleanSettings, redact
from voicemine.stages.clean.redact import find

SETTINGS = CleanSettings()
VOCABULARY = ("my address is new 12 4471 park lane road area ca no suite 78701 and the order number h k 98 zip code "
              "phone 4155552671 password tomato ft yi city state drive for 3 stars maria credit 4576").split()


@pytest.mark.parametrize(("text", "clean_text"), [
    ("my address is 4513 fern harbour lane dover de 19901", "my address is <ADDRESS>"),
    ("address no 67 old mill ridge oregon 97035 phone number 4155552671", "address <ADDRESS> phone number <PHONE>"),
    ("9415 jonquil pines austin tx 78701", "<ADDRESS>"),
    ("8692 e harbour drive\nzanesville oh 43701", "<ADDRESS>\n<ADDRESS_2>"),
    ("street\n192 fennel lane\ncity\nenglewood\nstate\nco", "street\n<ADDRESS>\n<ADDRESS_2>\n<ADDRESS_3>"),
    ("graham bell jbd 768", "<PERSON_1> <ACCOUNT>"),
    ("gt 67 g 6", "<ACCOUNT>"),
    ("booking confirmation number ft 76 yi", "booking confirmation number <ACCOUNT>"),
    ("my name is alice and the password is 12 dfdf", "my name is <PERSON_1> and the password is <PASSWORD>"),
    ("password is tomato 12", "password is <PASSWORD>"),
    ("ssn 4561 credit 4576", "ssn <NATIONAL_ID> credit <CARD>"),
    ("zip code ravendale 784565", "zip code ravendale <POSTCODE>"),
    ("send 2 copies to my email ramcdecom", "send 2 copies to my email <EMAIL>"),
])
def test_personal_data_in_speech_is_replaced(text: str, clean_text: str) -> None:
    assert redact(text, settings=SETTINGS) == clean_text


@pytest.mark.parametrize("text", [
    "delivered to the wrong address 2 times in a row", "i waited 45 minutes on the road", "love it 5 stars",
    "they sent 3 red lamps and 2 of them broke", "the password reset failed 3 times", "battery dies at 40 percent",
    "route 66 is closed again", "i pay 120 a month for 50 mb", "changed my address 3 weeks ago and still no parcel",
    "works since version 9 0 2", "called 4 times on hold for 20 minutes each time",
])
def test_plain_complaints_in_lower_case_stay(text: str) -> None:
    assert redact(text, settings=SETTINGS) == text


@given(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=14))
def test_a_finding_never_cuts_a_word(words: list[str]) -> None:
    text = " ".join(words)
    for found in find(text, regions=SETTINGS.phone_regions):
        assert text[found.start:found.end] == text[found.start:found.end].strip()
        assert found.start == 0 or text[found.start - 1] == " "
        assert found.end == len(text) or text[found.end] == " "
