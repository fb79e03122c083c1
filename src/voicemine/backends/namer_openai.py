"""A namer over any OpenAI-compatible chat endpoint: a hosted one, or a local server such as llama.cpp or vLLM."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from voicemine.errors import ConfigError
from voicemine.numerics.placeholders import PLACEHOLDER

log = logging.getLogger(__name__)

PROMPT = "name_theme_v1"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_QUOTE_CHARACTERS = 300
_GIVE_UP_AFTER = 3


class OpenAINamer:
    """Asks the endpoint for a name; answers are kept under `cache`, so that a run can be repeated without asking.

    Every failure (no answer, refusal, malformed reply) gives None, and the offline name stays. After three failures
    in a row the endpoint is not asked again in this run.
    """

    def __init__(
        self, *, endpoint: str, model: str, api_key_env: str | None = None, timeout_seconds: float = 20.0,
        cache: Path | None = None,
    ) -> None:
        """endpoint: base URL with the version (`http://localhost:8080/v1`). api_key_env: variable that holds the key.

        cache: a folder, made when first needed. Raises ConfigError for an unsafe or malformed endpoint.
        """
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError([f"name.llm.endpoint: '{endpoint}' is not an http(s) address"])
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise ConfigError(["name.llm.endpoint: plain http is allowed for this machine only; use https"])
        self._endpoint = endpoint.rstrip("/")
        self._model = model
        self._api_key_env = api_key_env
        self._timeout = timeout_seconds
        self._cache = cache
        self._prompt = (Path(__file__).parent / "prompts" / f"{PROMPT}.txt").read_text("utf-8")
        self._failures = 0

    @property
    def identity(self) -> str:
        digest = hashlib.sha256(self._prompt.encode()).hexdigest()[:12]
        return f"openai:{self._endpoint}:{self._model}:{PROMPT}:{digest}"

    def suggest(self, *, keywords: Sequence[str], quotes: Sequence[str], taken: Sequence[str]) -> str | None:
        """A name of one line, or None. `quotes` must be redacted already."""
        shown = "\n".join(f"- {' '.join(q.split())[:_QUOTE_CHARACTERS]}" for q in quotes)
        prompt = self._prompt.format(keywords=", ".join(keywords), taken="; ".join(taken) or "none", quotes=shown)
        kept = self._cached(prompt)
        if kept is None:
            if self._failures >= _GIVE_UP_AFTER:
                return None
            kept = self._ask(prompt)
            if kept is None:
                self._failures += 1
                return None
            self._failures = 0
            self._keep(prompt, kept)
        return clean_name(kept)

    def _ask(self, prompt: str) -> str | None:
        headers = {"Content-Type": "application/json"}
        key = os.environ.get(self._api_key_env or "", "")
        if key:
            headers["Authorization"] = f"Bearer {key}"
        body = json.dumps({"model": self._model, "temperature": 0, "seed": 0, "max_tokens": 40,
                           "messages": [{"role": "user", "content": prompt}]}).encode()
        request = urllib.request.Request(
            self._endpoint + "/chat/completions", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as reply:
                answer: Any = json.loads(reply.read(1_000_000))
            text = answer["choices"][0]["message"]["content"]
        except (OSError, ValueError, KeyError, IndexError, TypeError) as fault:
            # The fault's text could hold the prompt; its kind is enough.
            log.warning("the namer gave no answer (%s); the offline name stays", type(fault).__name__)
            return None
        return text if isinstance(text, str) else None

    def _path(self, prompt: str) -> Path | None:
        digest = hashlib.sha256(f"{self.identity}\x00{prompt}".encode()).hexdigest()
        return self._cache / f"{digest}.json" if self._cache is not None else None

    def _cached(self, prompt: str) -> str | None:
        path = self._path(prompt)
        if path is None or not path.is_file():
            return None
        try:
            text = json.loads(path.read_text("utf-8"))["answer"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return text if isinstance(text, str) else None

    def _keep(self, prompt: str, answer: str) -> None:
        path = self._path(prompt)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_text(json.dumps({"answer": answer}), "utf-8")
            part.replace(path)


def clean_name(answer: str) -> str | None:
    """The name in a model's reply; None for a refusal, a placeholder, a wrong length, or more than one line."""
    lines = [line.strip() for line in answer.strip().splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    name = lines[0].removeprefix("Name:").strip().strip("\"'“”*`").rstrip(".").strip()
    words = name.split()
    if name.upper() == "NONE" or not 2 <= len(words) <= 8 or len(name) > 70 or PLACEHOLDER.search(name):
        return None
    if any(ch in name for ch in "<>{}[]|@#\\") or any(ch.isdigit() for ch in name):
        return None
    return name[0].upper() + name[1:]
