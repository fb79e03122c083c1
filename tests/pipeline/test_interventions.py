"""A planted fix, told in a file: its effect stands in the table and in the report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from voicemine import config as configuration
from voicemine.artefacts.publish import read_table
from voicemine.errors import ConfigError
from voicemine.runner import Outcome, execute


def test_a_planted_fix_is_found_by_way_of_a_file(sample: Path, sample_run: Outcome, tmp_path: Path) -> None:
    """The sign-in fault of the sample corpus is mended in week 7."""
    truth = yaml.safe_load((sample / "truth.yaml").read_text("utf-8"))
    planted = {str(i) for ids in truth["themes"]["login_fault"]["items"].values() for i in ids}
    mentions = read_table(sample_run.folder, "mentions").dropna(subset="theme_id")
    theme = mentions.loc[mentions["item_id"].isin(planted), "theme_id"].value_counts().index[0]
    fixed = pd.Timestamp(str(truth["first_monday"])) + pd.Timedelta(weeks=7)
    (tmp_path / "done.yaml").write_text(
        f"interventions:\n- date: {fixed:%Y-%m-%d}\n  what: sign-in mended\n  themes: [{theme}]\n", "utf-8")
    out = tmp_path / "out"
    shutil.copytree(sample_run.folder.parent, out, symlinks=True)
    config = yaml.safe_load((sample.parents[1] / "configs" / "sample.yaml").read_text("utf-8"))
    for source in config["sources"]:
        source["path"] = str(sample / Path(source["path"]).name)
    (tmp_path / "nightly.yaml").write_text(
        yaml.safe_dump({"version": 1, "sources": config["sources"], "track": {"interventions": "done.yaml"}}), "utf-8")
    done = execute(configuration.load(tmp_path / "nightly.yaml"), out=out)
    assert {n for n, c in done.manifest["stages"].items() if not c.get("reused")} <= {"sources", "track", "personas",
                                                                                      "draw", "export"}
    (row,) = read_table(done.folder, "interventions").to_dict("records")
    assert row["theme_id"] == theme and row["rate_after"] < 0.5 * row["rate_before"]
    assert row["effect_high"] < 1 and row["change_p"] < 0.05
    assert "sign-in mended" in (done.folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize("content, told", [
    ("- date: 2026-13-01\n  what: x\n", "looks like a date but is none"),
    ("- date: spring\n  what: x\n", "track.interventions.0.date"),
    ("- date: 2026-03-01\n  wat: x\n", "track.interventions.0.wat: unknown key"),
    ("- date: 2026-03-01\n", "track.interventions.0.what"),
    ("themes: [a]\n", "must be a list"),
])
def test_a_faulty_file_is_told_with_its_keys(content: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "done.yaml").write_text(content, "utf-8")
    (tmp_path / "nightly.yaml").write_text("track:\n  interventions: done.yaml\n", "utf-8")
    with pytest.raises(ConfigError) as fault:
        configuration.load(tmp_path / "nightly.yaml")
    assert any(told in p for p in fault.value.problems), fault.value.problems
