"""Where a text may be cut: places found by rule, and the kinds of cut."""

from __future__ import annotations

import re

from voicemine.stages.segment.kinds import CLAUSE, HARD, SENTENCE, Cut
from voicemine.stages.segment.run_on import run_on_cuts

PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]*(?:_[0-9]+)?>")
_TOKEN = re.compile(
    r"(?:https?://|www\.)\S++|[#@]\w++|<[A-Z][A-Z_]*(?:_[0-9]+)?>|(\w++(?:['’.\-]\w++)*+)", re.IGNORECASE
)

#: Words alone, for text that holds none of the other kinds of token.
_WORD = re.compile(r"\w++(?:['’.\-]\w++)*+")

_BULLET = r"[•‣◦▪●·*✓✔➢→–-]"
_LINE = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]\s*")
_LIST_OPENER = re.compile(rf"(?:{_BULLET}\s|\(?[0-9]{{1,2}}[.):]\s|[a-h]\)\s)")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_INLINE_BULLET = re.compile(r"[•‣◦▪●✓✔➢](?<=\s.)\s*(?=\w)")
_INLINE_NUMBER = re.compile(r"(?:(?<=\s)|^)\(?([0-9]{1,2})[.):]\s*(?=[^\W\d])")
_NUMBER_MARK = re.compile(r"[0-9][.):]")
_HEADING = re.compile(
    r"(?<=\s)(?:pros?|cons?|likes?|dislikes?|positives?|negatives?|the good|the bad)\s*:", re.IGNORECASE
)
_SEMICOLON = re.compile(r";\s+(?=\S)")
_RULE_SENTENCE = re.compile(r"(?<![.!?。！？…])[.!?。！？…]++(?:(?<=[。！？])|[\"'”’)\]]*+\s++)(?=\S)")
_CONTRAST_OPENER = re.compile(r"(?:but|however|though|although|yet|unfortunately|sadly)\b", re.IGNORECASE)
_CONTRAST_COMMA = re.compile(
    r"[,;–—-]\s+(?=(?:but(?!\s+also)|however|although|though|whereas|yet|unfortunately)\b\s*,?\s*\w+\s+\w)",
    re.IGNORECASE,
)
# The blank comes first and what must stand before it is looked back for: a search skips to the next blank at once.
_CONTRAST_BUT = re.compile(
    r"\s(?=but\s+(?:the|it|its|it['’]s|i|i['’]m|my|they|we|he|she|you|there|this|that|nobody|not|still|now|never|when|if)\s+\w)"
    r"(?<=[\w.,;)]\s)(?<!\bnothing\s)(?<!\banything\s)(?<!\beverything\s)(?<!\ball\s)(?<!\bnone\s)(?<!\blast\s)",
    re.IGNORECASE,
)
_CONTRAST_FIRST = re.compile(
    r"(?:^|(?<=[.!?]\s))(?:although|even though|though|whereas|despite|in spite of)\s[^,.!?;:\r\n]{8,150}+,\s+(?=\w)",
    re.IGNORECASE,
)
_CONSEQUENCE = re.compile(r"(?:so|hence|therefore|thus)\b(?!\s+(?:far|good|much|many|bad)\b)", re.IGNORECASE)
# Closing marks, emoji and emoticons at the head of a piece belong to the words before them.
_TAIL = re.compile(
    r"(?:<3|[:;=][-'^o]?[()DPpOo/\\|*\[\]]++(?!\w)|[^\w\s\"'“‘«(\[{<@#$£€¥₹&+*•‣◦▪●✓✔➢→–\-/\\~^`¿¡])++(?:\s++|$)"
)
_LONG_LINE = 60


def word_starts(text: str) -> list[int]:
    """Where the words of *text* start. Links, hashtags, handles and placeholders are none: they say nothing alone."""
    if not ("@" in text or "#" in text or "<" in text or "://" in text or "www." in text.lower()):
        return [match.start() for match in _WORD.finditer(text)]
    return [match.start() for match in _TOKEN.finditer(text) if match.group(1)]


def rule_cuts(text: str, *, split_lists: bool) -> list[Cut]:
    """Cuts that need no model: lines, contrasts behind a comma, bullets, numbered lists, headings, semicolons."""
    cuts = _line_cuts(text)
    cuts.extend(Cut(match.end(), CLAUSE, True) for match in _CONTRAST_COMMA.finditer(text))
    lowered = text.lower()
    # Beyond ASCII an expression without regard to case takes other letters for "s" and "i", so no word is looked for.
    if not lowered.isascii() or "though" in lowered or "whereas" in lowered or "spite" in lowered:
        cuts.extend(Cut(match.end(), CLAUSE, True) for match in _CONTRAST_FIRST.finditer(text))
    if "but" in lowered:
        cuts.extend(Cut(match.end(), CLAUSE, True) for match in _CONTRAST_BUT.finditer(text))
    if not split_lists:
        return cuts
    if not text.isascii():
        cuts.extend(Cut(match.start(), HARD) for match in _INLINE_BULLET.finditer(text))
    if ":" in text:
        cuts.extend(Cut(match.start(), HARD) for match in _HEADING.finditer(text))
    cuts.extend(run_on_cuts(text))
    if ";" in text:
        cuts.extend(Cut(match.end(), CLAUSE) for match in _SEMICOLON.finditer(text))
    cuts.extend(_number_cuts(text))
    return cuts


def _line_cuts(text: str) -> list[Cut]:
    """A line break cuts, but for the wrapped lines of a mail: a long line that goes on in lower case."""
    cuts = []
    line_start = 0
    for match in _LINE.finditer(text):
        end = match.end()
        if end >= len(text):
            break
        line = text[line_start : match.start()].rstrip()
        wrapped = (
            len(line) >= _LONG_LINE
            and text[end].islower()
            and not _BLANK_LINE.search(match.group())
            and line[-1] not in ".!?:;"
        )
        if not wrapped or _LIST_OPENER.match(text, end):
            cuts.append(Cut(end, HARD))
        line_start = end
    return cuts


def _number_cuts(text: str) -> list[Cut]:
    """Numbers in a line are a list only when they count 1, 2, …: "it is version 2. Works" is none."""
    if _NUMBER_MARK.search(text) is None:
        return []
    found = [(int(match.group(1)), match.start()) for match in _INLINE_NUMBER.finditer(text)]
    cuts: list[Cut] = []
    expected = 1
    for number, offset in found:
        if number == expected:
            cuts.append(Cut(offset, HARD))
            expected += 1
    return cuts if expected > 2 else []


def rule_sentences(text: str) -> list[Cut]:
    """Sentence cuts by punctuation alone, for languages that the model does not read."""
    return [Cut(match.end(), SENTENCE) for match in _RULE_SENTENCE.finditer(text)]


def is_contrast_opener(text: str, offset: int) -> bool:
    """Does the piece that starts at *offset* open with "but" or a word like it?"""
    return _CONTRAST_OPENER.match(text, offset) is not None


def is_consequence(text: str, offset: int) -> bool:
    """Does the piece at *offset* open with "so"? It makes one point with its cause, and stays with it."""
    return _CONSEQUENCE.match(text, offset) is not None


def is_correlative(text: str, offset: int) -> bool:
    """Is the "but also" at *offset* the second half of a "not only ... but also"? That is no contrast."""
    before = text[max(0, offset - 120) : offset].lower()
    return text[offset : offset + 8].lower() == "but also" and ("not only" in before or "not just" in before)


def settle(text: str, cuts: list[Cut]) -> list[Cut]:
    """*cuts* in order, one at a place (the strongest), moved behind closing marks, none within a word.

    A cut lies after white space, or directly after a closing mark; never in a placeholder, never at the ends.
    """
    if not cuts:
        return []
    inside = {
        offset for match in PLACEHOLDER.finditer(text) for offset in range(match.start() + 1, match.end())
    } if "<" in text else set()
    best: dict[int, Cut] = {}
    for cut in cuts:
        offset = cut.offset
        while offset < len(text) and text[offset].isspace():
            offset += 1
        if cut.strength != HARD:
            tail = _TAIL.match(text, offset)
            offset = tail.end() if tail else offset
        if not 0 < offset < len(text) or offset in inside or not _may_precede(text, offset):
            continue
        known = best.get(offset, cut)
        best[offset] = Cut(
            offset,
            max(cut.strength, known.strength),
            cut.is_contrast or known.is_contrast,
            cut.is_phrase or known.is_phrase,
        )
    return [best[offset] for offset in sorted(best)]


def _may_precede(text: str, offset: int) -> bool:
    before = text[offset - 1]
    if before.isspace() and text[max(0, offset - 8) : offset].rstrip()[-1:] in ("(", "[", "{"):
        return False
    return before.isspace() or not (before.isalnum() or before in "'’\"“‘(<[{@#$£€&/\\_-.,:\ufffd") or (
        before == "." and text[offset].isupper()
    )
