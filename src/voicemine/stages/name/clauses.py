"""Candidate names from a clause: who does what, what is done, what is not done; in note form.

A clause whose subject is a pronoun has lost it in note form, and not every such rest reads as a headline: "it crashes
out" gives no name, "they charged me a fee" gives "fee charged", "I don't have broadband" gives "no broadband".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spacy.tokens import Token

from voicemine.stages.name.notes import NOT_WORDS, SUBJECT, Phrase, child, low, noun_phrase, particle, place, plain
from voicemine.stages.name.usage import Usage

_NOBODY = frozenset({"nobody", "nothing", "none"})
_ANYBODY = frozenset({"anyone", "anybody", "anything"})
_FIRST_PERSON = frozenset({"i", "we"})
_MODALS = {"ca": "can't", "can": "can't", "could": "couldn't", "wo": "won't", "will": "won't", "would": "wouldn't"}
_DO = {"do": "don't", "does": "doesn't", "did": "didn't"}
_HEDGED = frozenset({"would", "could", "should", "may", "might", "shall", "will", "'ll", "'d"})
_PHASE = frozenset({"keep", "stop", "fail", "refuse", "struggle", "continue"})
_EARLY = frozenset({"still", "always", "constantly", "repeatedly", "continually", "barely", "hardly", "randomly"})
_LATE = frozenset({"late", "twice", "again", "early", "slowly", "badly", "wrong", "incorrectly", "constantly",
                   "repeatedly", "automatically", "properly", "poorly", "down", "anymore", "correctly"})
#: Without an object these verbs read as cut off, unless they are passive.
_OPEN = frozenset({"seem", "offer", "provide", "allow", "include", "cause", "receive", "bring", "put", "expect",
                   "become", "keep", "honour", "honor", "understand", "remember", "ask", "use", "hear", "find", "buy",
                   "tell", "send", "show", "leave", "require", "recommend", "handle"})
_LIGHT = frozenset({"be", "have", "do", "get", "go", "want", "like", "think", "know", "say", "need", "hope", "see",
                    "guess", "mean", "let", "thank", "please", "love", "try", "make", "give", "take", "come", "feel"})
#: What customers suffer rather than do: "missing parts" and "waiting for a call" read well without a subject.
_SUFFERED = frozenset({"wait", "await", "miss", "lack", "lose", "suffer", "struggle", "lag"})
#: From these shares of uses with an object on, a verb without one reads as cut off: as a statement, as a denial.
_ASKS, _ASKS_DENIED = 0.5, 0.62


@dataclass(frozen=True)
class _Clause:
    """lead: adverbs and negation; verbs: verb, phase verb, particle; form: base, third, ing or past; person: the
    pronoun that is its subject; disagrees: a singular subject with a plural verb; lost_object: a pronoun."""

    lemma: str
    form: str
    lead: tuple[str, ...]
    negation: str
    verbs: tuple[str, ...]
    who: tuple[str, ...]
    person: str
    what: tuple[str, ...]
    where: tuple[str, ...]
    tail: tuple[str, ...]
    is_phase: bool
    is_passive: bool
    is_bare: bool
    disagrees: bool
    lost_object: bool

    @property
    def core(self) -> tuple[str, ...]:
        return (*self.lead, *self.verbs)

    @property
    def is_marked(self) -> bool:
        denied = bool(self.negation) or any(w in _NOBODY or w == "no" for w in self.who)
        return denied or self.is_phase or bool(self.tail) or any(w in _EARLY for w in self.lead)

    @property
    def is_light(self) -> bool:
        return self.lemma in _LIGHT and not self.is_marked

    @property
    def is_cut_off(self) -> bool:
        short = len(self.core) - bool(self.negation) < 2 and not (self.what or self.tail or self.is_passive)
        return (self.lemma in _LIGHT or self.lemma in _OPEN) and short


def clauses(verb: Token, usage: Usage) -> Iterator[Phrase]:
    """Candidates of the clause that a verb heads; none where it is hedged ("would recommend")."""
    clause = _read(verb)
    if clause is None:
        return
    turned = _object_first(clause, usage)
    if turned is not None:
        yield turned
        if clause.negation or clause.lemma in ("have", "get"):
            return
    if clause.who:
        yield from _with_subject(clause, usage)
    yield from _without_subject(clause, usage)


def _read(verb: Token) -> _Clause | None:
    lefts = list(verb.lefts)
    aux = [low(c) for c in lefts if c.dep_ in ("aux", "aux:pass")]
    denied = next((low(c) for c in lefts if low(c) in NOT_WORDS), None)
    if not plain(verb) or (denied is None and any(a in _HEDGED or a == "can" for a in aux)):
        return None
    modal, support = next((a for a in aux if a in _MODALS), None), next((a for a in aux if a in _DO), None)
    lead = [low(c) for c in lefts if low(c) in _EARLY]
    negation = ""
    if denied is not None:
        negation = ("never" if denied == "never" else _MODALS[modal] if modal else _DO[support] if support else "not")
        lead += [negation, "be"] if modal and denied != "never" and "be" in aux else [negation]
    verbs, inner = [low(verb), *particle(verb)], verb
    complement = child(verb, "xcomp")
    is_phase = str(verb.lemma_).lower() in _PHASE and complement is not None and complement.pos_ in ("VERB", "AUX")
    if is_phase and complement is not None:
        to = ["to"] if any(low(c) == "to" for c in complement.lefts) else []
        verbs += [*to, low(complement), *particle(complement)]
        inner = complement
    elif complement is not None and complement.pos_ == "ADJ" and complement.i > verb.i:
        verbs.append(low(complement))
    subject, thing = child(verb, SUBJECT), child(inner, "obj")
    who = [low(subject)] if subject is not None and low(subject) in _NOBODY else noun_phrase(subject)
    what = [low(thing)] if thing is not None and denied and low(thing) in _ANYBODY else noun_phrase(thing)
    return _Clause(
        lemma=str(verb.lemma_).lower(), form=_form(verb), lead=tuple(lead), negation=negation, verbs=tuple(verbs),
        who=tuple(who[-2:] if len(who) > 3 else who), person="" if subject is None else low(subject),
        what=tuple(what), where=tuple(place(inner)),
        tail=tuple([low(c) for c in inner.rights if c.dep_ == "advmod" and low(c) in _LATE][:1]), is_phase=is_phase,
        is_passive=any(c.dep_ in ("aux:pass", "nsubj:pass") for c in lefts),
        lost_object=thing is not None and not what,
        disagrees=bool(subject is not None and not aux and _form(verb) == "base"
                       and subject.pos_ == "NOUN" and "Sing" in subject.morph.get("Number", [])),
        is_bare=not denied and any(c.dep_ == "mark" and low(c) == "to" for c in lefts))


def _form(verb: Token) -> str:
    word, past = low(verb), "Past" in verb.morph.get("Tense", [])
    if word.endswith("ing"):
        return "ing"
    if past or (word != str(verb.lemma_).lower() and not word.endswith("s")):
        return "past"
    return "base" if word == str(verb.lemma_).lower() else "third"


def _object_first(clause: _Clause, usage: Usage) -> Phrase | None:
    """"Order not received", "no broadband", "fee charged": the object heads the headline where the subject is lost."""
    what, participle = clause.what, usage.participles.get(clause.lemma)
    if not what or what[0] in _ANYBODY or what[0] in ("too", "not") or clause.is_phase:
        return None
    if clause.is_passive:
        # "I was charged a fee".
        return None if clause.who or clause.negation else Phrase((*what, clause.verbs[0], *clause.tail), 0.6)
    still = tuple(w for w in clause.lead if w == "still")
    if clause.negation in ("not", "don't", "doesn't", "didn't") and not clause.who and what[0] != "no":
        if clause.lemma in ("have", "get"):
            return Phrase((*still, "no", *what), 0.95)
        if participle and clause.lemma not in _LIGHT and (clause.negation != "not" or clause.form != "base"):
            return Phrase((*what, *still, "not", participle), 0.95)
    if clause.lemma in ("have", "get") and what[0] == "no" and not (clause.negation or clause.who):
        return Phrase((*still, *what), 0.9)
    third = not clause.who and clause.person not in _FIRST_PERSON
    if not clause.negation and clause.form == "past" and participle and len(clause.verbs) == 1:
        if clause.lemma in _LIGHT and not (what[0] == "no" and clause.lemma in ("give", "make", "take")):
            return None
        return Phrase((*what, participle, *clause.tail), (0.8 if third else 0.6) + 0.15 * clause.is_marked)
    return None


def _with_subject(clause: _Clause, usage: Usage) -> Iterator[Phrase]:
    who, core, what, tail = clause.who, clause.core, clause.what, clause.tail
    marked, light = clause.is_marked, clause.is_light
    plain_shape = 0.4 if clause.disagrees else 0.7
    asks = usage.asks_object(clause.lemma)
    # "Pass pays" is cut off; "app crashes" is not.
    missing = not (clause.is_passive or clause.is_phase or tail or len(clause.verbs) > 1) and (
        asks > _ASKS_DENIED if clause.negation else asks > _ASKS and clause.form != "past")
    if clause.is_cut_off:
        return
    if not missing:
        yield Phrase((*who, *core, *tail), plain_shape + 0.3 * marked - 0.3 * light - 0.2 * bool(what))
    if what:
        yield Phrase((*who, *core, *what, *tail), plain_shape + 0.2 * marked - 0.2 * light)
    elif clause.where and not missing:
        yield Phrase((*who, *core, *clause.where), plain_shape + 0.15 * marked - 0.2 * light)


def _without_subject(clause: _Clause, usage: Usage) -> Iterator[Phrase]:
    core, what, where, tail = clause.core, clause.what, clause.where, clause.tail
    marked = clause.is_marked
    if clause.form == "third" and not clause.is_phase:
        return
    base = 0.6 - (0.25 if clause.is_light else 0.0)
    if clause.is_bare or (clause.form == "base" and not clause.negation):
        base -= 0.15
    elif clause.negation == "don't" or (clause.form == "ing" and what and clause.lemma not in _SUFFERED and not marked):
        # They read as an order, and as something that the customer is busy with.
        base -= 0.3
    if what:
        yield Phrase((*core, *what, *tail), base + 0.3 * marked)
        if where:
            yield Phrase((*core, *what, *where), base + 0.2 * marked)
        return
    if where and not clause.who and not clause.is_light and not (clause.lost_object and clause.lemma in _LIGHT):
        yield Phrase((*core, *where), base + 0.3 * marked)
    particle_only = len(clause.verbs) > 1 and not clause.lead and not tail and not clause.is_phase
    missing = clause.lead and not (tail or clause.is_passive or len(clause.verbs) > 1) and clause.form != "past" and (
        clause.lost_object or usage.asks_object(clause.lemma) > _ASKS_DENIED)
    if len(core) + len(tail) > 1 and not clause.is_cut_off and not missing and not (
            particle_only and clause.form != "past"):
        yield Phrase((*core, *tail), base + 0.2 * marked - 0.15 * bool(clause.who))
