"""A finished run, fabricated: consistent, seeded exported tables and a run.json, for tests of what reads them.

The texts are those of the sample corpus, sorted into themes by its planted truth; labels and figures are drawn
from a seeded generator. `scale` makes more themes and mentions out of the same texts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from voicemine import tables
from voicemine.artefacts.publish import write_tables
from voicemine.numerics.intervals import wilson

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
HOSTILE = (
    "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>",
    "{{7*7}} {% raw %} ${7*7} </script><!-- ]]> -->",
    "=cmd|' /C calc'!A0",
    "\u202eright-to-left\u202c and \u2066isolated \u2028 line separator \u2029",
    "w" * 20_000,
    "| a | table | _with_ *marks* [link](javascript:alert(1)) # head",
)
_DEFAULTS: dict[str, Any] = {
    "text": "unclear", "integer": 1, "number": 0.0, "probability": 0.5, "signed_unit": 0.0, "boolean": False}
TAXONOMY = {
    "stages": [{"label": a, "classic": b} for a, b in (
        ("awareness", "awareness"), ("consideration", "consideration"), ("purchase", "purchase"),
        ("onboarding", "purchase"), ("use", "retention"), ("support", "retention"), ("retention", "retention"),
        ("advocacy", "advocacy"))],
    "touchpoints": [{"label": a, "channel": b} for a, b in (
        ("website", "online"), ("mobile_app", "online"), ("search_product_info", "either"),
        ("advertising_promotion", "either"), ("phone_call_centre", "offline"), ("live_chat", "online"),
        ("staff_in_person", "offline"), ("store_premises", "offline"), ("checkout_payment", "either"),
        ("account_login", "online"), ("delivery_shipping", "either"), ("product", "either"), ("packaging", "either"),
        ("returns_refunds", "either"), ("loyalty_programme", "either"))],
}


def fill(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` as the declared table: columns that it lacks are filled by their kind, then the contract is checked."""
    table = tables.TABLES[name]
    for column in table.columns:
        if column.name not in frame.columns:
            value = None if column.nullable else (column.allowed[-1] if column.allowed else _DEFAULTS.get(column.kind))
            frame[column.name] = [value] * len(frame)
    extra = [c for c in frame.columns if table.open_prefix and c.startswith(table.open_prefix)]
    return tables.conform(name, frame[[*table.column_names, *extra]])


def sample_rows() -> tuple[pd.DataFrame, dict[str, Any]]:
    """Items of the sample corpus with the theme planted in each, and the planted themes."""
    truth = yaml.safe_load((SAMPLE / "truth.yaml").read_text("utf-8"))
    survey = pd.read_csv(SAMPLE / "survey.csv", dtype=str)
    rows = []
    for key, question in truth["questions"].items():
        for r in survey[survey[question].notna()].to_dict("records"):
            rows.append((f"{r['response_id']}/{key}", "survey", r["submitted_at"], r[question], float(r["nps"]), "nps",
                         r["customer_id"], r["segment"], r["region"]))
    for line in (SAMPLE / "reviews.jsonl").read_text("utf-8").splitlines():
        r = json.loads(line)
        rows.append((r["review_id"], "reviews", r["posted_at"], r["text"], float(r["stars"]), "stars5", r["reviewer"],
                     None, None))
    items = pd.DataFrame(rows, columns=["item_id", "source", "created_at", "text", "score", "score_kind", "author_id",
                                        "attr_segment", "attr_region"])
    items["created_at"] = pd.to_datetime(items["created_at"], utc=True, format="ISO8601")
    themes = {k: t for k, t in truth["themes"].items() if t["kind"] in ("pain", "delight") and t["stage"] != "unclear"}
    planted = {i: k for k, t in themes.items() for ids in t["items"].values() for i in ids}
    items["planted"] = items["item_id"].map(planted)
    return items[items["text"].str.strip().ne("")].reset_index(drop=True), themes


def fabricate(folder: Path, *, copies: int = 1, splits: int = 1, hostile: bool = False, seed: int = 7) -> Path:
    """Write a run into `folder` (tables and run.json) and return it.

    copies: how often the items are repeated. splits: into how many themes each planted pain is split.
    hostile: some texts, names and attributes are hostile.
    """
    rng = np.random.default_rng(seed)
    items, planted = sample_rows()
    items = pd.concat([items.assign(item_id=items["item_id"] + (f"-{c}" if c else "")) for c in range(copies)],
                      ignore_index=True)
    pains = [k for k, t in planted.items() if t["kind"] == "pain"]
    part = rng.integers(0, splits, len(items))
    items["theme_id"] = [f"T{pains.index(k):02d}{p:03d}" if k in pains else None
                         for k, p in zip(items["planted"], part, strict=True)]
    if hostile:
        where = items.index[items["theme_id"].notna()][: len(HOSTILE)]
        items.loc[where, "text"] = list(HOSTILE)
        items.loc[items.index[::17], "attr_region"] = HOSTILE[0]
    skipped = items.index[items["planted"].isna()][:40]
    items["is_mined"] = ~items.index.isin(skipped)
    mentions = _mentions(items[items["is_mined"]].reset_index(drop=True), planted, rng)
    themes = _themes(mentions, items, planted, pains, rng, hostile=hostile)
    items = _labelled(items, mentions)
    found = {
        "items": items, "mentions": mentions, "themes": themes, "theme_touchpoints": _links(mentions),
        "theme_quotes": _quotes(mentions), "theme_trends": _trends(items, themes), "theme_ledger": _ledger(themes),
        "journey": _journey(mentions), "rejects": _rejects(), "redactions": _redactions(items),
        "duplicates": tables.empty("duplicates"), "map_points": _points(mentions, rng),
        **_personas(items, mentions, themes, hostile=hostile),
    }
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    rows = write_tables(folder, found, csv_too=False)
    (folder / "run.json").write_text(json.dumps(_manifest(found, rows)), "utf-8")
    return folder


def _mentions(items: pd.DataFrame, planted: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    n, kind = len(items), items["planted"].map({k: t["kind"] for k, t in planted.items()})
    pain = (kind == "pain").to_numpy()
    score = np.where(pain, -0.55, np.where(kind == "delight", 0.7, 0.0)) + rng.normal(0, 0.2, n)
    stage = items["planted"].map({k: t["stage"] for k, t in planted.items()}).fillna("unclear")
    other = rng.choice([s["label"] for s in TAXONOMY["stages"]], n)
    stage = stage.where(rng.random(n) > 0.15, pd.Series(other))
    touchpoint = items["planted"].map({k: t["touchpoint"] for k, t in planted.items()}).fillna("none")
    emotion = np.where(pain, rng.choice(["anger", "frustration", "disappointment"], n),
                       np.where(kind == "delight", rng.choice(["delight", "satisfaction", "gratitude"], n), "none"))
    return fill("mentions", pd.DataFrame({
        "mention_id": items["item_id"] + "#0", "item_id": items["item_id"], "ordinal": 0, "start": 0,
        "end": items["text"].str.len(), "text": items["text"], "stage": stage, "stage_best": stage,
        "stage_confidence": rng.uniform(0.5, 1, n), "touchpoint": touchpoint, "touchpoint_best": touchpoint,
        "touchpoint_confidence": rng.uniform(0.5, 1, n), "sentiment_score": np.clip(score, -1, 1),
        "sentiment": np.where(score < -0.2, "negative", np.where(score > 0.2, "positive", "neutral")),
        "sentiment_confidence": rng.uniform(0.6, 1, n), "emotion": emotion, "is_pain": pain,
        "pain_probability": np.where(pain, rng.uniform(0.7, 1, n), rng.uniform(0, 0.3, n)),
        "intent": np.where(pain, "complaint", "praise"), "theme_id": items["theme_id"],
        "subtheme_id": [f"{t}.{i % 2}" if isinstance(t, str) and t.endswith("000") else None
                        for i, t in enumerate(items["theme_id"])],
        "theme_fit": np.where(items["theme_id"].isna(), "none", np.where(rng.random(n) > 0.3, "core", "near")),
        "theme_probability": np.where(items["theme_id"].isna(), 0.0, rng.uniform(0.5, 1, n)),
    }))


def _labelled(items: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    labels = [c.name for c in tables.MENTION_LABELS.columns[2:]]
    frame = items.merge(mentions[["item_id", *labels]].astype(object), on="item_id", how="left").assign(
        language_confidence=0.99, source_row=range(1, len(items) + 1))
    frame["n_mentions"] = frame["is_mined"].astype(int)
    frame["channel"], frame["representative_id"] = frame["source"], frame["item_id"]
    frame["language"] = np.where(frame["is_mined"], "en", "de")
    frame["skip_reason"] = np.where(frame["is_mined"], None, "language")
    return fill("items", frame.drop(columns="planted"))


def _themes(
    mentions: pd.DataFrame, items: pd.DataFrame, planted: dict[str, Any], pains: list[str], rng: np.random.Generator,
    *, hostile: bool,
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for level, column in ((0, "theme_id"), (1, "subtheme_id")):
        for theme_id, part in mentions[mentions[column].notna()].groupby(column):
            truth = planted[pains[int(str(theme_id)[1:3])]]
            n, total = len(part), len(items)
            low, high = wilson(n, total)
            suffix = "" if str(theme_id).endswith("000") and level == 0 else f" ({str(theme_id)[3:]})"
            severity = float(np.clip(-part["sentiment_score"].mean() + rng.normal(0, 0.1), 0.1, 0.95))
            impact = -float(rng.uniform(0.2, 2.5))
            own = items[items["item_id"].isin(part["item_id"])]
            rows.append({
                "theme_id": theme_id, "name": truth["name"] + suffix, "keywords": truth["name_words"],
                "description": f"Customers report: {truth['name'].lower()}, mostly in the {own['source'].mode()[0]}.",
                "kind": "pain", "parent_theme_id": None if level == 0 else str(theme_id).rpartition(".")[0],
                "level": level, "stage": truth["stage"], "touchpoint": truth["touchpoint"], "n_mentions": n,
                "n_items": n, "n_authors": int(own["author_id"].nunique()) or n,
                "n_unique_texts": int(part["text"].nunique()), "share": n / total,
                "share_low": float(low), "share_high": float(high), "author_share": n / total,
                "author_share_low": float(low), "author_share_high": float(high),
                "sentiment_mean": float(part["sentiment_score"].mean()), "severity": severity,
                "severity_low": max(severity - 0.08, 0), "severity_high": min(severity + 0.08, 1),
                "score_impact": impact, "score_impact_low": impact - 0.6, "score_impact_high": impact + 0.6,
                "score_kind": "nps", "priority": float(np.clip(n / total * 8 * severity, 0, 1)),
                "stability": float(rng.uniform(0.55, 0.98)), "name_precision": float(rng.uniform(0.7, 0.98)),
                "status": {"rise": "growing", "fade": "fading", "spike": "fading"}.get(truth["shape"], "steady"),
                "status_note": f"{n} items, {truth['shape']} in weeks {truth['start']} to {truth['end']}",
                "first_seen": own["created_at"].min(), "last_seen": own["created_at"].max()})
    frame = pd.DataFrame(rows).sort_values(["level", "priority", "theme_id"], ascending=[True, False, True])
    frame["priority_rank"] = frame.groupby("level").cumcount() + 1
    frame["is_stable"] = frame["stability"] >= 0.6
    frame["is_hidden"] = False
    if hostile:
        frame.iloc[0, frame.columns.get_loc("name")] = HOSTILE[0]
        frame.iloc[1, frame.columns.get_loc("name")] = "n" * 3_000
        frame.iloc[2, frame.columns.get_loc("description")] = HOSTILE[1]
    return fill("themes", frame.reset_index(drop=True))


def _links(mentions: pd.DataFrame) -> pd.DataFrame:
    placed = mentions[mentions["theme_id"].notna()]
    found = placed.groupby(["theme_id", "touchpoint", "stage"], as_index=False).agg(
        n_mentions=("mention_id", "size"), sentiment_mean=("sentiment_score", "mean"))
    total = found.groupby("theme_id")["n_mentions"].transform("sum")
    low, high = wilson(found["n_mentions"], total)
    share = found["n_mentions"] / total
    return fill("theme_touchpoints", found.assign(
        share=share, share_low=low, share_high=high, lift=share * 4, lift_low=low * 4, lift_high=high * 4))


def _quotes(mentions: pd.DataFrame) -> pd.DataFrame:
    placed = mentions[mentions["theme_id"].notna()]
    first = placed.groupby("theme_id").head(5).copy()
    first["rank"] = first.groupby("theme_id").cumcount() + 1
    first["role"] = first["rank"].map({4: "extreme", 5: "counter"}).fillna("typical")
    return fill("theme_quotes", first[["theme_id", "rank", "mention_id", "item_id", "text", "role"]].copy())


def _trends(items: pd.DataFrame, themes: pd.DataFrame) -> pd.DataFrame:
    week = items["created_at"].dt.tz_localize(None).dt.to_period("W-SUN").dt.start_time.dt.tz_localize("UTC")
    starts = pd.date_range(week.min(), week.max(), freq="7D")
    totals = week.value_counts().reindex(starts, fill_value=0)
    rows = []
    for theme_id in themes.loc[themes["level"] == 0, "theme_id"]:
        counts = week[items["theme_id"] == theme_id].value_counts().reindex(starts, fill_value=0)
        low, high = wilson(counts, totals)
        expected = counts.shift(1).rolling(6, min_periods=3).mean()
        for i, start in enumerate(starts):
            alert = i > 6 and counts.iloc[i] > 2.5 * max(expected.iloc[i], 2)
            rows.append({"theme_id": theme_id, "period_start": start, "period_end": start + pd.Timedelta(days=7),
                         "is_complete": i < len(starts) - 1, "n_mentions": counts.iloc[i],
                         "n_items_total": totals.iloc[i],
                         "rate": counts.iloc[i] / totals.iloc[i] if totals.iloc[i] else None, "rate_low": low[i],
                         "rate_high": high[i], "expected": expected.iloc[i], "change_p": 0.001 if alert else 0.4,
                         "change_q": 0.02 if alert else 0.6, "is_alert": bool(alert)})
    return fill("theme_trends", pd.DataFrame(rows))


def _ledger(themes: pd.DataFrame) -> pd.DataFrame:
    top = themes.loc[themes["level"] == 0, "theme_id"].tolist()
    rows = [{"run_id": "20260628-before", "ordinal": i, "theme_id": t, "event": "born", "note": "first seen"}
            for i, t in enumerate(top[1:])]
    rows += [{"run_id": "20260705-now", "ordinal": i, "theme_id": t, "event": "born" if i == 0 else "continued",
              "weight": 0.9, "note": None} for i, t in enumerate(top)]
    return fill("theme_ledger", pd.DataFrame(rows))


def _journey(mentions: pd.DataFrame) -> pd.DataFrame:
    classic = {s["label"]: s["classic"] for s in TAXONOMY["stages"]}
    channel = {t["label"]: t["channel"] for t in TAXONOMY["touchpoints"]}
    rows = []
    for (stage, touchpoint), part in mentions.groupby(["stage", "touchpoint"]):
        n, pain = len(part), int(part["is_pain"].sum())
        (low, high), (pain_low, pain_high) = wilson(n, len(mentions)), wilson(pain, n)
        mood = float(part["sentiment_score"].mean())
        rows.append({
            "stage": stage, "touchpoint": touchpoint, "classic_stage": classic.get(stage),
            "channel": channel.get(touchpoint), "n_mentions": n, "n_items": part["item_id"].nunique(),
            "share": n / len(mentions), "share_low": float(low), "share_high": float(high), "sentiment_mean": mood,
            "pain_rate": pain / n, "pain_rate_low": float(pain_low), "pain_rate_high": float(pain_high),
            "emotions": part["emotion"].value_counts(normalize=True).to_dict(),
            "top_themes": part["theme_id"].value_counts().index[:5].tolist(),
            "opportunity": min(n / len(mentions) * 5 * pain / n, 1.0),
            "moment": "pain" if pain_low > 0.6 and n > 40 else "delight" if mood > 0.4 and n > 15 else "none"})
    return fill("journey", pd.DataFrame(rows))


def _rejects() -> pd.DataFrame:
    return fill("rejects", pd.DataFrame({
        "ordinal": range(5), "source": "reviews", "row": range(5), "stage": "sources",
        "reason": ["empty_text"] * 4 + ["bad_json"], "detail": "no text"}))


def _redactions(items: pd.DataFrame) -> pd.DataFrame:
    return fill("redactions", pd.DataFrame({
        "item_id": items["item_id"].iloc[:12], "ordinal": 0, "type": ["EMAIL", "PHONE", "PERSON"] * 4,
        "start": 0, "end": 7}))


def _personas(
    items: pd.DataFrame, mentions: pd.DataFrame, themes: pd.DataFrame, *, hostile: bool
) -> dict[str, pd.DataFrame]:
    """Three personas: customers by the third of the planted pains that they speak of."""
    placed = mentions[mentions["theme_id"].notna()].merge(items[["item_id", "attr_region"]], on="item_id")
    placed["persona_id"] = [f"p{int(str(t)[1:3]) % 3 + 1}" for t in placed["theme_id"]]
    top, rows, traits = themes[themes["level"] == 0], [], []
    for persona, part in placed.groupby("persona_id"):
        n, others = len(part), placed[placed["persona_id"] != persona]
        low, high = wilson(n, len(placed))
        leading = part["theme_id"].value_counts().index[:4].tolist()
        first = part[part["theme_id"] == leading[0]].iloc[0]
        rows.append({
            "persona_id": persona, "name": " · ".join(top.set_index("theme_id")["name"].loc[leading[:2]]),
            "n_people": n, "n_items": n, "n_mentions": n, "share": n / len(placed), "share_low": float(low),
            "share_high": float(high), "firmness": 0.8, "themes": leading, "stage": "support",
            "touchpoint": "several", "sentiment_mean": -0.5, "sentiment_low": -0.55, "sentiment_high": -0.45,
            "emotions": {"anger": 0.4, "none": 0.6}, "intents": {"complaint": 0.8, "request": 0.2},
            "quote_mention_id": first["mention_id"], "quote_item_id": first["item_id"],
            "quote_theme_id": leading[0], "quote": HOSTILE[4] if hostile else first["text"]})
        for field, column in (("theme", "theme_id"), ("touchpoint", "touchpoint"), ("stage", "stage"),
                              ("attr_region", "attr_region")):
            for value, count in part[column].value_counts().items():
                share, elsewhere = count / n, float((others[column] == value).mean())
                tested = field.startswith("attr_")
                traits.append({
                    "persona_id": persona, "field": field, "value": value, "n_people": count, "share": share,
                    "share_low": max(share - 0.05, 0), "share_high": min(share + 0.05, 1), "elsewhere": elsewhere,
                    "difference_low": share - elsewhere - 0.05, "difference_high": share - elsewhere + 0.05,
                    "change_q": 0.01 if tested else None, "is_sure": tested and value in ("wales", HOSTILE[0])})
    members = placed[["item_id", "persona_id"]].drop_duplicates("item_id")
    if hostile:
        rows[0]["name"] = HOSTILE[0]
    return {"personas": fill("personas", pd.DataFrame(rows)), "persona_members": fill("persona_members", members),
            "persona_traits": fill("persona_traits", pd.DataFrame(traits))}


def _points(mentions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    keys = mentions["theme_id"].fillna("")
    place = {k: rng.normal(0, 20, 2) for k in sorted(keys.unique())}
    middle = np.array([place[k] for k in keys])
    spread = np.where(keys == "", 18, 2)[:, None]
    xy = middle * (keys != "").to_numpy()[:, None] + rng.normal(0, 1, middle.shape) * spread
    return fill("map_points", pd.DataFrame({"mention_id": mentions["mention_id"], "x": xy[:, 0], "y": xy[:, 1]}))


def _manifest(found: dict[str, pd.DataFrame], rows: dict[str, int]) -> dict[str, Any]:
    items = found["items"]
    return {
        "run_id": "20260705-now", "as_of": "2026-07-05T20:00:00+00:00", "tables_version": tables.VERSION,
        "sources": [{"name": s, "rows_in": int(n)} for s, n in items["source"].value_counts().items()],
        "rows": {"in": len(items) + 5, "items": len(items), "mined": int(items["is_mined"].sum()),
                 "skipped": {"language": 40}, "rejected": {"empty_text": 4, "bad_json": 1}},
        "languages": {"en": len(items) - 40, "de": 40}, "tables": rows, "alerts": [],
        "stages": {"clean": {"seconds": 1.2, "peak_mib": 300.0}, "encode": {"reused": True}},
        "warnings": ["reviews: 2 time(s) in 'posted_at' cannot be read; left empty"],
        "config": {"cluster": {"scope": "pain"}, "run": {"seed": 0}, "personas": {
            "most": 6, "least": 3, "min_people": 20}}, "seed": 0,
        "counts": {"personas": {"people": len(items), "with_theme": len(found["persona_members"]), "personas": 3}},
        "models": {"encoder": "all-MiniLM-L6-v2 53aa5117"}, "versions": {"voicemine": "0.1.0", "python": "3.11"},
        "taxonomy": TAXONOMY,
    }
