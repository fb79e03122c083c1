from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from voicemine.backends.namer_openai import OpenAINamer, clean_name
from voicemine.backends.protocols import Namer
from voicemine.errors import ConfigError


class _Server(HTTPServer):
    answer: str = "Refund never arrives"
    status: int = 200
    bodies: list[dict[str, object]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append({"path": self.path, **json.loads(body)})
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [{"message": {"content": self.server.answer}}]}).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    made = _Server(("127.0.0.1", 0), _Handler)
    made.bodies = []
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def _namer(server: _Server, cache: Path | None = None) -> OpenAINamer:
    return OpenAINamer(endpoint=f"http://127.0.0.1:{server.server_port}/v1", model="m", timeout_seconds=5, cache=cache)


def _ask(namer: OpenAINamer) -> str | None:
    return namer.suggest(keywords=["refund"], quotes=["Where is my {refund}?"], taken=["Late parcel"])


def test_the_namer_asks_once_and_keeps_the_answer(server: _Server, tmp_path: Path) -> None:
    assert isinstance(_namer(server), Namer)
    assert _ask(_namer(server, tmp_path / "c")) == "Refund never arrives"
    assert _ask(_namer(server, tmp_path / "c")) == "Refund never arrives"
    assert len(server.bodies) == 1
    assert server.bodies[0]["path"] == "/v1/chat/completions"
    prompt = server.bodies[0]["messages"][0]["content"]  # type: ignore[index]
    assert "Where is my {refund}?" in prompt and "Late parcel" in prompt


def test_failures_give_none_and_stop_the_asking(server: _Server) -> None:
    server.status = 500
    namer = _namer(server)
    assert [_ask(namer) for _ in range(5)] == [None] * 5
    assert len(server.bodies) == 3


@pytest.mark.parametrize("answer", ["NONE", "", "Refund", "Two\nlines here", "Call <PERSON_1> back", "Paid 300 twice",
                                    "one two three four five six seven eight nine"])
def test_unusable_answers_are_refused(answer: str) -> None:
    assert clean_name(answer) is None


def test_an_answer_is_tidied() -> None:
    assert clean_name('  "refund never arrives."\n') == "Refund never arrives"


@pytest.mark.parametrize("endpoint", ["ftp://x.example/v1", "http://models.example/v1", "nonsense"])
def test_unsafe_endpoints_are_refused(endpoint: str) -> None:
    with pytest.raises(ConfigError):
        OpenAINamer(endpoint=endpoint, model="m")


def test_the_identity_names_model_and_prompt() -> None:
    one = OpenAINamer(endpoint="https://models.example/v1", model="a").identity
    two = OpenAINamer(endpoint="https://models.example/v1", model="b").identity
    assert one != two and "name_theme_v1" in one
