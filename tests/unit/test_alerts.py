from __future__ import annotations

import pandas as pd

from voicemine.alerts import emerging, latest_alerts

WEEKS = pd.date_range("2026-01-05", periods=5, freq="7D", tz="UTC")


def trends(alerts: dict[str, list[bool]]) -> pd.DataFrame:
    rows = [{"theme_id": t, "period_start": w, "period_end": w + pd.Timedelta(days=7), "is_complete": n < 4,
             "n_mentions": 9, "n_items_total": 100, "expected": 2.345, "change_q": 1e-6 if a else 0.9, "is_alert": a}
            for t, flags in alerts.items() for n, (w, a) in enumerate(zip(WEEKS, flags, strict=True))]
    return pd.DataFrame(rows)


def themes(parents: dict[str, str | None], **columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"theme_id": list(parents), "parent_theme_id": list(parents.values()), "name": "A name",
                         "status": "growing", "level": 0, "n_items": 5, "share": 0.01, "status_note": "why", **columns})


def test_only_the_latest_complete_period_and_since_when() -> None:
    course = trends({"a": [False, True, False, True, False], "b": [False, False, True, True, False],
                     "c": [True, True, True, False, True], "d": [True] * 5})
    found = {a["theme_id"]: a for a in latest_alerts(course, themes(dict.fromkeys("abcd")))}
    assert set(found) == {"a", "b", "d"}
    assert (found["a"]["is_new"], found["b"]["is_new"]) == (True, False)
    assert found["b"]["since"] == WEEKS[2].isoformat() and found["d"]["since"] == WEEKS[0].isoformat()


def test_a_sub_theme_is_told_only_where_its_parent_is_not() -> None:
    course = trends({"a": [False, False, False, True, False], "a1": [False, False, False, True, False],
                     "b1": [False, False, False, True, False]})
    found = latest_alerts(course, themes({"a": None, "a1": "a", "b1": "b"}))
    assert [a["theme_id"] for a in found] == ["a", "b1"]


def test_no_periods_no_alerts() -> None:
    assert latest_alerts(trends({"a": [False] * 5}).iloc[:0], themes({"a": None})) == []


def test_emerging_are_small_and_rising() -> None:
    table = themes(dict.fromkeys("abc"), status=["new", "growing", "steady"], share=[0.01, 0.2, 0.01],
                   n_items=[4, 80, 5])
    assert [e["theme_id"] for e in emerging(table)] == ["a"]
