"""Numbers and codes that only their cue gives away: "order no. 4411", "my ssn is 7889", "claim number rsc 785".

A cue is found, the small words between it and its value are skipped, then the value is read token by token; so
codes that speech-to-text has torn apart ("h 76 k 98") are found whole.
"""

from __future__ import annotations

import re

from voicemine.stages.clean.lexicon import words
from voicemine.stages.clean.spans import Taken

_CUES: dict[str, str] = {
    "NATIONAL_ID": r"ssn|s\.s\.n\.?|social security|social|sn(?= (?:no|number))|national insurance|nino|aadhaa?r|"
                   r"passport|sin(?= (?:no|number|\d{3}))|"
                   r"tax id|tin(?= (?:no|number))|nhs(?= (?:no|number))|driv(?:er'?s|ing) licen[cs]e|national id",
    "CARD": r"(?:credit|debit|bank|gift|visa|mastercard|amex)? ?card|visa|mastercard|amex|cvv|cvc",
    "PASSWORD": r"password|passwd|pswd|pwd|passcode|pass ?word|pin(?= (?:is|was|no|number|code|:))|otp|security code|"
                r"verification code",
    "ORDER": r"order|booking|reservation|conf(?:irmation)?|invoice|tracking|shipment|parcel|consignment|receipt|"
             r"transaction|pnr|"
             r"record locator|locator|itinerary|e-?ticket|waybill|purchase order",
    "TICKET": r"ticket|case|claim|incident|complaint|enquiry|inquiry|reference|ref|request|support id|sr(?= ?#)|job",
    "ACCOUNT": r"account|acct|a/c|ac(?= (?:no|number|id))|policy|member(?:ship)?|customer|client|loyalty|rewards?|"
               r"frequent fl[iy]er|contract|patient|meter|sort code|routing|user ?(?:id|name)|username|login|"
               r"subscriber|"
               r"student|employee|vin|licen[cs]e plate|imei|serial",
    "PHONE": r"phone|telephone|tel|mobile|cell|contact|whats ?app|call me (?:on|at|back on)|call (?:on|at)|ph(?= )|fax",
    "EMAIL": r"e-?mail|mail id",
    "POSTCODE": r"zip ?code|zip|post ?code|postal code|pin ?code",
}
_CUE = re.compile("|".join(rf"(?P<{kind}>\b(?:{words}))" for kind, words in _CUES.items()), re.IGNORECASE)
_WORD = re.compile(r"(?<![^\W_])[A-Za-z]{2,16}|(?<!\w)[aesSAE](?=[./-])")
_FIRST = frozenset(
    "ssn s social sn national nino aadhar aadhaar passport sin tax tin nhs driver driving credit debit bank gift "
    "card visa mastercard amex cvv "
    "cvc password passwd pswd pwd passcode pass pin otp security verification order booking reservation conf "
    "confirmation invoice tracking "
    "shipment parcel consignment receipt transaction pnr record locator itinerary e eticket waybill purchase ticket "
    "case claim incident "
    "complaint enquiry inquiry reference ref request support sr job account acct a ac policy member membership "
    "customer client loyalty reward "
    "rewards frequent contract patient meter sort routing user username userid login subscriber student employee vin "
    "licence license imei serial "
    "phone telephone tel mobile cell contact whats whatsapp call ph fax email mail zip zipcode post postcode postal "
    "pincode".split())
_CUE_END = re.compile(r"(?:['’]?s)?(?![\w])")
_TOKEN = re.compile(r"[^\s]+")
_MARKED = re.compile(r"(?:number|numbers|no|nos|num|nbr|nr|id|code|ref|reference|pin|digits|digit|ending|ends|key)\Z|"
                     r"[#:=№]+\Z",
                     re.IGNORECASE)
_FILLER = frozenset("number numbers no nos num nbr nr id code ref reference is was are of my the its it's it i our "
                    "your with here "
                    "last four 4 first digits digit ending ends in on at to as this that full complete which name: "
                    "correct "
                    "actual new old below given for - – : = # . locator please has been".split())
_STOP = frozenset("and but or is was are the my i we you it this that for to in on at of with from please thanks "
                  "thank so a an "
                  "not no yes if can do did has have had will would be been by as he she they me us ok sir hi when "
                  "then "
                  "also because still after before since until about".split())
_UNIT = re.compile(
    r"(?:times?|x|days?|weeks?|months?|years?|yrs?|hours?|hrs?|minutes?|mins?|dollars?|usd|euros?|eur|pounds?|gbp|"
    r"rupees?|rs|cents?|"
    r"percent|%|people|persons?|guests?|nights?|items?|pieces?|stars?|points?|miles|km|pm|am|gb|mb|cm|mm|inch(?:es)?|"
    r"kg|lbs?|"
    r"am|pm|st|nd|rd|th|o'?clock|calls|emails|orders|tickets|cards|accounts|phones|bags?|boxes|rooms?|seats?|am|of|"
    r"different|more|other|separate|business|working|large|small|medium|pizzas?|burgers?|users?|customers?)\b",
    re.IGNORECASE)
_CODE = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9\-_/.]{0,30}\Z")
_MARKED_CUES = frozenset(("pnr", "record locator", "locator"))
_YEAR = re.compile(r"(?:19|20)\d{2}\Z")
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}\Z")
_MONEY = re.compile(r"[$£€¥₹%]")
_LETTERS = re.compile(r"[A-Z]{5,8}\Z")


def _is_date(word: str) -> bool:
    if not _DATE.match(word):
        return False
    parts = [int(p) for p in re.split(r"[-/.]", word)]
    small = sorted(p for p in parts if p <= 31)
    return len(small) >= 2 and 1 <= small[0] <= 12 and small[-1] >= 1 and max(parts) <= 2100


def cued(text: str, taken: Taken) -> None:
    """Values behind a cue word, of the cue's type."""
    for word in _WORD.finditer(text):
        if word[0].lower() not in _FIRST:
            continue
        found = _CUE.match(text, word.start())
        if found and _CUE_END.match(text, found.end()):
            kind = found.lastgroup or ""
            span = _value(text, found.end(), kind, marked=found[0].lower() in _MARKED_CUES)
            if span:
                taken.take(kind, *span)


def _value(text: str, at: int, kind: str, *, marked: bool) -> tuple[int, int] | None:
    """Span of the value that follows the cue ending at `at`, or None."""
    marked = marked or kind == "POSTCODE"
    skipped = 0
    tokens: list[re.Match[str]] = []
    window = at
    glued = text[at:at + 1] in "#:=№"
    if glued:
        marked = True
        while text[window:window + 1] in ("#", ":", "=", "№", " ") and window < len(text):
            window += 1
    for token in _TOKEN.finditer(text, window, min(len(text), window + 160)):
        word = token[0].strip("()[],;\"'")
        low = word.rstrip(".:#").lower()
        if word.startswith(("#", "№")) and len(word) > 1:
            marked = True
        if not tokens and skipped < 7 and not _is_code(word) and (low in _FILLER or not low or word in "#:=-–"):
            marked = marked or bool(_MARKED.search(low)) or word.endswith((":", "#")) or low in ("is", "was")
            skipped += 1
            if token[0].endswith((".", "!", "?")) and low not in ("no", "num", "ref", "nr"):
                return None
            continue
        if not _continues(tokens, word, low, kind):
            break
        tokens.append(token)
        if len(tokens) >= 8 or token[0][-1] in ",.;!?)":
            break
    return _judged(text, tokens, marked, kind)


def _is_code(word: str) -> bool:
    return bool(_CODE.match(word.rstrip(".,;:!?"))) and any(c.isdigit() for c in word) and len(word) >= 2


def _continues(tokens: list[re.Match[str]], word: str, low: str, kind: str) -> bool:
    word = word.rstrip(".,;:!?")
    if kind == "PASSWORD" and not tokens and len(word) >= 4 and re.search(r"[^A-Za-z]", word):
        return True
    if not word or not _CODE.match(word) or _MONEY.search(word):
        return False
    if any(c.isdigit() for c in word):
        return not _is_date(word)
    if kind == "PASSWORD":
        return not tokens and low not in _STOP and low not in words("english")
    if kind in ("PHONE", "CARD", "POSTCODE", "NATIONAL_ID"):
        return kind == "NATIONAL_ID" and len(word) <= 2 and word.isupper() and low not in _STOP
    if not tokens and _LETTERS.match(word):
        return True
    return len(word) <= 4 and low not in _STOP and low not in _FILLER


def _judged(text: str, tokens: list[re.Match[str]], marked: bool, kind: str) -> tuple[int, int] | None:
    """The span of `tokens` if they look like a value of `kind`; letters at the end that lead nowhere are dropped."""
    while tokens and not any(c.isdigit() for c in tokens[-1][0]) and len(tokens) > 1:
        if len(tokens[-1][0]) == 1:
            break
        tokens.pop()
    if not tokens:
        return None
    start, end = tokens[0].start(), tokens[-1].end()
    while end > start and text[end - 1] in ".,;:!?)]\"'":
        end -= 1
    while start < end and text[start] in "([\"'":
        start += 1
    value = text[start:end]
    digits = sum(c.isdigit() for c in value)
    signs = sum(c.isalnum() for c in value)
    if _UNIT.match(text[end:end + 24].lstrip()) or (len(tokens) == 1
                                                    and _UNIT.fullmatch(re.sub(r"^\d+", "", value) or "-")):
        return None
    if kind == "PASSWORD":
        return (start, end) if marked and signs >= 2 else None
    if not digits:
        strong = kind == "ORDER" and marked and len(tokens) == 1 and _LETTERS.match(value)
        return (start, end) if strong else None
    if value.startswith("#"):
        return (start, end) if digits >= 2 else None
    coded = len(tokens) == 1 and digits >= 3 and signs >= 5 and not value.isdigit()
    loose = len(tokens) > 1 and not value.replace(" ", "").isdigit() and digits < 5
    if not marked and not coded and ((_YEAR.match(value) and kind != "NATIONAL_ID") or loose):
        return None
    least = {"PHONE": 7, "CARD": 3, "NATIONAL_ID": 4, "POSTCODE": 4, "EMAIL": 99}.get(kind, 3 if signs >= 4 or marked
        else 4)
    if not marked and not coded:
        least = max(least, 5 if kind in ("ORDER", "TICKET") else 7 if kind == "PHONE" else 4)
    short_code = marked and len(tokens) == 1 and 5 <= signs <= 8 and value.isupper()
    if digits < least and not short_code and not (marked and signs >= 5 and digits >= 2):
        return None
    return start, end
