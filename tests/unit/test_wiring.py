from __future__ import annotations

from dataclasses import replace

import pytest

from voicemine import pipeline
from voicemine.errors import WiringError
from voicemine.wiring import check_wiring


def test_the_pipeline_fits_together_and_writes_every_exported_table() -> None:
    check_wiring(pipeline.STAGES, given=pipeline.GIVEN, backends=pipeline.NEEDS)
    written = {name for stage in pipeline.STAGES for name in stage.writes}
    assert set(pipeline.EXPORTED) <= written


def test_every_fault_is_told_at_once() -> None:
    clean, *rest = pipeline.STAGES
    broken = (replace(rest[0], needs=("oracle",)), clean, clean, replace(rest[1], writes=("nonsense",)))
    with pytest.raises(WiringError) as fault:
        check_wiring(broken, given=pipeline.GIVEN, backends=pipeline.NEEDS)
    text = str(fault.value)
    for part in ("reads 'items_clean', which no earlier stage writes", "needs 'oracle'",
                 "two stages are called 'clean'", "'nonsense', which neither",
                 "writes 'items_clean', which is there already"):
        assert part in text


def test_every_stage_is_named_as_its_section_of_the_configuration() -> None:
    from voicemine.config import Config

    for stage in pipeline.STAGES:
        assert Config.model_fields[stage.name].annotation is stage.settings
