"""From material to a name for each theme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from voicemine.stages.name.candidates import LONGEST_WORD, Candidate, frequent_runs, pairs, pool, runs_of
from voicemine.stages.name.describe import UNSPECIFIC
from voicemine.stages.name.material import Floats, Rows, Theme
from voicemine.stages.name.notes import Phrase
from voicemine.stages.name.phrases import phrases
from voicemine.stages.name.score import MARKS, Context, Weights, assign, lexical, semantic
from voicemine.stages.name.settings import NameSettings
from voicemine.stages.name.words import FAULTS, TROUBLES, Bags, Lexicon

Embed = Callable[[Sequence[str]], Floats]
#: Phrases to (n, 2): how surely each states a complaint, and praise.
Judge = Callable[[Sequence[str]], Floats]

#: Names closer than this (cosine) would be taken for one another.
_SAME = 0.9
_READS_WELL = 0.55
#: Mentions of the theme, and of its siblings together, in which candidates are counted.
_INSIDE, _OUTSIDE = 800, 3000
_WEIGHTS = Weights()
#: How many of the best candidates are judged by the members that they fit, and what a full fit is worth.
_JUDGED, _FITTING = 20, 2.5
#: What it is worth that a phrase by itself states the complaint (or the praise); from where on it does; below what it
#: does not at all; and how well "Problems with ..." does.
_TELLING, _TELLS_IT, _TELLS_NOTHING, _AS_PROBLEM, _AS_PAIR = 1.4, 0.6, 0.35, 0.6, 0.4
#: What it costs a pair of things that several mentions say one thing that states the complaint (or the praise).
_STATED = 0.8
#: What it costs a phrase to fit so few that the theme would have to be called unspecific.
_UNSAID = 0.8
#: What it costs that one mention alone of so many says it.
_SAID_ONCE, _MANY = 0.4, 30


@dataclass(frozen=True)
class Named:
    """The name of one theme: words in lower case, their content lemmas, vector of the phrase; is_thing: the phrase
    names a thing and not what is wrong with it; telling: how surely it states the complaint (or the praise) by
    itself."""

    words: tuple[str, ...]
    key: frozenset[str]
    vector: Floats
    is_thing: bool = False
    telling: float = 0.5


def undecided(texts: Sequence[str]) -> Floats:
    """A judge that has no opinion."""
    return np.full((len(texts), 2), 0.5, np.float32)


def siblings(themes: Sequence[Theme]) -> list[list[int]]:
    """For each theme the themes that its name must set it apart from: those under the same parent."""
    return [[j for j, other in enumerate(themes) if other.parent == theme.parent and j != i]
            for i, theme in enumerate(themes)]


def _at(theme: Theme, position: Mapping[int, int], most: int) -> list[int]:
    """Rows of the theme in the bags, at most about `most`, evenly spread."""
    return [position[int(r)] for r in theme.rows[:: max(1, len(theme.rows) // most)]]


def name_themes(
    themes: Sequence[Theme], samples: Sequence[Rows], docs: Mapping[int, Doc], words: Mapping[int, list[str]],
    bags: Bags, position: Mapping[int, int], polarity: npt.NDArray[np.float64], sentiment: npt.NDArray[np.float64],
    signs: Sequence[int], lexicon: Lexicon, *, embed: Embed, fits: Callable[[int, Named], float],
    settings: NameSettings, judge: Judge = undecided,
) -> list[Named]:
    """One name for each theme, unlike every other name; themes of the default level choose first.

    sentiment: score of every mention of `segments`, 0 where unknown. signs: 1 where pains are named, -1 where
    delights are, 0 for either. judge: how surely a phrase states a complaint, or praise. fits: estimated share of a
    theme's members that a name fits, by the theme's number.
    """
    held = np.asarray(bags.table.sum(axis=0)).ravel()
    idf = np.log1p(bags.table.shape[0] / np.maximum(held, 1.0)) ** 0.5
    peers = siblings(themes)
    centroids = np.stack([t.centroid for t in themes]) if themes else np.zeros((0, 1), np.float32)
    contexts, shortlists = [], []
    # A mention stands in a theme and in its sub-theme: it is read once.
    parsed = {r: list(phrases(doc, lexicon.usage)) if doc.has_annotation("DEP") else [] for r, doc in docs.items()}
    runs = {r: runs_of(words[r], lexicon) for r in sorted({int(r) for sample in samples for r in sample})}
    pools = [_candidates(s, parsed, runs, sentiment, lexicon, settings) for s in samples]
    met = [{c.key: c.support for c in found} for found in pools]
    for i, theme in enumerate(themes):
        found = _supported(pools[i], len(samples[i]), lexicon)
        elsewhere = Counter[frozenset[str]]()
        for j in peers[i]:
            elsewhere.update({c.key: met[j][c.key] for c in found if c.key in met[j]})
        context = Context(
            inside=bags.table[_at(theme, position, _INSIDE)],
            outside=bags.table[[r for j in peers[i] for r in _at(themes[j], position, _OUTSIDE // len(peers[i]) + 1)]],
            centroids=centroids[[i, *peers[i]]], idf=idf, polarity=polarity, sign=signs[i],
            sample=len(samples[i]), elsewhere=elsewhere, elsewhere_sample=sum(len(samples[j]) for j in peers[i]))
        scores = lexical(found, context, bags, lexicon, _WEIGHTS)
        order = np.lexsort((np.arange(len(found)), -np.round(scores, 6)))[: settings.candidates_per_theme]
        contexts.append(context)
        shortlists.append([(float(scores[j]), found[j]) for j in order])
    vectors = _phrase_vectors(shortlists, embed)
    ranked = []
    for context, shortlist in zip(contexts, shortlists, strict=True):
        row = []
        if shortlist:
            theirs = np.stack([vectors[c.words] for _, c in shortlist])
            close = semantic([c for _, c in shortlist], theirs, context, _WEIGHTS)
            row = [(round(s + float(m), 4), c, vectors[c.words]) for (s, c), m in zip(shortlist, close, strict=True)]
        row.sort(key=lambda r: (-r[0], r[1].words))
        ranked.append(row)
    telling = _telling([[c for _, c, _ in row[:_JUDGED]] for row in ranked], signs, judge)
    for i, row in enumerate(ranked):
        # A name is for all members: of the best, the one that fits most of them and says what is wrong.
        judged = []
        for (score, c, vector), tells in zip(row[:_JUDGED], telling[i], strict=True):
            # A thing will be written "Problems with ...", which tells enough.
            bare = signs[i] > 0 and (c.is_thing or (c.is_noun and tells < _TELLS_NOTHING))
            worth = _AS_PAIR if c.is_pair else max(tells, _AS_PROBLEM) if bare else tells
            fit = fits(i, Named(c.words, c.key, vector))
            score += _FITTING * fit - _UNSAID * (fit < UNSPECIFIC) + _TELLING * worth
            score -= _SAID_ONCE * (c.support == 1 and len(samples[i]) >= _MANY)
            judged.append((round(score, 4), replace(c, telling=tells, is_thing=bare), vector))
        if any(c.support > 1 and c.telling >= _TELLS_IT and not c.is_pair for _, c, _ in judged):
            judged = [(round(score - _STATED * c.is_pair, 4), c, vector) for score, c, vector in judged]
        ranked[i] = sorted(judged, key=lambda r: (-r[0], r[1].words)) + row[_JUDGED:]
    names = _give(themes, ranked, samples, words, lexicon, embed)
    return [replace(n, is_thing=n.is_thing and sign > 0 and not says_problem(n) and n.telling < _TELLS_IT)
            for n, sign in zip(names, signs, strict=True)]


def _telling(rows: Sequence[Sequence[Candidate]], signs: Sequence[int], judge: Judge) -> list[list[float]]:
    """How surely each candidate of each theme states what the theme is: a complaint, praise, or either."""
    wanted = sorted({c.words for row in rows for c in row})
    if not wanted:
        return [[] for _ in rows]
    # Steps of 1/64: the last bits of a sum decide nothing.
    found = dict(zip(wanted, np.round(judge([" ".join(w) for w in wanted]) * 64) / 64, strict=True))
    return [[float(found[c.words].max() if not sign else found[c.words][0 if sign > 0 else 1]) for c in row]
            for row, sign in zip(rows, signs, strict=True)]


def says_problem(named: Named) -> bool:
    """Does a word of the name stand for a problem by itself, or deny something?"""
    return bool(named.key & (TROUBLES | MARKS) or set(named.words) & FAULTS) or named.words[0] in ("no", "without")


def _candidates(sample: Rows, parsed: Mapping[int, list[Phrase]], runs: Mapping[int, list[tuple[str, ...]]],
                sentiment: npt.NDArray[np.float64], lexicon: Lexicon, settings: NameSettings) -> list[Candidate]:
    known = [parsed[int(r)] for r in sample]
    least = max(3, round(0.03 * len(sample))) if any(known) else min(2, len(sample))
    frequent = frequent_runs([runs[int(r)] for r in sample], least=least)
    said = [[*a, *b] for a, b in zip(known, frequent, strict=True)]
    found = pool(said, lexicon, max_words=settings.max_words, sentiment=sentiment[sample].tolist())
    return found + pairs(found, said, lexicon)


def _supported(found: list[Candidate], sample: int, lexicon: Lexicon) -> list[Candidate]:
    """Without what is said once only, unless it reads well, stands in one of the most central mentions and, where there
    are many, holds no word that nobody else in the corpus writes ("dayses")."""
    central = max(10, sample // 3)
    return [c for c in found if c.support > 1 or (
        c.first < central and c.shape >= _READS_WELL and not (sample >= _MANY and lexicon.rare & set(c.words)))]


def _phrase_vectors(shortlists: Sequence[Sequence[tuple[float, Candidate]]], embed: Embed,
                    ) -> dict[tuple[str, ...], Floats]:
    wanted = sorted({c.words for row in shortlists for _, c in row})
    return dict(zip(wanted, embed([" ".join(w) for w in wanted]), strict=True)) if wanted else {}


def _give(themes: Sequence[Theme], ranked: Sequence[Sequence[tuple[float, Candidate, Floats]]],
          samples: Sequence[Rows], words: Mapping[int, list[str]], lexicon: Lexicon, embed: Embed) -> list[Named]:
    names: dict[int, Named] = {}
    for top in (True, False):
        level = [i for i, t in enumerate(themes) if (t.parent is None) == top]
        taken = [(n.key, n.vector) for n in names.values()]
        for i, choice in zip(level, assign([ranked[i] for i in level], same=_SAME, taken=taken), strict=True):
            if choice is not None:
                _, candidate, vector = ranked[i][choice]
                names[i] = Named(candidate.words, candidate.key, vector, candidate.is_thing, candidate.telling)
    spent = {n.words for n in names.values()}
    for i, theme in enumerate(themes):
        if i not in names:
            names[i] = _last_resort(theme, samples[i], words, lexicon, embed, spent)
            spent.add(names[i].words)
    return [names[i] for i in range(len(themes))]


def _last_resort(theme: Theme, sample: Rows, words: Mapping[int, list[str]], lexicon: Lexicon, embed: Embed,
                 spent: set[tuple[str, ...]]) -> Named:
    """The first words of matter in the most central mention, one more as long as the name is already given.

    Masked words ("XXXX") and endless ones are no matter.
    """
    central = [w.lower() for r in sample for w in words[int(r)]
               if w[0] != "|" and len(w) <= LONGEST_WORD and "xx" not in w.lower()]
    matter = list(dict.fromkeys(w for w in central if lexicon.is_matter(w))) or list(dict.fromkeys(central))
    size = 2
    while tuple(matter[:size]) in spent and size < len(matter):
        size += 1
    chosen = tuple(matter[:size]) or ("unnamed",)
    if chosen in spent:
        chosen = (*chosen, str(sum(s[: len(chosen)] == chosen for s in spent) + 1))
    return Named(chosen, lexicon.key(chosen), embed([" ".join(chosen)])[0])


def written(named: Named, lexicon: Lexicon) -> str:
    """The name in sentence case, with the corpus' usual capitals ("wifi" -> "WiFi"); of a thing: problems with it."""
    text = " ".join(lexicon.written(w) for w in named.words)
    return f"Problems with {text}" if named.is_thing else text[:1].upper() + text[1:]
