"""What naming works on: the mentions of each theme with vectors and words, the parsed sample, the lexicon."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from spacy.language import Language
from spacy.tokens import Doc

from voicemine.stages.membership import memberships
from voicemine.stages.name.settings import NameSettings
from voicemine.stages.name.words import Lexicon, learn_lexicon, tokens

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
_LEAST_PARSED = 25
#: Parts of a pipeline that naming has no use for.
_UNUSED = ("senter", "clauser", "tok2vec_fast", "ner", "sentencizer")


@dataclass(frozen=True)
class Theme:
    """One theme or sub-theme. rows: positions of its mentions in `segments`; closeness: their cosines to `centroid`."""

    key: str
    parent: str | None
    kind: str
    rows: Rows
    centroid: Floats
    closeness: Floats


def unit(vector: Floats) -> Floats:
    """`vector` scaled to length 1; a zero vector stays."""
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def mention_vectors(encoding: Mapping[str, npt.NDArray[np.generic]], rows: Rows) -> Floats:
    """Vectors of the mentions at `rows` of `segments`, (n, d) float32."""
    return np.asarray(encoding["vectors"][encoding["rows"][rows]], dtype=np.float32)


def themes_of(segments: pd.DataFrame, members: pd.DataFrame, nodes: pd.DataFrame,
              encoding: Mapping[str, npt.NDArray[np.generic]]) -> list[Theme]:
    """Every theme that has mentions, in the order of `nodes`."""
    position = pd.Series(np.arange(len(segments)), index=segments["mention_id"])
    long = memberships(members, nodes)
    long = long[long["mention_id"].isin(position.index)]
    by_key = {str(key): position.loc[part["mention_id"]].to_numpy(np.int64) for key, part in long.groupby("theme_key")}
    made = []
    for node in nodes.itertuples(index=False):
        rows = by_key.get(str(node.theme_key))
        if rows is None:
            continue
        vectors = mention_vectors(encoding, rows)
        # Summed in double precision and in a fixed order: the ranking must not hang on the last bits.
        centroid = unit(vectors.mean(axis=0, dtype=np.float64).astype(np.float32))
        parent = node.parent_theme_key if isinstance(node.parent_theme_key, str) else None
        closeness = np.round(vectors @ centroid, 5)
        made.append(Theme(str(node.theme_key), parent, str(node.kind), rows, centroid, closeness))
    return made


def samples(themes: list[Theme], texts: list[str], settings: NameSettings) -> list[Rows]:
    """Rows of each theme to be parsed: the most central, each text once whatever its case, very long ones left out.

    A mention that stands for a theme and for its sub-theme is parsed once, and counts once against `parse_total`.
    """
    central = [_most_central(t, texts, settings.parse_per_theme) for t in themes]

    def too_many(each: int) -> bool:
        return len({r for rows in central for r in rows[:each]}) > settings.parse_total

    most = range(_LEAST_PARSED, max(settings.parse_per_theme, _LEAST_PARSED) + 1)
    each = max(_LEAST_PARSED, _LEAST_PARSED + bisect_left(most, True, key=too_many) - 1)
    return [np.array(rows[:each], dtype=np.int64) for rows in central]


def _most_central(theme: Theme, texts: list[str], most: int) -> list[int]:
    order = np.lexsort((theme.rows, -theme.closeness))
    seen: set[str] = set()
    rows: list[int] = []
    for row in theme.rows[order]:
        text = texts[row].strip().lower()
        if text and text not in seen and (len(text) <= 400 or len(theme.rows) <= most):
            seen.add(text)
            rows.append(int(row))
        if len(rows) >= max(most, _LEAST_PARSED):
            break
    return rows


def parse(nlp: Language, texts: list[str], wanted: list[Rows]) -> dict[int, Doc]:
    """Parsed mentions by row; each once."""
    rows = sorted({int(r) for part in wanted for r in part})
    unused = [p for p in _UNUSED if p in nlp.pipe_names]
    docs = nlp.pipe((texts[r][:1000] for r in rows), batch_size=128, disable=unused)
    return dict(zip(rows, docs, strict=True))


def parsed_members(themes: list[Theme], docs: Mapping[int, Doc]) -> list[Rows]:
    """Rows of each theme's mentions that were parsed for it or for a theme above or below it, most central first."""
    known = np.array(sorted(docs), dtype=np.int64)
    found = []
    for theme in themes:
        held = np.isin(theme.rows, known)
        rows, closeness = theme.rows[held], theme.closeness[held]
        found.append(rows[np.lexsort((rows, -closeness))])
    return found


def lexicon_of(
    nlp: Language, docs: Mapping[int, Doc], texts: list[str], rows: Rows,
) -> tuple[Lexicon, dict[int, list[str]]]:
    """Lexicon of the corpus, and the words of the mentions at `rows`."""
    words = {int(r): tokens(texts[r]) for r in rows}
    stop = frozenset(w.translate({0x2019: "'"}) for w in nlp.Defaults.stop_words)
    return learn_lexicon(list(docs.values()), words.values(), stop), words
