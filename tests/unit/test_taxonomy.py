from __future__ import annotations

from pathlib import Path

import pytest

from voicemine.errors import ConfigError
from voicemine.resources import config_file
from voicemine.taxonomy import Taxonomy, load_taxonomy, load_yaml

JOURNEY, TOUCHPOINTS = config_file("taxonomies/journey.yaml"), config_file("taxonomies/touchpoints.yaml")


def _journey(tmp_path: Path, text: str) -> Taxonomy:
    path = tmp_path / "journey.yaml"
    path.write_text(text)
    return load_taxonomy(path, TOUCHPOINTS)


def test_the_shipped_taxonomy_is_the_codebook() -> None:
    taxonomy = load_taxonomy(JOURNEY, TOUCHPOINTS)
    assert taxonomy.stage_labels == ("awareness", "consideration", "purchase", "onboarding", "use", "support",
                                     "retention", "advocacy", "unclear")
    assert len(taxonomy.touchpoint_labels) == 24 and taxonomy.touchpoint_labels[-2:] == ("none", "unclear")
    assert {s.classic for s in taxonomy.stages} == {"awareness", "consideration", "purchase", "retention", "advocacy"}
    assert taxonomy.classic("support") == "retention" and taxonomy.classic("unclear") is None
    assert taxonomy.channel("mobile_app") == "online" and taxonomy.channel("none") is None


STAGE = "  - {{label: {0}, classic: awareness, definition: some long definition}}\n"


@pytest.mark.parametrize("text, part", [
    ("version: 1\nstages:\n" + STAGE.format("a") + STAGE.format("a"), "'a' is listed twice"),
    ("version: 1\nstages:\n" + STAGE.format("a") + STAGE.format("unclear"), "'unclear' is built in"),
    ("version: 1\nstages:\n" + STAGE.format("a") + STAGE.format("Bad-Label"), "stages.1.label"),
    ("version: 2\nstages:\n" + STAGE.format("a") + STAGE.format("b"), "version"),
    ("version: 1\nversion: 1\nstages: []", "line 2: the key 'version' stands twice"),
    ("version: 1\nstages: [", "line 2"),
    ("version: 1\nstages: !!python/object/apply:os.system ['true']", "python/object"),
])
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(ConfigError) as fault:
        _journey(tmp_path, text)
    assert part in str(fault.value)


def test_problems_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("version: 1\n")
    with pytest.raises(ConfigError) as fault:
        load_taxonomy(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert len(fault.value.problems) == 2


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.yaml"):
        load_yaml(tmp_path / "none.yaml")
