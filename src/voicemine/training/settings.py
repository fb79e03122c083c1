"""Settings of label training: what to learn from, how long, how strongly. See configs/train.yaml."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from voicemine.errors import ConfigError
from voicemine.settings import Settings
from voicemine.training.labels import LABEL_SETS

Choice = dict[str, str | tuple[str, ...]]


class LabelledFile(Settings):
    """A file in the codebook's own form: JSON lines with text, source and a column for each label set."""

    path: str
    """JSON lines, plain or gz; relative to the data root."""
    weight: float = Field(default=1.0, gt=0)
    """Weight of each row in the loss."""
    texts: str | None = None
    """Where the rows carry only ids: JSON lines with id and text."""
    instead_of: str | None = None
    """Path of another file of the list: its rows with an id of this one are left out, for they were read again."""
    about: str = ""
    """What it is and how it was labelled: for the card."""
    where_not: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows with one of these values in this column are left out."""


class PublicFile(Settings):
    """A public set with other labels, mapped onto ours. A row teaches only the label sets that its map names."""

    path: str
    name: str
    licence: str = "not stated"
    weight: float = Field(default=0.5, gt=0)
    per_epoch: int = Field(default=1000, gt=0)
    """How many rows to draw for one epoch, without repeats until all were seen."""
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    column: str
    """The column that holds the foreign label; a list must have exactly one member."""
    map: dict[str, Choice]
    """Foreign label to ours. A list means: one of these, the set does not say which (partial label)."""
    among: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The only labels that the set could ever give: the loss compares these alone."""


class Anchor(Settings):
    """Unlabelled texts on which the branch must give the published encoder's embedding back."""

    path: str = "corpus/feedback_mix.jsonl.gz"
    """JSON lines with text and source, plain or gz; relative to the data root."""
    texts: int = Field(default=30_000, gt=1000)
    """How many to draw, more of a source with more but by its square root only; most are cut to one sentence."""
    batch: int = Field(default=16, gt=0)
    """How many of them join each step."""
    weight: float = Field(default=20.0, gt=0)
    """Weight in the loss of one minus the mean cosine."""
    rate: float = Field(default=3e-4, gt=0)
    """Learning rate of the layer that reads the embedding out."""


class Optimiser(Settings):
    """How the branch is fitted."""

    epochs: int = Field(default=5, gt=0)
    batch: int = Field(default=32, gt=0)
    rate_layers: float = Field(default=1.2e-4, gt=0)
    rate_heads: float = Field(default=1e-3, gt=0)
    warmup: float = Field(default=0.06, ge=0, lt=1)
    weight_decay: float = Field(default=0.02, ge=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Share of each layer's outputs, and of the heads' inputs, that a step leaves out."""
    token_dropout: float = Field(default=0.1, ge=0, lt=1)
    """Share of the tokens hidden from the branch in each step."""
    average_decay: float = Field(default=0.998, ge=0, lt=1)
    """Exponential moving average of the weights; 0 keeps the last weights."""
    class_power: float = Field(default=0.25, ge=0, le=1)
    """Rare classes weigh (n_max / n_class) ** class_power, at most 4."""
    patience: int = Field(default=2, gt=0)
    """Stop after so many epochs without a better score on the held-out sources."""


class TrainSettings(Settings):
    """All of configs/train.yaml."""

    seed: int = 0
    threads: int = Field(default=2, gt=0)
    base_layer: int = Field(default=3, ge=0)
    n_layers: int = Field(default=3, gt=0)
    max_tokens: int = Field(default=96, gt=8)
    labels: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(LABEL_SETS))
    task_weights: dict[str, float] = Field(default_factory=dict)
    runner_up: float = Field(default=0.25, ge=0, lt=0.5)
    """Share of the target given to a runner-up (`stage2`, `touchpoint2`)."""
    files: tuple[LabelledFile, ...]
    public: tuple[PublicFile, ...] = ()
    pool_epochs: int = Field(default=4, gt=0)
    """How many epochs of each public set to encode; later epochs see its rows again."""
    gold: str = "gold/dev.jsonl"
    """Never trained on: for the report and the calibration. Training rows too near to it are dropped."""
    near: float = Field(default=0.8, gt=0, le=1)
    """Cosine of character 5-grams from which a training row counts as a near duplicate of gold."""
    held_sources: tuple[str, ...] = ()
    """Sources left out of training to choose when to stop: the stand-in for industries never seen."""
    optimiser: Optimiser = Optimiser()
    anchor: Anchor | None = None
    """With it the branch gives the embedding as well as the labels, and takes the place of the encoder's own layers."""
    refit_epochs: int = Field(default=0, ge=0)
    """Epochs of each refit on everything, from the weights of the first fit, its rates starting anew; 0: no refit."""
    soup: int = Field(default=1, ge=1)
    """How many refits, with seeds of their own, are averaged into the branch."""
    risks: dict[str, float] = Field(default_factory=dict)
    """Label set -> highest chance of error that one answer may carry before the label is withheld."""
    licence: str = "not stated"
    about: str = ""
    """First paragraph of the card."""


def read_settings(path: Path, *, overrides: dict[str, object] | None = None) -> TrainSettings:
    """Read a training file. Raises ConfigError that lists every unknown or wrong key.

    `extends` names another file of the same folder, whose keys hold where this one is silent.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf8")) or {}
        if "extends" in given:
            parent = yaml.safe_load((path.parent / Path(str(given.pop("extends"))).name).read_text(encoding="utf8"))
            given = {**parent, **given}
    except (OSError, yaml.YAMLError) as fault:
        raise ConfigError([f"{path}: {fault}"]) from fault
    try:
        return TrainSettings.model_validate_json(json.dumps({**given, **(overrides or {})}))
    except ValidationError as fault:
        raise ConfigError([f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors()]) from fault
