from __future__ import annotations

import pytest

from voicemine.stages.clean import CleanSettings, clean_text

SETTINGS = CleanSettings()


@pytest.mark.parametrize(("text", "kind"), [
    ("Retweet and follow us for a chance to win a lamp!", "giveaway"),
    ("Use my referral code LAMP20 for money off", "advert"),
    ("Message me on WhatsApp +44 7911 123456 for bitcoin trading", "advert"),
    ("This is an automated message. Do not reply.", "bot"),
    ("I am currently out of the office until Monday.", "bot"),
    ("@kim_77 We're so sorry to hear this! Please DM us your booking so we can look into it.", "brand_reply"),
])
def test_spam_is_known_by_kind(text: str, kind: str) -> None:
    assert clean_text(text, settings=SETTINGS).detail == kind


@pytest.mark.parametrize("text", [
    "I earn very little and the fees hurt", "Win or lose, the app crashes", "Click here does nothing",
    "You never say sorry for the delay",
    "I follow you since 2010 and it got worse", "Nobody sends us the tickets", "Now I look for another shop",
    "My loan offer was withdrawn",
])
def test_customers_are_not_spam(text: str) -> None:
    assert clean_text(text, settings=SETTINGS).detail is None
