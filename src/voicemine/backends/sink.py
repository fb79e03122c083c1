"""Where alerts are sent: what a notice holds, what a sink does, and the settings of both sinks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import Field

from voicemine.errors import UsageError, VoicemineError
from voicemine.settings import Settings


class SinkError(VoicemineError):
    """A notice could not be delivered. The run itself is not affected."""


@dataclass(frozen=True)
class Notice:
    """What is told about a run: plain data that can be written as JSON. `quotes` stays empty unless told."""

    run_id: str
    as_of: str
    alerts: tuple[Mapping[str, Any], ...]
    emerging: tuple[Mapping[str, Any], ...] = ()
    refusals: tuple[str, ...] = ()
    quotes: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain data; `kind` and `version` let a receiver know what it has got."""
        found: dict[str, Any] = {
            "kind": "voicemine.notice", "version": 1, "run_id": self.run_id, "as_of": self.as_of,
            "alerts": [dict(a) for a in self.alerts], "emerging": [dict(e) for e in self.emerging],
            "refusals": list(self.refusals)}
        return {**found, "quotes": [dict(q) for q in self.quotes]} if self.quotes else found

    def to_text(self) -> str:
        """In plain words, a line for each piece of news."""
        lines = [f"{a['name']}: {a['n_mentions']} of {a['n_items_total']} items, {a['expected']:g} expected, "
                 f"q = {a['q']:.2g}, " + ("new" if a["is_new"] else f"since {str(a['since'])[:10]}")
                 for a in self.alerts]
        lines += [f"emerging: {e['name']}, {e['n_items']} items; {e['evidence']}" for e in self.emerging]
        lines += [f"not published: {reason}" for reason in self.refusals]
        lines += [f"  \"{q['text']}\"" for q in self.quotes]
        return "\n".join([f"voicemine run {self.run_id}, as of {self.as_of}", "", *(lines or ["no alerts"])]) + "\n"


class Sink(Protocol):
    """Sends a notice somewhere."""

    name: str

    def send(self, notice: Notice) -> None:
        """Deliver it, or raise SinkError."""


class WebhookSettings(Settings):
    """A JSON POST to a URL."""

    url: str = ""
    """Address to post to, http or https; empty: off. `$NAME` is filled from the environment."""
    token: str = ""
    """Sent as `Authorization: Bearer …`; give it as `$NAME` so that it stays out of the file. Empty: none."""
    timeout: float = Field(default=10.0, gt=0, le=120)
    """Seconds to wait for the receiver."""


class EmailSettings(Settings):
    """An e-mail over SMTP."""

    host: str = ""
    """SMTP server; empty: off."""
    port: int = Field(default=587, ge=1, le=65535)
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected."""
    user: str = ""
    """User name; empty: no login."""
    password: str = ""
    """Password; give it as `$NAME` so that it stays out of the file."""
    sender: str = ""
    """Address that the mail comes from."""
    to: tuple[str, ...] = ()
    """Addresses that it goes to."""
    timeout: float = Field(default=20.0, gt=0, le=120)
    """Seconds to wait for the server."""


class NotifySettings(Settings):
    """Who is told about alerts; nobody by default."""

    when: Literal["alerts", "always"] = "alerts"
    """alerts: only where there is an alert or a refused publication; always: after each run."""
    quotes: bool = False
    """Also send customers' words (redacted quotes of the alerted themes)."""
    webhook: WebhookSettings = WebhookSettings()
    """A generic JSON POST."""
    email: EmailSettings = EmailSettings()
    """An e-mail."""


def from_environment(value: str) -> str:
    """`value` with `$NAME` and `${NAME}` filled in. Raises UsageError for a name that is not set."""
    filled = os.path.expandvars(value)
    if "$" in value and filled == value:
        raise UsageError(f"notify: the environment has no variable for '{value}'")
    return filled


def deliver(notice: Notice, sinks: Iterable[Sink], *, when: Literal["alerts", "always"]) -> list[str]:
    """Send a notice to every sink; returns a warning for each that failed. A failing sink never fails a run."""
    if when == "alerts" and not notice.alerts and not notice.refusals:
        return []
    warnings = []
    for sink in sinks:
        try:
            sink.send(notice)
        except SinkError as fault:
            warnings.append(f"notify: {sink.name} failed: {fault}")
    return warnings
