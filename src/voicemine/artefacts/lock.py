"""One run at a time in an out folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from voicemine.artefacts.files import make_folder, unwritable
from voicemine.errors import LockedError


@contextmanager
def hold(out: Path) -> Iterator[None]:
    """Hold the out folder's lock. Raises LockedError at once where another process has it.

    The lock belongs to the process: a killed run releases it.
    """
    path = make_folder(out / "state") / "lock"
    lock = filelock.FileLock(path, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as fault:
        raise LockedError(f"another run is working in {out}; wait for it to end, or use another --out") from fault
    except OSError as fault:
        raise unwritable(path, fault) from fault
    try:
        yield
    finally:
        lock.release()
