"""A whole static model from distilled tokens and the full model's answers on texts, and the card that people read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from voicemine.backends.encoder_static import StaticParts
from voicemine.backends.protocols import Encoding, Floats
from voicemine.numerics.calibration import Calibration
from voicemine.training.static_check import Loss
from voicemine.training.static_heads import Head, fit_head
from voicemine.training.static_vectors import bags_of, fit_vectors, unit_rows

_HELD = 0.1


@dataclass(frozen=True)
class FittedStatic:
    """The model, and what texts that were held back chose: ridges, and how near they then came."""

    parts: StaticParts
    chosen: Mapping[str, Any]


def content_order(text: str, salt: str) -> float:
    """A number from 0 to 1 that hangs on the content alone."""
    digest = hashlib.blake2b(f"{salt}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def fit_static(
    texts: Sequence[str], full: Encoding, *, table: npt.NDArray[np.floating], tokenizer: Tokenizer, teacher: str,
    calibration: Calibration, dimensions: int, say: Callable[[int, int], None] = lambda done, total: None,
) -> FittedStatic:
    """Fit token vectors and the heads of all label sets to the full model's answers on `texts`.

    table (v, d): distilled vectors of the tokenizer's tokens. A tenth of the texts, drawn by content, chooses the
    ridges. `say(done, total)` after each part.
    """
    held = np.array([content_order(text, "held") < _HELD for text in texts])
    bags = bags_of(texts, tokenizer, unknown=_unknown(tokenizer))
    fitted = fit_vectors(table, bags, full.vectors, held, dimensions=dimensions)
    vectors = fitted.table.astype(np.float16).astype(np.float32)  # as they will be read
    points = unit_rows(bags @ vectors)
    heads: dict[str, Head] = {}
    for name, logits in sorted(full.logits.items()):
        say(1 + len(heads), 1 + len(full.logits))
        heads[name] = fit_head(points, bags, logits, calibration[name], held)
    say(1 + len(full.logits), 1 + len(full.logits))
    parts = StaticParts(
        tokenizer, vectors, _joined([h.weight for h in heads.values()], axis=0),
        _joined([h.words for h in heads.values()], axis=1), _joined([h.bias for h in heads.values()], axis=0),
        _middle(points), {name: calibration[name].labels for name in heads}, teacher)
    chosen = {"held": int(held.sum()), "cosine": round(fitted.cosine, 4), "map_ridge": fitted.map_ridge,
              "word_ridge": fitted.word_ridge, "heads": {
                  name: {"ridge": h.ridge, "word_ridge": h.word_ridge, "loss": round(h.loss, 4)}
                  for name, h in heads.items()}}
    return FittedStatic(parts, chosen)


def _unknown(tokenizer: Tokenizer) -> int | None:
    name = json.loads(tokenizer.to_str())["model"].get("unk_token")
    found: int | None = tokenizer.token_to_id(name) if name else None
    return found


def _joined(parts: Sequence[npt.NDArray[np.floating]], *, axis: int) -> Floats:
    return np.concatenate(parts, axis=axis).astype(np.float32)


def _middle(points: npt.NDArray[np.floating]) -> Floats:
    """The mean text's direction."""
    middle = points.mean(axis=0, keepdims=True)
    if not np.linalg.norm(middle):
        middle[0, 0] = 1.0
    found: Floats = unit_rows(middle)[0].astype(np.float32)
    return found


def card_text(loss: Loss, *, fitted_on: int, dimensions: int, sources: Sequence[str]) -> str:
    """The card that people read."""
    again, themes = loss.themes["ami_again"], loss.themes["ami"]
    rows = "\n".join(f"| {name} | {part.agreement:.3f} | {part.commonest:.3f} | {part.ece:.3f} | {part.gap:.3f} |"
                     for name, part in loss.labels.items())
    return f"""# Static embeddings with label heads

Token vectors ({dimensions} dimensions) distilled from all-MiniLM-L6-v2 with model2vec and fitted, with linear heads for
the label model's sets, to the full model's answers on {fitted_on} mentions of {", ".join(sources)}. A text is the mean
of its tokens: word order and negation are not seen. No text is in these files; that a word piece occurred in the
mentions can be seen from its weights.

What is lost, on {loss.texts} mentions of other items that nothing was fitted on:

| | static | full |
|---|---|---|
| of a text's ten nearest neighbours, the same | {loss.neighbours:.3f} | 1 |
| rank correlation of a text's cosines to all others | {loss.rank:.3f} | 1 |
| AMI to the full encoder's themes (full: under another seed) | {themes:.3f} | {again:.3f} |
| texts a second where this was made | {loss.rates["static"]:.0f} | {loss.rates["full"]:.0f} |

| label set | same label as the full model | always its commonest | ECE against its label | against its probability |
|---|---|---|---|---|
{rows}
"""
