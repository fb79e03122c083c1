"""Every table that voicemine exports: columns, types, keys, units.

This file is a contract. Names, keys and types of version 1 are fixed; a column may be added.
Times are UTC. Shares and probabilities lie in 0..1. Offsets are 0-based, half-open Unicode code points.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from voicemine import schema
from voicemine.schema import Column, Kind, Table

VERSION = 1


def _c(name: str, kind: Kind, meaning: str, *, null: bool = False, allowed: tuple[str, ...] | None = None) -> Column:
    return Column(name, kind, meaning, null, allowed)


SENTIMENTS = ("negative", "neutral", "positive", "mixed")
EMOTIONS = ("anger", "frustration", "disappointment", "confusion", "worry", "sadness", "surprise",
            "satisfaction", "delight", "gratitude", "trust", "none")
INTENTS = ("complaint", "praise", "question", "request", "report", "churn", "recommendation", "other")
FITS = ("core", "near", "none")

_LABELS = (
    _c("stage", "text", "journey stage of the taxonomy, or `unclear` where the model is too unsure"),
    _c("stage_confidence", "probability", "calibrated probability of `stage_best`"),
    _c("stage_best", "text", "the model's first choice, before abstention"),
    _c("touchpoint", "text", "touchpoint of the taxonomy; `none`: the text names none; `unclear`: too unsure"),
    _c("touchpoint_confidence", "probability", "calibrated probability of `touchpoint_best`"),
    _c("touchpoint_best", "text", "the model's first choice, before abstention"),
    _c("sentiment", "text", "sentiment toward brand, product or service", allowed=SENTIMENTS),
    _c("sentiment_confidence", "probability", "calibrated probability of `sentiment`"),
    _c("sentiment_score", "signed_unit", "degree of sentiment, -1 (worst) to 1 (best)"),
    _c("emotion", "text", "strongest emotion shown", allowed=EMOTIONS),
    _c("emotion_confidence", "probability", "calibrated probability of `emotion`"),
    _c("is_pain", "boolean", "the text states a problem that the customer has had, has or expects"),
    _c("pain_probability", "probability", "calibrated probability that it does"),
    _c("intent", "text", "what the text does", allowed=INTENTS),
    _c("intent_confidence", "probability", "calibrated probability of `intent`"),
)
# An item that the models do not serve (another language, a non-answer) has no labels at all.
_ITEM_LABELS = tuple(Column(c.name, c.kind, c.meaning, True, c.allowed) for c in _LABELS)

ITEMS_CLEAN = Table("items_clean", "accepted item, before labels", ("item_id",), (
    _c("item_id", "text", "the given id, or a hash of source, author, time, text and occurrence"),
    _c("source", "text", "name of the source"),
    _c("channel", "text", "channel given in the data, else the source's kind", null=True),
    _c("question", "text", "the question that was answered, where a row holds several", null=True),
    _c("created_at", "time", "when it was written", null=True),
    _c("language", "text", "ISO 639-1 code, or `und` where it cannot be told"),
    _c("language_confidence", "probability", "probability of `language`; 0 where undetermined"),
    _c("text", "text", "cleaned and redacted text"),
    _c("score", "number", "score as given", null=True),
    _c("score_kind", "text", "scale of the score: nps, stars5, csat5, csat7, ces7, percent, or other", null=True),
    _c("author_id", "text", "hashed author", null=True),
    _c("is_mined", "boolean", "takes part in labels and themes"),
    _c("skip_reason", "text", "why it is not mined: non_answer, language, spam, agent, empty", null=True),
    _c("representative_id", "text", "item_id of the first item with the same or nearly the same text"),
    _c("agent_text", "text", "the agent's words in an inline chat, set aside; redacted", null=True),
    _c("source_row", "integer", "1-based data row in the source (header not counted)"),
), open_prefix="attr_", exported=False)

CLEAN_MEMORY = Table("clean_memory", "distinct raw text that was cleaned", ("digest",), (
    _c("digest", "text", "keyed hash of the raw text, which itself is never stored"),
    _c("text", "text", "cleaned and redacted text, boilerplate still in it"),
    _c("agent_text", "text", "the agent's words that were set aside; redacted"),
    _c("language", "text", "ISO 639-1 code, or `und`"),
    _c("language_confidence", "probability", "probability of `language`"),
    _c("skip_reason", "text", "why it is not mined", null=True),
    _c("detail", "text", "kind of spam", null=True),
    _c("steps", "texts", "steps that changed it"),
), exported=False)

CLEAN_TEMPLATES = Table("clean_templates", "line or sentence that was found to be boilerplate", ("key",), (
    _c("key", "text", "64-bit hash of its words"),), exported=False)

_CLEAN = {c.name: c for c in ITEMS_CLEAN.columns}

ITEMS = Table("items", "accepted item", ("item_id",), (
    *(_CLEAN[n] for n in ("item_id", "source", "channel", "question", "created_at", "language",
                          "language_confidence", "text", "score", "score_kind", "author_id")),
    *_ITEM_LABELS,
    _c("theme_id", "text", "theme of its strongest mention, at the default level", null=True),
    _c("n_mentions", "integer", "number of mentions"),
    _c("is_mined", "boolean", "took part in labels and themes"),
    _c("skip_reason", "text", "why it was not mined", null=True),
    _c("representative_id", "text", "first item with the same or nearly the same text"),
    _c("score_mismatch", "text", "words and score disagree: promoter_in_pain or detractor_with_praise", null=True),
    _CLEAN["agent_text"],
    _c("source_row", "integer", "1-based data row in the source"),
), open_prefix="attr_")

_SPAN = (
    _c("mention_id", "text", "item_id, `#`, ordinal"),
    _c("item_id", "text", "the item it stands in"),
    _c("ordinal", "integer", "0-based order within the item"),
    _c("start", "integer", "offset of its first character in items.text"),
    _c("end", "integer", "offset behind its last character in items.text"),
    _c("text", "text", "its words"),
)
SEGMENTS = Table("segments", "statement, before labels", ("mention_id",), _SPAN, exported=False)
MENTION_LABELS = Table("mention_labels", "labelled statement", ("mention_id",),
                       (_SPAN[0], _SPAN[1], *_LABELS), exported=False)
ITEM_LABELS = Table("item_labels", "mined item with labels rolled up from its mentions", ("item_id",), (
    _c("item_id", "text", "the item"), *_LABELS), exported=False)

MENTIONS = Table("mentions", "statement", ("mention_id",), (
    *_SPAN, *_LABELS,
    _c("theme_id", "text", "theme at the default level; null = none", null=True),
    _c("subtheme_id", "text", "sub-theme within it", null=True),
    _c("theme_fit", "text", "how it belongs", allowed=FITS),
    _c("theme_probability", "probability", "share of consensus runs in which it belongs to its theme"),
))

_SHARE = (
    _c("share", "probability", "share of the mined items"),
    _c("share_low", "probability", "lower end of its 95 % interval"),
    _c("share_high", "probability", "upper end of its 95 % interval"),
)
THEMES = Table("themes", "theme", ("theme_id",), (
    _c("theme_id", "text", "stable identity"),
    _c("name", "text", "short phrase with the matter in it"),
    _c("description", "text", "one or two sentences on what its mentions share"),
    _c("keywords", "texts", "words by class TF-IDF, best first"),
    _c("kind", "text", "what was clustered", allowed=("pain", "delight", "all")),
    _c("parent_theme_id", "text", "the theme above, for a sub-theme", null=True),
    _c("level", "integer", "0 = default level, 1 = sub-theme"),
    _c("stage", "text", "main stage, or `several` where none stands out"),
    _c("touchpoint", "text", "main touchpoint, or `several`"),
    _c("n_mentions", "integer", "mentions"), _c("n_items", "integer", "distinct items"),
    _c("n_authors", "integer", "distinct known authors; an item without one counts as one"),
    _c("n_unique_texts", "integer", "distinct texts"), *_SHARE,
    _c("author_share", "probability", "share of the authors of mined items"),
    _c("author_share_low", "probability", "lower end of its 95 % interval"),
    _c("author_share_high", "probability", "upper end of its 95 % interval"),
    _c("sentiment_mean", "signed_unit", "mean sentiment_score of its mentions"),
    _c("severity", "probability", "how bad it is for those who have it; see the dictionary of measures"),
    _c("severity_low", "probability", "lower end of its 95 % interval"),
    _c("severity_high", "probability", "upper end of its 95 % interval"),
    _c("score_impact", "number", "change of the score where the theme occurs, other themes held equal", null=True),
    _c("score_impact_low", "number", "lower end of its 95 % interval", null=True),
    _c("score_impact_high", "number", "upper end of its 95 % interval", null=True),
    _c("score_kind", "text", "scale that score_impact is measured on", null=True),
    _c("priority", "probability", "what to fix first: documented combination of reach, severity, impact, trend"),
    _c("priority_rank", "integer", "1 = first"),
    _c("stability", "probability", "co-membership of its mentions over consensus runs"),
    _c("is_stable", "boolean", "stability reaches the configured bar"),
    _c("name_precision", "probability", "estimated share of members that the name fits"),
    _c("status", "text", "course in time", allowed=("new", "growing", "steady", "fading", "gone", "unclear")),
    _c("status_note", "text", "the evidence for the status"),
    _c("first_seen", "time", "time of its first mention", null=True),
    _c("last_seen", "time", "time of its last mention", null=True),
    _c("is_hidden", "boolean", "hidden by hand: kept in the tables, left out of the report"),
))
THEME_TOUCHPOINTS = Table("theme_touchpoints", "theme × touchpoint × stage", ("theme_id", "touchpoint", "stage"), (
    _c("theme_id", "text", "theme"), _c("touchpoint", "text", "touchpoint"), _c("stage", "text", "stage"),
    _c("n_mentions", "integer", "mentions of the theme here"),
    _c("share", "probability", "share of the theme's mentions"),
    _c("share_low", "probability", "lower end of its 95 % interval"),
    _c("share_high", "probability", "upper end of its 95 % interval"),
    _c("sentiment_mean", "signed_unit", "mean sentiment_score"),
    _c("lift", "number", "share over the share among all clustered mentions; 1 = as expected"),
    _c("lift_low", "number", "lower end of its 95 % interval"),
    _c("lift_high", "number", "upper end of its 95 % interval"),
))
THEME_QUOTES = Table("theme_quotes", "quote", ("theme_id", "rank"), (
    _c("theme_id", "text", "theme"), _c("rank", "integer", "1 = first"),
    _c("mention_id", "text", "the mention quoted"), _c("item_id", "text", "its item"),
    _c("text", "text", "the whole mention, redacted"),
    _c("role", "text", "why it is quoted", allowed=("typical", "extreme", "counter")),
))
THEME_TRENDS = Table("theme_trends", "theme × period", ("theme_id", "period_start"), (
    _c("theme_id", "text", "theme"), _c("period_start", "time", "first instant"),
    _c("period_end", "time", "first instant after"),
    _c("is_complete", "boolean", "the period lies wholly within the data"),
    _c("n_mentions", "integer", "items of the period with the theme"),
    _c("n_items_total", "integer", "mined items of the period: the exposure"),
    _c("rate", "probability", "n_mentions / n_items_total", null=True),
    _c("rate_low", "probability", "lower end of its 95 % interval", null=True),
    _c("rate_high", "probability", "upper end of its 95 % interval", null=True),
    _c("expected", "number", "items with the theme expected from its past rate and source mix", null=True),
    _c("change_p", "probability", "p-value of the change against expectation", null=True),
    _c("change_q", "probability", "p-value after control of the false-discovery rate", null=True),
    _c("is_alert", "boolean", "significant rise in a complete period"),
))
LEDGER_EVENTS = ("born", "continued", "split", "merged", "faded", "gone", "revived", "renamed", "edited")
THEME_LEDGER = Table("theme_ledger", "event of a theme", ("run_id", "ordinal"), (
    _c("run_id", "text", "run in which it happened"), _c("ordinal", "integer", "0-based order within the run"),
    _c("theme_id", "text", "theme"), _c("event", "text", "what happened", allowed=LEDGER_EVENTS),
    _c("other_theme_id", "text", "the other side of a split or merge", null=True),
    _c("weight", "number", "share of the theme's mentions that the event rests on", null=True),
    _c("note", "text", "plain words", null=True),
))
FORECASTS = Table("forecasts", "theme × coming period", ("theme_id", "period_start"), (
    _c("theme_id", "text", "theme"), _c("period_start", "time", "first instant"),
    _c("period_end", "time", "first instant after"),
    _c("step", "integer", "1 = the first period after the last complete one"),
    _c("n_items_expected", "number", "mined items of a period, as in the median of the last eight complete ones"),
    _c("n_expected", "number", "items with the theme, for that many items"),
    _c("rate", "probability", "share of the period's mined items"),
    _c("rate_low", "probability", "lower end of its 80 % interval"),
    _c("rate_high", "probability", "upper end of its 80 % interval"),
    _c("coverage", "probability", "share of held-out past counts within such intervals, all themes", null=True),
    _c("n_tested", "integer", "number of those counts"),
))
INTERVENTIONS = Table("interventions", "intervention × theme that it names", ("ordinal", "theme_id"), (
    _c("ordinal", "integer", "0-based order in the configuration"), _c("what", "text", "what was done"),
    _c("date", "time", "when"), _c("theme_id", "text", "theme"),
    _c("n_before", "integer", "items with the theme in the periods before"),
    _c("n_after", "integer", "items with the theme in the periods after"),
    _c("rate_before", "probability", "share of the mined items of the periods before"),
    _c("rate_after", "probability", "share of the mined items of the periods after"),
    _c("effect", "number", "rate after over the rate expected without it; below 1 = it helped"),
    _c("effect_low", "number", "lower end of its 95 % interval"),
    _c("effect_high", "number", "upper end of its 95 % interval"),
    _c("change_p", "probability", "p-value of an effect other than 1"),
    _c("n_controls", "integer", "untouched themes that it is measured against"),
    _c("note", "text", "plain words"),
))
THEME_TRANSLATION = Table("theme_translation", "theme_id of an earlier run × theme of this run",
                          ("from_run_id", "from_theme_id", "rank"), (
    _c("from_run_id", "text", "run whose export holds the old id; an id not listed for it means the same today"),
    _c("from_theme_id", "text", "theme_id in that export"), _c("rank", "integer", "0 = where most of it went"),
    _c("theme_id", "text", "theme of this run; null: in no theme any more", null=True),
    _c("share", "probability", "share of the old theme's mentions that are there today"),
))
JOURNEY = Table("journey", "stage × touchpoint", ("stage", "touchpoint"), (
    _c("stage", "text", "stage"), _c("touchpoint", "text", "touchpoint"),
    _c("classic_stage", "text", "stage of the classic five that it rolls up to", null=True),
    _c("channel", "text", "online, offline or either", null=True),
    _c("n_mentions", "integer", "mentions"), _c("n_items", "integer", "distinct items"),
    _c("share", "probability", "share of all mentions"),
    _c("share_low", "probability", "lower end of its 95 % interval"),
    _c("share_high", "probability", "upper end of its 95 % interval"),
    _c("sentiment_mean", "signed_unit", "mean sentiment_score"),
    _c("pain_rate", "probability", "share of the cell's mentions that state a pain"),
    _c("pain_rate_low", "probability", "lower end of its 95 % interval"),
    _c("pain_rate_high", "probability", "upper end of its 95 % interval"),
    _c("emotions", "shares", "share of each emotion among the cell's mentions"),
    _c("top_themes", "texts", "theme_ids, most mentions first"),
    _c("opportunity", "probability", "reach times room for improvement; see the dictionary of measures"),
    _c("moment", "text", "what stands out", allowed=("pain", "delight", "truth", "none")),
))
PERSONAS = Table("personas", "persona: a group of customers with like pains, in this run", ("persona_id",), (
    _c("persona_id", "text", "p1 is the largest; it means nothing in another run"),
    _c("name", "text", "the themes that set it apart"),
    _c("n_people", "integer", "customers: authors, an item without one counting as one"),
    _c("n_items", "integer", "their mined items"), _c("n_mentions", "integer", "their mentions"),
    _c("share", "probability", "share of the customers with a mention in a theme"),
    _c("share_low", "probability", "lower end of its 95 % interval"),
    _c("share_high", "probability", "upper end of its 95 % interval"),
    _c("firmness", "probability", "how much of it comes back when half of the customers are grouped anew"),
    _c("themes", "texts", "theme_ids that set it apart, most first"),
    _c("stage", "text", "main stage of its mentions in themes, or `several`"),
    _c("touchpoint", "text", "main touchpoint of these, or `several`"),
    _c("sentiment_mean", "signed_unit", "mean sentiment_score of its mentions"),
    _c("sentiment_low", "signed_unit", "lower end of its 95 % interval"),
    _c("sentiment_high", "signed_unit", "upper end of its 95 % interval"),
    _c("emotions", "shares", "share of each emotion among its mentions"),
    _c("intents", "shares", "share of each intent among its mentions"),
    _c("quote_mention_id", "text", "a typical mention"), _c("quote_item_id", "text", "its item"),
    _c("quote_theme_id", "text", "its theme"), _c("quote", "text", "its words, redacted"),
))
PERSONA_MEMBERS = Table("persona_members", "item of a customer in a persona", ("item_id",), (
    _c("item_id", "text", "mined item"), _c("persona_id", "text", "persona of its customer"),
))
PERSONA_TRAITS = Table("persona_traits", "persona × what its customers say or are", ("persona_id", "field", "value"), (
    _c("persona_id", "text", "persona"), _c("field", "text", "theme, touchpoint, stage, or a column `attr_*`"),
    _c("value", "text", "theme_id, label, or value of the column"),
    _c("n_people", "integer", "customers of the persona with it"),
    _c("share", "probability", "share of the persona's customers, of a column those whose value is known"),
    _c("share_low", "probability", "lower end of its 95 % interval"),
    _c("share_high", "probability", "upper end of its 95 % interval"),
    _c("elsewhere", "probability", "the same share among all other customers in a persona"),
    _c("difference_low", "signed_unit", "lower end of the difference's 95 % interval"),
    _c("difference_high", "signed_unit", "upper end of the difference's 95 % interval"),
    _c("change_q", "probability", "columns only: p-value of the difference after control of the false-discovery "
       "rate; themes, touchpoints and stages made the groups and are not tested", null=True),
    _c("is_sure", "boolean", "the difference is significant"),
))
REJECTS = Table("rejects", "refused row", ("ordinal",), (
    _c("ordinal", "integer", "0-based order"), _c("source", "text", "name of the source"),
    _c("row", "integer", "1-based data row; null where the fault is not in a row", null=True),
    _c("item_id", "text", "its id, if it had one", null=True),
    _c("stage", "text", "stage that refused it"), _c("reason", "text", "short code of the reason"),
    _c("detail", "text", "what was wrong, redacted", null=True),
))
REDACTIONS = Table("redactions", "replacement in items.text", ("item_id", "ordinal"), (
    _c("item_id", "text", "item"), _c("ordinal", "integer", "0-based order within the item"),
    _c("type", "text", "what stood there: EMAIL, PHONE, PERSON, CARD …"),
    _c("start", "integer", "offset of the placeholder in items.text"),
    _c("end", "integer", "offset behind it"),
))
DUPLICATES = Table("duplicates", "item that repeats another", ("item_id",), (
    _c("item_id", "text", "the repeating item"), _c("representative_id", "text", "the item it repeats"),
    _c("kind", "text", "how it repeats", allowed=("exact", "near")),
    _c("similarity", "probability", "1 for exact"),
))
MAP_POINTS = Table("map_points", "drawn mention", ("mention_id",), (
    _c("mention_id", "text", "mention"), _c("x", "number", "for drawing only"), _c("y", "number", "for drawing only"),
))

_KEY = _c("theme_key", "text", "theme within this run; `track` gives it its lasting theme_id")
THEME_MEMBERS = Table("theme_members", "statement", ("mention_id",), (
    _c("mention_id", "text", "the mention"),
    _c("theme_key", "text", "its theme at the default level; null = none", null=True),
    _c("subtheme_key", "text", "its sub-theme", null=True),
    _c("theme_fit", "text", "how it belongs", allowed=FITS),
    _c("theme_probability", "probability", "share of consensus runs in which it belongs"),
), exported=False)
THEME_NODES = Table("theme_nodes", "theme, before its name", ("theme_key",), (
    _KEY, _c("parent_theme_key", "text", "the theme above", null=True),
    _c("level", "integer", "0 = default level, 1 = sub-theme"),
    _c("kind", "text", "what was clustered", allowed=("pain", "delight", "all")),
    _c("stability", "probability", "co-membership over consensus runs"),
    _c("is_stable", "boolean", "stability reaches the configured bar"),
    _c("given_name", "text", "name of a seed theme", null=True),
), exported=False)
THEME_NAMES = Table("theme_names", "theme with its name", ("theme_key",), (
    _KEY, *(c for c in THEMES.columns if c.name in ("name", "description", "keywords", "name_precision")),
), exported=False)
QUOTES = Table("quotes", "quote", ("theme_key", "rank"), (_KEY, *THEME_QUOTES.columns[1:]), exported=False)
THEME_SIZES = Table("theme_sizes", "theme with its figures", ("theme_key",), (
    _KEY, *THEMES.columns[[c.name for c in THEMES.columns].index("stage"):
                          [c.name for c in THEMES.columns].index("stability")]), exported=False)
THEME_LINKS = Table("theme_links", "theme × touchpoint × stage", ("theme_key", "touchpoint", "stage"),
                    (_KEY, *THEME_TOUCHPOINTS.columns[1:]), exported=False)
CELLS = Table("cells", "stage × touchpoint", ("stage", "touchpoint"), JOURNEY.columns, exported=False)
THEME_IDS = Table("theme_ids", "theme with its lasting identity", ("theme_key",), (
    _KEY, THEMES.columns[0], THEMES.columns[1],
    *(c for c in THEMES.columns if c.name in ("status", "status_note", "first_seen", "last_seen"))), exported=False)

TABLES: dict[str, Table] = {t.name: t for t in (
    ITEMS_CLEAN, CLEAN_MEMORY, CLEAN_TEMPLATES, SEGMENTS, MENTION_LABELS, ITEM_LABELS, ITEMS, MENTIONS, THEMES,
    THEME_TOUCHPOINTS, THEME_QUOTES, THEME_TRENDS, THEME_LEDGER, THEME_TRANSLATION, FORECASTS, INTERVENTIONS, JOURNEY,
    REJECTS, REDACTIONS,
    DUPLICATES, MAP_POINTS, PERSONAS, PERSONA_MEMBERS, PERSONA_TRAITS,
    THEME_MEMBERS, THEME_NODES, THEME_NAMES, QUOTES, THEME_SIZES, THEME_LINKS, CELLS, THEME_IDS)}
# The rejects of one stage, before they are brought together.
TABLES |= {n: Table(n, REJECTS.row, REJECTS.key, REJECTS.columns, exported=False)
           for n in ("ingest_rejects", "clean_rejects")}
EXPORTED = tuple(t.name for t in TABLES.values() if t.exported)


def empty(name: str) -> pd.DataFrame:
    """The table without rows, every column typed."""
    return conform(name, pd.DataFrame({c: [] for c in TABLES[name].column_names}))


def conform(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in the contract's order and types, row order kept. Raises TableError as `to_arrow` does."""
    return from_arrow(to_arrow(name, frame))


def to_arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    """Check `frame` against the declared table `name`; see `schema.to_arrow`. Raises TableError."""
    return schema.to_arrow(TABLES[name], frame)


from_arrow = schema.from_arrow
