"""Guesses one role at a time from names and content: the text, and what stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from voicemine.errors import InputError
from voicemine.sources import vocabulary as v
from voicemine.sources.profiles import Profile

#: Column, reason, confidence; None where no column plays the role.
Found = tuple[str, str, float] | None


def find_texts(free: Mapping[str, Profile], label: str) -> tuple[tuple[str, ...], str, float]:
    """The columns with the customers' words, why, and how sure. Raises InputError where there is none."""
    scored = []
    for position, p in enumerate(free.values()):
        named, asked = _text_name(p), v.is_question(p.name, p.words)
        blocked = bool(set(p.words) & (v.OTHERS_WORDS if asked else v.OTHERS_WORDS | v.NOT_TEXT)) and named < 3
        if blocked or p.coded > 0.5 or p.dated > 0.5:
            continue
        content = p.text_like
        if (named >= 2 and (content >= 0.1 or not p.filled)) or (named == 1 and content >= 0.2) or content >= 0.45:
            scored.append((named * 0.5 + content + 0.2 * p.filled, content, -position, p, asked, named))
    if not scored:
        longest = sorted(free.values(), key=lambda p: -p.mean_chars)[:3]
        raise InputError(f"{label}: no column holds the customers' words; name it with text_columns (--text-column); "
                         f"the longest values are in {', '.join(repr(p.name) for p in longest) or 'no column'}")
    scored.sort(key=lambda s: s[:3], reverse=True)
    _, content, _, best, _, named = scored[0]
    open_ones = [p for _, c, _, p, asked, n in scored
                 if p is not best and c >= 0.2 and (asked or n >= 1) and _text_name(best) < 3] \
        if v.is_question(best.name, best.words) or named else []
    chosen = [p.name for p in free.values() if p is best or p in open_ones]
    why = f"{'named as text, ' if named else ''}{best.mean_words:.0f} words on average, {best.distinct:.0%} different"
    if len(chosen) > 1:
        why = f"{len(chosen)} open questions; '{best.name}': {why}"
    sure = min(1.0, 0.35 * named + 0.6 * content + 0.2) if best.filled else 0.3
    return tuple(chosen), why, round(sure, 2)


def _text_name(p: Profile) -> int:
    """3: the very word `text`; 2: a word for text stands last or alone; 1: somewhere, or a question; 0: no."""
    if p.words in (("text",), ("review", "text"), ("verbatim",), ("full", "text"), ("comment", "text")):
        return 3
    if p.words and p.words[-1] in v.TEXT and len(p.words) <= 3:
        return 2
    return 1 if set(p.words) & v.TEXT or v.is_question(p.name, p.words) else 0


def _id(free: Sequence[Profile]) -> Found:
    found = []
    for position, p in enumerate(free):
        words = p.words
        if not words or p.filled < 0.5 or p.mean_words > 6 or set(words[:-1]) & v.NOT_ID:
            continue
        exact = words in (("id",), ("uuid",), ("item", "id"))
        named = exact or words[-1] in v.ID_LAST or (len(words) == 1 and words[0].endswith("id") and len(words[0]) > 3)
        if (words[0] in v.NOT_ID and not exact) or not named or p.dated > 0.5:
            continue
        if p.filled >= (0.5 if exact else 0.95) and p.unique >= (0.5 if exact else 0.95):
            found.append((exact, words[0] in v.ID_FIRST, p.unique, -position, p))
    if not found:
        return None
    exact, _, _, _, p = max(found, key=lambda f: f[:4])
    return p.name, f"named as an id, {p.unique:.1%} of the values differ", 0.95 if exact or p.unique == 1 else 0.85


def _time(free: Sequence[Profile]) -> Found:
    found = []
    for position, p in enumerate(free):
        words = set(p.words) | ({"at"} if p.words and p.words[-1].endswith("at") else set())
        named = bool(words & v.TIME)
        exact = " ".join(p.words) in ("date", "time", "timestamp", "created at", "created", "at")
        epoch = named and p.numeric > 0.8 and 9 <= p.mean_chars <= 21
        if epoch or p.dated >= (0.2 if exact else 0.5 if named else 0.9):
            order = next((len(v.TIME_FIRST) - i for i, w in enumerate(v.TIME_FIRST) if w in p.words), 0)
            found.append((not words & v.TIME_LATER, p.filled >= 0.5, named, exact, order, p.filled, -position, p))
    if not found:
        return None
    best = max(found, key=lambda f: f[:7])
    p = best[7]
    if p.filled < 0.05:
        return None
    why = f"{'named as a time, ' if best[2] else ''}{p.dated:.0%} of the values look like dates"
    others = len(found) - 1
    return p.name, why + (f"; {others} other such column(s)" if others else ""), 0.95 if best[2] and not others else 0.8


def _score(free: Sequence[Profile]) -> Found:
    found = []
    for position, p in enumerate(free):
        words = set(p.words)
        asked = words & {"likely", "recommend", "satisfied", "satisfaction", "likelihood", "rate", "easy"}
        if not (words & v.SCORE or asked) or words & v.NOT_SCORE or v.SCALE.search(p.name):
            continue
        if p.scored < 0.8 or p.n_distinct > 101 or p.mean_words > 6:
            continue
        strength = 3 if words & {"nps", "csat", "ces"} else 2 if words & {"rating", "stars", "score"} else 1
        found.append((p.numeric >= 0.8, strength, p.filled, -position, p))
    if not found:
        return None
    p = max(found, key=lambda f: f[:4])[4]
    return p.name, f"named as a score, {p.scored:.0%} of the values are numbers", 0.95 if len(found) == 1 else 0.75


def _scale(free: Sequence[Profile]) -> Found:
    for p in free:
        if v.SCALE.search(p.name) and p.numeric > 0.9 and p.n_distinct <= 20:
            return p.name, "named as the top of the scale", 0.9
    return None


def _author(free: Sequence[Profile]) -> Found:
    found = []
    for position, p in enumerate(free):
        words = set(p.words)
        if not words & v.AUTHOR or words & v.NOT_AUTHOR or p.mean_words > 4 or p.n_distinct < 2 or p.dated > 0.5:
            continue
        if v.is_question(p.name, p.words) or len(p.words) > 3 or p.n_distinct < 0.02 * p.n_rows * p.filled:
            continue
        found.append((p.words[-1] in v.ID_LAST or len(p.words) == 1, p.filled, -position, p))
    if not found:
        return None
    p = max(found, key=lambda f: f[:3])[3]
    return p.name, f"named as a person, {p.n_distinct} different", 0.85


def _channel(free: Sequence[Profile]) -> Found:
    for words, certain in ((v.CHANNEL, True), (v.CHANNEL_MAYBE, False)):
        for p in free:
            if not set(p.words) & words or not 1 <= p.n_distinct <= 50 or p.mean_words > 4 or p.numeric > 0.5:
                continue
            known = len({x.replace("_", " ") for x in p.values} & v.CHANNEL_VALUES) / max(1, len(p.values))
            if certain or known >= 0.5:
                return p.name, f"named as a channel, {p.n_distinct} different", 0.9 if known >= 0.5 else 0.7
    return None


def _question(free: Sequence[Profile]) -> Found:
    for p in free:
        if set(p.words) & v.QUESTION and len(p.words) <= 2 and 1 <= p.n_distinct <= max(20, 0.05 * p.n_rows) \
                and not set(p.words) & {"id", "number", "no", "type"} and p.numeric < 0.5:
            return p.name, f"named as the question, {p.n_distinct} different", 0.9
    return None


def _speaker(free: Sequence[Profile]) -> Found:
    for p in free:
        if not set(p.words) & v.SPEAKER or not p.values or len(p.values) > 12:
            continue
        flag = set(p.words) & {"inbound", "incoming", "outbound", "agent", "staff"} and p.values <= v.YES | v.NO
        sides = p.values & v.CUSTOMER_VALUES and p.values & v.AGENT_VALUES
        if flag or (sides and len(p.values & (v.CUSTOMER_VALUES | v.AGENT_VALUES)) >= 0.6 * len(p.values)):
            return p.name, "tells customer from agent", 0.95 if flag or sides else 0.7
    return None


def find_title(free: Sequence[Profile]) -> Found:
    """A title or subject that belongs in front of the text."""
    for p in free:
        if p.words and p.words[-1] in v.TITLE and len(p.words) <= 3 and p.distinct >= 0.3 and p.mean_words >= 1.5 \
                and not set(p.words) & {"product", "job", "movie", "book", "app", "page", "person"}:
            return p.name, "named as a title; put in front of the text", 0.85
    return None


GUESSERS: dict[str, Callable[[Sequence[Profile]], Found]] = {
    "id": _id, "time": _time, "score": _score, "scale": _scale, "author": _author, "channel": _channel,
    "question": _question, "speaker": _speaker}
