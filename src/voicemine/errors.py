"""Every error that voicemine raises on purpose.

    VoicemineError              base; carries the exit code of the command line
    ├── UsageError        (2)   wrong arguments; nothing was started
    │   └── ConfigError   (2)   the configuration is wrong; lists every problem
    ├── InputError        (3)   a source cannot be read or holds nothing usable
    ├── StageError        (4)   a stage failed; the last good run stays current
    │   ├── WiringError   (4)   a stage reads what nobody wrote
    │   ├── TableError    (4)   a table breaks its contract
    │   ├── ModelError    (4)   a model is missing, altered or unusable
    │   └── StoreError    (4)   the out folder cannot be read or written
    ├── LockedError       (5)   another run holds the out folder
    └── GateError         (6)   the run is kept but was not made current

A message is one readable sentence that names the row, column, key or path, and the cure.
"""

from __future__ import annotations

from collections.abc import Sequence


class VoicemineError(Exception):
    """Base of all expected failures. `exit_code` is what the command line returns."""

    exit_code = 4


class UsageError(VoicemineError):
    """Wrong arguments."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration is wrong. `problems` holds one line for each fault found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        lead = "the configuration has a problem" if len(self.problems) == 1 else (
            f"the configuration has {len(self.problems)} problems")
        super().__init__(lead + ":\n" + "\n".join(f"  - {p}" for p in self.problems))


class InputError(VoicemineError):
    """A source cannot be read, or nothing in it can be used."""

    exit_code = 3


class StageError(VoicemineError):
    """A stage failed."""


class WiringError(StageError):
    """The chain of stages does not fit together."""


class TableError(StageError):
    """A table breaks its contract: names table, column, count and a few bounded examples."""


class ModelError(StageError):
    """A model is missing, was altered, or cannot serve what is asked."""


class StoreError(StageError):
    """The out folder, cache or state cannot be read or written."""


class LockedError(VoicemineError):
    """Another run is working in the same out folder."""

    exit_code = 5


class GateError(VoicemineError):
    """The run finished, but the publish gate refused to make it current."""

    exit_code = 6
