"""The chain of stages, and what it is given."""

from __future__ import annotations

from voicemine import tables
from voicemine.stages import classify, clean, cluster, draw, encode, export, link, name, personas, segment, track
from voicemine.stages.base import Stage

#: What the sources, and the nights before, give before the first stage.
GIVEN = ("raw", "kept_items", "ingest_rejects")

#: Backends that stages may need, each provided by `provision` or by the runner.
NEEDS = ("hasher", "redactor", "nlp", "tagger", "encoder", "reader", "embed", "judge", "namer", "taxonomy",
         "calibration", "seed", "prior", "as_of", "run_id", "progress", "forgotten", "known_templates", "known_themes",
         "edits", "hidden", "earlier", "label_models")

STAGES: tuple[Stage, ...] = (
    clean.STAGE, segment.STAGE, encode.STAGE, classify.STAGE, cluster.STAGE, name.STAGE, link.STAGE, track.STAGE,
    personas.STAGE, draw.STAGE, export.STAGE,
)

#: Tables that a run leaves, in the order of the dictionary.
EXPORTED = tables.EXPORTED
