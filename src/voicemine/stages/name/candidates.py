"""Pools of candidate names: phrases of a theme's mentions, with inflections and rearrangements folded together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voicemine.stages.name.notes import Phrase
from voicemine.stages.name.words import NOT, Lexicon

_BLOCKED = frozenset({"fuck", "fucking", "shit", "shitty", "crap", "damn", "hell", "wtf", "bullshit", "ass", "asshole",
                      "bitch", "fail", "piss", "pissed", "suck", "sucks", "lol", "omg", "xxx", "xxxx", "etc", "plz",
                      "pls", "thx", "thnx", "ya", "y'all"})
_BAD_EDGE = frozenset({"not", "too", "and", "or", "to", "of", "the", "a", "an", "at", "for", "with", "from",
                       "by", "is", "are", "was", "were", "be", "been", "my", "your", "our", "their", "his", "her",
                       "its",
                       "that", "this", "when", "so", "but", "as", "if", "than", "into", "about", "no", "i", "you", "we",
                       "he", "she", "they", "it", "me", "us", "them", "which", "who", "what", "because", "since"})
#: Longer words are texts without spaces.
LONGEST_WORD = 24
#: A name is in note form; a run of words may not be.
_ARTICLES = frozenset({"a", "an", "the", "my", "your", "our", "their", "his", "her", "its"})
_BAD_START = (_BAD_EDGE - {"not", "too", "no", "at", "by"}) | {
    "hour", "hours", "hr", "hrs", "minute", "minutes", "min", "mins", "day", "days", "week", "weeks", "month", "months",
    "year", "years", "time", "times", "lot", "lots", "bit", "couple", "number", "kind", "sort", "however", "maybe"}
#: Pairs of things are made of so many, each named by this share of the mentions, where the pair is named by so much
#: more than either; and how well they read.
_THINGS, _NAMED, _WIDER, _PAIR_SHAPE = 5, 0.04, 1.25, 0.4
#: Two words that so many say in one phrase are one thing.
_ONE_THING = 0.25
#: What it is worth that a wording is the usual one of its phrase, against how well it reads.
_COMMON = 0.8
#: A part of a longer phrase is dropped where the longer one has at least this share of its support.
_NESTED = 0.6


@dataclass(frozen=True)
class Candidate:
    """A candidate name of one theme.

    words: its best wording; support: mentions of the sample that hold it; first: the first (most central) of them;
    feeling: their mean sentiment score; is_thing: it names a thing and says nothing of it; is_noun: it is a noun
    phrase; is_pair: it names two things; telling: how surely it states the complaint (or the praise) by itself, where
    that was asked; denied: of those who say this or its contrary, the share that say this (1 where it denies nothing).
    """

    words: tuple[str, ...]
    key: frozenset[str]
    shape: float
    support: int
    first: int = 0
    feeling: float = 0.0
    is_thing: bool = False
    is_noun: bool = False
    is_pair: bool = False
    telling: float = 0.5
    denied: float = 1.0


def usable(words: Sequence[str], lexicon: Lexicon, *, max_words: int) -> bool:
    """Can these words be a name: not too long, nothing cut off at the edges, no rude or chatty word, some matter?"""
    if not 1 <= len(words) <= max_words or words[-1] in _BAD_EDGE or words[-1].endswith("n't"):
        return False
    if words[0] in _BAD_START or words[0].split("'")[0] in _BAD_START:
        return False
    if any(w in _BLOCKED or w in _ARTICLES or len(w) > LONGEST_WORD for w in words) or len(set(words)) < len(words):
        return False
    return any(lexicon.is_matter(w) for w in words)


def pool(found: Iterable[Iterable[Phrase]], lexicon: Lexicon, *, max_words: int,
         sentiment: Sequence[float] | None = None) -> list[Candidate]:
    """Fold phrases that share their content lemmas; the best wording is the well-shaped, frequent, short one.

    found: the phrases of each mention; sentiment: the score of each. Order: most supported first, then by wording.
    """
    wordings: dict[frozenset[str], Counter[tuple[str, ...]]] = defaultdict(Counter)
    support: Counter[frozenset[str]] = Counter()
    shapes: dict[tuple[str, ...], float] = {}
    things: set[tuple[str, ...]] = set()
    nouns: set[tuple[str, ...]] = set()
    first: dict[frozenset[str], int] = {}
    feelings: dict[frozenset[str], float] = defaultdict(float)
    for number, mention in enumerate(found):
        own: set[frozenset[str]] = set()
        for phrase in mention:
            if not usable(phrase.words, lexicon, max_words=max_words):
                continue
            key = lexicon.key(phrase.words)
            own.add(key)
            first.setdefault(key, number)
            wordings[key][phrase.words] += 1
            if phrase.is_thing:
                things.add(phrase.words)
            if phrase.is_noun:
                nouns.add(phrase.words)
            shapes[phrase.words] = max(phrase.shape, shapes.get(phrase.words, 0.0))
        support.update(own)
        if sentiment is not None:
            for key in own:
                feelings[key] += sentiment[number]
    made = []
    for key, counts in wordings.items():
        top = max(counts.values())
        # A wording that is hardly ever used does not stand for the others.
        used = [w for w, n in counts.items() if n >= 0.25 * top]
        best = max(used, key=lambda w: (shapes[w] + _COMMON * counts[w] / top - 0.03 * len(w), tuple(reversed(w))))
        # "No reply" has no contrary in "reply"; "never ordered" has one in "ordered", and "no queue" one in "queue".
        no_thing = bool({"no", "without"} & set(best)) and not lexicon.denies_trouble(best)
        contrary = support[key - {NOT}] if NOT in key and not no_thing else 0
        made.append(Candidate(best, key, shapes[best], support[key], first[key], feelings[key] / support[key],
                              best in things, best in nouns, denied=support[key] / (support[key] + contrary)))
    return _whole_phrases(sorted(made, key=lambda c: (-c.support, c.words)), lexicon)


def _whole_phrases(found: list[Candidate], lexicon: Lexicon) -> list[Candidate]:
    """Without cut-off parts, "poor customer" of "poor customer service" (as C-value does; Frantzi et al., 2000)."""
    longer: dict[frozenset[str], int] = {}
    for candidate in found:
        n = len(candidate.words)
        for size in range(2, n):
            for start in range(n - size + 1):
                key = lexicon.key(candidate.words[start:start + size])
                if key != candidate.key:
                    longer[key] = max(longer.get(key, 0), candidate.support)
    return [c for c in found if len(c.words) < 2 or longer.get(c.key, 0) < _NESTED * c.support]


def pairs(found: Sequence[Candidate], said: Sequence[Iterable[Phrase]], lexicon: Lexicon) -> list[Candidate]:
    """Two things that a theme is about ("shoes and boots"), for themes that no one phrase fits.

    said: the phrases of each mention of the sample. A pair is supported by the mentions that name either.
    """
    least = max(2, round(_NAMED * len(said)))
    things = [c for c in found if c.is_thing and len(c.words) == 1 and c.support >= least and c.words[0].isalpha()
              and lexicon.is_matter(c.words[0])][:_THINGS]
    naming: dict[frozenset[str], set[int]] = {c.key: set() for c in things}
    for number, mention in enumerate(said):
        for phrase in mention:
            if phrase.is_noun:
                for word in phrase.words:
                    key = frozenset({lexicon.lemma(word)})
                    if key in naming:
                        naming[key].add(number)
    joined = {c.key: c.support for c in found if len(c.key) == 2}
    made = []
    for i, one in enumerate(things):
        for other in things[i + 1:]:
            a, b = sorted((one.words[0], other.words[0]), key=len)
            # "Phone line" is one thing, and so are "lamp" and "lampshade".
            together = joined.get(one.key | other.key, 0)
            if b.startswith(a[:4]) or together >= _ONE_THING * min(one.support, other.support):
                continue
            either = naming[one.key] | naming[other.key]
            if len(either) >= _WIDER * max(len(naming[one.key]), len(naming[other.key])):
                made.append(Candidate(
                    (*one.words, "and", *other.words), one.key | other.key, _PAIR_SHAPE, len(either),
                    min(one.first, other.first), (one.feeling + other.feeling) / 2, is_thing=True, is_noun=True,
                    is_pair=True))
    return made


def runs_of(words: Sequence[str], lexicon: Lexicon) -> list[tuple[str, ...]]:
    """Runs of two to four words of a mention, each once, for texts that a parser cannot read.

    words: tokens with `|` as a break.
    """
    low = [w.lower() for w in words]
    own: dict[tuple[str, ...], None] = {}
    for start, word in enumerate(low):
        if word[0] == "|" or not lexicon.counts(word):
            continue
        for size in (2, 3, 4):
            run = tuple(low[start:start + size])
            if len(run) < size or run[-1][0] == "|":
                break
            # Where a parser reads the texts, it knows better what "to" belongs to.
            if lexicon.is_matter(run[-1]) and not (lexicon.usage.objects and "to" in run):
                own[run] = None
    return list(own)


def frequent_runs(mentions: Sequence[Sequence[tuple[str, ...]]], *, least: int) -> list[list[Phrase]]:
    """Those runs of each mention (`runs_of`) that stand in at least `least` mentions, as `pool` takes them."""
    counts = Counter(run for own in mentions for run in own)
    return [[Phrase(r, 0.4) for r in own if counts[r] >= least] for own in mentions]
