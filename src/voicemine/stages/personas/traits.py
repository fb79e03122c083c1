"""What sets each persona apart: themes, touchpoints and stages by share, segments by test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from voicemine.numerics.fdr import adjust
from voicemine.numerics.intervals import wilson
from voicemine.stages.personas.profiles import People
from voicemine.stages.personas.settings import PersonasSettings

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_COLUMNS = ["persona", "field", "value", "n_people", "share", "share_low", "share_high", "elsewhere",
            "difference_low", "difference_high", "change_q"]


def traits(people: People, label: Codes, segments: pd.DataFrame, settings: PersonasSettings) -> pd.DataFrame:
    """Persona × field × value, columns `_COLUMNS`, largest difference first within a field.

    label: (people,). segments: one row per person in the order of `people`, columns `attr_*`. Share: of the people of
    a persona who speak of it (themes, touchpoints, stages) or are of it (segments, among those whose value is
    known). Themes, touchpoints and stages made the groups, so that a test of them would prove nothing; segments did
    not: they are tested (Fisher), with one false-discovery rate over all personas and segments.
    """
    told = {field: people.rows[["code", column]].drop_duplicates()
            for field, column in (("theme", "theme_id"), ("touchpoint", "touchpoint"), ("stage", "stage"))}
    # As categories, values are compared by their codes.
    segments = segments.astype("category")
    found = pd.DataFrame([row for k in range(int(label.max()) + 1)
                          for row in (*_said(told, label == k, k), *_tested(segments, label == k, k, settings))],
                         columns=_COLUMNS)
    found["change_q"] = adjust(found["change_q"].to_numpy(np.float64))
    found["_gap"] = -(found["share"] - found["elsewhere"])
    found = found.sort_values(["persona", "field", "_gap", "value"], ignore_index=True)
    return found.drop(columns="_gap")


def _said(told: Mapping[str, pd.DataFrame], inside: Flags, persona: int) -> Iterator[tuple[object, ...]]:
    """told: by field, the distinct pairs of a person's code and what the person speaks of."""
    for field, pairs in told.items():
        said = pairs.iloc[:, 1]
        here, every = said[inside[pairs["code"].to_numpy()]].value_counts(), said.value_counts()
        for value in sorted(here.index):
            yield (persona, field, value, *_compared(int(here[value]), int(inside.sum()),
                                                     int(every[value] - here[value]), int((~inside).sum())), np.nan)


def _tested(
    segments: pd.DataFrame, inside: Flags, persona: int, settings: PersonasSettings
) -> Iterator[tuple[object, ...]]:
    for column in segments.columns:
        values = segments[column]
        known = values.notna().to_numpy()
        counts = values[known].value_counts()
        if not 2 <= len(counts) <= settings.segment_values:
            continue
        for value in sorted(v for v in counts.index if counts[v] >= settings.min_people):
            here = (values == value).fillna(False).to_numpy(dtype=bool)
            table = [[int((here & inside & known).sum()), int((~here & inside & known).sum())],
                     [int((here & ~inside & known).sum()), int((~here & ~inside & known).sum())]]
            if not (sum(table[0]) and sum(table[1])):
                continue
            p = float(stats.fisher_exact(table)[1])
            yield (persona, column, value, *_compared(table[0][0], sum(table[0]), table[1][0], sum(table[1])), p)


def _compared(hits: int, n: int, other_hits: int, other_n: int) -> tuple[object, ...]:
    """Number, share with its interval, share elsewhere, and the interval of the difference (Newcombe, 1998)."""
    share, other = hits / max(n, 1), other_hits / max(other_n, 1)
    (low, high), (other_low, other_high) = wilson(hits, n), wilson(other_hits, other_n)
    down = np.hypot(share - float(low), float(other_high) - other)
    up = np.hypot(float(high) - share, other - float(other_low))
    return (hits, share, float(low), float(high), other, max(share - other - float(down), -1.0),
            min(share - other + float(up), 1.0))
