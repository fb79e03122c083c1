"""Mails and tickets: keep what the customer wrote, leave out quotes, forwards, signatures, footers and greetings.

Quoted and forwarded blocks are found by quotequail; what it does not cover is found line by line here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import quotequail

_HEAD_HINT = re.compile(
    r"^[>|]|wrote:|schrieb|a écrit|escribió|ha scritto|escreveu|^-{2,}|^_{5,}|^\*{0,2}(?:From|Von|De|Da|Van)\s?:|"
    r"Original Message|Forwarded message|Weitergeleitete", re.MULTILINE | re.IGNORECASE)
_QUOTE_LINE = re.compile(r"^[ \t]*>")
_SEPARATOR = re.compile(
    r"^\s*(?:-{2,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Message d'origine|Mensaje original)"
    r"\s*-{2,}|_{5,}|-{5,}\s*Reply above this line\s*-{5,}|#{2,}- ?Please type your reply above this line ?-#{2,}|"
    r"Begin forwarded message:)\s*$", re.IGNORECASE)
_HEADER = re.compile(r"^\*{0,2}(From|Sent|To|Cc|Subject|Date|Von|Gesendet|An|Betreff|De|Envoyé|À|"
                     r"Objet)\*{0,2}\s?:\*{0,2}\s",
                     re.IGNORECASE)
_SIGNATURE_MARK = re.compile(r"^(?:-- ?|—|__)$")
_SENT_FROM = re.compile(r"^(?:Sent from|Sent via|Sent using|Get Outlook for|Von meinem \w{1,20} gesendet|Envoyé de mon|"
                        r"Enviado desde mi|Inviato da)\b.{0,60}$", re.IGNORECASE)
_CLOSING = re.compile(
    r"^(?:(?:(?:with )?(?:kind(?:est)?|best|warm(?:est)?|many)?\s*(?:regards|wishes))|yours (?:sincerely|faithfully|"
    r"truly)|"
    r"sincerely(?: yours)?|respectfully|cheers|(?:many |with )?thanks?(?: you)?(?: (?:very|so) much| in advance| "
    r"again)?|"
    r"thx|rgds|br|all the best|best|mit freundlichen grüßen|viele grüße|mfg|cordialement|saludos|atentamente|"
    r"met vriendelijke groet|cordiali saluti)\s*[,.!]*$", re.IGNORECASE)
_LEGAL = re.compile(
    r"^.{0,80}?(?:this (?:e-?mail|message|communication)[^.\n]{0,80}(?:confidential|intended (?:only|solely)|"
    r"privileged)|"
    r"confidentiality notice|legal disclaimer|if you (?:are not|have received)[^.\n]{0,60}(?:intended recipient|in "
    r"error)|"
    r"please consider the environment before printing|registered (?:office|in england)|"
    r"to unsubscribe|unsubscribe from|this (?:inbox|mailbox) is not monitored|all rights reserved)", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|to whom(?:ever)? it may concern|hallo|"
    r"sehr geehrte[rs]?|bonjour|hola|estimad[oa]s?)\b[^\n.!?:]{0,40}[,!:.]?$", re.IGNORECASE)
_SPEAKER = re.compile(
    r"^[ \t]*(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?[\])]?[ \t]*[-–]?[ \t]*)?"
    r"(?:(agent|advisor|adviser|representative|support(?: agent| team)?|rep|operator|bot|chatbot|virtual assistant|"
    r"assistant|csr|system|staff|employee|moderator|interviewer)|(customer|client|user|visitor|caller|me|guest|"
    r"consumer|respondent|participant|interviewee))(?:[ \t]{1,2}[\w.\-]{1,30})?[ \t]?:[ \t]*", re.IGNORECASE)


@dataclass(frozen=True)
class Stripped:
    """The customer's own words, the agent's turns set aside, and the names of the steps that changed the text."""

    text: str
    agent_text: str = ""
    steps: tuple[str, ...] = ()


def strip_mail(text: str) -> Stripped:
    """Keep the customer's words of a mail or chat transcript. A text of one line comes back unchanged.

    Cutting goes on until nothing is left to cut, so that cleaned text comes back as it is.
    """
    agents: list[str] = []
    steps: list[str] = []
    while "\n" in text:
        found = _strip_once(text)
        steps += [s for s in found.steps if s not in steps]
        agents += [found.agent_text] if found.agent_text else []
        if found.text == text:
            break
        text = found.text
    return Stripped(text, "\n".join(agents), tuple(steps))


def _strip_once(text: str) -> Stripped:
    steps: list[str] = []
    work, agent = _transcript(text)
    if agent:
        steps.append("agent_turns")
    elif _HEAD_HINT.search(work):
        unquoted = _quotes(work)
        if unquoted != work:
            steps.append("quoted")
            work = unquoted
    for name, cut in (("legal_footer", _legal), ("signature", _signature), ("greeting", _greeting)):
        shorter = cut(work)
        if shorter != work:
            steps.append(name)
            work = shorter
    return Stripped(work, agent, tuple(steps))


def _transcript(text: str) -> tuple[str, str]:
    """(customer's turns, agent's turns) of a text whose lines name who speaks; otherwise (text, "")."""
    customer: list[str] = []
    agent: list[str] = []
    side: list[str] | None = None
    sides = set()
    for line in text.split("\n"):
        found = _SPEAKER.match(line)
        if found:
            side = agent if found[1] else customer
            sides.add("agent" if found[1] else "customer")
            line = line[found.end():]
        (customer if side is None else side).append(line)
    if sides != {"agent", "customer"}:
        return text, ""
    return "\n".join(customer).strip(), "\n".join(agent).strip()


def _quotes(text: str) -> str:
    lines = text.split("\n")
    for at, line in enumerate(lines):
        starts_headers = _HEADER.match(line) and sum(bool(_HEADER.match(x)) for x in lines[at:at + 5]) >= 3
        if _SEPARATOR.match(line) or starts_headers:
            above = "\n".join(lines[:at]).strip()
            # A mail that is nothing but a forward: the forwarded words are all there is.
            return above or _below_headers(lines[at:])
    found = quotequail.unwrap(text)
    if found and found.get("text_top") and str(found["text_top"]).strip():
        return str(found["text_top"]).strip()
    if any(_QUOTE_LINE.match(line) for line in lines):
        own = "\n".join(line for line in lines if not _QUOTE_LINE.match(line)).strip()
        return own or text
    return text


def _below_headers(lines: list[str]) -> str:
    rest = [x for x in lines if not _SEPARATOR.match(x)]
    while rest and (not rest[0].strip() or _HEADER.match(rest[0])):
        rest.pop(0)
    return "\n".join(rest).strip()


def _legal(text: str) -> str:
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if at and _LEGAL.match(line):
            return "\n".join(lines[:at]).strip()
    return text


def _signature(text: str) -> str:
    lines = text.split("\n")
    end = len(lines)
    for at in range(1, len(lines)):
        line = lines[at].strip()
        if _SIGNATURE_MARK.match(lines[at]) or _SENT_FROM.match(line):
            end = min(end, at)
            break
    while end > 1 and not lines[end - 1].strip():
        end -= 1
    # A closing line opens a signature only near the end, with short lines behind it.
    for at in range(max(1, end - 8), end):
        tail = [x for x in lines[at + 1:end] if x.strip()]
        if _CLOSING.match(lines[at].strip()) and all(len(x) <= 60 for x in tail):
            end = at
            break
    return "\n".join(lines[:end]).strip() or text


def _greeting(text: str) -> str:
    head, _, rest = text.partition("\n")
    return rest.strip() if rest.strip() and _GREETING.match(head.strip()) else text
