"""A sink that posts JSON to a URL."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from voicemine.backends.sink import Notice, SinkError, WebhookSettings, from_environment
from voicemine.errors import UsageError


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A receiver that points elsewhere is not followed: the token was meant for one address."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None


class WebhookSink:
    """POST of a notice as JSON. Any 2xx answer is a success."""

    name = "webhook"

    def __init__(self, settings: WebhookSettings) -> None:
        """Raises UsageError for an address that is neither http nor https."""
        self._url = from_environment(settings.url)
        self._token = from_environment(settings.token)
        self._timeout = settings.timeout
        if urlsplit(self._url).scheme not in ("http", "https") or not urlsplit(self._url).hostname:
            raise UsageError("notify.webhook.url must be an http or https address")
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, notice: Notice) -> None:
        body = json.dumps(notice.to_json(), ensure_ascii=False).encode("utf-8")
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "voicemine"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")
        host = urlsplit(self._url).hostname
        try:
            with self._opener.open(request, timeout=self._timeout):
                return
        except urllib.error.HTTPError as fault:
            raise SinkError(f"{host} answered {fault.code}") from fault
        except (OSError, ValueError) as fault:
            # The address may hold a secret: only its host is told.
            raise SinkError(f"{host} could not be reached ({type(fault).__name__})") from fault
