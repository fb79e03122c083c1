"""Personal data with a form of its own: addresses on the net, cards, bank accounts, national ids, phones.

Every expression is linear: no nested repetition, every repetition of a wide class has an upper bound.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

import phonenumbers
from stdnum import iban, luhn
from stdnum.br import cnpj, cpf
from stdnum.ca import sin
from stdnum.cn import ric
from stdnum.es import nie, nif
from stdnum.exceptions import ValidationError
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn
from stdnum.za import idnr as za_id

from voicemine.stages.clean import gates as g
from voicemine.stages.clean.spans import Taken

_EMAIL = re.compile(r"<?\b[A-Za-z0-9][A-Za-z0-9._%+'\-]{0,63}@"
                    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,5}[A-Za-z]{2,24}\b>?"
                    r"|[^\W_][\w.%+\-]{0,63}@(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,24}\b")
_EMAIL_HINT = re.compile(r"\w@[^\s@]{1,64}\.\w")
_EMAIL_SPELT = re.compile(
    r"\b(?:[A-Za-z0-9]{1,30}(?: dot | ?\(dot\) ?| ?\[dot\] ?)){0,3}[A-Za-z0-9][A-Za-z0-9._+\-]{0,40} ?(?:\(at\)|"
    r"\[at\]|\{at\}| at )[ ]?[A-Za-z0-9\-]{2,40}"
    r"(?:(?: ?(?:\(dot\)|\[dot\]|\{dot\}) ?| dot )[A-Za-z]{2,12}){1,3}\b", re.IGNORECASE)
_EMAIL_HALF_SPELT = re.compile(
    r"\b[A-Za-z0-9][A-Za-z0-9._+\-]{0,40} ?(?:\(at\)|\[at\]|\{at\}|@ | at ) ?(?:gmail|googlemail|yahoo|hotmail|"
    r"outlook|aol|"
    r"icloud|live|gmx|protonmail|proton|msn|comcast|btinternet)(?: ?\. ?| dot )(?:com|net|org|co ?\.? ?uk|de|fr|in|"
    r"me)\b",
    re.IGNORECASE)
# Speech-to-text drops the sign and the dot: "john 44 gmailcom".
_EMAIL_HEARD = re.compile(
    r"\b(?:[a-z0-9]{1,30} \d{1,6} |[a-z0-9]{1,30} (?=gmail|yahoo|hotmail|outlook|rediff))?"
    r"[a-z0-9]{0,40}(?:gmail|yahoo|hotmail|outlook|reddiffmail|rediffmail|ymail|aol|icloud|mail|user|live)(?:com|co|"
    r"coin|couk|in)\b")
_SPELT = ((g.SPELT_DOT, _EMAIL_SPELT), (g.PROVIDER, _EMAIL_HALF_SPELT), (g.RUN_ON, _EMAIL_HEARD))
_URL = re.compile(r"\b(?:https?|ftp)://[^\s<>\"']{1,2000}|\bwww\.[a-z0-9][^\s<>\"']{2,2000}"
                  r"|\b(?:[a-z0-9\-]{1,63}\.){1,4}(?:com|net|org|io|co|ly|gl|me|uk|de|fr|it|es|nl|in|au|ca|gov|edu|"
                  r"app|link|info)"
                  r"(?:\.(?:uk|au|in|br|za))?/[^\s<>\"']{1,2000}", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])"
                  r"|(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?!\w|\.\w)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?(?![A-Za-z0-9])")
_CARD = re.compile(r"(?<![\w.,$£€/-])\d(?:[ -]?\d){12,18}(?![\w/]|[.,]\d)")
_CARD_SHAPE = re.compile(r"(?:\d{4}[ -]){3}\d{1,7}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5}")
_LONG = re.compile(r"(?<![\w.,$£€/\-+])\d{9,40}(?![\w/%]|[.,]\d)")
_PRODUCT = re.compile(r"\b(?:isbn|ean|upc|gtin|asin|sku|model|part|item|serial|barcode|version|build|imei|product|"
                      r"article)\b"
                      r"[^\n.;]{0,24}\Z", re.IGNORECASE)
_VERSION = re.compile(r"(?:\b(?:v|ver|version|build|release|firmware|ios|android|update|app|kernel|python|java|chrome|"
                      r"driver|software|section|chapter|clause)\b\.?[^\n.;]{0,14}|\bv\.?)\Z", re.IGNORECASE)

_PHONE = re.compile(r"(?<![\w.,$£€/#:\-])(?:\+ ?|00)?\(?\d(?:[\d().\-/ \u2010-\u2015]{5,22})\d"
                    r"(?: ?(?:x|ext\.?|extension) ?\d{1,6})?(?![\w%]|[.,:]\d)", re.IGNORECASE)
_PHONE_SHAPE = re.compile(r"\+ ?\d.*|(?:1[-. ]?)?\(?[2-9]\d{2}\)?[-. ]{1,2}\d{3}[-. ]\d{4}|0\d{2,4}[ -]\d{3,4}[ "
                          r"-]?\d{3,4}"
                          r"|\(0\d{2,4}\) ?\d{3,4} ?\d{3,4}")
_PHONE_CUE = re.compile(r"\b(?:call(?:ed|ing)?|phone|tel|telephone|mobile|cell|text(?:ed)?|whats ?app|fax|ring|"
                        r"reach(?:ed)?|"
                        r"contact(?:ed)?|dial(?:led|ed)?|number|landline|hotline|line|sms)\b[^\n]{0,28}\Z",
                        re.IGNORECASE)
_DATE_LIKE = re.compile(r"\(?(?:\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2})(?:[ -].*)?|"
                        r"(?:19|20)\d{2} ?[-/\u2010-\u2015] ?(?:19|20)?\d{2}|\d{1,2}/\d{1,2}.*|\d{1,3}(?:[ "
                        r".]\d{3}){1,3}")
_MONEY_AHEAD = re.compile(r" ?(?:dollars?|usd|euros?|eur|pounds?|gbp|rupees?|inr|rs|lbs?|kg|km|miles|mb|gb|points|"
                          r"steps|coins|gems|people|users|downloads|followers|reviews|votes|views|items|units|kb|px|"
                          r"mah|rpm)\b",
                          re.IGNORECASE)
_MONEY_BEHIND = re.compile(r"(?:[$£€¥₹]|\b(?:usd|eur|gbp|inr|rs)\.?) ?\Z", re.IGNORECASE)


def _stdnum(check: Callable[[str], str]) -> Callable[[str], bool]:
    def valid(text: str) -> bool:
        try:
            check(text)
        except ValidationError:
            return False
        return True
    return valid


_PAN = re.compile(r"(?<!\w)[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z](?!\w)")
#: (form, check): the check is a checksum or, where the id has none, a form so strict that it stands alone.
_NATIONAL: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (re.compile(r"(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])"), lambda s: _stdnum(ssn.validate)(s.replace(" ", "-"))),
    (re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)"), lambda s: True),
    (re.compile(r"(?<!\w)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)"), _stdnum(cpf.validate)),
    (re.compile(r"(?<!\w)\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}(?!\w)"), _stdnum(cnpj.validate)),
    (re.compile(r"(?<![\w-])(?<!\d )\d{4} \d{4} \d{4}(?![\w-]| \d)"), _stdnum(aadhaar.validate)),
    (_PAN, lambda s: True),
    (re.compile(r"(?<![\w-])\d{3}([ -])\d{3}\1\d{3}(?![\w-])"), _stdnum(sin.validate)),
    (re.compile(r"(?<![\w-])\d{3}([ -])\d{3}\1\d{4}(?![\w-])"), _stdnum(nhs.validate)),
    (re.compile(r"(?<!\w)\d{17}[\dXx](?!\w)"), _stdnum(ric.validate)),
    (re.compile(r"(?<!\w)\d{8}-?[A-HJ-NP-TV-Z](?!\w)"), _stdnum(nif.validate)),
    (re.compile(r"(?<!\w)[XYZ]-?\d{7}-?[A-Z](?!\w)"), _stdnum(nie.validate)),
    (re.compile(r"(?<!\w)[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\w)"),
     _stdnum(nir.validate)),
    (re.compile(r"(?<!\w)[A-Za-z]{6}\d{2}[A-EHLMPRSTa-ehlmprst]\d{2}[A-Za-z]\d{3}[A-Za-z](?!\w)"),
     _stdnum(codicefiscale.validate)),
    (re.compile(r"(?<!\w)[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d(?!\w)"), _stdnum(curp.validate)),
    (re.compile(r"(?<![\w-])(?:19|20)?\d{6}[-+]\d{4}(?![\w-])"), _stdnum(personnummer.validate)),
    (re.compile(r"(?<!\w)\d{13}(?!\w)"), _stdnum(za_id.validate)),
    (re.compile(r"(?<![\w-])\d{6}-[1-8]\d{6}(?![\w-])"), lambda s: True),
    (re.compile(r"(?<![\w.])\d{11}(?![\w]|[.,]\d)"), _stdnum(pesel.validate)),
)
_BSN = re.compile(r"\b(?:bsn|burgerservicenummer)\b\D{0,12}(\d{9})(?!\d)", re.IGNORECASE)


def nets(text: str, taken: Taken, hints: int) -> None:
    """URLs, e-mail addresses, MAC and IP addresses; `hints` are the text's gates."""
    if hints & g.LINK:
        for found in _URL.finditer(text):
            end = found.end()
            while end > found.start() and text[end - 1] in ".,;:!?)]}":
                end -= 1
            taken.take("URL", found.start(), end)
    if hints & g.AT and _holds_email(text):
        for found in _EMAIL.finditer(text):
            whole = found[0].startswith("<") == found[0].endswith(">")
            start = found.start() if whole else found.start() + found[0].startswith("<")
            taken.take("EMAIL", start, found.end() if whole else found.end() - found[0].endswith(">"))
    if hints & g.SPELT:
        for gate, spelt in _SPELT:
            for found in spelt.finditer(text) if hints & gate else ():
                taken.take("EMAIL", found.start(), found.end())
    if hints & g.DOTTED:
        colons, dots = text.count(":"), text.count(".")
        if colons > 4 or dots > 1 or text.count("-") > 4:
            for found in _MAC.finditer(text):
                taken.take("MAC", found.start(), found.end())
        for least, count, expression in ((3, dots, _IPV4), (2, colons, _IPV6)):
            for found in expression.finditer(text) if count >= least else ():
                if _is_address(found[0]) and not _VERSION.search(text, max(0, found.start() - 30), found.start()):
                    taken.take("IP", found.start(), found.end())


def _holds_email(text: str) -> bool:
    """Whether an @ stands behind a letter or digit, as most handles do not."""
    at = text.find("@", 1)
    while at > 0 and not (text[at - 1].isalnum() or text[at - 1] == "_"):
        at = text.find("@", at + 1)
    return at > 0 and _EMAIL_HINT.search(text, at - 1) is not None


def _is_address(text: str) -> bool:
    if ":" in text and not (len(text) > 6 and re.search(r"[A-Fa-f]|::|(?:\d+:){7}", text)):
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def numbers(text: str, taken: Taken) -> None:
    """IBANs, payment cards and national ids."""
    digits = sum(map(str.isdigit, text))
    if digits < 6:
        for found in _PAN.finditer(text) if digits >= 4 else ():
            taken.take("NATIONAL_ID", found.start(), found.end())
        return
    for found in _IBAN.finditer(text):
        value = _iban_prefix(found[0])
        if value:
            taken.take("IBAN", found.start(), found.start() + value)
    for expression, check in _NATIONAL:
        for found in expression.finditer(text):
            if check(found[0]):
                taken.take("NATIONAL_ID", found.start(), found.end())
    for found in _BSN.finditer(text):
        if _stdnum(bsn.validate)(found[1]):
            taken.take("NATIONAL_ID", found.start(1), found.end(1))
    for found in _CARD.finditer(text):
        plain = re.sub(r"\D", "", found[0])
        grouped = _CARD_SHAPE.fullmatch(found[0])
        if (grouped or (luhn.is_valid(plain) and plain[0] in "23456"
                        and len(set(plain)) > 1)) and not _PRODUCT.search(
                text, max(0, found.start() - 40), found.start()):
            taken.take("CARD", found.start(), found.end())


def _iban_prefix(text: str) -> int:
    """Length of the longest valid IBAN at the start of `text`; 0 if there is none."""
    ends = [i for i in range(len(text), 14, -1) if text[i - 1] != " "]
    return next((i for i in ends if iban.is_valid(text[:i], check_country=False)), 0)


def phones(text: str, taken: Taken, regions: tuple[str, ...]) -> None:
    """Phone numbers, by form and by phonenumbers' metadata, then any other run of nine or more digits."""
    for found in _PHONE.finditer(text):
        value = found[0]
        start = found.start()
        count = sum(c.isdigit() for c in value)
        if not 7 <= count <= 17 or not taken.free(start, found.end()) or _DATE_LIKE.fullmatch(value):
            continue
        if (_MONEY_AHEAD.match(text, found.end()) or _MONEY_BEHIND.search(text, max(0, start - 6), start)
                or _PRODUCT.search(text, max(0, start - 40), start)):
            continue
        cued = _PHONE_CUE.search(text, max(0, start - 44), start) is not None
        plain = value.isdigit()
        if (_PHONE_SHAPE.fullmatch(value) or (cued and not plain) or (cued and count >= 9)
                or (count >= 10 and _valid_phone(value, regions))):
            taken.take("PHONE", start, found.end())
    for found in _LONG.finditer(text):
        before = max(0, found.start() - 40)
        if not (_MONEY_AHEAD.match(text, found.end()) or _PRODUCT.search(text, before, found.start())):
            taken.take("ACCOUNT", found.start(), found.end())


def _valid_phone(value: str, regions: tuple[str, ...]) -> bool:
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
