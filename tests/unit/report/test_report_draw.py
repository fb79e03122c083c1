"""The written report: whole, self-contained, equal each time, and safe whatever the customers wrote."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.fabricated_run import HOSTILE, fabricate

from voicemine import tables
from voicemine.api import Run
from voicemine.artefacts.publish import write_tables
from voicemine.errors import ConfigError, StoreError, UsageError
from voicemine.report import ReportSettings, draw, pdf


class _Page(HTMLParser):
    """Elements, attributes and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_stands_alone_and_is_equal_each_time(run_folder: Path) -> None:
    page = draw(run_folder).read_text("utf-8")
    assert draw(run_folder).read_text("utf-8") == page
    found = _Page(page)
    for tag, attributes in found.tags:
        assert "src" not in attributes, tag
        assert attributes.get("href", "#").startswith("#"), attributes
        assert not any(name.startswith("on") for name in attributes), attributes
    assert "url(" not in page and "@import" not in page
    ids = [a["id"] for _, a in found.tags if "id" in a]
    assert len(ids) == len(set(ids))
    linked = {a["href"][1:] for t, a in found.tags if t == "a" and a.get("href")}
    assert linked <= set(ids)


def test_hostile_texts_are_shown_and_never_markup(hostile_folder: Path) -> None:
    page = draw(hostile_folder).read_text("utf-8")
    found = _Page(page)
    assert [t for t, _ in found.tags].count("script") == 2
    assert "img" not in {t for t, _ in found.tags}
    assert HOSTILE[0] in "".join(found.text)
    assert "49" not in re.findall(r"\{\{.*?\}\}", page) and "{{7*7}}" in page
    assert not set(page) & set("\u202a\u202b\u202d\u202e\u2028\u2029")
    assert "w" * 1000 not in page
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data and json.loads(data[1])["map"]["n"] > 1000


def test_markdown_and_json_say_the_same_as_the_page(hostile_folder: Path) -> None:
    text = draw(hostile_folder, format="md").read_text("utf-8")
    assert "<script" not in text.replace("\\<", "") and "## Themes" in text
    data = json.loads(draw(hostile_folder, format="json").read_text("utf-8"))
    assert data["themes"][0]["name"] == HOSTILE[0]
    lines = text.split("## Themes")[1].split("###")[0].splitlines()
    assert len(data["themes"]) == sum(line.startswith("| ") for line in lines) - 1


def test_an_empty_run_still_has_a_report(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    found = {name: tables.empty(name) for name in tables.EXPORTED}
    write_tables(tmp_path, found, csv_too=False)
    (tmp_path / "run.json").write_text('{"run_id": "r"}', "utf-8")
    page = draw(tmp_path).read_text("utf-8")
    assert "No theme was found" in page
    assert draw(tmp_path, format="md").is_file() and draw(tmp_path, format="json").is_file()


def test_a_hundred_themes_fit_in_five_megabytes(tmp_path: Path) -> None:
    folder = fabricate(tmp_path, copies=4, splits=7)
    path = draw(folder, settings=ReportSettings(hover_length=180))
    assert 100 <= path.read_text("utf-8").count('<tr data-id="') <= 110
    assert path.stat().st_size < 5_000_000


def test_settings_come_from_the_run(run_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    record = json.loads((folder / "run.json").read_text("utf-8"))
    record["config"]["report"] = {"title": "Fernhollow <listens>"}
    (folder / "run.json").write_text(json.dumps(record), "utf-8")
    assert "Fernhollow &lt;listens&gt;" in draw(folder).read_text("utf-8")
    record["config"]["report"] = {"titel": "x"}
    (folder / "run.json").write_text(json.dumps(record), "utf-8")
    with pytest.raises(ConfigError, match="titel"):
        draw(folder)


def test_a_missing_table_and_a_wrong_format_are_told(run_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    with pytest.raises(UsageError, match="docx"):
        draw(folder, format="docx")  # type: ignore[arg-type]
    (folder / "tables" / "map_points.parquet").unlink()
    assert 'id="map"' not in draw(folder).read_text("utf-8")
    (folder / "tables" / "themes.parquet").unlink()
    with pytest.raises(StoreError, match="themes"):
        draw(folder)


def test_without_a_browser_a_pdf_is_refused_with_the_cure(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEMINE_CHROMIUM", "no-such-browser")
    assert pdf.find_browser() is None
    with pytest.raises(UsageError, match="install chromium"):
        draw(run_folder, format="pdf")


def test_pictures_for_a_notebook(hostile_folder: Path, tmp_path: Path) -> None:
    figure_type = pytest.importorskip("matplotlib.figure").Figure
    found = Run.open(hostile_folder)
    for number, figure in enumerate((found.plot_journey(), found.plot_themes(limit=5), found.plot_map(labels=3))):
        assert isinstance(figure, figure_type)
        path = tmp_path / f"{number}.png"
        figure.savefig(path, dpi=40)
        assert path.stat().st_size > 2_000
    assert len(found.plot_themes(limit=5).axes[0].get_yticklabels()) == 5
    assert len(found.plot_map(labels=3).axes[0].texts) == 3


def test_a_map_that_was_not_drawn_is_told(run_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    write_tables(folder, {"map_points": tables.empty("map_points")}, csv_too=False)
    with pytest.raises(UsageError, match=r"draw\.n_points"):
        Run.open(folder).plot_map()
