from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from voicemine.backends.sink import EmailSettings, Notice, NotifySettings, WebhookSettings, deliver
from voicemine.backends.sink_email import EmailSink
from voicemine.backends.sink_webhook import WebhookSink
from voicemine.errors import UsageError

ALERT = {"theme_id": "t_1", "name": "Parcels late", "n_mentions": 12, "n_items_total": 80, "expected": 1.5,
         "q": 1e-7, "is_new": True, "since": "2026-04-06T00:00:00+00:00"}
NOTICE = Notice("20260705-x", "2026-07-05", (ALERT,))


class Web(HTTPServer):
    """Takes posts and answers `code`."""

    code = 204
    seen: list[tuple[dict[str, str], Any]]


class _Handler(BaseHTTPRequestHandler):
    server: Web

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.code)
        if self.server.code == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web(("127.0.0.1", 0), _Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_webhook_posts_json_with_the_token(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "s3cret")
    sink = WebhookSink(WebhookSettings(url=f"http://127.0.0.1:{web.server_port}/in", token="$HOOK_TOKEN"))
    assert deliver(NOTICE, [sink], when="alerts") == []
    headers, body = web.seen[0]
    assert headers["Authorization"] == "Bearer s3cret"
    assert body["alerts"] == [ALERT] and body["kind"] == "voicemine.notice" and "quotes" not in body


@pytest.mark.parametrize("code", [500, 302])
def test_a_refused_post_is_a_warning(web: Web, code: int) -> None:
    web.code = code
    sink = WebhookSink(WebhookSettings(url=f"http://127.0.0.1:{web.server_port}/in?key=secret"))
    found = deliver(NOTICE, [sink], when="alerts")
    assert found == [f"notify: webhook failed: 127.0.0.1 answered {code}"]
    assert len(web.seen) == 1


def test_nobody_there_is_a_warning_without_the_address() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        port = free.server_address[1]
    found = deliver(NOTICE, [WebhookSink(WebhookSettings(url=f"http://127.0.0.1:{port}/k/secret"))], when="alerts")
    assert len(found) == 1 and "could not be reached" in found[0] and "secret" not in found[0]


def test_nothing_is_sent_without_news(web: Web) -> None:
    sink = WebhookSink(WebhookSettings(url=f"http://127.0.0.1:{web.server_port}/in"))
    quiet = Notice("r", "2026-07-05", ())
    assert deliver(quiet, [sink], when="alerts") == [] and web.seen == []
    assert deliver(quiet, [sink], when="always") == [] and len(web.seen) == 1


@pytest.mark.parametrize("url", ["ftp://host/x", "file:///etc/passwd", "host/x", "http://"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="http or https"):
        WebhookSink(WebhookSettings(url=url))


def test_an_unset_variable_is_named() -> None:
    with pytest.raises(UsageError, match=r"\$NOT_SET_ANYWHERE"):
        WebhookSink(WebhookSettings(url="http://localhost/x", token="$NOT_SET_ANYWHERE"))


class _Mail(socketserver.StreamRequestHandler):
    """Just enough SMTP to take one mail."""

    server: Any

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go\r\n")
                content = b""
                while (more := self.rfile.readline()) not in (b".\r\n", b""):
                    content += more
                self.server.seen.append(content.decode("utf-8"))
            elif verb == b"RCPT" and b"nobody" in line:
                self.wfile.write(b"550 no\r\n")
                continue
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def mail() -> Iterator[Any]:
    server: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def email(port: int, *, to: str = "team@example.com") -> EmailSink:
    return EmailSink(EmailSettings(host="127.0.0.1", port=port, security="none", sender="mine@example.com", to=(to,)))


def test_mail_holds_the_news(mail: Any) -> None:
    notice = Notice("r7", "2026-07-05", (ALERT,), refusals=("items fell from 10 to 2",))
    assert deliver(notice, [email(mail.server_address[1])], when="alerts") == []
    content = mail.seen[0]
    assert "To: team@example.com" in content and "not published" in content
    assert "Parcels late: 12 of 80 items, 1.5 expected, q = 1e-07, new" in content
    assert "items fell from 10 to 2" in content


def test_a_refused_receiver_is_a_warning(mail: Any) -> None:
    found = deliver(NOTICE, [email(mail.server_address[1], to="nobody@example.com")], when="alerts")
    assert len(found) == 1 and "did not take the mail" in found[0]


def test_customers_words_are_sent_only_when_told() -> None:
    told = Notice("r", "2026-07-05", (ALERT,), quotes=({"theme_id": "t_1", "text": "where is it"},))
    assert "where is it" in told.to_text() and told.to_json()["quotes"]
    assert "where is it" not in NOTICE.to_text()
    assert NotifySettings().quotes is False and NotifySettings().webhook.url == "" and NotifySettings().email.host == ""


def test_mail_needs_both_ends() -> None:
    with pytest.raises(UsageError, match="sender and to"):
        EmailSink(EmailSettings(host="localhost"))
