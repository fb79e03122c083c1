"""What wants looking at: what can be fixed first, the latest alerts, the small themes that begin to rise."""

from __future__ import annotations

from typing import Any

import pandas as pd

#: A theme with a smaller share of the items is small: its rise would drown in a list by size.
_SMALL_SHARE = 0.02
#: A theme whose name fits fewer of its members is unspecific: nobody can fix it as it stands.
_SPECIFIC = 0.2


def to_fix(themes: pd.DataFrame) -> pd.DataFrame:
    """The themes that can be acted on, first to fix first; all of them where none says what the matter is."""
    specific = themes[themes["name_precision"] >= _SPECIFIC]
    return specific if len(specific) else themes


def latest_alerts(theme_trends: pd.DataFrame, themes: pd.DataFrame) -> list[dict[str, Any]]:
    """Alerts of the latest complete period, surest first, as plain data for run.json.

    `since` is the first period of the unbroken run of alerts, `is_new` says that the period before had none. A
    sub-theme whose parent alerts is left out: it is the same news. No text of a customer is in it but theme names.
    """
    complete = theme_trends[theme_trends["is_complete"]]
    if complete.empty:
        return []
    last = complete["period_start"].max()
    known = themes.set_index("theme_id")
    raised = complete[(complete["period_start"] == last) & complete["is_alert"]]
    raised = raised[raised["theme_id"].isin(known.index)]
    ids = set(raised["theme_id"])
    found = []
    for row in raised.sort_values(["change_q", "theme_id"]).to_dict("records"):
        theme = known.loc[row["theme_id"]]
        if theme["parent_theme_id"] in ids:
            continue
        since = _since(complete[complete["theme_id"] == row["theme_id"]])
        found.append({
            "theme_id": row["theme_id"], "name": theme["name"], "status": theme["status"],
            "period_start": row["period_start"].isoformat(), "period_end": row["period_end"].isoformat(),
            "since": since.isoformat(), "is_new": since == row["period_start"],
            "n_mentions": int(row["n_mentions"]), "n_items_total": int(row["n_items_total"]),
            "expected": round(float(row["expected"]), 2), "q": float(row["change_q"])})
    return found


def emerging(themes: pd.DataFrame, *, small_share: float = _SMALL_SHARE) -> list[dict[str, Any]]:
    """Small themes, sub-themes too, that are new or growing, most mentions first, as plain data for run.json."""
    rising = themes[themes["status"].isin(["new", "growing"]) & (themes["share"] < small_share)]
    rising = rising.sort_values(["n_items", "theme_id"], ascending=[False, True])
    return [{"theme_id": r["theme_id"], "name": r["name"], "level": int(r["level"]), "status": r["status"],
             "n_items": int(r["n_items"]), "evidence": r["status_note"]} for r in rising.to_dict("records")]


def _since(course: pd.DataFrame) -> pd.Timestamp:
    """Start of the unbroken run of alerts at the end of one theme's course."""
    course = course.sort_values("period_start")
    quiet = course.index[~course["is_alert"]]
    tail = course if not len(quiet) else course.loc[quiet[-1]:].iloc[1:]
    return pd.Timestamp(tail["period_start"].iloc[0])
