"""From files of feedback to a static model that stands in for the default encoder and its labels, and what that costs.

Texts pass the clean and the segment stage first, so that redaction comes before anything is learnt from them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score

from voicemine.artefacts.files import whole_folder
from voicemine.artefacts.keys import Hasher
from voicemine.backends.encoder_default import branch_identity
from voicemine.backends.encoder_static import ABOUT, FILES, NAME, StaticEncoder, write_static
from voicemine.backends.minilm import minilm_folder
from voicemine.backends.model_card import read_card, write_card
from voicemine.backends.protocols import Encoder, Encoding
from voicemine.config import Loaded
from voicemine.encoders import user_folder
from voicemine.errors import InputError, UsageError
from voicemine.numerics.calibration import Calibration
from voicemine.numerics.placeholders import for_model
from voicemine.provision import Backends, labels_folder, provide, set_threads
from voicemine.sources.read import read_sources
from voicemine.stages.clean.stage import clean
from voicemine.stages.cluster.fit import fit_themes
from voicemine.stages.cluster.settings import ClusterSettings
from voicemine.stages.cluster.views import label_vectors
from voicemine.stages.segment.stage import segment
from voicemine.training.static_check import Loss, labels_lost, neighbours_kept, rank_correlation
from voicemine.training.static_model import card_text, content_order, fit_static
from voicemine.training.static_vectors import distil_tokens

Say = Callable[[str, int, int], None]
#: Fewer texts than this teach nothing, and a tenth of it tells nothing.
_LEAST = 200
#: An item has two mentions in the mean, some of them known; so many rows for each text that is wanted will do.
_ROWS = 2
_WINDOW = 2048
_TIMED = 1.0  # seconds


@dataclass(frozen=True)
class Distilled:
    """What was made: how many texts it was fitted on, what is lost, and what held texts chose."""

    fitted_on: int
    loss: Loss
    chosen: Mapping[str, Any]


def distil(loaded: Loaded, *, out: Path, sample: int, check: int, dimensions: int, seed: int, say: Say) -> Distilled:
    """Distil the default encoder, and the label model that `encode.labels` names, into folder `out`.

    Fitted on `sample` distinct mentions of the configured sources, measured on `check` others, of other items; both
    are drawn by content. `say(phase, done, total)` tells the progress. Raises InputError for sources without enough
    texts, UsageError for an `out` that holds something else, ModelError where a model or library is missing.
    """
    if out.exists() and not (out.is_dir() and {p.name for p in out.iterdir()} <= FILES):
        raise UsageError(f"{out} holds other files; name a new or empty folder with --out")
    set_threads(loaded.config.run.threads)
    labels = labels_folder(loaded)
    say("distil", 0, 1)
    table, tokenizer = distil_tokens(minilm_folder())
    say("distil", 1, 1)
    backends = _backends(loaded)
    say("read", 0, 1)
    learnt, unseen = drawn(_mentions(loaded, backends, rows=_ROWS * (sample + check), seed=seed),
                           sample=sample, check=check, seed=seed)
    say("read", 1, 1)
    encoder: Encoder = backends.get("encoder")
    encoder.encode(learnt[:1])  # loads it, which is no part of its speed
    full = _encoded(encoder, learnt, lambda done, total: say("encode", done, total))
    started = time.perf_counter()
    wanted = _encoded(encoder, unseen, lambda done, total: None)
    rate = len(unseen) / (time.perf_counter() - started)
    backends.release("encoder")
    calibration: Calibration = backends.get("calibration")
    fitted = fit_static(learnt, full, table=table, tokenizer=tokenizer, teacher=branch_identity(labels),
                        calibration=calibration, dimensions=dimensions,
                        say=lambda done, total: say("fit", done, total))
    with whole_folder(out) as folder:
        write_static(fitted.parts, folder)
        say("check", 0, 1)
        static = StaticEncoder(folder, checked=False)
        given = static.encode(unseen)
        loss = Loss(len(unseen), neighbours_kept(wanted.vectors, given.vectors),
                    rank_correlation(wanted.vectors, given.vectors), labels_lost(wanted, given, calibration),
                    _themes_lost(unseen, wanted, given, seed), {"full": rate, "static": _rate(static, unseen)})
        sources = sorted({Path(s.path or s.name).name for s in loaded.config.sources})
        (folder / ABOUT).write_text(card_text(loss, fitted_on=len(learnt), dimensions=static.dimension,
                                              sources=sources), encoding="utf-8")
        card = read_card(labels)
        write_card(folder, name=NAME, version=str(card["version"]), licence=str(card["licence"]),
                   data=[*card["data"], *sources], metrics={
                       "teacher": fitted.parts.teacher, "fitted_on": len(learnt), "dimensions": static.dimension,
                       "seed": seed, "chosen": fitted.chosen, "check": loss.as_dict()})
        say("check", 1, 1)
    return Distilled(len(learnt), loss, fitted.chosen)


def _backends(loaded: Loaded) -> Backends:
    """The default encoder and the reading of texts as a run of this configuration has them; nothing is kept."""
    encode = loaded.config.encode.model_copy(update={"model": "default", "cache": False, "precision": "float32"})
    config = loaded.config.model_copy(update={"encode": encode})
    # The hasher is for ids and caches, and none are kept.
    return provide(Loaded(config, loaded.taxonomy, loaded.base), hasher=Hasher(secrets.token_bytes(32)),
                   progress=lambda done, total: None, cache=user_folder())


def _mentions(loaded: Loaded, backends: Backends, *, rows: int, seed: int) -> pd.DataFrame:
    """Mentions as a model reads them, redacted: `item` (the same for copies of an item) and `text`.

    Of at most `rows` rows of the sources, drawn by content.
    """
    raw = read_sources(loaded.config.sources, base=loaded.base).raw
    if len(raw) > rows:
        order = raw["text"].map(lambda text: content_order(str(text), f"row {seed}"))
        raw = raw[order <= order.nsmallest(rows).iloc[-1]].reset_index(drop=True)
    items = clean(raw, settings=loaded.config.clean, hasher=backends.get("hasher"),
                  redactor=backends.get("redactor")).items_clean
    found = segment(items[items["is_mined"]], settings=loaded.config.segment, nlp=backends.get("nlp"))
    backends.release("nlp")
    # An item is known by its words: its id may be made up anew each time.
    words = dict(zip(items["item_id"], items["text"], strict=True))
    copy_of = dict(zip(items["item_id"], items["representative_id"], strict=True))
    return pd.DataFrame({"item": [words[copy_of[i]] for i in found["item_id"]],
                         "text": [for_model(text) for text in found["text"]]}, dtype=object)


def drawn(mentions: pd.DataFrame, *, sample: int, check: int, seed: int) -> tuple[list[str], list[str]]:
    """Distinct texts to learn from and, of other items, to check on; both ordered, and drawn by content and seed.

    mentions: `item` and `text`. Where there are too few, both get their share. Raises InputError below 200 in all.
    """
    place = pd.Series({i: content_order(i, f"item {seed}") for i in mentions["item"].unique()}, dtype=float)
    is_check = mentions["item"].map(place) < check / (sample + check)
    seen = set(mentions.loc[~is_check, "text"])
    unseen = set(mentions.loc[is_check, "text"]) - seen

    def first(texts: set[str], number: int) -> list[str]:
        return sorted(sorted(texts, key=lambda t: (content_order(t, f"text {seed}"), t))[:number])

    learnt, checked = first(seen, sample), first(unseen, check)
    if len(learnt) + len(checked) < _LEAST or len(checked) < _LEAST // 10:
        raise InputError(f"the files give {len(learnt)} distinct mentions to learn from, {len(checked)} to check on; "
                         f"the fast tier needs {_LEAST} in all, {_LEAST // 10} of them to check on: name more files")
    return learnt, checked


def _encoded(encoder: Encoder, texts: Sequence[str], say: Callable[[int, int], None]) -> Encoding:
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
    vectors = np.zeros((len(texts), encoder.dimension), np.float32)
    logits: dict[str, npt.NDArray[np.float32]] = {}
    for start in range(0, len(order), _WINDOW):
        say(start, len(texts))
        chosen = order[start : start + _WINDOW]
        part = encoder.encode([texts[i] for i in chosen])
        vectors[chosen] = part.vectors
        for name, values in part.logits.items():
            logits.setdefault(name, np.zeros((len(texts), values.shape[1]), np.float32))[chosen] = values
    say(len(texts), len(texts))
    return Encoding(vectors, logits)


def _themes_lost(texts: Sequence[str], full: Encoding, static: Encoding, seed: int) -> dict[str, float]:
    """AMI of the themes of all texts by both encoders, beside that of the full one's under two seeds."""
    def themes(given: Encoding, seed: int) -> npt.NDArray[Any]:
        return fit_themes(given.vectors, weights=np.ones(len(texts)), keys=list(texts), settings=ClusterSettings(),
                          texts=list(texts), labels=label_vectors(given.logits), seed=seed).label

    reference = themes(full, seed)
    return {"ami": float(adjusted_mutual_info_score(reference, themes(static, seed))),
            "ami_again": float(adjusted_mutual_info_score(reference, themes(full, seed + 1)))}


def _rate(encoder: Encoder, texts: Sequence[str]) -> float:
    done, started = 0, time.perf_counter()
    while (seconds := time.perf_counter() - started) < _TIMED or not done:
        encoder.encode(texts)
        done += len(texts)
    return done / seconds
