"""The examples in docs/operating.md are what they claim: commands parse, units and schedules are well-formed."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from voicemine import config as configuration
from voicemine.cli import commands, forgetting, inspect  # noqa: F401 - registers the commands
from voicemine.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "operating.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.S | re.M)


def parse(command: str | list[str]) -> dict[str, Any]:
    """Parameters as the command line takes them; nothing is run. Fails for an unknown command, option or value."""
    words = shlex.split(command) if isinstance(command, str) else command
    at = next(i for i, w in enumerate(words) if Path(w).name == "voicemine")
    words = words[at + 1 : next((i for i, w in enumerate(words) if i > at and w in (">>", ">", "|")), None)]
    group: Any = typer.main.get_command(app)
    context = group.make_context("voicemine", list(words))
    rest = [*context._protected_args, *context.args]
    name, found, rest = group.resolve_command(context, rest)
    return {"command": name, **found.make_context(name, rest, parent=context).params}


def is_nightly(command: str | list[str]) -> bool:
    found = parse(command)
    return found["command"] == "run" and found["config"] == Path("/srv/voicemine/nightly.yaml")


def test_the_cron_line_has_five_fields_and_a_command() -> None:
    (line,) = [ln for ln in blocks("cron")[0].splitlines() if not ln.startswith("#")]
    fields, command = line.split(maxsplit=5)[:5], line.split(maxsplit=5)[5]
    bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    assert all(f == "*" or low <= int(f) <= high for f, (low, high) in zip(fields, bounds, strict=True))
    assert is_nightly(command)


def test_the_systemd_units_are_whole() -> None:
    units = []
    for block in blocks("ini"):
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(block)
        units.append(unit)
    service, timer = units
    assert service["Service"]["Type"] == "oneshot" and is_nightly(service["Service"]["ExecStart"])
    assert timer["Install"]["WantedBy"] == "timers.target" and timer["Timer"]["Persistent"] == "true"
    when = timer["Timer"]["OnCalendar"]
    assert re.fullmatch(r"\*-\*-\* ([01]\d|2[0-3]):[0-5]\d:[0-5]\d UTC", when)
    if shutil.which("systemd-analyze"):
        subprocess.run(["systemd-analyze", "calendar", when], check=True, capture_output=True)


def modules(monkeypatch: pytest.MonkeyPatch, **contents: dict[str, Any]) -> None:
    """Stand-ins for modules that are not installed, by name with `__` for the dot."""
    for name, values in contents.items():
        module = types.ModuleType(name.replace("__", "."))
        module.__dict__.update(values)
        monkeypatch.setitem(sys.modules, name.replace("__", "."), module)


def test_the_airflow_snippet_makes_one_task_that_runs_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fail(Exception):
        pass

    options: dict[str, Any] = {}

    def decorate(**given: Any) -> Any:
        options.update(given)
        return lambda function: function

    modules(monkeypatch, airflow={}, airflow__decorators={"dag": decorate, "task": decorate},
            airflow__exceptions={"AirflowFailException": Fail})
    codes, ran = [0], []

    def run(command: list[str], *, check: bool) -> Any:
        ran.append(command)
        return subprocess.CompletedProcess(command, codes[-1])

    monkeypatch.setattr(subprocess, "run", run)
    snippet = compile(next(b for b in blocks("python") if "airflow" in b), "airflow", "exec")
    exec(snippet, {})
    assert options["max_active_runs"] == 1 and not options["catchup"] and options["retries"] == 2
    assert len(ran) == 1 and is_nightly(ran[0])
    for code, fault in ((2, Fail), (3, Fail), (6, Fail), (4, subprocess.CalledProcessError),
                        (5, subprocess.CalledProcessError)):
        codes.append(code)
        with pytest.raises(fault):
            exec(snippet, {})


def test_the_prefect_snippet_tries_again_only_what_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {}

    def task(**given: Any) -> Any:
        options.update(given)
        return lambda function: function

    modules(monkeypatch, prefect={"task": task, "flow": lambda function: function})
    space: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(next(b for b in blocks("python") if "prefect" in b), "prefect", "exec"), space)
    ran: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: ran.append(command))
    space["nightly"]()
    assert len(ran) == 1 and is_nightly(ran[0])

    def state(code: int) -> Any:
        fault = subprocess.CalledProcessError(code, "voicemine")
        return types.SimpleNamespace(result=lambda raise_on_failure: fault)

    assert [c for c in range(1, 7) if options["retry_condition_fn"](None, None, state(c))] == [4, 5]


def test_the_commands_in_the_text_parse() -> None:
    lines = [ln.strip() for ln in TEXT.splitlines() if ln.startswith("    voicemine ")]
    assert len(lines) >= 2
    assert all(parse(ln)["command"] == "forget" for ln in lines)


def test_the_interventions_example_loads(tmp_path: Path) -> None:
    (block,) = blocks("yaml")
    (tmp_path / "interventions.yaml").write_text(block, "utf-8")
    (tmp_path / "nightly.yaml").write_text("track:\n  interventions: interventions.yaml\n", "utf-8")
    found = configuration.load(tmp_path / "nightly.yaml").config.track.interventions
    assert [f.what for f in found] == [e["what"] for e in yaml.safe_load(block)]
    assert found[1].touchpoint == "checkout" and found[0].themes == ("Parcel arrives late",)


def test_settings_named_in_the_text_exist() -> None:
    known = set(configuration.keys())
    named = set(re.findall(r"`((?:cluster|gate|notify|run|track|privacy)\.[a-z_.]+)", TEXT)) - {"run.json"}
    assert len(named) >= 8
    assert {n.rstrip(".") for n in named} <= known, {n for n in named if n.rstrip(".") not in known}
