"""Names themes in words that a manager would use, describes them, and picks their quotes. Works offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from spacy.language import Language

from voicemine import tables
from voicemine.backends.protocols import Namer
from voicemine.stages.base import Stage
from voicemine.stages.name.describe import UNSPECIFIC, describe, keywords
from voicemine.stages.name.fit import name_precision
from voicemine.stages.name.material import (
    Floats,
    Theme,
    lexicon_of,
    mention_vectors,
    parse,
    parsed_members,
    samples,
    themes_of,
)
from voicemine.stages.name.naming import Embed, Judge, Named, name_themes, siblings, undecided, written
from voicemine.stages.name.quotes import Members, choose_quotes
from voicemine.stages.name.score import lemma_polarity
from voicemine.stages.name.settings import NameSettings
from voicemine.stages.name.suggest import Brief, suggest_names
from voicemine.stages.name.words import Bags, Lexicon, bags

__all__ = ["STAGE", "NameSettings", "NamedThemes", "name"]

Encoding = Mapping[str, npt.NDArray[np.generic]]
_NEAREST = 5
_OUTSIDE = 400
_UNSPECIFIC_NAMES = {"pain": "Unspecific complaints", "delight": "Unspecific praise", "all": "Unspecific remarks"}


@dataclass(frozen=True)
class NamedThemes:
    """Tables `theme_names` and `quotes`."""

    theme_names: pd.DataFrame
    quotes: pd.DataFrame


def name(
    segments: pd.DataFrame, mention_labels: pd.DataFrame, items_clean: pd.DataFrame, encoding: Encoding,
    theme_members: pd.DataFrame, theme_nodes: pd.DataFrame, *, settings: NameSettings, tagger: Language, embed: Embed,
    judge: Judge = undecided, namer: Namer | None = None,
) -> NamedThemes:
    """Name, describe and quote every theme and sub-theme.

    tagger: a pipeline with tags, lemmas and a parse in UD labels; without a parse, names come from frequent word runs.
    embed: the encoder that made `encoding`, texts to unit vectors (n, d); it reads the candidate names.
    judge: tells how surely a candidate name states a complaint, or praise.
    namer: suggests names from keywords and typical quotes; a suggestion is used only where the members bear it out.
    """
    themes = themes_of(segments, theme_members, theme_nodes, encoding)
    if not themes:
        return NamedThemes(tables.empty("theme_names"), tables.empty("quotes"))
    texts = segments["text"].tolist()
    labels = mention_labels.set_index("mention_id").reindex(segments["mention_id"])
    wanted = samples(themes, texts, settings)
    docs = parse(tagger, texts, wanted)
    wanted = parsed_members(themes, docs)
    used = _rows_to_count(themes, len(texts))
    lexicon, words = lexicon_of(tagger, docs, texts, used)
    counted = bags([words[int(r)] for r in used], lexicon)
    position = {int(r): i for i, r in enumerate(used)}
    pain = labels["pain_probability"].to_numpy(np.float64, na_value=np.nan)[used]
    known = np.where(np.isnan(pain), np.nanmean(pain) if not np.isnan(pain).all() else 0.5, pain)
    sentiment = labels["sentiment_score"].to_numpy(np.float64, na_value=0.0)
    signs = [_sign(t, labels) for t in themes]
    fits = _precision(themes, counted, position, encoding)
    named = name_themes(themes, wanted, docs, words, counted, position, lemma_polarity(counted, known), sentiment,
                        signs, lexicon, embed=embed, judge=judge,
                        fits=fits, settings=settings)
    found = keywords([[words[int(r)] for r in t.rows] for t in themes], lexicon, count=settings.keywords)
    quotes = _quotes(themes, signs, segments, labels, items_clean, theme_members, encoding, settings)
    shown = [written(n, lexicon) for n in named]
    if namer is not None:
        told = quotes[quotes["role"] == "typical"].groupby("theme_key")["text"].agg(list)
        briefs = [Brief(f, told.get(t.key, []), t.centroid) for t, f in zip(themes, found, strict=True)]
        named, shown = suggest_names(named, briefs, shown, lexicon, namer=namer, embed=embed, precision=fits)
    named, shown = _as_given(themes, theme_nodes, named, shown, lexicon, embed)
    precision = [fits(i, n) for i, n in enumerate(named)]
    shown = _honest(themes, theme_nodes, shown, precision, found)
    return NamedThemes(
        theme_names=tables.conform("theme_names", pd.DataFrame({
            "theme_key": [t.key for t in themes],
            "name": shown,
            "description": [describe(f, labels.iloc[t.rows].dropna(subset=["touchpoint"]), name_share=p, kind=t.kind)
                            for t, f, p in zip(themes, found, precision, strict=True)],
            "keywords": found, "name_precision": precision,
        })),
        quotes=quotes,
    )


def _honest(themes: list[Theme], nodes: pd.DataFrame, shown: list[str], precision: list[float],
            found: list[list[str]]) -> list[str]:
    """Names as found, but a theme that no phrase fits is said to be unspecific ("not good enough", "very unhappy")."""
    given = set(nodes.loc[nodes["given_name"].notna(), "theme_key"])
    names, used = [], set[str]()
    for theme, name, fit, words in zip(themes, shown, precision, found, strict=True):
        if fit < UNSPECIFIC and theme.key not in given:
            what = _UNSPECIFIC_NAMES[theme.kind]
            name = what if what not in used else f"{what} ({', '.join(words[:2])})"
            used.add(name)
        names.append(name)
    return names


def _as_given(themes: list[Theme], nodes: pd.DataFrame, named: list[Named], shown: list[str], lexicon: Lexicon,
              embed: Embed) -> tuple[list[Named], list[str]]:
    """Names as found, but seed themes as their user named them."""
    given = {str(k): str(n) for k, n in zip(nodes["theme_key"], nodes["given_name"], strict=True) if n == n and n}
    named, shown = list(named), list(shown)
    for i, theme in enumerate(themes):
        if theme.key in given:
            words = tuple(given[theme.key].lower().split())
            named[i] = Named(words, lexicon.key(words), embed([" ".join(words)])[0])
            shown[i] = given[theme.key]
    return named, shown


def _rows_to_count(themes: list[Theme], n: int) -> npt.NDArray[np.int64]:
    """Rows whose words are counted: every clustered mention, and evenly spread others, at most as many again."""
    clustered = np.unique(np.concatenate([t.rows for t in themes]))
    others = np.setdiff1d(np.arange(n), clustered)
    step = max(1, -(-len(others) // max(len(clustered), 2000)))
    return np.union1d(clustered, others[::step])


def _sign(theme: Theme, labels: pd.DataFrame) -> int:
    if theme.kind != "all":
        return 1 if theme.kind == "pain" else -1
    mean = labels["sentiment_score"].iloc[theme.rows].mean()
    return 0 if np.isnan(mean) or abs(mean) < 0.15 else -int(np.sign(mean))


def _precision(themes: list[Theme], counted: Bags, position: Mapping[int, int], encoding: Encoding,
               ) -> Callable[[int, Named], float]:
    """Estimated share of a theme's members that a name fits, as a function of the theme's number and the name."""
    held = np.asarray(counted.table.sum(axis=0)).ravel()
    rarity = np.log1p(counted.table.shape[0] / np.maximum(held, 1.0))
    centroids = np.stack([t.centroid for t in themes])
    peers = siblings(themes)

    # A theme's names are asked about one after the other, so that keeping the last theme's matter is enough.
    @lru_cache(maxsize=1)
    def matter(i: int) -> tuple[sparse.csc_matrix, Floats, Floats]:
        """Bags and vectors of the theme's members, and vectors of some of its nearest siblings'."""
        near = sorted(peers[i], key=lambda j: (-round(float(centroids[i] @ centroids[j]), 5), j))[:_NEAREST]
        outside = [themes[j].rows[:: max(1, len(themes[j].rows) // (_OUTSIDE // _NEAREST))] for j in near]
        others = np.concatenate(outside) if outside else np.zeros(0, np.int64)
        table = counted.table[[position[int(r)] for r in themes[i].rows]].tocsc()
        return table, mention_vectors(encoding, themes[i].rows), mention_vectors(encoding, others)

    def estimate(i: int, own: Named) -> float:
        table, inside, outside = matter(i)
        columns = [counted.index[lemma] for lemma in sorted(own.key) if lemma in counted.index]
        weights = rarity[columns] / max(rarity[columns].sum(), 1e-12)
        lexical = np.asarray(table[:, columns] @ weights).ravel() if columns else np.zeros(len(inside))
        cosine = (inside @ own.vector).astype(np.float64)
        reference = (outside @ own.vector).astype(np.float64)
        return round(name_precision(lexical, cosine, reference), 4)

    return estimate


def _quotes(themes: list[Theme], signs: list[int], segments: pd.DataFrame, labels: pd.DataFrame,
            items: pd.DataFrame, members: pd.DataFrame, encoding: Encoding, settings: NameSettings) -> pd.DataFrame:
    author = items.set_index("item_id")["author_id"].reindex(segments["item_id"]).to_numpy()
    item = segments["item_id"].to_numpy()
    text = segments["text"].to_numpy()
    core = set(members.loc[members["theme_fit"] == "core", "mention_id"])
    ids = segments["mention_id"].to_numpy()
    rank = np.empty(len(segments), dtype=np.int64)
    rank[np.lexsort((ids.astype(str), text.astype(str)))] = np.arange(len(segments))
    sentiment = labels["sentiment_score"].to_numpy(np.float64, na_value=0.0)
    rows: list[tuple[str, int, str, str, str, str]] = []
    for theme, sign in zip(themes, signs, strict=True):
        at = theme.rows
        chosen = choose_quotes(Members(
            vectors=mention_vectors(encoding, at), sentiment=sentiment[at],
            words=np.array([len(text[r].split()) for r in at], dtype=np.int64),
            authors=[a if isinstance(a, str) else item[r] for a, r in zip(author[at], at, strict=True)],
            wordings=[" ".join(text[r].lower().split()) for r in at], order=rank[at],
            is_core=np.array([ids[r] in core for r in at]),
        ), sign=sign, settings=settings)
        rows += [(theme.key, n, ids[at[i]], item[at[i]], text[at[i]], role) for n, (i, role) in enumerate(chosen, 1)]
    return tables.conform("quotes", pd.DataFrame(
        rows, columns=["theme_key", "rank", "mention_id", "item_id", "text", "role"]))


STAGE = Stage(
    name="name", version=5,
    reads=("segments", "mention_labels", "items_clean", "encoding", "theme_members", "theme_nodes"),
    writes=("theme_names", "quotes"), settings=NameSettings, run=name, needs=("tagger", "embed", "judge", "namer"),
    about="name, describe and quote themes",
)
