"""Which language a text is in, with a confidence; `und` where it cannot be told.

Plain English is recognised by the share of its words on a list of frequent English words, which costs
microseconds; everything else is asked of py3langid, limited to widely written languages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from voicemine.numerics.placeholders import PLACEHOLDER
from voicemine.stages.clean.lexicon import ordered

UNDETERMINED = "und"
_LANGUAGES = ("ar", "bg", "bn", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu",
              "id", "it",
              "ja", "ko", "lt", "lv", "mr", "ms", "nb", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv",
              "sw", "ta",
              "te", "th", "tl", "tr", "uk", "ur", "vi", "zh")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOISE = re.compile(r"https?://\S+|[@#]\w+|&\w+;")
_LATIN_END = 0x250
# Frequent in English and in at least one other language: they prove nothing.
_SHARED = frozenset(
    "a i no me in so an am on do as at is was die war man hat or us to he be super app bar hotel pour son plus tout "
    "grand bon par car sur "
    "comment dans mail ok normal real social total final pan come sin solo ten van over best top mal gut band art "
    "fast bad gift per men "
    "her dare rest of van en de la le el es un una les des est et il lo se te tu no si mi ma ha he su va me mon ton "
    "all dem den der des will "
    "wit met dan nu door wat wel niet er we nog of op aan bij uit toe al los son para por con que como pero muy bien "
    "todo hay fue sera mas "
    "nice service perfect perfekt excellent fantastic internet online problem information test team fan cool okay "
    "taxi video audio menu "
    "music radio restaurant film bus metro password login server update upgrade download link web chat blog start "
    "stop wifi "
    "sent kind brand hell singe pain four chat pour main sale tape fin sang dame date courage important possible "
    "probable simple terrible "
    "impossible horrible table double capable animal general local final central".split())
# Hindi in Latin letters, as app reviews from India have it, mixed with English; the weak ones prove nothing alone.
_HINDI = frozenset(
    "hai hain ka ki ke ko nahi nhi nahin kar karo karte karta krte krta karne krne karna krna bhi bahut bhut "
    "bahot bohot bhot aur hota hoti hote gaya gya raha rahi rha rhi kya kuch koi mera mere meri mene maine mujhe "
    "muje mujhse tha thi wala wale wali yeh iska isko uska uske usko jata jati leta lete leti dikhate dikha "
    "dikhata paise paisa bekar bekaar ghatiya bakwas acha accha bhai kabhi phir jyada zyada apna apne apni tak "
    "sahi baar baad hum hume mein kiya diya sab kam raat pehle abhi milta milti mila chal rahe hu hoon na ho se "
    "ya".split())
_HINDI_WEAK = frozenset("ho na se ya ka ki ke ko kar kam hum hu tak baar sab mila chal".split())
_LONG, _STRANGE = 6, 0.4
_MAX_CHARS = 400


@dataclass(frozen=True)
class Language:
    """ISO 639-1 code or `und`, and a probability (0 where undetermined).

    is_strange: undetermined though long, and not for want of words: most of them are no frequent English words.
    """

    code: str
    confidence: float
    is_strange: bool = False


_NONE = Language(UNDETERMINED, 0.0)


@cache
def _english() -> tuple[frozenset[str], frozenset[str]]:
    listed = ordered("english")
    return frozenset(listed[:8000]), frozenset(listed[:600]) - _SHARED


@cache
def _model() -> Any:
    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in _LANGUAGES if code in set(model.labels)])
    return model


def identify(text: str, *, floor: float) -> Language:
    """Language of `text`; `und` below the confidence `floor` or where there are too few letters."""
    sample = text[:_MAX_CHARS]
    if "<" in sample:
        sample = PLACEHOLDER.sub(" ", sample)
    if "@" in sample or "#" in sample or "://" in sample:
        sample = _NOISE.sub(" ", sample)
    words = _WORD.findall(sample.lower().replace("’", "'"))
    if not words:
        return _NONE
    hindi = _romanised_hindi(words)
    if hindi >= floor:
        return Language("hi", round(hindi, 3))
    vocabulary, proof = _english()
    known = sum(map(vocabulary.__contains__, words))
    proven = sum(map(proof.__contains__, words))
    cover = known / len(words)
    if proven and len(words) >= 2:
        # Each proven word speaks for English, each unlisted one against it.
        confidence = 1.0 - 0.5 ** min(proven, 8) * (1.0 - 0.6 * cover) - 0.5 * (1.0 - cover)
        if cover >= 0.6 and confidence >= floor and (len(words) >= 3 or cover == 1.0):
            return Language("en", round(min(confidence, 0.999), 3))
    unknown = Language(UNDETERMINED, 0.0, is_strange=len(words) >= _LONG and cover < _STRANGE)
    letters = sum(map(len, words))
    foreign = not sample.isascii() and any(ord(c) >= _LATIN_END for c in sample if c.isalpha())
    if (not foreign and (letters < 12 or len(words) < 3)) or letters < 2:
        return unknown
    code, probability = _model().classify(sample)
    probability = float(probability)
    if code == "en" and cover < 0.34:
        return unknown
    if not foreign and len(words) < 5:
        probability *= 0.85
    if probability < floor:
        return unknown
    return Language("no" if code == "nb" else str(code), round(min(probability, 0.999), 3))


def _romanised_hindi(words: list[str]) -> float:
    """How sure it is that the words are Hindi, or Hindi mixed with English; 0 where few of them are."""
    if _HINDI.isdisjoint(words):
        return 0.0
    found = [w for w in words if w in _HINDI]
    strong = len(set(found) - _HINDI_WEAK)
    if strong < 2 or len(found) < 0.15 * len(words):
        return 0.0
    return 1.0 - 0.4 ** min(len(found), 7)
