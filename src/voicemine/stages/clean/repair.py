"""Text repair: encodings, HTML, invisible characters, repetition, white space. One item in, one item out."""

from __future__ import annotations

import html
import re
import string
import unicodedata
from dataclasses import dataclass

import ahocorasick_rs
import ftfy
import ftfy.badness
from selectolax.lexbor import LexborHTMLParser

from voicemine.numerics.placeholders import PLACEHOLDER

_FTFY = ftfy.TextFixerConfig(
    unescape_html=False, remove_terminal_escapes=False, fix_encoding=True, restore_byte_a0=True,
    replace_lossy_sequences=True, decode_inconsistent_utf8=True, fix_c1_controls=True, fix_latin_ligatures=True,
    fix_character_width=True, uncurl_quotes=True, fix_line_breaks=True, fix_surrogates=True,
    remove_control_chars=True, normalization="NFC", explain=False,
)

_RUNS = ahocorasick_rs.AhoCorasick([c * 4 for c in string.ascii_letters + "!?.,-_*=~#"],
                                   implementation=ahocorasick_rs.Implementation.DFA)
#: Cheap test: a printable ASCII text without any of these needs nothing but `strip`.
_SUSPECT = ahocorasick_rs.AhoCorasick(
    ["<", "&", "  ", "{$", *(f"\\{c}" for c in "nrtu\"'"), *(c * 4 for c in string.ascii_letters + "!?.,-_*=~#")],
    implementation=ahocorasick_rs.Implementation.DFA)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_ANSI = re.compile(r"\x1b\[[0-9;]{0,16}[A-Za-z]")
# Zero-width and direction marks. The joiner (U+200D) and variation selectors build emoji and are kept there.
_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
                        r"\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffc]")
_STRAY_JOINER = re.compile(r"(?<![\U0001F000-\U0001FAFF\u2600-\u27bf\ufe0f])\u200d|"
                           r"\u200d(?![\U0001F000-\U0001FAFF\u2600-\u27bf])")
_ODD_SPACE = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_ODD_BREAK = re.compile(r"\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_LONG_LETTER = re.compile(r"([^\W\d_])\1{3,}")
_LONG_MARK = re.compile(r"([!?.,\-_*=~#])\1{3,}")
_LONG_EMOJI = re.compile(r"([\U0001F300-\U0001FAFF\u2600-\u27bf]\ufe0f?)\1{3,}")
_SPACES = re.compile(r"[ \t]+")
_LINE_EDGE = re.compile(r" ?\n ?")
_BREAKS = re.compile(r"\n{3,}")
_ESCAPED = re.compile(r"\\r\\n|\\n|\\r|\\t")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?")

_TAGS = ("a|abbr|address|article|aside|b|big|blockquote|body|br|button|center|cite|code|col|dd|del|details|div|dl|dt|"
         "em|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|"
         "meta|"
         "nav|o:p|ol|option|p|pre|q|s|script|section|select|small|span|strike|strong|style|sub|sup|svg|table|tbody|"
         "td|textarea|tfoot|th|thead|title|tr|tt|u|ul|video|wbr")
# A tag needs its closing bracket within reach: "a < b and c > d" is no HTML.
_TAG = re.compile(rf"<!--|<!doctype\b|</?(?:{_TAGS})(?=[\s/>])[^<>]{{0,2000}}>", re.IGNORECASE)
_TAG_START = re.compile(rf"<(?!!--|!doctype\b|/?(?:{_TAGS})(?=[\s/>])[^<>]{{0,2000}}>)", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:br|/?p|/?div|/?li|/?tr|/?h[1-6]|/?ul|/?ol|/?table|/?blockquote|hr|/?section|/?article)"
                    r"(?=[\s/>])[^<>]{0,2000}>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


@dataclass(frozen=True)
class Repaired:
    """The repaired text and the names of the steps that changed it, in order."""

    text: str
    steps: tuple[str, ...]


def repair(text: str, *, strip_html: bool = True) -> Repaired:
    """Repair one text. `repair(repair(x).text).text == repair(x).text`."""
    if text.isascii() and text.isprintable() and not _SUSPECT.find_matches_as_indexes(text):
        return Repaired(text.strip(), ())
    steps: list[str] = []
    # Repair can lay bare what needs repair (an escaped tag, a doubly wrong encoding): go on until nothing changes.
    for _ in range(6):
        once = _repair_once(text, strip_html, steps)
        if once == text:
            break
        text = once
    return Repaired(text, tuple(dict.fromkeys(steps)))


def _repair_once(text: str, strip_html: bool, steps: list[str]) -> str:
    if not text.isascii():
        fixed = _encoding(text)
        if fixed != text:
            steps.append("encoding" if ftfy.badness.is_bad(text) else "characters")
            text = fixed
    if "\\" in text:
        fixed = _unescape_literals(text)
        if fixed != text:
            steps.append("escapes")
            text = fixed
    fixed = _controls(text)
    if fixed != text:
        steps.append("invisible")
        text = fixed
    if strip_html and ("<" in text or "&" in text):
        fixed = _html(text)
        if fixed != text:
            steps.append("html")
            text = fixed
    fixed = _repetition(text)
    if fixed != text:
        steps.append("repetition")
        text = fixed
    if "{$" in text:
        text = re.sub(r"\{(\$[\d,.]{1,20})\}", r"\1", text)
    return _space(text)


def _encoding(text: str) -> str:
    return ftfy.fix_text(text, _FTFY) if "�" not in text else unicodedata.normalize("NFC", text)


def _unescape_literals(text: str) -> str:
    """Line breaks and characters that an export wrote out as backslash codes."""
    text = _ESCAPED.sub(lambda m: " " if m[0] == "\\t" else "\n", text)
    return _UNICODE_ESCAPE.sub(_unicode_escape, text)


def _unicode_escape(found: re.Match[str]) -> str:
    units = [int(u, 16) for u in found.groups() if u]
    data = b"".join(u.to_bytes(2, "big") for u in units)
    return data.decode("utf-16-be", errors="ignore")


def _controls(text: str) -> str:
    if text.isascii() and text.replace("\n", " ").isprintable():
        return text
    text = _ANSI.sub("", text)
    text = _ODD_BREAK.sub("\n", text)
    text = _CONTROL.sub("", text)
    if not text.isascii():
        text = _ODD_SPACE.sub(" ", text)
        text = _INVISIBLE.sub("", text)
        if "\u200d" in text:
            text = _STRAY_JOINER.sub("", text)
    return text


def _html(text: str) -> str:
    kept: list[str] = []

    def shelve(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\ue000{len(kept) - 1}\ue001"

    # Our own placeholders look like tags; they stand aside meanwhile.
    work = PLACEHOLDER.sub(shelve, text.replace("\ue000", "").replace("\ue001", ""))
    if _TAG.search(work):
        work = _BLOCK.sub(lambda m: "\n" + m[0], work)
        work = _TAG_START.sub("&lt;", work)
        tree = LexborHTMLParser(work)
        tree.strip_tags(["script", "style", "head", "title", "noscript", "template"])
        body = tree.body
        work = body.text(separator="") if body is not None else ""
    elif _ENTITY.search(work):
        work = html.unescape(work)
    return re.sub("\ue000(\\d+)\ue001", lambda m: kept[int(m[1])], work)


def _repetition(text: str) -> str:
    """Long runs are cut to three: the feeling stays, the word is one word again."""
    if text.isascii() and not _RUNS.find_matches_as_indexes(text):
        return text
    text = _LONG_LETTER.sub(lambda m: m[0] if m[1] in "Xx" else m[1] * 3, text)
    text = _LONG_MARK.sub(r"\1\1\1", text)
    return text if text.isascii() else _LONG_EMOJI.sub(r"\1\1\1", text)


def _space(text: str) -> str:
    if "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    if "\n" in text:
        text = _LINE_EDGE.sub("\n", text)
        if "\n\n\n" in text:
            text = _BREAKS.sub("\n\n", text)
    return text.strip()
