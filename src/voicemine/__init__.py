"""voicemine mines customer feedback into named pain-point themes, linked to journey stages and touchpoints.

    import voicemine
    run = voicemine.mine(frame)          # or voicemine.run("nightly.yaml")
    run.table("themes")                  # or voicemine.read_table("out", "themes")
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voicemine.api import Run, mine, run
    from voicemine.artefacts.publish import read_table

__all__ = ["Run", "mine", "read_table", "run"]
__version__ = metadata.version("voicemine")


def __getattr__(name: str) -> Any:
    # Lazy, so that `import voicemine` (and every command's --help) does not load torch.
    if name in ("Run", "mine", "run"):
        from voicemine import api

        return getattr(api, name)
    if name == "read_table":
        from voicemine.artefacts.publish import read_table

        return read_table
    raise AttributeError(f"module 'voicemine' has no attribute '{name}'")
