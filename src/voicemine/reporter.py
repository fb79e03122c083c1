"""What a run tells while it works."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from voicemine.measure import Cost

if TYPE_CHECKING:
    from voicemine.sources.report import SourceReport

log = logging.getLogger("voicemine")


class Reporter:
    """What a run tells while it works. The command line draws it; by default it is written to the log."""

    def source(self, report: SourceReport) -> None:
        """A source was read: how it was understood, so that a wrong guess is seen at once."""
        for line in report.lines():
            log.info("%s", line)

    def stage(self, name: str, about: str) -> None:
        """A stage starts."""
        log.info("%s: %s", name, about)

    def progress(self, done: int, total: int) -> None:
        """The stage that runs has done so much."""

    def done(self, name: str, cost: Cost | None) -> None:
        """A stage ended; without cost, its result was there already."""
        log.info("%s: %s", name, "as before" if cost is None else f"{cost.seconds:.1f} s, {cost.peak_mib:.0f} MiB")
