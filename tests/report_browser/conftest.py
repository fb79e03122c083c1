"""A real headless Chromium; without one, or without Playwright to drive it, these tests are skipped and say why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fabricated_run import fabricate

from voicemine.report import draw
from voicemine.report.pdf import find_browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (pip install playwright)")
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium was found; install chromium or name one in VOICEMINE_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync",
                                        "--no-first-run", "--disable-background-networking",
                                        "--disable-component-update"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(fabricate(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(fabricate(tmp_path_factory.mktemp("hostile"), hostile=True))


class Watch:
    """What a page says and asks for: console errors, uncaught faults, requests beyond its own file."""

    def __init__(self, page: Any, path: Path) -> None:
        self.faults: list[str] = []
        page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.faults.append(str(e)))
        page.on("request", lambda r: self.faults.append(r.url) if r.url.split("#")[0] != path.as_uri() else None)


@pytest.fixture
def open_page(browser: Any) -> Iterator[Any]:
    """Opens a report; at the end of the test, any console message, fault or request fails it."""
    contexts, watches = [], []

    def opener(path: Path, *, anchor: str = "", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1300, "height": 900}, **options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        contexts.append(context)
        watches.append(Watch(page, path))
        page.goto(path.as_uri() + anchor)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert [fault for watch in watches for fault in watch.faults] == []
