"""Keywords and description of a theme, from its members alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from voicemine.numerics.ctfidf import class_tfidf
from voicemine.stages.name.words import Lexicon

_PLAIN_EMOTION = {
    "anger": "angry", "frustration": "frustrated", "disappointment": "disappointed", "confusion": "confused",
    "worry": "worried", "sadness": "sad", "surprise": "surprised", "satisfaction": "satisfied",
    "delight": "delighted", "gratitude": "grateful", "trust": "trusting",
}
_PLAIN_POINT = {
    "mobile_app": "the mobile app", "website": "the website", "search_product_info": "product information",
    "advertising_promotion": "advertising and promotions", "social_media": "social media",
    "email_notification": "messages from the brand", "phone_call_centre": "the phone line", "live_chat": "live chat",
    "staff_in_person": "staff in person", "store_premises": "the premises", "checkout_payment": "checkout and payment",
    "billing_pricing": "billing and prices", "account_login": "account and login",
    "booking_reservation": "bookings and reservations", "delivery_shipping": "delivery",
    "product": "the product itself",
    "service_in_progress": "the service as performed", "returns_refunds": "returns and refunds",
    "loyalty_programme": "the loyalty programme", "policy_contract": "terms and rules",
    "documents_info": "documents and letters",
}


def _terms(words: Sequence[str], lexicon: Lexicon) -> Iterator[tuple[tuple[str, ...], str]]:
    """Lemma and form of each word of matter, and of each pair of neighbours that are."""
    before: tuple[str, str] | None = None
    for word in words:
        low = word.lower()
        if low[0] == "|" or not lexicon.is_matter(low):
            before = None
            continue
        lemma = lexicon.lemma(low)
        yield (lemma,), low
        if before is not None and before[0] != lemma:
            yield (before[0], lemma), f"{before[1]} {low}"
        before = (lemma, low)


def keywords(themes: Sequence[Sequence[Sequence[str]]], lexicon: Lexicon, *, count: int) -> list[list[str]]:
    """Best words and word pairs of each theme by class TF-IDF over the given themes, best first.

    themes: for each theme the token lists of its mentions. Inflections of one lemma count as one word, shown in the
    form met most. A pair displaces its words where these seldom stand without it.
    """
    index: dict[tuple[str, ...], int] = {}
    forms: dict[tuple[str, ...], Counter[str]] = {}
    rows, columns, values = [], [], []
    for t, mentions in enumerate(themes):
        counts: Counter[tuple[str, ...]] = Counter()
        for words in mentions:
            own: dict[tuple[str, ...], None] = {}
            for term, form in _terms(words, lexicon):
                forms.setdefault(term, Counter())[form] += 1
                own[term] = None
            counts.update(own.keys())
        least = 2 if len(mentions) > 12 else 1
        for term, n in counts.items():
            if len(term) == 1 or n >= least:
                rows.append(t)
                columns.append(index.setdefault(term, len(index)))
                values.append(n)
    if not index:
        return [[] for _ in themes]
    table = sparse.csr_matrix((values, (rows, columns)), shape=(len(themes), len(index)), dtype=np.float64)
    terms_in_order = list(index)
    weights = class_tfidf(table)
    return [_best(terms_in_order, weights[[t]], table[[t]], forms, lexicon, count) for t in range(len(themes))]


def _best(
    terms: list[tuple[str, ...]], weights: sparse.csr_matrix, counts: sparse.csr_matrix,
    forms: dict[tuple[str, ...], Counter[str]], lexicon: Lexicon, count: int,
) -> list[str]:
    held = dict(zip(counts.indices.tolist(), counts.data.tolist(), strict=True))
    position = {terms[j]: j for j in held}
    ranked = sorted(zip(weights.indices.tolist(), weights.data.tolist(), strict=True),
                    key=lambda p: (-p[1], terms[p[0]]))
    best: list[tuple[str, ...]] = []
    for j, _ in ranked[: count * 4]:
        term = terms[j]
        if len(term) == 2:
            parts = [held.get(position.get((w,), -1), 0.0) for w in term]
            if held[j] < 0.3 * min(parts):
                continue
            # The pair stands for its words where they seldom come alone.
            best = [b for b in best if not (len(b) == 1 and b[0] in term and held[j] > 0.6 * held[position[b]])]
            if sum(b[0] in term for b in best if len(b) == 1) == 2:
                continue
        elif any(term[0] in b for b in best if len(b) == 2) and not _stands_alone(term, best, held, position):
            continue
        if len(term) == 2 and any(set(term) & set(b) for b in best if len(b) == 2):
            continue
        best.append(term)
    return [_form(b, forms, lexicon) for b in best[:count]]


def _stands_alone(term: tuple[str, ...], best: list[tuple[str, ...]], held: dict[int, float],
                  position: dict[tuple[str, ...], int]) -> bool:
    pairs = [b for b in best if len(b) == 2 and term[0] in b]
    return all(held[position[b]] <= 0.6 * held[position[term]] for b in pairs)


def _form(term: tuple[str, ...], forms: dict[tuple[str, ...], Counter[str]], lexicon: Lexicon) -> str:
    form = min(forms[term], key=lambda f: (-forms[term][f], f))
    return " ".join(lexicon.written(w) for w in form.split())


#: A best name that fits fewer of the members than this would mislead: the theme is said to be unspecific.
UNSPECIFIC = 0.2


def describe(words: Sequence[str], labels: pd.DataFrame, *, name_share: float, kind: str) -> str:
    """One or two sentences: what the members speak of, where most of them place it, how they feel.

    words: keywords, best first. labels: the members' rows of `mention_labels` (may be empty). name_share: estimated
    share that the name fits. Every figure is counted over the members; a share below 30 % is not mentioned.
    """
    talk = {"pain": "Customers complain about", "delight": "Customers praise"}.get(kind, "Customers speak of")
    first = f"{talk} {_series(words[:3])}" if words else f"{talk} the same matter in different words"
    first += (f"; the name fits about {round(100 * name_share)} % of the mentions." if name_share >= UNSPECIFIC
              else f"; no phrase fits more than about {round(100 * name_share)} % of the mentions.")
    said = []
    if len(labels):
        point, share = _top(labels["touchpoint"], ("none", "unclear"))
        if share >= 0.3:
            place = _PLAIN_POINT.get(point, point.replace("_", " "))
            said.append(f"{round(100 * share)} % concern {place}")
        emotion, share = _top(labels["emotion"], ("none",))
        if share >= 0.3:
            feeling = _PLAIN_EMOTION.get(emotion, emotion)
            said.append(f"{round(100 * share)} % {'sound' if said else 'of them sound'} {feeling}")
    if not said:
        return first
    second = " and ".join(said)
    return f"{first} {second[0].upper()}{second[1:]}."


def _top(values: pd.Series[str], left_out: tuple[str, ...]) -> tuple[str, float]:
    counts = values.value_counts().drop(list(left_out), errors="ignore").sort_index()
    if counts.empty:
        return "", 0.0
    return str(counts.index[int(np.argmax(counts.to_numpy()))]), float(counts.max()) / len(values)


def _series(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
