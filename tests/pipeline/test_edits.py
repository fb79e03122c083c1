"""What people change about themes by hand holds in the runs after, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.unit.test_theme_edits import ThemeEdits
from voicemine.artefacts.edit_file import write_edits
from voicemine.artefacts.ledger import Ledger
from voicemine.artefacts.publish import read_table
from voicemine.runner import Outcome


def test_merged_and_hidden_themes(tmp_path: Path, run_few: Callable[..., Outcome]) -> None:
    first = run_few(tmp_path, "cluster.scope=all")
    themes = read_table(first.folder, "themes").query("level == 0").sort_values("n_mentions", ascending=False)
    assert len(themes) >= 3, "the file holds too few themes for this test"
    assert not themes["is_hidden"].any()
    a, b, c = themes["theme_id"][:3]
    known = Ledger.open(tmp_path / "state" / "ledger.sqlite").read_prior(first.folder.name)
    centroid = dict(zip(known.themes["theme_id"], known.centroids, strict=True))
    write_edits(tmp_path / "state", ThemeEdits(together=((centroid[a], centroid[b]),), hidden=frozenset({c})))

    second = run_few(tmp_path, "cluster.scope=all")
    after = read_table(second.folder, "themes").query("level == 0").set_index("theme_id")
    size = themes.set_index("theme_id")["n_mentions"]
    assert (a in after.index) != (b in after.index)
    kept = a if a in after.index else b
    assert after.loc[kept, "n_mentions"] >= 0.95 * (size[a] + size[b])
    assert after.index[after["is_hidden"]].tolist() == [c]
    events = read_table(second.folder, "theme_ledger")
    assert "merged" in set(events.loc[events["run_id"] == second.folder.name, "event"])
