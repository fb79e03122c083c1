"""Any encoder that sentence-transformers can load: a hub id or a local folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from voicemine.backends.model_card import file_hash
from voicemine.backends.protocols import Encoding
from voicemine.errors import ModelError


class HubEncoder:
    """A sentence-transformers model. Safetensors only, no remote code; vectors are normalised."""

    def __init__(self, name: str, *, device: str = "cpu") -> None:
        """Raises ModelError where the model cannot be loaded or holds no safetensors weights."""
        from sentence_transformers import SentenceTransformer

        folder = Path(name)
        if folder.is_dir() and not list(folder.rglob("*.safetensors")):
            raise ModelError(f"encode.model {name} holds no .safetensors file; save the model as safetensors")
        try:
            self._model = SentenceTransformer(
                name, device=device, trust_remote_code=False, model_kwargs={"use_safetensors": True})
        except (OSError, ValueError, KeyError, RuntimeError) as fault:
            raise ModelError(
                f"encode.model '{name}' cannot be loaded: {str(fault)[:200]}; "
                "give a folder, or a hub id that this machine can reach") from fault
        self._identity = f"{name}:{self._weights(folder)}:fp32:sentence-transformers"

    def _weights(self, folder: Path) -> str:
        if folder.is_dir():
            hashes = [file_hash(p) for p in sorted(folder.rglob("*.safetensors"))]
            return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]
        digest = hashlib.sha256()
        for key, value in sorted(self._model.state_dict().items()):
            digest.update(key.encode())
            digest.update(value.detach().cpu().contiguous().float().numpy().tobytes())
        return digest.hexdigest()[:16]

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Vectors (n, d) of length 1; texts beyond the model's window are cut by the model and counted."""
        limit = int(self._model.max_seq_length or 512)
        lengths = [len(i) for i in self._model.tokenizer(list(texts), truncation=False)["input_ids"]] if texts else []
        vectors = self._model.encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return Encoding(np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1),
                        n_windowed=sum(n > limit for n in lengths),
                        windowed=np.array([n > limit for n in lengths], dtype=np.bool_))
