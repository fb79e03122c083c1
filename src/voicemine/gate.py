"""The publish gate: is this night's result plausible beside the last one that was published?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from voicemine.settings import Settings


class GateSettings(Settings):
    """Limits beyond which a finished run is kept but not made current."""

    enabled: bool = True
    """Compare each run with the current one before it takes its place."""
    items_fall: float = Field(default=0.2, gt=0, le=1)
    """Largest share of the items that may be missing against the current run."""
    items_growth: float = Field(default=5.0, gt=1)
    """Largest factor by which the number of items may grow."""
    rejected_share: float = Field(default=0.2, gt=0, le=1)
    """Largest rise of the share of rows refused."""
    language_shift: float = Field(default=0.15, gt=0, le=1)
    """Largest share of the items that may have moved from one language to another."""
    redaction_factor: float = Field(default=3.0, gt=1)
    """Largest factor by which redactions per item may rise or fall."""
    theme_mass: float = Field(default=0.25, gt=0, le=1)
    """Largest change of the share of pain mentions that lie in themes."""
    theme_factor: float = Field(default=2.5, gt=1)
    """Largest factor by which the number of themes may rise or fall."""
    least_items: int = Field(default=100, ge=1)
    """With fewer items in either run, nothing but their number is compared."""


def refusals(now: Mapping[str, Any], last: Mapping[str, Any] | None, *, settings: GateSettings) -> list[str]:
    """Why a run should not become current: one readable line each; none where it should.

    now, last: content of run.json of this run and of the current one (None: there is none, everything passes).
    Themes are compared only where both runs clustered under the same settings.
    """
    if last is None or not settings.enabled:
        return []
    found = []
    items, before = int(now["rows"]["items"]), int(last["rows"]["items"])
    if items < before * (1 - settings.items_fall):
        found.append(f"items fell from {before} to {items}, more than {settings.items_fall:.0%} (gate.items_fall)")
    if items > before * settings.items_growth and items >= settings.least_items:
        found.append(f"items grew from {before} to {items}, more than {settings.items_growth:g} times "
                     "(gate.items_growth)")
    if min(items, before) < settings.least_items:
        return found
    refused, usual = _rejected(now), _rejected(last)
    if refused - usual > settings.rejected_share:
        found.append(f"{refused:.0%} of the rows were refused, {usual:.0%} before (gate.rejected_share)")
    moved = language_shift(now["languages"], last["languages"])
    if moved > settings.language_shift:
        found.append(f"the language mix moved by {moved:.0%} of the items (gate.language_shift)")
    # Half a redaction per hundred items is added, so that a handful more or fewer is no matter.
    rate, rate_before = (m["tables"].get("redactions", 0) / int(m["rows"]["items"]) + 0.005 for m in (now, last))
    if not 1 / settings.redaction_factor <= rate / rate_before <= settings.redaction_factor:
        found.append(f"redactions went from {last['tables'].get('redactions', 0)} to "
                     f"{now['tables'].get('redactions', 0)} (gate.redaction_factor)")
    if _clustering(now) == _clustering(last):
        found += _themes(now["themes"], last["themes"], settings)
    return found


def _themes(now: Mapping[str, Any], last: Mapping[str, Any], settings: GateSettings) -> list[str]:
    found = []
    mass, mass_before = (t["mentions_in_themes"] / max(int(t["pain_mentions"]), 1) for t in (now, last))
    if abs(mass - mass_before) > settings.theme_mass:
        found.append(f"mentions in themes went from {mass_before:.0%} to {mass:.0%} of the pains (gate.theme_mass)")
    count, count_before = int(now["count"]), int(last["count"])
    if count_before >= 5 and not 1 / settings.theme_factor <= count / count_before <= settings.theme_factor:
        found.append(f"the number of themes went from {count_before} to {count} (gate.theme_factor)")
    return found


def language_shift(now: Mapping[str, int], last: Mapping[str, int]) -> float:
    """Share of the items that moved between languages: half the summed difference of shares, 0..1."""
    total, before = max(sum(now.values()), 1), max(sum(last.values()), 1)
    return sum(abs(now.get(c, 0) / total - last.get(c, 0) / before) for c in {*now, *last}) / 2


def _rejected(manifest: Mapping[str, Any]) -> float:
    refused = float(sum(manifest["rows"]["rejected"].values()))
    return refused / max(refused + int(manifest["rows"]["items"]), 1)


def _clustering(manifest: Mapping[str, Any]) -> object:
    config = manifest.get("config", {})
    return {part: config.get(part) for part in ("encode", "classify", "cluster")}
