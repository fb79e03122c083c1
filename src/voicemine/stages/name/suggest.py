"""Suggestions of an optional namer, used only where the theme's own members bear them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voicemine.backends.protocols import Namer
from voicemine.stages.name.material import Floats
from voicemine.stages.name.naming import Named
from voicemine.stages.name.words import Lexicon, tokens

#: A suggestion may be this much further from the members' centroid than the offline name, and fit this much less.
_CLOSER, _FITS = 0.05, 0.9


@dataclass(frozen=True)
class Brief:
    """What the namer is told of one theme, and where its members lie. quotes: whole mentions, redacted."""

    keywords: Sequence[str]
    quotes: Sequence[str]
    centroid: Floats


def suggest_names(
    named: Sequence[Named], briefs: Sequence[Brief], shown: Sequence[str], lexicon: Lexicon, *, namer: Namer,
    embed: Callable[[Sequence[str]], Floats], precision: Callable[[int, Named], float],
) -> tuple[list[Named], list[str]]:
    """Names and their spelling, each the namer's where it passes the check, else the offline one.

    shown: the offline names as spelled. precision: estimated share of a theme's members that a name fits. A
    suggestion passes when no other theme has it, its meaning is about as close to the members' centroid as the
    offline name's, and it fits about as many members.
    """
    names, spelled = list(named), list(shown)
    for i, brief in enumerate(briefs):
        others = [s for j, s in enumerate(spelled) if j != i]
        text = namer.suggest(keywords=brief.keywords, quotes=brief.quotes, taken=others)
        words = tuple(w.lower() for w in tokens(text) if w[0] != "|") if text else ()
        if not text or not words or text.lower() in {o.lower() for o in others}:
            continue
        vector = embed([" ".join(words)])[0]
        made = Named(words, lexicon.key(words), vector)
        near = float(vector @ brief.centroid) >= float(named[i].vector @ brief.centroid) - _CLOSER
        if near and precision(i, made) >= _FITS * precision(i, named[i]):
            names[i], spelled[i] = made, text
    return names, spelled
