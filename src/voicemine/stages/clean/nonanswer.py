"""Survey non-answers and keyboard noise."""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN = frozenset(
    "n/a|na|n.a|n.a.|n\\a|n-a|not applicable|none|non|nil|nope|no|nah|null|nothing|nothing really|nothing at all|"
    "nothing to add|nothing else|nothing more|nothing comes to mind|nothing to say|nothing to report|no comment|"
    "no comments|no comment at this time|no comments at this time|no further comment|no further comments|no other "
    "comments|"
    "no additional comments|no answer|no response|no reply|no idea|no opinion|no feedback|no suggestions|no suggestion|"
    "no complaints|no issues|no reason|no more|nothing specific|nothing in particular|none really|none at all|"
    "none that i can think of|none at this time|none so far|not sure|unsure|i don't know|i dont know|i do not know|"
    "don't know|dont know|do not know|idk|dk|dunno|unknown|see above|as above|same as above|same|ditto|as before|"
    "as previous|see previous|see previous answer|yes|y|x|xx|xxx|test|testing|test test|blank|empty|skip|pass|nan|"
    "undefined|tbd|tba|ok no comment|prefer not to say|rather not say|can't think of anything|cant think of anything|"
    "can't think of any|cant think of any|i can't think of anything|not that i can think of|nothing i can think of|"
    "nothing i can think of at the moment|nothing comes to mind right now|nothing at this time|nothing at the moment|"
    "nothing right now|nothing so far|not at this time|not at the moment|not really|not yet|no thanks|no thank you|"
    "nothing thanks|nothing thank you|just because|because|-none-|no comment really|n/a at this time|nothing for now|"
    "nada|nichts|keine|keine angabe|k.a|rien|niente|ninguno|ninguna|geen|sin comentarios|pas de commentaire".split("|"))
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_ASCII_EDGE = "".join(c for c in map(chr, range(128)) if not c.isalnum())
_HAS_WORD = re.compile(r"\w")
_DIGITS = re.compile(r"[\d\s.,:/-]+")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "poiuytrewq", "lkjhgfdsa", "mnbvcxz", "qwertz", "azerty")
# A sign that no ASCII text holds parts the rows.
_ALL_ROWS = "\u2028".join(_ROWS)
_ALONG = frozenset(row[i:i + 3] for row in _ROWS for i in range(len(row) - 2))
_ONE_SIGN = re.compile(r"(\w)\1{2,}")
_TWO_SIGNS = re.compile(r"(\w{2,4})\1{2,}")
_PICTURE = re.compile(r"[\u2600-\u27bf\u2764\U0001F300-\U0001FAFF]")
_SMILEY = re.compile(r"[:;=8xX][-'^o]?[)(DPp/|*3\]\[]|<3|\^_?\^")


def is_non_answer(text: str) -> bool:
    """Whether `text` (repaired) answers nothing: "n/a", "none", "-", "asdf", a bare number.

    A lone emoji or smiley says something and is no non-answer.
    """
    if len(text) > 60:
        return False
    if text.isascii():
        return not (len(text) <= 12 and _SMILEY.search(text)) and _is_nothing(text.strip(_ASCII_EDGE).lower())
    bare = _EDGE.sub("", text.casefold())
    if len(text) <= 12 and (_PICTURE.search(text) or _SMILEY.search(text)):
        return False
    if not bare or not _HAS_WORD.search(bare):
        return not _PICTURE.search(text)
    if bare in _PLAIN or bare.replace("’", "'").replace("  ", " ") in _PLAIN:
        return not _PICTURE.search(text)
    return bool(_DIGITS.fullmatch(bare)) or _is_noise(bare)


def _is_nothing(bare: str) -> bool:
    """Whether an ASCII text in lower case, without the marks at its edges, answers nothing."""
    return (not bare or bare in _PLAIN or ("  " in bare and bare.replace("  ", " ") in _PLAIN)
            or bool(_DIGITS.fullmatch(bare)) or _is_noise(bare))


def _is_noise(bare: str) -> bool:
    """Keyboard noise: one sign or a short group repeated, or a run along a keyboard row."""
    if " " in bare:
        words = bare.split()
        return len(words) <= 4 and all(len(w) >= 3 and _is_noise(w) for w in words)
    return _is_noisy_word(bare)


@lru_cache(maxsize=16_384)
def _is_noisy_word(bare: str) -> bool:
    if len(bare) == 1 and bare.isascii():
        return True
    if not bare.isascii() or len(bare) < 3:
        return False
    if _ONE_SIGN.fullmatch(bare) and bare[0] not in "z":
        return True
    if len(bare) >= 4:
        if bare in _ALL_ROWS:
            return True
        if _TWO_SIGNS.fullmatch(bare) and not bare.startswith(("ha", "he", "ja", "lo", "wo", "ye", "bla", "so", "no")):
            return True
        along = sum(bare[i:i + 3] in _ALONG for i in range(len(bare) - 2))
        if len(bare) >= 5 and along >= 0.5 * (len(bare) - 2):
            return True
        letters = [c for c in bare if c.isalpha()]
        if len(bare) >= 6 and len(letters) == len(bare) and not any(c in "aeiouy" for c in bare):
            return True
    return False
