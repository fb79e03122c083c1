"""Behavioural tests of a label model in the style of CheckList (Ribeiro et al., 2020).

A case is a text and what must hold of it: a minimum (its label is one of those expected), an invariance (a change
that means nothing leaves the label as it was) or a direction (a change moves the sentiment score up or down).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from voicemine.errors import InputError

#: A direction counts when the score moves by at least this much; an invariance, when it moves by no more than LIMIT.
STEP = 0.02
LIMIT = 0.6

Labeller = Callable[[Sequence[str]], pd.DataFrame]
"""Texts to a table with a column for each label set (`sentiment`, `emotion`, `pain`) and `sentiment_score`."""


@dataclass(frozen=True)
class Verdict:
    """One case and how it went; `found` says what the model gave."""

    id: str
    kind: str
    capability: str
    text: str
    passed: bool
    found: str


def _judged(case: Mapping[str, Any], first: Mapping[str, Any], second: Mapping[str, Any] | None) -> tuple[bool, str]:
    name = str(case.get("label_set", "sentiment"))
    if case["kind"] == "minimum":
        return first[name] in case["expect"], str(first[name])
    if second is None:
        raise InputError(f"behaviour case {case['id']} has no changed text")
    before, after = float(first["sentiment_score"]), float(second["sentiment_score"])
    found = f"{first[name]} ({before:+.2f}) to {second[name]} ({after:+.2f})"
    if case["kind"] == "invariance":
        return first[name] == second[name] and abs(after - before) <= LIMIT, found
    if case["kind"] == "direction":
        return (after - before if case["score"] == "up" else before - after) >= STEP, found
    raise InputError(f"behaviour case {case['id']} is of no known kind: {case['kind']}")


def run_cases(cases: Sequence[Mapping[str, Any]], label: Labeller) -> list[Verdict]:
    """Label all texts of all cases at once and judge each case. Raises InputError on a malformed case."""
    texts = [str(c["text"]) for c in cases]
    changed = {i: str(c["changed"]) for i, c in enumerate(cases) if "changed" in c}
    table = label([*texts, *changed.values()])
    rows = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    second = {i: rows[len(texts) + n] for n, i in enumerate(changed)}
    out = []
    for i, case in enumerate(cases):
        passed, found = _judged(case, rows[i], second.get(i))
        out.append(Verdict(case["id"], case["kind"], case["capability"], texts[i], passed, found))
    return out


def summary(verdicts: Sequence[Verdict]) -> str:
    """Markdown: passed and all cases by kind and capability, then every failure."""
    frame = pd.DataFrame([v.__dict__ for v in verdicts])
    lines = ["| kind | capability | passed | cases |", "|---|---|---|---|"]
    for (kind, capability), part in frame.groupby(["kind", "capability"], sort=False):
        lines.append(f"| {kind} | {capability} | {int(part['passed'].sum())} | {len(part)} |")
    lines.append(f"| all | | {int(frame['passed'].sum())} | {len(frame)} |")
    failed = [v for v in verdicts if not v.passed]
    listed = [f"- {v.id} ({v.capability}): {v.text} → {v.found}" for v in failed]
    return "\n".join([*lines, "", f"{len(failed)} failures:", *listed])
