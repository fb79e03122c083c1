"""What a detector finds, its pre-check admits; and what runs faster gives what the plain form gives."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicemine.numerics.placeholders import for_model
from voicemine.stages.clean import (
    CleanSettings,
    duplicates,
    gates,
    item,
    name_cues,
    names,
    nonanswer,
    patterns,
    places,
)
from voicemine.stages.clean import repair as repairing
from voicemine.stages.clean.item import clean_many, workers
from voicemine.stages.clean.redact import _MASK, _handle, find
from voicemine.stages.clean.templates import _SENTENCE_END

# (name, what is looked for, the gates that must all be open for it)
GATED = [
    ("spelt", patterns._EMAIL_SPELT, (gates.SPELT, gates.SPELT_DOT)),
    ("half_spelt", patterns._EMAIL_HALF_SPELT, (gates.SPELT, gates.PROVIDER)),
    ("heard", patterns._EMAIL_HEARD, (gates.SPELT, gates.RUN_ON)),
    ("email", patterns._EMAIL, (gates.AT,)),
    ("url", patterns._URL, (gates.LINK,)),
    ("at_handle", _handle(gates.AT), (gates.AT,)),
    ("reddit", _handle(gates.REDDIT), (gates.REDDIT,)),
    ("network", _handle(gates.NETWORK), (gates.NETWORK,)),
    ("mask", _MASK, (gates.MASK,)),
    ("mac", patterns._MAC, (gates.DOTTED,)),
    ("ipv4", patterns._IPV4, (gates.DOTTED,)),
    ("ipv6", patterns._IPV6, (gates.DOTTED,)),
    ("title", name_cues.TITLE, (gates.TITLE,)),
    ("introduction", name_cues.INTRO_HARD, (gates.INTRO,)),
    ("birth", places._DOB, (gates.BIRTH,)),
]
#: Pieces of which texts are made that lie near what the rules look for.
PIECES = st.lists(st.sampled_from(
    ["Hi", "hello", "THANKS", "thank you", "so much", "dear", "kudos to", "Anna", "anna", "O'Brien", "Smith",
     "im", "I'm", "I am", "this is", "It's", "him", "agent", "was", "named", "called", "served by", "@",
     "@anna_1", "a@b.io", "u/anna", "insta", "ig", "is", ":", "-", "~", "–", ",", ".", "!", "?", "\n", " ",
     "  ", "1", "42", "4471-99", "10.0.0.1", "aa:bb:cc:dd:ee:ff", "::1", "<EMAIL>", "<PERSON_1>", ">", "<",
     "&amp;", "é", "ſ", "\u212a", "İ", "ß", "🙂", "aaaa", "!!!!", "\\n", "{$5}", "\t", "\r\n", "n/a", "none",
     "asdf", "_", "’", "XXXX", "$", "(at)", "dot", "gmail", "com", "Regards", "from", "Dr.", "mr", "dob",
     "born", "SW1A", "1AA"]), max_size=14)
TEXTS = st.one_of(PIECES.map(" ".join), PIECES.map("".join), st.text(max_size=40))


@pytest.mark.parametrize(("wanted", "needed"), [pytest.param(p, n, id=name) for name, p, n in GATED])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_gate_never_hides_a_match(wanted: re.Pattern[str], needed: tuple[int, ...], data: st.DataObject) -> None:
    text = data.draw(st.from_regex(wanted))
    found = gates.gates(text) | gates.digit_gates(text)
    assert wanted.search(text)
    assert all(found & gate for gate in needed)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_gates_admit_what_is_found_in_any_text(text: str) -> None:
    found = gates.gates(text) | gates.digit_gates(text)
    for name, wanted, needed in GATED:
        assert wanted.search(text) is None or all(found & gate for gate in needed), name
    assert patterns._EMAIL.search(text) is None or patterns._holds_email(text)
    assert name_cues.SIGN_OFF.search(text, max(0, len(text) - 90)) is None or names._may_be_signed(text)
    for role in name_cues.ROLE.finditer(text):
        assert names._role_may_end(text, role.end())


@settings(max_examples=40, deadline=None)
@given(st.from_regex(name_cues.ROLE), st.from_regex(name_cues.SIGN_OFF))
def test_words_of_a_role_and_of_a_signature_are_admitted(role: str, signed: str) -> None:
    for found in name_cues.ROLE.finditer(role):
        assert found.end() - found.start() > 36 or names._role_may_end(role, found.end())
    assert name_cues.SIGN_OFF.search(signed, max(0, len(signed) - 90)) is None or names._may_be_signed(signed)


@pytest.mark.parametrize(("text", "kind"), [
    ("paid with *#*1234 twice", "MASKED"), ("the router abcd.abcd.abcd is dead", "MAC"),
    ("my ig handle is anna_77", "HANDLE"), ("write to anna 44 liveco please", "EMAIL"),
])
def test_rare_forms_pass_every_gate_on_their_way(text: str, kind: str) -> None:
    assert kind in {found.type for found in find(text, regions=("US",))}


CAP = r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{0,24}(?:['’\-][A-Za-zÀ-ÿ]{1,24}){0,2}"
PLAIN_FORMS = [
    (name_cues.CAPITAL_WORD, re.compile(rf"(?<![\w@#<&/'’.-]){CAP}(?![\w@])")),
    (name_cues.INTRO_SOFT, re.compile(
        r"\b(?:[Ii] am|[Ii]'m|[Ii]’m|im|[Tt]his is|[Ii]t's|[Ii]t is|[Mm]yself|[Hh]ere is) ")),
    (name_cues.GREET, re.compile(
        r"(?:^|(?<=[.!?\n,>] )|(?<=\n))(?:(?:hi|hello|hey|dear|thanks|thank you|thx|cheers|kudos to|shout ?out to|"
        r"many thanks|big thanks to|thanks to|thank you to|hats off to|good morning|good afternoon|good evening|hola|"
        r"bonjour|hallo)(?: again| so much| very much)?,?) ", re.IGNORECASE)),
    (_handle(gates.AT), re.compile(r"(?<![\w@/+-])(?<!\w\.)@(?:\w{1,40})(?![\w@]*\.\w)")),
    (_SENTENCE_END, re.compile(r"(?<=[.!?])\s+(?=[A-Z<\"'])")),
]


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_reordered_expression_finds_what_its_plain_form_finds(text: str) -> None:
    for quick, plain in PLAIN_FORMS:
        assert [m.span() for m in quick.finditer(text)] == [m.span() for m in plain.finditer(text)], plain.pattern


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_short_cuts_of_repair_and_normal_form_change_nothing(text: str) -> None:
    slow = text
    for _ in range(6):
        slow = repairing._repair_once(slow, True, [])
    assert repairing.repair(text).text == slow.strip()
    plain = text.encode("ascii", "ignore").decode()
    edges = re.compile(r"^[\W_]+|[\W_]+$")
    assert plain.strip(nonanswer._ASCII_EDGE).lower() == edges.sub("", plain.casefold())
    signs = re.sub(r"[^\w]+", " ", for_model(plain).casefold()).strip()
    assert duplicates.normal_form(plain) == (signs or plain)


def test_any_number_of_processes_cleans_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item, "FORK_FROM", 10)
    monkeypatch.setattr(item, "_CHUNK", 7)
    texts = [f"Order number {n} never came, call Anna Smith on +1 415 555 26{n:02d}. Müll!!!!" for n in range(40)]
    one = clean_many(texts, settings=CleanSettings(processes=1))
    assert list(one.items()) == list(clean_many(texts, settings=CleanSettings(processes=3)).items())
    assert one == clean_many(texts, settings=CleanSettings())


def test_processes_are_one_for_each_core_and_four_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(32)), raising=False)
    assert workers(CleanSettings()) == 4
    assert workers(CleanSettings(processes=2)) == 2
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    assert workers(CleanSettings()) == 1
    monkeypatch.setattr(item, "get_all_start_methods", lambda: ["spawn"])
    assert workers(CleanSettings()) == 1
