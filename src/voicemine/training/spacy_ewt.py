"""Trains, measures and saves the English spaCy pipeline on UD English EWT. `scripts/train_spacy.py` is its door."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.training import Example
from spacy.util import load_config, load_model_from_config
from thinc.api import Adam, Optimizer, fix_random_seed, require_cpu

from voicemine.backends.spacy_tokens import placeholder_tokenizer
from voicemine.training.treebank import Sentence, examples, lowered, runs, unpunctuated

log = logging.getLogger(__name__)

CONFIG = Path(__file__).with_name("spacy_ewt.cfg")
FAST = ("tok2vec_fast", "senter", "clauser")
FULL = ("tok2vec", "morphologizer", "lemmatizer", "parser")
PARTS = {"fast": FAST, "full": FULL}


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard to train. Epochs, not minutes, so that a seed gives the same weights again."""

    fast_epochs: int = 9
    full_epochs: int = 12
    full_stop: int | None = None
    """Stop the full part after this many of its epochs; the learning rate still falls as planned for all of them."""
    batch_words: int = 1200
    dropout: float = 0.1
    learn_rate: float = 0.001
    final_rate: float = 0.0001
    seed: int = 17


def blank_pipeline() -> Language:
    """The untrained pipeline of ``spacy_ewt.cfg``, with a tokenizer that keeps `<EMAIL>`-like placeholders whole."""
    nlp = load_model_from_config(load_config(CONFIG), auto_fill=True)
    nlp.tokenizer = placeholder_tokenizer(nlp)
    return nlp


def train(
    documents: Sequence[Sequence[Sentence]],
    dev: Sequence[Sequence[Sentence]],
    *,
    plan: Plan,
    parts: Sequence[str] = ("fast", "full"),
    snapshot: Callable[[Language], None] | None = None,
) -> Language:
    """Train on gold *documents*; *dev* is scored now and then for the log alone (nothing is chosen by it).

    *snapshot* is called with the averaged pipeline every third epoch and at the end of each part.
    """
    require_cpu()
    fix_random_seed(plan.seed)
    nlp = blank_pipeline()
    plain = examples(nlp, [[s] for document in documents for s in document])
    rng = random.Random(plan.seed)
    styled = examples(nlp, runs(documents, rng), rng=rng)
    nlp.initialize(lambda: plain + styled)
    epochs = {"fast": plan.fast_epochs, "full": plan.full_epochs}
    for name in parts:
        stop = plan.full_stop if name == "full" else None
        _train_part(nlp, PARTS[name], documents, dev, plan=plan, epochs=epochs[name], stop=stop, snapshot=snapshot)
    return nlp


def _train_part(
    nlp: Language,
    part: Sequence[str],
    documents: Sequence[Sequence[Sentence]],
    dev: Sequence[Sequence[Sentence]],
    *,
    plan: Plan,
    epochs: int,
    stop: int | None,
    snapshot: Callable[[Language], None] | None,
) -> None:
    rng = random.Random(plan.seed)
    optimizer = Adam(plan.learn_rate, beta1=0.9, beta2=0.999, L2=0.01, grad_clip=1.0, L2_is_weight_decay=True)
    optimizer.averages = {}
    step, steps = 0, 0
    started = time.monotonic()
    with nlp.select_pipes(enable=list(part)):
        last = min(epochs, stop or epochs) - 1
        for epoch in range(last + 1):
            pieces = runs(documents, rng)
            rng.shuffle(pieces)
            made = examples(nlp, pieces, rng=rng)
            batches = list(_by_words(made, plan.batch_words))
            steps = steps or len(batches) * epochs
            losses: dict[str, float] = {}
            for batch in batches:
                _set_rate(optimizer, plan, step / steps)
                nlp.update(batch, sgd=optimizer, drop=plan.dropout, losses=losses)
                step += 1
            scores = ""
            if epoch % 3 == 2 or epoch == last:
                with nlp.use_params(optimizer.averages):
                    scores = str(_brief(nlp.evaluate(dev_examples(nlp, dev))))
                    if snapshot is not None:
                        snapshot(nlp)
            rounded = {name: round(value) for name, value in losses.items() if value}
            log.info("epoch %d, %.0f s, losses %s %s", epoch + 1, time.monotonic() - started, rounded, scores)
    with nlp.use_params(optimizer.averages):
        averaged = {name: weights(nlp, name) for name in part}
    for name, content in averaged.items():
        set_weights(nlp, name, content)


def weights(nlp: Language, name: str) -> bytes:
    """A component's weights and labels."""
    pipe: Any = nlp.get_pipe(name)
    content: bytes = pipe.to_bytes(exclude=["vocab"])
    return content


def set_weights(nlp: Language, name: str, content: bytes) -> None:
    """Put what :func:`weights` gave into the component of that name."""
    pipe: Any = nlp.get_pipe(name)
    pipe.from_bytes(content, exclude=["vocab"])


def _set_rate(optimizer: Optimizer, plan: Plan, done: float) -> None:
    """A short warm-up, then a straight line down to the final rate."""
    warm = min(1.0, done / 0.02 + 0.05)
    optimizer.learn_rate = warm * (plan.learn_rate + (plan.final_rate - plan.learn_rate) * min(done, 1.0))


def _by_words(made: Sequence[Example], limit: int) -> list[list[Example]]:
    batches: list[list[Example]] = []
    batch: list[Example] = []
    size = 0
    for example in made:
        batch.append(example)
        size += len(example.reference)
        if size >= limit:
            batches.append(batch)
            batch, size = [], 0
    if batch:
        batches.append(batch)
    return batches


def dev_examples(
    nlp: Language, documents: Sequence[Sequence[Sentence]], *, lower: bool = False, bare: bool = False
) -> list[Example]:
    """Each document as raw text with gold annotation; *lower* and *bare* take away capitals and punctuation."""
    changed: list[list[Sentence]] = []
    for document in documents:
        sentences = [unpunctuated(s) for s in document] if bare else list(document)
        changed.append([lowered(s) for s in sentences] if lower else sentences)
    return examples(nlp, changed)


def _brief(scores: dict[str, object]) -> dict[str, float]:
    keys = ("sents_f", "tag_acc", "pos_acc", "lemma_acc", "dep_uas", "dep_las")
    return {key: round(value, 4) for key in keys if isinstance(value := scores.get(key), float)}

