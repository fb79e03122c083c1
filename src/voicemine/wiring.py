"""The check that the chain of stages fits together, before anything is loaded."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from voicemine.errors import WiringError
from voicemine.stages.base import ARRAYS, Stage
from voicemine.tables import TABLES


def check_wiring(pipeline: Sequence[Stage], *, given: Collection[str], backends: Collection[str]) -> None:
    """Every read is given or written earlier, every artefact declared and written once, every need known.

    Raises WiringError with every fault found.
    """
    faults: list[str] = []
    known = set(given)
    names = [s.name for s in pipeline]
    faults += [f"two stages are called '{n}'" for n in sorted({n for n in names if names.count(n) > 1})]
    for stage in pipeline:
        faults += [f"stage {stage.name} reads '{r}', which no earlier stage writes" for r in stage.reads
                   if r not in known]
        faults += [f"stage {stage.name} needs '{n}', which no backend provides" for n in stage.needs
                   if n not in backends]
        for name in stage.writes:
            if name in known:
                faults.append(f"stage {stage.name} writes '{name}', which is there already")
            if name not in TABLES and name not in ARRAYS:
                faults.append(f"stage {stage.name} writes '{name}', which neither tables.py nor stages/base.py "
                              "declares")
            known.add(name)
    if faults:
        raise WiringError("the stages do not fit together: " + "; ".join(faults))
