"""One cheap pass that tells which rules a text can concern at all.

An Aho-Corasick automaton (Aho & Corasick 1975; ahocorasick_rs) finds a few hundred literal hints in one go. A rule
whose hint is absent cannot match, so its expressions are not run. A second automaton serves the rules that only a
text with a digit can concern; most texts have none.
"""

from __future__ import annotations

from functools import cache

import ahocorasick_rs

(LINK, AT, SPELT, SPELT_DOT, PROVIDER, RUN_ON, DOTTED, MASK, REDDIT, NETWORK, INTRO, SOFT, TITLE, CUE,
 CODE, STREET, ABROAD, BOX, TOLD, BIRTH, GIVEAWAY, ADVERT, BOT, BRAND) = (1 << i for i in range(24))

_TITLES = ("mr mrs ms miss mx dr prof professor doctor sir mister madam nurse herr frau monsieur madame señor "
           "señora").split()
_PROVIDERS = ("gmail googlemail yahoo hotmail outlook aol icloud live gmx protonmail proton msn comcast "
              "btinternet").split()
_RUN_ON = tuple(p + end for p in ("mail", "hoo", "look", "aol", "cloud", "user", "live") for end in ("co", "in"))

_HINTS: dict[int, tuple[str, ...]] = {
    LINK: ("://", "www.", ".com/", ".net/", ".org/", ".io/", ".co/", ".ly/", ".gl/", ".me/", ".uk/", ".de/", ".fr/",
           ".it/", ".es/", ".nl/",
           ".in/", ".au/", ".ca/", ".br/", ".za/", ".gov/", ".edu/", ".app/", ".link/", ".info/"),
    AT: ("@",),
    SPELT: ("(at)", "[at]", "{at}", " at ", "@ ", "gmail", *_RUN_ON),
    SPELT_DOT: ("(dot)", "[dot]", "{dot}", " dot "),
    PROVIDER: tuple(p + dot for p in _PROVIDERS for dot in (".", " .", " dot ")),
    RUN_ON: _RUN_ON,
    DOTTED: (*(f".{d}" for d in "0123456789abcdef"), *(f":{d}" for d in "0123456789abcdef:"),
             *(f"-{d}" for d in "0123456789abcdef")),
    MASK: ("xx", "***", "###", "*#", "#*"),
    REDDIT: ("u/",),
    NETWORK: ("insta", "twitter", "tiktok", "snap", "telegram", "discord", "skype", "ig ", "igis", "ig:", "ig-"),
    INTRO: ("name", "goes by"),
    SOFT: ("i am ", "i'm ", "im ", "this is ", "it's ", "it is ", "myself ", "here is "),
    TITLE: tuple(t + end for t in _TITLES for end in (" ", ". ")),
    CODE: ("assw", "asscode", "pswd", "pwd", "pnr", "locator", "confirmation", "conf", "booking ref", "reservation",
           "pin "),
    GIVEAWAY: ("win", "giveaway", "sweepstake", "prize draw", "raffle", "chance to", "to enter", "you have won",
               "you've won", "been selected"),
    ADVERT: ("earn ", "make $", "make £", "make €", "make up to", "work from home", "my referral", "my promo",
             "my invit", "my coupon", "viagra", "cialis", "backlinks", "followers", "essay", "check out my", "visit my",
             "subscribe to my", "click ", "tap ", "limited time", "act now", "order now", "buy now", "shop now",
             "book now", "% off", "whatsapp", "whats app", "telegram", "recover", "forex", "bitcoin", "crypto",
             "binary option", "spell", "herbal", "loan offer", "instagram likes"),
    BOT: ("automated", "auto-reply", "autoreply", "auto reply", "out of office", "out of the office", "trending",
          "new job", "new post", "new video", "i'm at ", "i am at ", "checked in", "ousted", "mayor", "youtube",
          "a video"),
    BRAND: ("sorry", "apologi", "thank you for", "thanks for", "thank you so", "thanks so", "dm", "send us", "we'd l",
            "we would l", "^"),
}

_HINTS_BESIDE_DIGITS: dict[int, tuple[str, ...]] = {
    CUE: ("ssn", "s.s.n", "social", "sn ", "national", "nino", "aadha", "passport", "tax id", "tin ", "nhs", "licen",
          "sin ", "card", "visa",
          "amex", "cvv", "cvc", "otp", "security code", "verification", "order", "booking", "reserv", "conf", "invoice",
          "tracking",
          "shipment", "parcel", "consignment", "receipt", "transaction", "itinerary", "ticket", "waybill", "case",
          "claim", "incident",
          "complaint", "enquiry", "inquiry", "ref", "request", "support id", "sr", "job", "account", "acct", "a/c",
          "ac ", "policy", "member",
          "customer", "client", "loyalty", "reward", "frequent", "contract", "patient", "meter", "sort code", "routing",
          "user", "login",
          "subscriber", "student", "employee", "vin", "plate", "imei", "serial", "phone", "tel", "mobile", "cell",
          "contact", "whats",
          "call", "ph ", "fax", "mail", "zip", "post code", "postcode", "postal", "pin"),
    STREET: (" street", " st", " ave", " av", " boulevard", " blvd", " road", " rd", " lane", " ln", " drive", " dr",
             " court", " ct",
             " ter", " cres", " parkway", " pkwy", " highway", " hwy", " cir", " pl", " sq", " close", " gardens",
             " grove", " mews", " way",
             " tr", " turnpike"),
    ABROAD: ("stra", "str.", "weg", "platz", "allee", "gasse", "ufer", "damm", "rue ", "avenue ", "boulevard ",
             "place ", "chemin ",
             "impasse ", "allée ", "quai ", "cours ", "calle", "avenida", "avda", "plaza", "paseo", "c/", "rua", "via",
             "corso", "piazza",
             "laan", "plein", "gracht", "kade", "singel", "dijk"),
    BOX: ("box", "postfach", "flat", "plot", "door", "house", "h no", "h. no"),
    TOLD: ("address", "live at", "reside at", "deliver", "ship", "sent to", "sent it to", "moved to"),
    BIRTH: ("dob", "do.b", "d.ob", "d.o.b", "birth", "born", "b.", "geboren", "geburtsdatum", "nacido", "nacida",
            "né le", "née le"),
}
# Letters of other scripts that an expression without regard to case takes for i, s and k; str.lower leaves them.
_FOLD = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})


class _Automaton:
    """Finds which of the hints stand in a text."""

    def __init__(self, hints: dict[int, tuple[str, ...]]) -> None:
        flags: dict[str, int] = {}
        for flag, listed in hints.items():
            for hint in listed:
                flags[hint] = flags.get(hint, 0) | flag
        self._flags = tuple(flags.values())
        self._find = ahocorasick_rs.AhoCorasick(
            list(flags), implementation=ahocorasick_rs.Implementation.DFA).find_matches_as_indexes

    def bits(self, text: str) -> int:
        """Bits of the rules whose hints `text` holds."""
        found, flags = 0, self._flags
        for hint, _, _ in self._find(text, overlapping=True):
            found |= flags[hint]
        return found


@cache
def _automata() -> tuple[_Automaton, _Automaton]:
    return _Automaton(_HINTS), _Automaton(_HINTS_BESIDE_DIGITS)


def gates(text: str) -> int:
    """Bits of the rules that `text` may concern, but for those that need a digit."""
    return _automata()[0].bits(folded(text))


def digit_gates(text: str) -> int:
    """Bits of the rules beside digits that `text`, which holds a digit, may concern."""
    return _automata()[1].bits(folded(text))


def folded(text: str) -> str:
    """`text` in lower case, as the hints are."""
    return (text if text.isascii() else text.translate(_FOLD)).lower()
