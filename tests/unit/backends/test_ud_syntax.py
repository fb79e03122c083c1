"""Noun chunks and clause starts over hand-made UD trees: no model takes part."""

from __future__ import annotations

import pytest
from spacy.lang.en import English
from spacy.tokens import Doc

from voicemine.backends.ud_syntax import clause_starts, noun_chunks

_VOCAB = English().vocab


def _doc(rows: str) -> Doc:
    """One token a line: word, UPOS, head (1-based; own number for the root), relation."""
    table = [line.split() for line in rows.strip().splitlines()]
    return Doc(
        _VOCAB,
        words=[row[0] for row in table],
        pos=[row[1] for row in table],
        heads=[int(row[2]) - 1 for row in table],
        deps=[row[3] for row in table],
    )


_ROOM = """
the DET 2 det
room NOUN 4 nsubj
was AUX 4 cop
great ADJ 4 ROOT
but CCONJ 8 cc
check-in NOUN 8 nsubj
just ADV 8 advmod
took VERB 4 conj
an DET 10 det
hour NOUN 8 obj
"""

_FROZE = """
it PRON 2 nsubj
froze VERB 2 ROOT
and CCONJ 5 cc
I PRON 5 nsubj
lost VERB 2 conj
my PRON 7 nmod:poss
data NOUN 5 obj
"""

_ALTHOUGH = """
although SCONJ 5 mark
the DET 3 det
staff NOUN 5 nsubj
was AUX 5 cop
nice ADJ 10 advcl
, PUNCT 5 punct
the DET 8 det
room NOUN 10 nsubj
was AUX 10 cop
dirty ADJ 10 ROOT
"""

_CALLED = """
I PRON 2 nsubj
called VERB 2 ROOT
and CCONJ 4 cc
waited VERB 2 conj
"""

_WHEN = """
they PRON 2 nsubj
left VERB 2 ROOT
because SCONJ 6 mark
it PRON 6 nsubj
was AUX 6 cop
late ADJ 2 advcl
"""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (_ROOM, {4: "contrast"}),
        (_FROZE, {2: "joined"}),
        (_ALTHOUGH, {6: "contrast"}),
        (_CALLED, {2: "weak"}),
        (_WHEN, {2: "weak"}),
    ],
)
def test_clause_starts(rows: str, expected: dict[int, str]) -> None:
    assert clause_starts(_doc(rows)) == expected


def test_not_only_but_also_is_no_contrast() -> None:
    doc = _doc("""
        not PART 3 advmod
        only ADV 3 advmod
        slow ADJ 3 ROOT
        but CCONJ 6 cc
        also ADV 6 advmod
        rude ADJ 3 conj
    """)
    assert clause_starts(doc) == {}


def test_a_short_report_is_not_cut_off() -> None:
    doc = _doc("""
        it PRON 2 nsubj
        works VERB 2 ROOT
        , PUNCT 5 punct
        I PRON 5 nsubj
        think VERB 2 parataxis
    """)
    assert clause_starts(doc) == {}


def test_noun_chunks_are_base_phrases() -> None:
    doc = _doc("""
        The DET 3 det
        delivery NOUN 3 compound
        driver NOUN 4 nsubj
        left VERB 4 ROOT
        my PRON 7 nmod:poss
        two NUM 7 nummod
        parcels NOUN 4 obj
        in ADP 10 case
        the DET 10 det
        rain NOUN 4 obl
        and CCONJ 13 cc
        customer NOUN 13 compound
        service NOUN 10 conj
    """)
    found = [doc[start:end].text for start, end, _ in noun_chunks(doc)]
    assert found == ["The delivery driver", "my two parcels", "the rain", "customer service"]


def test_noun_chunks_serve_spacy() -> None:
    _VOCAB.get_noun_chunks = noun_chunks
    doc = _doc(_FROZE)
    assert [chunk.text for chunk in doc.noun_chunks] == ["it", "I", "my data"]
    assert all(chunk.label_ == "NP" for chunk in doc.noun_chunks)
