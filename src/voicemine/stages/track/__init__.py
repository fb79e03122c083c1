"""Track: themes keep their identity from run to run, and their course in time is tested."""

from voicemine.stages.track.settings import TrackSettings
from voicemine.stages.track.stage import STAGE, Tracked, track
from voicemine.stages.track.state import LEDGER_READS, ledger_state

__all__ = ["LEDGER_READS", "STAGE", "TrackSettings", "Tracked", "ledger_state", "track"]
