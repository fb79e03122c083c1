from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from voicemine.artefacts.lock import hold
from voicemine.errors import LockedError

_HOLD = """
import sys
from pathlib import Path
from voicemine.artefacts.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_and_a_killed_one_frees_the_lock(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    with pytest.raises(LockedError) as refused, hold(tmp_path):
        pass
    assert refused.value.exit_code == 5
    other.kill()
    other.wait()
    with hold(tmp_path):
        pass
