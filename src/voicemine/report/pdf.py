"""The page as PDF, printed by an installed Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from voicemine.errors import StoreError, UsageError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_QUIET = ("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-default-browser-check")
_SECONDS = 120


def find_browser() -> str | None:
    """Path of a Chromium: the one named by VOICEMINE_CHROMIUM, else the first on the path."""
    named = os.environ.get("VOICEMINE_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def from_html(content: bytes) -> bytes:
    """Print a self-contained page. Raises UsageError where there is no browser, StoreError where it fails."""
    browser = find_browser()
    if browser is None:
        raise UsageError("a PDF is printed by Chromium, and none was found; install chromium, name one in "
                         "VOICEMINE_CHROMIUM, or print report.html from a browser")
    with tempfile.TemporaryDirectory(prefix="voicemine-") as name:
        folder = Path(name)
        page, printed = folder / "report.html", folder / "report.pdf"
        page.write_bytes(content)
        # Chromium's sandbox does not work for root; what is opened is our own file, its scripts held by its policy.
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [browser, *_QUIET, *sandbox, f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer",
                   f"--print-to-pdf={printed}", page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise StoreError(f"{browser} did not print the report: {fault}") from fault
        if not printed.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
            raise StoreError(f"{browser} did not print the report (exit code {done.returncode}): {said[0][:200]}")
        return printed.read_bytes()
