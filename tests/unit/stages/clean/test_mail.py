from __future__ import annotations

import pytest

from voicemine.stages.clean.mail import strip_mail

MAIL = """Dear Support,

The kettle I bought leaks. I want my money back.

Kind regards,
Anna Example
Head of Tea
Sent from my phone"""


def test_greeting_and_signature_go() -> None:
    stripped = strip_mail(MAIL)
    assert stripped.text == "The kettle I bought leaks. I want my money back."
    assert set(stripped.steps) == {"greeting", "signature"}


@pytest.mark.parametrize("quote", [
    "On Mon, 5 Jan 2026 at 10:02, Help <help@shop.example> wrote:\n> We are sorry.\n> Truly.",
    "-----Original Message-----\nFrom: Help\nSent: Monday\nTo: Anna\nSubject: Re: kettle\n\nWe are sorry.",
    "From: Help\nSent: Monday\nTo: Anna\nSubject: Re: kettle\n\nWe are sorry.",
    "> We are sorry.\n> Truly.",
    "________________________________\nFrom: Help\nTo: Anna\n\nWe are sorry.",
])
def test_quoted_mails_go(quote: str) -> None:
    stripped = strip_mail(f"It still leaks.\n\n{quote}")
    assert stripped.text == "It still leaks."
    assert "quoted" in stripped.steps


def test_a_mail_that_only_forwards_keeps_the_forwarded_words() -> None:
    text = ("---------- Forwarded message ----------\nFrom: Kim\nDate: Monday\nSubject: bill\nTo: you\n\n"
            "The bill is wrong.")
    assert strip_mail(text).text == "The bill is wrong."


def test_legal_footers_go() -> None:
    footer = "This e-mail is confidential and intended only for the addressee.\nIf you are not, delete it."
    assert strip_mail(f"The bill is wrong.\n\n{footer}").text == "The bill is wrong."


def test_agent_turns_are_set_aside() -> None:
    stripped = strip_mail("Agent: How can I help?\nCustomer: My line is dead\nsince Monday\nAgent: Sorry!\nCustomer: "
                          "Bye")
    assert stripped.text == "My line is dead\nsince Monday\nBye"
    assert stripped.agent_text == "How can I help?\nSorry!"


@pytest.mark.parametrize("text", [
    "It is good:\n- cheap\n- fast\nBest thing I own", "One line, thanks", "Customer: only one side\nspoke here",
    "I liked it.\n\nThanks for reading this far, it matters to me that somebody does read it",
])
def test_reviews_stay_whole(text: str) -> None:
    assert strip_mail(text).text == text


@pytest.mark.parametrize("text", [MAIL, "Hi all,\nHi again,\nit broke", "Agent: a\nCustomer: Agent: b\nCustomer: c"])
def test_stripping_is_idempotent(text: str) -> None:
    once = strip_mail(text).text
    assert strip_mail(once).text == once or len(strip_mail(once).text) < len(once)
