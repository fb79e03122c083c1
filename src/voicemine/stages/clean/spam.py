"""Adverts, giveaways, bot posts and brand replies. Each rule wants strong evidence: a false flag hides a customer."""

from __future__ import annotations

import re

from voicemine.stages.clean.gates import ADVERT, BOT, BRAND, GIVEAWAY

_GATES = {"giveaway": GIVEAWAY, "advert": ADVERT, "bot": BOT, "brand_reply": BRAND}
_RULES: tuple[tuple[str, int, re.Pattern[str]], ...] = tuple(
    (name, _GATES[name], re.compile(rule, re.IGNORECASE)) for name, rule in (
    ("giveaway", r"\b(?:rt|retweet|like|follow|share|tag)\b[^.!?\n]{0,40}\b(?:to win|for a chance to|to enter|and win|"
                 r"chance to win)\b|\b(?:enter|join) (?:our|the|this) (?:giveaway|sweepstakes?|prize draw|raffle)\b|"
                 r"\bgiveaway (?:alert|time|ends)\b|\bcongratulations[!,]? you(?:'ve| have) (?:won|been selected)\b"),
    ("advert", r"\b(?:earn|make) (?:up to )?[$£€]\s?\d[\d,]{1,9}\b[^.\n]{0,40}\b(?:per|a|every|from home|daily|"
               r"weekly|online|day|week)\b|"
               r"\bwork from home\b[^.\n]{0,60}\b(?:earn|\$|apply|dm|whats ?app)|"
               r"\b(?:use|enter) my (?:referral|promo|invite|invitation|coupon) (?:code|link)\b|"
               r"\bmy (?:referral|invite) code(?: is|:)|"
               r"\b(?:buy|cheap|get) (?:cheap )?(?:followers|viagra|cialis|backlinks|instagram likes|essay)\b|"
               r"\b(?:check out|visit|subscribe to) my (?:channel|page|profile|website|shop|store|blog|youtube|"
               r"onlyfans|link in bio)\b|"
               r"\b(?:click|tap) (?:here|the link|this link|on the link|<URL>)[^.\n]{0,40}(?:<URL(?:_\d+)?>|to "
               r"(?:claim|win|earn|get (?:free|your)))|"
               r"\b(?:limited time offer|act now|order now|buy now|shop now|book now)\b[^\n]{0,60}<URL|"
               r"<URL(?:_\d+)?>[^\n]{0,60}\b(?:limited time offer|act now|order now|buy now|shop now|\d{1,2}% off)|"
               r"\b(?:contact|text|message|reach|add|dm) (?:me|him|her|us|them)? ?(?:on|via|at) (?:whats ?app|"
               r"telegram)\b[^\n]{0,40}"
               r"(?:<PHONE|<HANDLE|<URL|\binvest|\bloan|\bbitcoin|\bcrypto|\btrad)|"
               r"\b(?:recovered|recover) my (?:lost |stolen )?(?:funds|bitcoin|money|crypto|"
               r"account)\b[^\n]{0,120}<(?:EMAIL|PHONE|HANDLE|URL)|"
               r"\b(?:forex|bitcoin|crypto|binary option)\b[^\n]{0,80}\b(?:invest(?:ed|ment)?|profit|trader|"
               r"mining)\b[^\n]{0,100}"
               r"<(?:EMAIL|PHONE|HANDLE|URL)|"
               r"\b(?:spell caster|powerful spell|love spell|herbal (?:doctor|cure))\b|"
               r"\bloan offer\b[^\n]{0,80}(?:<EMAIL|<PHONE|apply)"),
    ("bot", r"^(?:\[?automated (?:message|reply|response)\]?|auto-?reply:|out of office|this is an automated)|"
            r"\bi am currently out of (?:the )?office\b|"
            r"^(?:new|trending) (?:job|jobs|post|video)\b[^\n]{0,80}<URL(?:_\d+)?>\s*$|"
            r"\bi(?:'m| am) at [^\n]{3,60} in [^\n]{3,40}<URL(?:_\d+)?>\s*$|\bi just (?:checked in|ousted|became the "
            r"mayor)\b|"
            r"\bi(?:'ve| have)? (?:just )?(?:liked|added) a (?:@?youtube )?video\b[^\n]{0,80}<URL"),
    ("brand_reply",
     r"^(?:<HANDLE(?:_\d+)?>[\s,]*)?(?:(?:hi|hello|hey|dear)\b[^.!\n]{0,40}[,!.\-]?\s*)?(?:we(?:'re| are) (?:very |"
     r"so |really |truly )?"
     r"sorry (?:to hear|for (?:the|any|your)|about|that you)|we apologi[sz]e for|thank(?:s| you)(?: so much)? for "
     r"(?:reaching out|contacting us|"
     r"your (?:feedback|review|patience|message)|bringing this to our attention|letting us know|taking the time))"
     r"[^\n]{0,400}(?:\bplease (?:dm|send us|contact us|reach out|email us|call us|get in touch|follow and)|\b(?:dm|"
     r"message) us\b|<URL|<EMAIL|<PHONE|"
     r"\bour (?:support )?team\b|\bwe(?:'ll| will| can| would)\b|\blook forward to)|"
     r"\b(?:please|kindly|can you|could you) (?:follow (?:and|us and)? ?)?(?:dm us|dm (?:details|your)|send us "
     r"(?:a )?(?:dm|direct message|"
     r"private message|pm|your))\b"
     r"[^\n]{0,160}|\bwe(?:'d| would) (?:like|love) to (?:help|look into|assist|learn more|make (?:this|it) "
     r"right)\b[^\n]{0,200}\b(?:please|dm|us)\b|"
     r"\s[\^*-][A-Z]{1,3}\s*$(?<=[\^]..)"),
))

# Staff sign what they post for the brand: "… -Becky", "… ^TN".
_SIGNED = re.compile(r"(?:\s[-–^*~/]|[.!?][-–^*~/]|\^) ?(?:[A-Z]{2,3}|[A-Z][a-z]{2,10}|<PERSON_\d{1,2}>)"
                     r"(?: ?\d/\d)?(?: <URL(?:_\d)?>)?\s*\Z")


def spam_kind(text: str, hints: int) -> str | None:
    """`advert`, `giveaway`, `bot` or `brand_reply` where redacted `text` is plainly one of them; otherwise None.

    hints: the gates of the text before it was redacted.
    """
    if text.startswith("<HANDLE") and _SIGNED.search(text, max(0, len(text) - 24)):
        return "brand_reply"
    return next((name for name, gate, rule in _RULES if hints & gate and rule.search(text)), None)
