"""Any text classifier or NLI model that transformers can load, as the giver of one label set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from voicemine.backends.model_card import file_hash
from voicemine.backends.protocols import Floats
from voicemine.errors import ModelError

_WINDOW = 512  # tokens read at once, however many the model would take
_ROOM = 16  # tokens of a text, at least, that stand beside a hypothesis
_CHUNK = 512  # texts tokenised at once
_SPLIT = 1024  # logits are read in steps of 1/1024, so that the last bits of a sum decide nothing
_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
_FAULTS = (OSError, ValueError, KeyError, RuntimeError, ImportError)


def label_model_folder(name: str, *, local: Path) -> Path:
    """Folder of a model's files: `local` where it is one, else the hub's files for the id `name`, fetched or known.

    Raises ModelError where there is neither, or no weights as safetensors.
    """
    folder = local
    if not local.is_dir():
        from huggingface_hub import snapshot_download

        try:
            folder = Path(snapshot_download(name, allow_patterns=list(_FILES), ignore_patterns=["*/*"]))
        except _FAULTS as fault:
            raise ModelError(f"classify.models: '{name}' is no folder (looked for {local}) and cannot be had "
                             f"from the hub: {' '.join(str(fault).split())[:200]}; give a folder, or a hub id that "
                             "this machine can reach") from fault
    if not (folder / "config.json").is_file():
        raise ModelError(f"classify.models: {name} holds no config.json; give the folder of a transformers model")
    if not list(folder.glob("*.safetensors")):
        raise ModelError(f"classify.models: {name} holds no .safetensors file; save the model as safetensors")
    return folder


def label_model_identity(name: str, folder: Path) -> str:
    """Name and a hash over weights, tokenizer and configuration: all that the answers hang on."""
    files = sorted({p for pattern in _FILES for p in folder.glob(pattern)})
    hashes = [f"{p.name}:{file_hash(p)}" for p in files]
    return f"{name}:{hashlib.sha256(' '.join(hashes).encode()).hexdigest()[:16]}:fp32:transformers"


def foreign_labels(folder: Path) -> tuple[str, ...]:
    """The model's own labels, in the order of its logits. Raises ModelError where its configuration is unusable."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        return tuple(str(label) for _, label in sorted(config.id2label.items()))
    except (*_FAULTS, AttributeError) as fault:
        raise ModelError(f"classify.models: the configuration in {folder.name} cannot be used: "
                         f"{str(fault)[:200]}") from fault


@dataclass(frozen=True)
class Reading:
    """How the answers become probabilities of `labels`.

    columns: for a classifier, the column of `labels` that each of its own labels is added to. hypotheses: for an NLI
    model, one for each of `labels`; `entailment` is then its label for "follows". Either is empty.
    """

    labels: tuple[str, ...]
    columns: tuple[int, ...] = ()
    hypotheses: tuple[str, ...] = ()
    entailment: int = 0
    temperature: float = 1.0


class TransformersLabeller:
    """A transformers sequence classifier. Safetensors only, no remote code, float32.

    A text beyond the window is read in consecutive windows; its logits are the mean over them, weighted by tokens.
    An NLI model reads each text with each hypothesis, and the softmax goes over the hypotheses' entailment
    (Yin, Hay and Roth, 2019).
    """

    def __init__(
        self, folder: Path, reading: Reading, *, identity: str, batch: int = 32, device: str = "cpu",
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """`progress(done, total)` counts texts, or pairs. Raises ModelError where the model cannot be loaded."""
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

        # Loading takes a moment; a run draws its own bars.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
            model, found = AutoModelForSequenceClassification.from_pretrained(
                folder, trust_remote_code=False, local_files_only=True, use_safetensors=True, output_loading_info=True)
        except _FAULTS as fault:
            raise ModelError(f"classify.models: {folder.name} cannot be loaded: {str(fault)[:200]}") from fault
        if lacking := sorted(map(str, found["missing_keys"])):
            raise ModelError(f"classify.models: {folder.name} is no trained classifier; its weights lack "
                             f"{', '.join(lacking[:3])}")
        if not tokenizer.is_fast or tokenizer.pad_token_id is None:
            raise ModelError(f"classify.models: {folder.name} needs a tokenizer.json with a padding token")
        self._tokenizer, self._model = tokenizer, model.float().eval().to(device)
        self._reading, self._identity, self._batch, self._device = reading, identity, batch, device
        self._window = _window(tokenizer, model.config)
        self._progress = progress or (lambda done, total: None)
        longest = max((len(tokenizer("", h)["input_ids"]) for h in reading.hypotheses), default=0)
        if longest + _ROOM > self._window:
            raise ModelError(f"classify.models: a hypothesis has {longest} tokens, too many for the model's window of "
                             f"{self._window}; shorten the template or the definitions")

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def labels(self) -> tuple[str, ...]:
        return self._reading.labels

    def label(self, texts: Sequence[str]) -> Floats:
        """See `Labeller`. What the model reads together hangs on the texts alone, not on their order."""
        reading = self._reading
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
        ordered = [texts[i] for i in order]
        asked = reading.hypotheses or (None,)
        total = len(ordered) * len(asked)
        parts = [self._read(ordered, hypothesis, done=j * len(ordered), total=total)
                 for j, hypothesis in enumerate(asked)]
        logits = np.stack([p[:, reading.entailment] for p in parts], axis=1) if reading.hypotheses else parts[0]
        given = _softmax(np.round(logits * _SPLIT) / _SPLIT / reading.temperature)
        if not reading.hypotheses:
            fold = np.zeros((given.shape[1], len(reading.labels)))
            fold[np.arange(given.shape[1]), list(reading.columns)] = 1.0
            given = given @ fold
        out = np.zeros((len(texts), len(reading.labels)), dtype=np.float32)
        out[order] = given
        return out

    def _read(self, texts: Sequence[str], hypothesis: str | None, *, done: int, total: int) -> npt.NDArray[np.float64]:
        """Logits (n, labels of the model) of texts, each with the hypothesis where there is one."""
        sums = np.zeros((len(texts), self._model.config.num_labels))
        weights = np.zeros((len(texts), 1))
        for start in range(0, len(texts), _CHUNK):
            some = texts[start : start + _CHUNK]
            for rows, arrays in self._batches(some, hypothesis):
                with torch.inference_mode():
                    logits = self._model(**arrays).logits.float().cpu().numpy()
                tokens = arrays["attention_mask"].sum(dim=1).cpu().numpy()[:, None]
                np.add.at(sums, start + rows, logits * tokens)
                np.add.at(weights, start + rows, tokens)
            self._progress(done + start + len(some), total)
        return sums / np.maximum(weights, 1)

    def _batches(
        self, texts: Sequence[str], hypothesis: str | None
    ) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, torch.Tensor]]]:
        """Rows (of `texts`) and padded arrays of windows of like length, shortest first."""
        pair = None if hypothesis is None else [hypothesis] * len(texts)
        found: Mapping[str, Any] = self._tokenizer(
            list(texts), pair, truncation="only_first", max_length=self._window, return_overflowing_tokens=True,
            return_attention_mask=True)
        ids = found["input_ids"]
        owner = np.asarray(found["overflow_to_sample_mapping"], dtype=np.int64)
        order = sorted(range(len(ids)), key=lambda i: (len(ids[i]), int(owner[i]), i))
        names = [n for n in self._tokenizer.model_input_names if n in found]
        for start in range(0, len(order), self._batch):
            chosen = order[start : start + self._batch]
            arrays = {name: torch.nn.utils.rnn.pad_sequence(
                [torch.tensor(found[name][i]) for i in chosen], batch_first=True,
                padding_value=self._tokenizer.pad_token_id if name == "input_ids" else 0).to(self._device)
                for name in dict.fromkeys([*names, "attention_mask"])}
            yield owner[chosen], arrays


def _window(tokenizer: Any, config: Any) -> int:
    """Tokens that the model takes at once, special ones included."""
    stated = int(min(tokenizer.model_max_length, _WINDOW))
    places = getattr(config, "max_position_embeddings", None)
    # RoBERTa and its kin count places from behind the padding token's.
    offset = 2 if "roberta" in str(config.model_type) else 0
    return min(stated, int(places) - offset) if isinstance(places, int) and places > 0 else stated


def _softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    result: npt.NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return result
