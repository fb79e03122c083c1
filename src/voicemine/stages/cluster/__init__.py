"""Groups mentions into themes and sub-themes, with a stability for each, and assigns new mentions to them."""

from __future__ import annotations

from voicemine.stages.cluster.assign import assign_themes
from voicemine.stages.cluster.fit import fit_themes
from voicemine.stages.cluster.model import Assignment, ThemeModel
from voicemine.stages.cluster.settings import ClusterSettings
from voicemine.stages.cluster.stage import STAGE, Clustered, cluster

__all__ = [
    "STAGE", "Assignment", "ClusterSettings", "Clustered", "ThemeModel", "assign_themes", "cluster", "fit_themes",
]
