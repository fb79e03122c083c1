"""Tells those who want to know what a run found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voicemine.backends.sink import Notice, NotifySettings, Sink
from voicemine.backends.sink_email import EmailSink
from voicemine.backends.sink_webhook import WebhookSink


def sinks_of(settings: NotifySettings) -> list[Sink]:
    """The sinks that are switched on. Raises UsageError for one that is wrongly configured."""
    found: list[Sink] = []
    if settings.webhook.url:
        found.append(WebhookSink(settings.webhook))
    if settings.email.host:
        found.append(EmailSink(settings.email))
    return found


def notice_of(record: Mapping[str, Any], quotes: list[dict[str, Any]], *, refusals: list[str],
              with_quotes: bool) -> Notice:
    """The notice about a run: its alerts, what emerges, and why it was not published, if so.

    quotes: rows of `theme_quotes`; only those of alerted themes go along, and only `with_quotes`.
    """
    alerted = {a["theme_id"] for a in record["alerts"]}
    told = [q for q in quotes if q["theme_id"] in alerted] if with_quotes else []
    return Notice(run_id=record["run_id"], as_of=record["as_of"], alerts=tuple(record["alerts"]),
                  emerging=tuple(record["emerging"]), refusals=tuple(refusals), quotes=tuple(told))
