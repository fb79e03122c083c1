"""What a fit leaves: everything that is needed to say which theme a vector belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from voicemine.errors import ModelError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
CORE, NEAR, NONE = 2, 1, 0


@dataclass(frozen=True)
class Assignment:
    """Where vectors belong. All (n,).

    label: theme, -1 = none. sublabel: row of the sub-theme, -1 = none. probability: share of consensus runs in which
    it belongs to its theme, 0 for none. fit: CORE, NEAR or NONE.
    """

    label: Ints
    sublabel: Ints
    probability: Floats
    fit: npt.NDArray[np.int8]


@dataclass(frozen=True)
class ThemeModel:
    """Fitted themes: t themes (rows 0..t-1 of `stability`), then s sub-themes; m exemplars; r consensus runs.

    mean (d,), components (d, p): the projection. exemplars (m, p) float16: learnt mentions, projected.
    exemplar_theme, exemplar_subtheme (m,): -1 = none. exemplar_probability (m,): share of the consensus runs in
    which the exemplar stands in the group that is most like its theme. parent (t + s,): -1 for a theme. stability
    (t + s,): mean best Jaccard over the runs. floor (1,): least cosine to the nearest exemplars; below it a vector
    has no theme. core (1,): probability from which a mention is core. voters (1,): exemplars that vote. tried (l, 4):
    of each level tried its resolution, groups, stability and separation. resolution (1,): of what is shown, 0 where
    no level was tried. label, sublabel, probability, fit (n,): this run's rows, as given.
    What later runs need (see incremental.py): row_hashes (n,): of this run's rows. fitted (f,): hashes of the rows of
    the last full fit, sorted. usual (4,): what was fitted, to measure drift against. age (1,): runs since then.
    """

    mean: Floats
    components: Floats
    exemplars: npt.NDArray[np.float16]
    exemplar_theme: Ints
    exemplar_subtheme: Ints
    exemplar_probability: Floats
    parent: Ints
    stability: Floats
    floor: Floats
    core: Floats
    voters: Ints
    tried: Floats
    resolution: Floats
    label: Ints
    sublabel: Ints
    probability: Floats
    fit: npt.NDArray[np.int8]
    row_hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    fitted: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    usual: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))
    age: Ints = field(default_factory=lambda: np.zeros(1, np.int32))

    @property
    def n_themes(self) -> int:
        """Themes of the default level."""
        return int((self.parent < 0).sum())

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The model as named numpy arrays."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> ThemeModel:
        """The inverse of `to_arrays`. Raises ModelError where an array is missing."""
        missing = [f.name for f in fields(cls) if f.name not in arrays]
        if missing:
            raise ModelError(f"the stored theme model lacks {', '.join(missing)}; fit the themes anew")
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})
