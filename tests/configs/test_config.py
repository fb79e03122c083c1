from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from voicemine import config as configuration
from voicemine.errors import ConfigError
from voicemine.resources import config_file

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def _problems(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as fault:
        configuration.load(None, overrides=overrides)
    assert fault.value.exit_code == 2
    return fault.value.problems


def test_default_yaml_is_what_the_code_says_comments_and_all() -> None:
    shipped = config_file("default.yaml").read_text("utf-8")
    head, _, body = shipped.partition("version: 1")
    fresh = configuration.render(configuration.Config())
    assert "version: 1" + body == fresh[fresh.index("version: 1"):], "run `make configs`"
    assert head.startswith("# Every setting")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.name)
def test_every_shipped_configuration_is_valid(path: Path) -> None:
    if path.name.startswith("train"):
        from voicemine.training.settings import read_settings

        read_settings(path)
    elif path.name == "tune.yaml":
        from voicemine.evaluation.tune import read_space

        keys = read_space(path).keys
        configuration.load(None, overrides=[f"{key}={axis.choices[0] if axis.choices else axis.low}"
                                            for key, axis in keys.items()])
    else:
        configuration.load(path)


def test_rendered_configuration_reads_back_as_itself() -> None:
    asked = ["cluster.n_themes=30", "clean.languages=[en, de]", "run.as_of=2026-07-05"]
    loaded = configuration.load(None, overrides=asked)
    for comments in (True, False):
        again = configuration.validate(yaml.safe_load(configuration.render(loaded.config, comments=comments)))
        assert again == loaded.config


def test_all_problems_at_once_with_path_and_nearest_key() -> None:
    problems = _problems("cluster.n_theme=3", "run.seed=abc", "segment.unit=word", "nonsense.x=1")
    text = "\n".join(problems)
    assert len(problems) == 4
    assert "cluster.n_theme: unknown key; did you mean cluster.n_themes?" in text
    assert "run.seed: input should be a valid integer (given: 'abc')" in text
    assert "segment.unit: input should be 'mention', 'sentence' or 'item'" in text
    assert "nonsense: unknown key" in text


def test_strict_types() -> None:
    assert "valid integer" in _problems("run.seed='3'")[0]
    assert "valid boolean" in _problems("export.csv=1")[0]


@pytest.mark.parametrize("override, part", [
    ("cluster", "section.key=value"), (".x=1", "section.key=value"), ("version.x=1", "is a value and has no keys"),
    ("sources.0.path=x", "no position in a list"), ("run.seed=[", "not valid YAML"),
])
def test_a_wrong_override_is_explained(override: str, part: str) -> None:
    extra = {"sources": []} if override.startswith("sources") else {"version": 1}
    with pytest.raises(ConfigError) as fault:
        configuration.load(None, overrides=[override], extra=extra)
    assert part in str(fault.value)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "c.yaml"
    path.parent.mkdir()
    path.write_text("version: 1\nrun: {out: ../here}\n")
    loaded = configuration.load(path)
    assert loaded.resolve(str(loaded.config.run.out)) == tmp_path / "sub" / ".." / "here"


def test_a_taxonomy_of_ones_own_takes_effect(tmp_path: Path) -> None:
    stages = yaml.safe_load(config_file("taxonomies/journey.yaml").read_text())
    stages["stages"] = [s for s in stages["stages"] if s["label"] != "advocacy"]
    (tmp_path / "j.yaml").write_text(yaml.safe_dump(stages))
    (tmp_path / "c.yaml").write_text("taxonomy: {journey: j.yaml}\n")
    assert "advocacy" not in configuration.load(tmp_path / "c.yaml").taxonomy.stage_labels


@pytest.mark.parametrize("text, part", [
    ("run: {seed: 1}\nrun: {seed: 2}", "line 2: the key 'run' stands twice"),
    ("- a\n- b", "must be a mapping"), ("run: [", "line 1"), ("a: !!python/name:os.system", "python/name"),
])
def test_a_malformed_file_is_refused_with_its_line(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError) as fault:
        configuration.load(tmp_path / "c.yaml")
    assert part in str(fault.value)


@given(st.sampled_from(configuration.keys()), st.data())
def test_a_mistyped_key_finds_its_way_back(key: str, data: st.DataObject) -> None:
    last = key.rpartition(".")[2]
    if len(last) < 6:
        return
    at = data.draw(st.integers(1, len(last) - 2))
    wrong = key.removesuffix(last) + last[:at] + last[at + 1:]
    if wrong not in set(configuration.keys()):
        assert configuration.nearest(wrong) is not None
