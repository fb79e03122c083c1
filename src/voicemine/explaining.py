"""Why a text has its labels: the models of a run, asked again without each word."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from voicemine import config as configuration
from voicemine.artefacts.keys import Hasher
from voicemine.artefacts.publish import find_run, read_manifest, read_table
from voicemine.backends.protocols import Labeller
from voicemine.cached import CachedEncoder
from voicemine.config import Loaded
from voicemine.encoders import user_folder
from voicemine.errors import UsageError
from voicemine.numerics.calibration import Floats
from voicemine.numerics.placeholders import for_model
from voicemine.provision import Backends, provide_reading, set_threads
from voicemine.stages.classify.explain import Explanation, Read, explain
from voicemine.stages.classify.stage import probabilities_of

LabelSet = Literal["stage", "touchpoint", "sentiment", "emotion", "pain", "intent"]


def explain_item(
    run: Path, id: str, *, label: LabelSet | None = None, config: Path | None = None
) -> tuple[str, list[Explanation]]:
    """The redacted text of an item or a mention of a run, and the words that drove its labels.

    label: one label set; None: all. config: the file that the run was made with, needed only where it names files
    by relative paths; else what run.json says. Raises UsageError for an unknown id or label set.
    """
    if label is not None and label not in get_args(LabelSet):
        raise UsageError(f"no label set is called '{label}'; there are: {', '.join(get_args(LabelSet))}")
    folder = find_run(run)
    text = text_of(folder, id)
    loaded = configuration.load(config) if config else configuration.load(None, extra=read_manifest(folder)["config"])
    set_threads(loaded.config.run.threads)
    return text, explain(text, read=reader(loaded, label=label), pain_threshold=loaded.config.classify.pain_threshold)


def text_of(run: Path, id: str) -> str:
    """The text of a mention or a mined item of a run. Raises UsageError where there is none."""
    for name in ("mention", "item"):
        table = read_table(run, f"{name}s")
        found = table[table[f"{name}_id"].astype(str) == id]
        if len(found) and name == "item" and not found["is_mined"].iloc[0]:
            raise UsageError(f"the item '{id}' was not mined ({found['skip_reason'].iloc[0]}) and has no labels")
        if len(found):
            return str(found["text"].iloc[0])
    raise UsageError(f"the run has no item and no mention '{id}'; see the columns item_id and mention_id of its tables")


def reader(loaded: Loaded, *, label: LabelSet | None = None) -> Read:
    """Texts to the calibrated probabilities of each label set (or of one), by the models of a configuration.

    Nothing is kept of what is read.
    """
    models = tuple(m for m in loaded.config.classify.models if label in (None, m.set))
    config = loaded.config.model_copy(update={
        "encode": loaded.config.encode.model_copy(update={"cache": False}),
        "classify": loaded.config.classify.model_copy(update={"models": models})})
    # The hasher is for caches, and there is none.
    backends = provide_reading(Loaded(config, loaded.taxonomy, loaded.base), hasher=Hasher(secrets.token_bytes(32)),
                               progress=lambda done, total: None, cache=user_folder())
    return lambda texts: _probabilities(texts, backends, label)


def _probabilities(
    texts: Sequence[str], backends: Backends, label: LabelSet | None
) -> Mapping[str, tuple[Sequence[str], Floats]]:
    encoder: CachedEncoder = backends.get("encoder")
    models: Mapping[str, Labeller] = backends.get("label_models")
    readings = [for_model(t) for t in texts]
    found = encoder.few(readings)
    given, terms = probabilities_of(
        found.logits, {name: model.label(readings) for name, model in models.items()}, models=models,
        calibration=backends.get("calibration"), taxonomy=backends.get("taxonomy"), vectors=lambda: found.vectors,
        embed=backends.get("embed"))
    return {name: (part.labels, given[name]) for name, part in terms.items() if label in (None, name)}


def as_frame(explained: Sequence[Explanation]) -> pd.DataFrame:
    """One row for each label set and word: label_set, label, confidence, word, start, end, weight."""
    rows = [(e.label_set, e.label, e.confidence, w.text, w.start, w.end, w.weight) for e in explained for w in e.words]
    return pd.DataFrame(rows, columns=["label_set", "label", "confidence", "word", "start", "end", "weight"])
