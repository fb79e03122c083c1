"""Label models of the user's own: which labels they give, how theirs are mapped, what zero-shot ones are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voicemine.backends.label_model import (
    Reading,
    TransformersLabeller,
    foreign_labels,
    label_model_folder,
    label_model_identity,
)
from voicemine.backends.protocols import Labeller
from voicemine.backends.runtimes.choose import device_of
from voicemine.config import Loaded
from voicemine.errors import ConfigError, ModelError
from voicemine.numerics.calibration import Calibration
from voicemine.stages.classify.settings import LabelModel
from voicemine.taxonomy import NO_TOUCHPOINT, UNCLEAR, Taxonomy

#: What a zero-shot model is asked for labels that no taxonomy file describes: they follow "… is about".
_WORDS: dict[str, dict[str, str]] = {
    "stage": {UNCLEAR: "nothing in particular"},
    "touchpoint": {NO_TOUCHPOINT: "nothing in particular"},
    "sentiment": {"negative": "a bad experience", "neutral": "plain facts, without praise or blame",
                  "positive": "a good experience", "mixed": "both good and bad experiences"},
    "emotion": {"anger": "the customer's anger and outrage", "frustration": "the customer's frustration",
                "disappointment": "the customer's disappointment", "confusion": "the customer's confusion",
                "worry": "the customer's worry or fear", "sadness": "the customer's sadness",
                "surprise": "the customer's surprise", "satisfaction": "the customer's quiet satisfaction",
                "delight": "the customer's delight", "gratitude": "the customer's gratitude",
                "trust": "the customer's trust", "none": "facts, without any feeling"},
    "pain": {"0": "no problem at all", "1": "a problem that the customer has"},
    "intent": {"complaint": "a complaint", "praise": "praise", "question": "a question",
               "request": "a request for an action or a feature", "report": "facts that are reported without blame",
               "churn": "leaving the company", "recommendation": "a recommendation to other people",
               "other": "something else"},
}


def own_labels(taxonomy: Taxonomy, calibration: Calibration) -> dict[str, tuple[str, ...]]:
    """Label set -> the labels that a model of the user's may give: the taxonomy's, and the built-in model's."""
    return {name: part.labels for name, part in calibration.items()} | {
        "stage": (*(s.label for s in taxonomy.stages), UNCLEAR),
        "touchpoint": (*(t.label for t in taxonomy.touchpoints), NO_TOUCHPOINT),
    }


def columns_of(asked: LabelModel, foreign: Sequence[str], own: Sequence[str], *, place: str) -> tuple[int, ...]:
    """For each label of the model the position of ours. `place` is the key of the model in the configuration.

    Raises ConfigError with every label that is unknown on either side, or not mapped.
    """
    given = asked.map or {label: label for label in foreign}
    theirs, ours = f"the model knows {', '.join(foreign)}", f"{asked.set} has {', '.join(own)}"
    problems = [f"{place}.map: the model has no label '{name}'; {theirs}" for name in given if name not in foreign]
    problems += [f"{place}.map: '{label}' (for '{name}') is no label of ours; {ours}"
                 for name, label in given.items() if label not in own]
    problems += [f"{place}.map: the model's label '{name}' is not mapped; {ours}"
                 for name in foreign if name not in given]
    if problems:
        raise ConfigError(problems)
    return tuple(list(own).index(given[name]) for name in foreign)


def hypotheses_of(asked: LabelModel, own: Sequence[str], taxonomy: Taxonomy) -> tuple[str, ...]:
    """What a zero-shot model is asked, one for each label: definitions from the taxonomy, else plain words."""
    words = dict(_WORDS[asked.set])
    if asked.set == "stage":
        words |= {s.label: s.definition for s in taxonomy.stages}
    elif asked.set == "touchpoint":
        words |= {t.label: t.definition for t in taxonomy.touchpoints}
    said = [words.get(label, label.replace("_", " ")).strip().removesuffix(".") for label in own]
    return tuple(asked.template.replace("{}", text[:1].lower() + text[1:]) for text in said)


@dataclass(frozen=True)
class Provided:
    """A label model that is known by name and hash, and loaded when asked for."""

    set: str
    identity: str
    load: Callable[[], Labeller]


def provide_labellers(
    loaded: Loaded, calibration: Calibration, *, progress: Callable[[int, int], None]
) -> tuple[Provided, ...]:
    """The models that `classify.models` names, each checked against our labels before anything is loaded.

    Raises ConfigError for labels that do not fit, ModelError for a model that is missing or unusable.
    """
    own = own_labels(loaded.taxonomy, calibration)
    device = device_of(loaded.config.encode.device)
    return tuple(_provided(asked, loaded, own[asked.set], f"classify.models.{i}", device, progress)
                 for i, asked in enumerate(loaded.config.classify.models))


def _provided(
    asked: LabelModel, loaded: Loaded, own: tuple[str, ...], place: str, device: str,
    progress: Callable[[int, int], None],
) -> Provided:
    local = loaded.resolve(asked.model)
    folder = label_model_folder(asked.model, local=local)
    foreign = foreign_labels(folder)
    if asked.kind == "classification":
        reading = Reading(own, columns=columns_of(asked, foreign, own, place=place), temperature=asked.temperature)
    else:
        reading = Reading(own, hypotheses=hypotheses_of(asked, own, loaded.taxonomy),
                          entailment=_entailment(asked, foreign), temperature=asked.temperature)
    # Folders are known by their last name, so that a run is the same wherever they lie.
    name = local.resolve().name if local.is_dir() else asked.model
    digest = hashlib.sha256(repr(reading).encode()).hexdigest()[:8]
    identity = f"{asked.set}:{label_model_identity(name, folder)}:{asked.kind}-{digest}"

    def load() -> Labeller:
        return TransformersLabeller(folder, reading, identity=identity, batch=asked.batch, device=device,
                                    progress=progress)

    return Provided(asked.set, identity, load)


def _entailment(asked: LabelModel, foreign: Sequence[str]) -> int:
    found = [i for i, label in enumerate(foreign) if label.lower().startswith("entail")]
    if len(found) != 1:
        raise ModelError(f"classify.models: {asked.model} is no NLI model for zero_shot: it needs a label 'entailment' "
                         f"and has {', '.join(foreign)}")
    return found[0]

