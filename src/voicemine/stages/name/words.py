"""Words of mentions: tokens, lemmas, spelling of names, and bags of lemmas as sparse rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

import numpy as np
from scipy import sparse
from spacy.tokens import Doc

from voicemine.stages.name.usage import Usage, learn_usage

NOT = "not"
NEGATIONS = frozenset({
    "not", "n't", "nt", "never", "no", "nobody", "none", "nothing", "nowhere", "cannot", "without", "neither", "nor",
})
#: Words that a stop list holds and that still tell two phrases apart.
_NO_STOP = frozenset("""
    again amount back bottom call done down due empty enough front full get give go keep last less made make move
    name off part put say see seem seemed seems serious show side still take together too top used using whole
""".split())
#: Verdicts that differ in force alone are one lemma: "awful service" and "terrible service" are counted together.
_VERDICTS = {
    **dict.fromkeys(("worst", "worse", "terrible", "awful", "horrible", "atrocious", "appalling", "shocking", "poor",
                     "dreadful", "disgusting", "pathetic", "lousy", "abysmal", "disgraceful", "horrendous", "crappy",
                     "diabolical", "horrid", "rubbish", "poorest", "shoddy"), "bad"),
    **dict.fromkeys(("great", "excellent", "amazing", "brilliant", "fantastic", "wonderful", "awesome", "superb",
                     "outstanding", "best", "better", "exceptional", "fabulous", "terrific", "superior"), "good"),
}
#: Words that carry no matter of their own; a name may hold them, but it is not found by them.
FILLERS = frozenset("""
    actually again ago also anyone back basically bc bit bottom came cause come comes coming cos coz cuz day days
    dear done dont down due enough etc even ever everyone far friday gave get give given go going gone got guys
    having hello hey hi hour hours hr hrs im ive just keep keeps know last less let like literally lol lot lots made
    make maybe min mins minute minutes monday month months move need now off ok okay omg one ones part people please
    pls plz put really reason said saturday say see seem seems show side sir someone still stuff sunday take taken
    tell thank thanks thing things think thursday thx time today together told tomorrow tonight too took top tried
    try trying tuesday u ugh ur use used using want way wednesday week weeks well whole wtf year years yes yesterday
    yet
""".split())
_PLACEHOLDER = re.compile(r"<[A-Z_]+(?:_\d+)?>")
#: Nouns and adjectives that are a problem by themselves.
TROUBLES = frozenset("""
    accident breach bug cancellation complaint crack crash damage delay dispute dirt disruption downtime error
    failure fault fraud freeze glitch hassle hole injury interruption issue jam lag lateness leak loss mess mistake
    mould nightmare noise nuisance outage overcharge penalty poison problem queue refusal rudeness scam scratch
    smell spam stain surcharge theft trouble virus wait waste wrong
""".split())
#: Adjectives that say what is wrong with a thing.
FAULTS = frozenset("""
    broken damaged defective dirty fake false faulty fraudulent inaccurate incorrect late long lost misleading missing
    rude slow unauthorised unauthorized unhelpful unreliable wrong
""".split())
#: `|` marks where a phrase may not run on: a placeholder, a handle, a link, a number, the end of a clause.
_BREAK = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|[.!?;:()\[\]{}\"“”,/|\n\r<>*]+|\s[-–—]+\s|[-+£$€]?\d[\w.,:%/]*")
_TOKEN = re.compile(r"\|+|[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_APOSTROPHE = str.maketrans({"’": "'", "`": "'", "´": "'"})


def tokens(text: str) -> list[str]:
    """Words of `text` as written, with `|` wherever a phrase may not run on."""
    return _TOKEN.findall(_BREAK.sub(" | ", _PLACEHOLDER.sub(" | ", text.translate(_APOSTROPHE))))


@dataclass
class Lexicon:
    """What is known of a corpus' words: lemma, usual spelling, part of speech, how verbs are used."""

    stop: frozenset[str]
    lemmas: Mapping[str, str] = field(default_factory=dict)
    spelling: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    proper: frozenset[str] = frozenset()
    rare: frozenset[str] = frozenset()
    """Lower-case words that one mention alone holds."""
    # What was asked of a word: the same few words are asked of millions of times.
    _lemma: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _counts: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    _matter: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def lemma(self, word: str) -> str:
        """Lemma of a lower-case word; negations of every form become `not`."""
        found = self._lemma.get(word)
        if found is None:
            found = self._lemma[word] = self._lemma_of(word)
        return found

    def _lemma_of(self, word: str) -> str:
        if word in NEGATIONS or word.endswith(("n't", "'nt")):
            return NOT
        known = _VERDICTS.get(word) or self.lemmas.get(word)
        if known is not None:
            return _VERDICTS.get(known, known)
        return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word

    def written(self, word: str) -> str:
        """A lower-case word as the corpus writes it: names and abbreviations keep their capitals."""
        usual = self.spelling.get(word, word)
        return usual if word in self.proper or not usual.istitle() else word

    def counts(self, word: str) -> bool:
        """Does a lower-case word tell phrases apart? All but function words do."""
        found = self._counts.get(word)
        if found is None:
            bare = word.split("'")[0]
            found = self._counts[word] = self.lemma(word) == NOT or (
                len(bare) > 1 and bare not in self.stop and word != "|")
        return found

    def is_matter(self, word: str) -> bool:
        """Does a lower-case word say what a phrase is about?"""
        found = self._matter.get(word)
        if found is None:
            found = self._matter[word] = (
                self.counts(word) and self.lemma(word) != NOT and word.replace("'", "") not in FILLERS)
        return found

    def denies_trouble(self, words: Sequence[str]) -> bool:
        """Do these lower-case words deny a problem ("no queue"), rather than state one ("no reply to complaint")?"""
        at = next((i for i, w in enumerate(words) if w in ("no", "without")), None)
        if at is None:
            return False
        denied = list(takewhile(self.counts, words[at + 1:]))
        return bool(denied) and self.lemma(denied[-1]) in TROUBLES

    def key(self, words: Iterable[str]) -> frozenset[str]:
        """Lemmas of a phrase: equal keys are inflections or rearrangements of one phrase."""
        return frozenset(self.lemma(w) for w in words if self.counts(w))


def learn_lexicon(docs: Sequence[Doc], written: Iterable[Sequence[str]], stop: Iterable[str]) -> Lexicon:
    """Lemmas and usage from parsed `docs`, spelling from all `written` token lists (ties: first in order)."""
    lemmas: dict[str, Counter[str]] = defaultdict(Counter)
    proper: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    written = list(written)
    held = Counter(w for mention in written for w in {w.lower() for w in mention})
    for doc in docs:
        for token in doc:
            word = token.lower_.translate(_APOSTROPHE)
            lemma = token.lemma_.lower().translate(_APOSTROPHE)
            if not word.isalpha() or not lemma.isalpha():
                continue
            lemmas[word][lemma] += 1
            seen[word] += 1
            proper[word] += token.pos_ == "PROPN"
    return Lexicon(
        stop=frozenset(stop) - _NO_STOP,
        lemmas={w: _first(c) for w, c in sorted(lemmas.items())},
        spelling=usual_spelling(written),
        usage=learn_usage(docs),
        rare=frozenset(w for w, n in held.items() if n == 1),
        proper=frozenset(w for w, n in proper.items() if n > 0.6 * seen[w]),
    )


def _first(counts: Counter[str]) -> str:
    return min(counts, key=lambda w: (-counts[w], w))


def usual_spelling(written: Iterable[Sequence[str]], *, least: int = 3) -> dict[str, str]:
    """Lower-case word -> its usual spelling, for words that are mostly capitalised inside ordinary sentences.

    Words at the start of a phrase, and texts that are mostly in capitals, do not count.
    """
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for words in written:
        capitals = sum(w[0].isupper() for w in words if w[0] != "|")
        if capitals * 2 > len(words) and len(words) > 2:
            continue
        for before, word in pairwise(words):
            if before != "|" and word[0] != "|":
                forms[word.lower()][word] += 1
    return {w: _first(c) for w, c in forms.items()
            if not _first(c).islower() and c.total() >= least and c[_first(c)] > 0.6 * c.total()}


@dataclass(frozen=True)
class Bags:
    """Which lemmas each mention holds. table: (n, v) 0/1 float32; index: lemma -> column."""

    table: sparse.csr_matrix
    index: Mapping[str, int]


def bags(words: Sequence[Sequence[str]], lexicon: Lexicon) -> Bags:
    """Bags of the lemmas of tokenised mentions, columns in order of first occurrence."""
    index: dict[str, int] = {}
    cache: dict[str, int] = {}
    columns: list[int] = []
    ends = [0]
    for mention in words:
        own: set[int] = set()
        for word in mention:
            column = cache.get(word)
            if column is None:
                low = word.lower()
                column = index.setdefault(lexicon.lemma(low), len(index)) if (
                    low[0] != "|" and lexicon.counts(low)) else -1
                cache[word] = column
            if column >= 0:
                own.add(column)
        columns += sorted(own)
        ends.append(len(columns))
    data = np.ones(len(columns), dtype=np.float32)
    shape = (len(words), max(len(index), 1))
    return Bags(sparse.csr_matrix((data, np.array(columns, dtype=np.int64), np.array(ends)), shape=shape), index)
