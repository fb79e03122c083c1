"""How well each candidate names its theme, and who gets which name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from voicemine.stages.name.candidates import Candidate
from voicemine.stages.name.words import NOT, Bags, Lexicon

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
_LENGTH = {1: -3.0, 2: 0.85, 3: 1.0, 4: 1.0, 5: 0.85, 6: 0.65}
MARKS = frozenset({NOT, "too", "keep", "still"})
_TINY = 0.004
_LENDS = 0.6
#: Polarity of a negation and the like; from where on a phrase clearly says the problem; what that is worth on top.
_DENIED = 0.5
_MARKED, _CLEAR, _SAYS_IT = 0.5, 0.3, 0.8


@dataclass(frozen=True)
class Weights:
    """What a good name is made of. Each feature is named in `lexical` and `semantic`."""

    close: float = 1.2
    margin: float = 0.8
    said: float = 0.4
    meant: float = 1.1
    held: float = 0.5
    coverage: float = 0.7
    contrast: float = 0.14
    polarity: float = 0.7
    feeling: float = 0.5
    shape: float = 0.7
    length: float = 0.3
    proper: float = 0.7
    denied: float = 1.5


def lemma_polarity(bags: Bags, pain: Floats) -> Floats:
    """How much more often a lemma stands in pains than words do on average, (v,) in -1..1 (0: no more, no less).

    bags: table (n, v). pain: (n,) probability of pain of each mention. Log odds, drawn to 0 for rare lemmas.
    """
    base = float(np.clip(pain.mean(), 0.02, 0.98)) if len(pain) else 0.5
    held = np.asarray(bags.table.sum(axis=0), dtype=np.float64).ravel()
    hurt = np.asarray(bags.table.T @ pain, dtype=np.float64).ravel()
    rate = np.clip((hurt + 8 * base) / (held + 8), 0.005, 0.995)
    odds = np.log(rate / (1 - rate)) - np.log(base / (1 - base))
    polarity: Floats = np.clip(odds / 2, -1.0, 1.0)
    return polarity


@dataclass(frozen=True)
class Context:
    """What scoring one theme needs.

    inside, outside: bags of a sample of its members and of its siblings' members, (m, v) 0/1. centroids: (s, d) unit
    vectors, the theme first, its siblings after it. idf, polarity: (v,). sign: 1 for pains, -1 for delights, 0 else.
    sample: parsed members. elsewhere: how often each key was met in the siblings' samples; of so many mentions.
    """

    inside: sparse.csr_matrix
    outside: sparse.csr_matrix
    centroids: Array
    idf: Floats
    polarity: Floats
    sign: int
    sample: int
    elsewhere: Mapping[frozenset[str], int]
    elsewhere_sample: int


def lexical(
    candidates: Sequence[Candidate], context: Context, bags: Bags, lexicon: Lexicon, weights: Weights,
) -> Floats:
    """Score of each candidate from words alone, (c,).

    said: root of the share of parsed members that say this phrase, in whatever inflection; held: root of the share of
    members that hold all its content lemmas, in whatever order (a `not` somewhere in a mention says nothing of what is
    denied, so it does not count here); contrast: log of both shares over those of the siblings; coverage: mean share
    of its lemmas, weighted by rarity, that members hold; polarity: its most painful lemma (or most delightful);
    feeling: how strongly the mentions that say it feel in the theme's direction; shape and length: how it reads;
    proper: a penalty for names of persons, brands and places; denied: one for a denial of what the theme's members
    mostly affirm ("doesn't delay").
    """
    keys = [[bags.index[w] for w in sorted(c.key) if w in bags.index and w != NOT] for c in candidates]
    lengths = np.array([max(len(k), 1) for k in keys], dtype=np.float64)
    rows = np.repeat(np.arange(len(keys)), [len(k) for k in keys])
    columns = np.array([j for k in keys for j in k], dtype=np.int64)
    shape = (context.inside.shape[1], len(keys))
    wanted = sparse.csr_matrix((np.ones(len(columns)), (columns, rows)), shape=shape)
    whole_in, whole_out = _whole(context.inside, wanted, lengths), _whole(context.outside, wanted, lengths)
    weighted = sparse.diags(context.idf) @ wanted
    total = np.maximum(np.asarray(weighted.sum(axis=0)).ravel(), 1e-9)
    coverage = np.asarray(context.inside.mean(axis=0) @ weighted).ravel() / total
    said_in = np.array([min(c.support / max(context.sample, 1), 1.0) for c in candidates])
    said_out = np.array([context.elsewhere.get(c.key, 0) for c in candidates]) / max(context.elsewhere_sample, 1)
    contrast = sum(np.clip(np.log((a + _TINY) / (b + _TINY)), -2.0, 4.0) / 2
                   for a, b in ((whole_in, whole_out), (said_in, said_out)))
    polarity = np.array([_polarity(c, k, context, lexicon) for k, c in zip(keys, candidates, strict=True)])
    if context.sign:
        polarity += _SAYS_IT * (polarity >= _CLEAR)
    proper = np.array([any(w in lexicon.proper for w in c.words) for c in candidates], dtype=np.float64)
    feeling = np.array([-context.sign * c.feeling for c in candidates])
    shapes = np.array([c.shape for c in candidates])
    length = np.array([_LENGTH.get(len(c.words), 0.5) for c in candidates])
    denied = np.array([c.denied for c in candidates])
    score: Floats = (
        weights.said * np.sqrt(said_in) + weights.held * np.sqrt(whole_in) + weights.contrast * contrast
        + weights.coverage * coverage + weights.polarity * polarity
        + weights.feeling * feeling + weights.shape * shapes
        + weights.length * length - weights.proper * proper
        - weights.denied * np.maximum(0.7 - denied, 0.0) / 0.7)
    return score


def _polarity(candidate: Candidate, columns: Sequence[int], context: Context, lexicon: Lexicon) -> float:
    """How clearly a phrase says the problem (or the delight), 0..1."""
    lemmas = max([context.sign * float(context.polarity[j]) for j in columns], default=0.0)
    if context.sign > 0 and ({"no", "without"} & set(candidate.words) or candidate.words[0] == "not"):
        # "no queue" and "not delayed" deny a pain; "no reply" and "not delivered" are one.
        return 0.0 if lemmas >= _DENIED or lexicon.denies_trouble(candidate.words) else _MARKED / 2
    # A denial that one mention alone makes says little of the others.
    denial = _MARKED if candidate.support > 1 else _MARKED / 2
    return max(lemmas, denial if context.sign > 0 and candidate.key & MARKS else 0.0, 0.0)


def _whole(table: sparse.csr_matrix, wanted: sparse.csr_matrix, lengths: Floats) -> Floats:
    """Share of the rows of `table` that hold every lemma of each candidate, (c,)."""
    if table.shape[0] == 0:
        return np.zeros(len(lengths))
    held = (table @ wanted).tocoo()
    full = held.data >= lengths[held.col] - 0.5
    found: Floats = np.bincount(held.col[full], minlength=len(lengths)) / table.shape[0]
    return found


def semantic(candidates: Sequence[Candidate], vectors: Array, context: Context, weights: Weights) -> Floats:
    """Score of each candidate from meaning, (c,).

    candidates and their vectors, (c, d), unit length. close: cosine to the theme's centroid; margin: how much closer
    than to the two nearest siblings; meant: root of the share of parsed members that say this or, in other words,
    nearly this (candidates of cosine 0.6 and above lend their support, in part).
    """
    near = (vectors @ context.centroids.T).astype(np.float64)
    own = near[:, 0]
    rest = np.sort(near[:, 1:], axis=1)[:, -2:].mean(axis=1) if near.shape[1] > 1 else own
    lent = np.clip((vectors @ vectors.T - _LENDS) / (1 - _LENDS), 0.0, 1.0).astype(np.float64)
    meant = lent @ np.array([c.support for c in candidates], dtype=np.float64) / max(context.sample, 1)
    score: Floats = (weights.close * own + weights.margin * (own - rest)
                     + weights.meant * np.sqrt(np.minimum(meant, 1.0)))
    return score


def assign(
    ranked: Sequence[Sequence[tuple[float, Candidate, Array]]], *, same: float,
    taken: Sequence[tuple[frozenset[str], Array]] = (),
) -> list[int | None]:
    """Give each theme its best candidate that no other theme holds: the surest pair first.

    ranked: for each theme (score, candidate, vector), best first. Two names clash when their content lemmas are
    equal or their vectors are closer than `same`. taken: names that are already given away. Returns the index of
    the candidate chosen for each theme, None where every candidate clashes.
    """
    order = sorted(((-score, t, i) for t, row in enumerate(ranked) for i, (score, _, _) in enumerate(row)))
    chosen: list[int | None] = [None] * len(ranked)
    held = list(taken)
    for _, t, i in order:
        if chosen[t] is not None:
            continue
        _, candidate, vector = ranked[t][i]
        if any(candidate.key == key or float(vector @ other) > same for key, other in held):
            continue
        chosen[t] = i
        held.append((candidate.key, vector))
    return chosen
