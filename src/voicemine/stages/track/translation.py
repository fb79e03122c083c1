"""Old theme ids in today's: where the mentions of a theme went through splits and merges."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from voicemine import tables
from voicemine.prior import FLOW_COLUMNS, PriorThemes
from voicemine.stages.track.identity import Identity

#: Smaller shares are left out of a translation.
_LEAST_SHARE = 0.005


def flows_so_far(prior: PriorThemes, identity: Identity, run_id: str) -> pd.DataFrame:
    """Every change of place so far, columns FLOW_COLUMNS: those the ledger knows, then this run's."""
    now = pd.DataFrame([(run_id, a, b, share) for a, b, share in identity.flows], columns=list(FLOW_COLUMNS),
                       dtype=object)
    return pd.concat([prior.flows.astype(object), now], ignore_index=True) if len(prior.flows) else now


def translation_table(prior: PriorThemes, identity: Identity, run_id: str) -> pd.DataFrame:
    """The table `theme_translation`: for the export of an earlier run, what each id is today and by what share.

    An id that is not listed for a run means the same today as it did then. Shares of one id sum to 1 with the part
    that is in no theme today (theme_id null).
    """
    flows = flows_so_far(prior, identity, run_id)
    known = [] if prior.run_id is None else [prior.run_id]
    runs = list(dict.fromkeys([*prior.events["run_id"], *known, run_id]))
    steps = {run: _steps(flows[flows["run_id"] == run]) for run in runs}
    rows: list[tuple[str, str, int, str | None, float]] = []
    before: dict[str, dict[str | None, float]] = {}
    met = _met(prior, runs)
    # From the last run backwards: what leads from one run to today is its next step, then what leads on from there.
    for earlier, later in reversed(list(pairwise(runs))):
        before = _compose(steps[later], before)
        for theme_id in sorted(before.keys() & met[earlier]):
            shares = sorted(before[theme_id].items(), key=lambda s: (-s[1], s[0] is None, s[0] or ""))
            kept = [(t, s) for t, s in shares if s >= _LEAST_SHARE]
            rows += [(earlier, theme_id, n, t, min(round(s, 4), 1.0)) for n, (t, s) in enumerate(kept)]
    frame = pd.DataFrame(rows, columns=list(tables.TABLES["theme_translation"].column_names))
    return tables.conform("theme_translation", frame.sort_values(
        ["from_run_id", "from_theme_id", "rank"], key=lambda c: c.map({r: i for i, r in enumerate(runs)})
        if c.name == "from_run_id" else c, kind="stable", ignore_index=True)) if rows else (
        tables.empty("theme_translation"))


def _met(prior: PriorThemes, runs: list[str]) -> dict[str, set[str]]:
    """Every theme_id given up to each run: an export of that run can hold no other."""
    by_run = {str(run): set(group) for run, group in prior.events.groupby("run_id")["theme_id"]}
    met: set[str] = set()
    found = {}
    for run in runs:
        met = met | by_run.get(run, set())
        found[run] = met
    return found


def _steps(flows: pd.DataFrame) -> dict[str, dict[str | None, float]]:
    found: dict[str, dict[str | None, float]] = {}
    for theme_id, to, share in zip(flows["theme_id"], flows["to_theme_id"], flows["share"], strict=True):
        found.setdefault(str(theme_id), {})[None if to is None or to != to else str(to)] = float(share)
    return found


def _compose(
    step: dict[str, dict[str | None, float]], onward: dict[str, dict[str | None, float]]
) -> dict[str, dict[str | None, float]]:
    """What one step and then the way onward make of each id; an id without an entry stays itself."""
    found: dict[str, dict[str | None, float]] = {}
    for theme_id in {*step, *onward}:
        result: dict[str | None, float] = {}
        for middle, share in step.get(theme_id, {theme_id: 1.0}).items():
            for end, part in (onward.get(middle, {middle: 1.0}) if middle is not None else {None: 1.0}).items():
                result[end] = result.get(end, 0.0) + share * part
        found[theme_id] = result
    return found
