"""One cheap pass that tells which rules a text can concern at all.

An Aho-Corasick automaton (Aho & Corasick 1975; ahocorasick_rs) finds a few hundred literal hints in one go. A rule
whose hint is absent cannot match, so its expressions are not run.
"""

from __future__ import annotations

from functools import cache

import ahocorasick_rs

(LINK, AT, SPELT, DOTTED, MASK, HANDLE, INTRO, SOFT, TITLE, GREET, SIGN, CUE, CODE, STREET, ABROAD, BOX, TOLD,
 GIVEAWAY, ADVERT, BOT, BRAND) = (1 << i for i in range(21))

_HINTS: dict[int, tuple[str, ...]] = {
    LINK: ("://", "www.", ".com/", ".net/", ".org/", ".io/", ".co/", ".ly/", ".gl/", ".me/", ".uk/", ".de/", ".fr/",
           ".it/", ".es/", ".nl/",
           ".in/", ".au/", ".ca/", ".br/", ".za/", ".gov/", ".edu/", ".app/", ".link/", ".info/"),
    AT: ("@",),
    SPELT: ("(at)", "[at]", "{at}", " at ", "@ ", "gmail", "mailco", "hooco", "lookco", "aolco", "aolin", "cloudco",
            "hooin", "mailin",
            "usercom", "livecom"),
    DOTTED: (*(f".{d}" for d in "0123456789"), *(f":{d}" for d in "0123456789abcdef:"),
             *(f"-{d}" for d in "0123456789abcdef")),
    MASK: ("xx", "***", "###"),
    HANDLE: ("@", "u/", "insta", "twitter", "tiktok", "snap", "telegram", "discord", "skype", "ig:", "ig is", "ig -"),
    INTRO: ("name", "goes by"),
    SOFT: ("i am ", "i'm ", "im ", "this is ", "it's ", "it is ", "myself ", "here is "),
    TITLE: ("mr", "ms", "miss", "mx", "dr", "prof", "doctor", "sir", "mister", "madam", "nurse", "herr", "frau",
            "monsieur", "señor"),
    GREET: ("hi", "hello", "hey", "dear", "thank", "thx", "cheers", "kudos", "shout", "hats off", "good morning",
            "good afternoon",
            "good evening", "hola", "bonjour", "hallo"),
    SIGN: ("regards", "sincerely", "cheers", "thank", "best", "yours", "love", "respectfully", "thx", "signed", "xx",
           "from", "-", "–", "—",
           "~", "\n"),
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
    CODE: ("assw", "asscode", "pswd", "pwd", "pnr", "locator", "confirmation", "conf", "booking ref", "reservation",
           "pin "),
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


@cache
def _automaton() -> tuple[ahocorasick_rs.AhoCorasick, tuple[int, ...]]:
    flags: dict[str, int] = {}
    for flag, hints in _HINTS.items():
        for hint in hints:
            flags[hint] = flags.get(hint, 0) | flag
    return ahocorasick_rs.AhoCorasick(list(flags)), tuple(flags.values())


def gates(lowered: str) -> int:
    """Bits of the rules that a text, given in lower case, may concern."""
    automaton, flags = _automaton()
    found = 0
    for hint in {match[0] for match in automaton.find_matches_as_indexes(lowered, overlapping=True)}:
        found |= flags[hint]
    return found
