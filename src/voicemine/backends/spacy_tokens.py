"""The tokenizer of the shipped pipeline: spaCy's English rules, with redaction placeholders kept whole."""

from __future__ import annotations

import re
from typing import Any

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

PLACEHOLDER = r"<[A-Z][A-Z_]*(?:_[0-9]+)?>"
_GLUED_MARKS = r"(?<=[A-Za-z0-9])[!?]+(?=[A-Za-z])"


def placeholder_tokenizer(nlp: Language) -> Tokenizer:
    """*nlp*'s tokenizer, changed in two ways.

    `<EMAIL>` or `<PERSON_1>` is one token wherever it stands, and marks glued to a word ("great!!love it") are split.
    """
    standard: Any = nlp.tokenizer
    prefixes = [f"<(?!{PLACEHOLDER[1:]})" if rule == "<" else rule for rule in nlp.Defaults.prefixes or ()]
    infixes = [PLACEHOLDER, _GLUED_MARKS, *(nlp.Defaults.infixes or ())]
    return Tokenizer(
        nlp.vocab,
        rules=nlp.Defaults.tokenizer_exceptions,
        prefix_search=compile_prefix_regex(prefixes).search,
        suffix_search=compile_suffix_regex(list(nlp.Defaults.suffixes or ())).search,
        infix_finditer=compile_infix_regex(infixes).finditer,
        token_match=re.compile(rf"^{PLACEHOLDER}$").match,
        url_match=standard.url_match,
    )
