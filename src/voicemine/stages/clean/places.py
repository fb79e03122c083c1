"""Street addresses, postcodes and dates of birth."""

from __future__ import annotations

import re

from voicemine.stages.clean import gates as g
from voicemine.stages.clean.spans import Taken

_SUFFIX = (r"street|avenue|boulevard|road|lane|drive|court|terrace|crescent|parkway|highway|circle|place|square|"
           r"close|gardens|"
           r"grove|mews|way|trail|turnpike|st|ave|av|blvd|rd|ln|dr|ct|ter|cres|pkwy|hwy|cir|pl|sq|trl")
_UNIT = r"(?:,? ?(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|#) ?\.? ?#?[a-z0-9\-]{1,6})?"
STATE_CODES = ("AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|"
               "MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC")
_CAPITAL = r"[A-Z0-9][A-Za-z0-9'’.\-]{0,24}"
_TAIL = (rf"(?:,? (?:[A-Z][A-Za-z.\-]{{1,20}} ?){{1,3}},? (?:{STATE_CODES})(?: \d{{5}}(?:-\d{{4}})?)?"
         rf"|,? (?:[A-Z][a-z.\-]{{1,20}} ?){{1,3}},? [A-Z]{{1,2}}\d[A-Z0-9]? ?\d[A-Z]{{2}})?")
_STREET = re.compile(
    rf"(?<![\w$£€.,/-])\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,? (?:(?:[NSEWnsew]|[NSEW][EWew]|North|South|East|"
    rf"West)\.? )?"
    rf"((?:{_CAPITAL} ){{1,4}})(?i:{_SUFFIX})\b\.?(?i:{_UNIT}){_TAIL}")
# Lower case, as speech-to-text writes: only suffixes that are no everyday words.
_STREET_HEARD = re.compile(
    rf"(?<![\w$£€.,/-])\d{{1,5}} (?:(?:[nsew]|north|south|east|west|ne|nw|se|sw) )?((?:[a-z0-9]{{1,20}} ){{1,3}})"
    rf"(?:street|avenue|boulevard|road|lane|blvd|st|rd|ave|dr|ln|hwy|pkwy)\b{_UNIT}"
    rf"(?:(?: [a-z]{{2,20}}){{1,3}} (?:{STATE_CODES.lower()})\b(?: \d{{4,5}})?)?")
_NOT_STREET = re.compile(
    r"\b(?:the|a|an|of|from|on|in|at|to|and|or|for|is|was|min|mins|minutes?|miles?|hours?|hour|blocks?|stars?|days?|"
    r"times?|"
    r"weeks?|years?|months?|km|feet|ft|lanes?|people|cars?|this|that|my|our|your|by|with|per|off|down|main "
    r"roads?|pm|am|every|different|other|more|new|bad|good|no|dollars?|th of|gb|mb)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\b(?:19|20)\d{2} (?:[A-Z][\w'’.\-]* ){1,4}(?:drive|place|close|way|court|circle|square)\b",
                       re.IGNORECASE)
_PO_BOX = re.compile(r"\b(?:P\.? ?O\.? ?Box|Post Office Box|Postfach) ?#?\d{1,8}\b", re.IGNORECASE)
_GERMAN = re.compile(r"\b[A-ZÄÖÜ][A-Za-zäöüß\-]{1,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm) "
                     r"\d{1,4} ?[a-z]?\b"
                     r"(?:,? \d{5} [A-ZÄÖÜ][a-zäöüß]+)?")
_ROMANCE = re.compile(
    r"\b\d{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|place|chemin|impasse|allée|quai|cours) (?:(?:de|du|des|la|"
    r"le|les|l['’]) ?){0,3}"
    r"[A-ZÀ-Ý][\w\-'’]{1,24}(?: [A-ZÀ-Ý][\w\-'’]{1,24}){0,3}(?:,? \d{5} [A-ZÀ-Ý]\w+)?"
    r"|\b(?:Calle|Avenida|Avda\.?|Plaza|Paseo|C/|Rua|Via|Viale|Corso|Piazza) ?(?:(?:de|del|la|las|los|da|do|dei|"
    r"delle) ){0,3}"
    r"[A-ZÀ-Ý][\w\-'’]{1,24}(?: [A-ZÀ-Ý][\w\-'’]{1,24}){0,3},? (?:n[.º°] ?)?\d{1,4}\b")
_DUTCH = re.compile(r"\b[A-Z][A-Za-z\-]{1,30}(?:straat|laan|weg|plein|gracht|kade|singel|dijk) \d{1,4} ?[a-zA-Z]?\b"
                    r"(?:,? \d{4} ?[A-Z]{2}\b)?")
_INDIAN = re.compile(r"\b(?:flat|plot|door|house|h) ?(?:no|number|#)\.? "
                     r"?(?=[A-Z0-9\-/]{0,7}\d)[A-Z0-9\-/]{1,8}\b(?:,? (?-i:[A-Z])[\w.]{1,20}){0,6}(?:,? ?-? ?\d{6})?",
                     re.IGNORECASE)
_TOLD = re.compile(r"\b(?:(?:(?:home|mailing|delivery|shipping|billing|postal|street|correct|new|old|current|full) "
                   r")?address(?: is|:| -)"
                   r"|(?:i|we) (?:live|reside) at|(?:deliver(?:ed)?|ship(?:ped)?|sent) (?:it )?to(?= \d)|moved to(?= "
                   r"\d))[ :\-]{1,3}",
                   re.IGNORECASE)
_TOLD_END = re.compile(r"[.;!?\n](?= |\Z|\n)|\b(?:and|but|my|phone|mobile|contact|email|mail|tel|ph|please|thanks|"
                       r"which|because|so|"
                       r"is|was|where|when|i|we|the|has|not|for|it)\b", re.IGNORECASE)

_UK = re.compile(r"\b(?:GIR ?0AA|(?:[A-PR-UWYZ]\d{1,2}|[A-PR-UWYZ][A-HK-Y]\d{1,2}|[A-PR-UWYZ]\d[A-HJKPSTUW]|"
                 r"[A-PR-UWYZ][A-HK-Y]\d[ABEHMNPRVWXY]) ?\d[ABD-HJLNP-UW-Z]{2})\b")
_UK_LOWER = re.compile(r"\b[a-pr-uwyz][a-hk-y]?\d{1,2}[a-z]? \d[abd-hjlnp-uw-z]{2}\b")
_CANADA = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d\b")
_ZIP = re.compile(rf"\b(?:{STATE_CODES}),? (\d{{5}}(?:-\d{{4}})?)(?![\w-])|(?<![\w-])(\d{{5}}-\d{{4}})(?![\w-])")
_CITY_ZIP = re.compile(r"\b(\d{5}) (?=(?:Berlin|München|Munich|Hamburg|Köln|Frankfurt|Stuttgart|Düsseldorf|Leipzig|"
                       r"Dresden|Paris|"
                       r"Lyon|Marseille|Madrid|Barcelona|Valencia|Sevilla|Roma|Rome|Milano|Milan|Napoli|Torino|Wien|"
                       r"Zürich)\b)")
_DUTCH_CODE = re.compile(r"\b[1-9]\d{3} [A-Z]{2}\b(?= [A-Z][a-z]{2,})")

_CODE_CUE = re.compile(r"\b(?:post ?code|postal|live|living|address|house|street|road|based|moved)\b[^\n]{0,20}\Z|, "
                       r"\Z", re.IGNORECASE)

_MONTH = (r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
          r"oct(?:ober)?|"
          r"nov(?:ember)?|dec(?:ember)?)")
_DATE = (rf"(?:\d{{1,2}}[-/. ]\d{{1,2}}[-/. ]\d{{2,4}}|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}(?:st|nd|rd|"
         rf"th)?[ -](?:of )?{_MONTH}"
         rf"\.?,?[ -](?:\d{{4}}|['’]?\d{{2}})\b|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{2,4}}|\d{{8}})")
_DOB = re.compile(rf"\b(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday|b(?:orn|\.)|geb(?:oren|urtsdatum)|"
                  rf"nacid[oa]|née? le)\b"
                  rf"[^\d\n]{{0,24}}?\b({_DATE})", re.IGNORECASE)


def births(text: str, taken: Taken) -> None:
    """Dates that the text calls somebody's birth."""
    for found in _DOB.finditer(text):
        taken.take("DOB", found.start(1), found.end(1))


def addresses(text: str, taken: Taken, hints: int) -> None:
    """Street addresses, post boxes, and what follows "my address is"."""
    if hints & g.STREET:
        for street in (_STREET, _STREET_HEARD):
            for found in street.finditer(text):
                if not _NOT_STREET.search(found[1]) and not _NUMBERED.fullmatch(found[0]):
                    taken.take("ADDRESS", found.start(), _trim(text, found))
    for gate, expressions in ((g.BOX, (_PO_BOX, _INDIAN)), (g.ABROAD, (_GERMAN, _ROMANCE, _DUTCH))):
        for expression in expressions if hints & gate else ():
            for found in expression.finditer(text):
                taken.take("ADDRESS", found.start(), found.end())
    if not hints & g.TOLD:
        return
    for found in _TOLD.finditer(text):
        stop = _TOLD_END.search(text, found.end(), min(len(text), found.end() + 120))
        end = stop.start() if stop else min(len(text), found.end() + 120)
        value = text[found.end():end].rstrip(" ,")
        if re.search(r"\d", value) and len(value.split()) >= 2 and "@" not in value:
            taken.take("ADDRESS", found.end(), found.end() + len(value))


def _trim(text: str, found: re.Match[str]) -> int:
    end = found.end()
    while text[end - 1] in " ,":
        end -= 1
    return end


def postcodes(text: str, taken: Taken) -> None:
    """Postcodes that stand alone or behind a state."""
    for expression in (_UK, _UK_LOWER, _CANADA, _DUTCH_CODE):
        for found in expression.finditer(text):
            # "B773ER" is an aircraft as well as a postcode in one piece: that wants a cue.
            if " " in found[0] or "-" in found[0] or _CODE_CUE.search(text, max(0, found.start() - 24), found.start()):
                taken.take("POSTCODE", found.start(), found.end())
    for found in _ZIP.finditer(text):
        group = 1 if found[1] else 2
        taken.take("POSTCODE", found.start(group), found.end(group))
    for found in _CITY_ZIP.finditer(text):
        taken.take("POSTCODE", found.start(1), found.end(1))
