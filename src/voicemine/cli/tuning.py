"""`voicemine tune`: try configurations and tell which serves best."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from voicemine.cli.main import JsonOption, app


@app.command()
def tune(
    config: Annotated[Path, typer.Option("--config", help="Configuration file (YAML) to start from.")],
    space: Annotated[Path, typer.Option("--space", help="What may vary and what is wanted (YAML).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the trials; not your out folder.")],
    as_json: JsonOption = False,
) -> None:
    """Search configurations. Trials share their folder's cache, so only what a change touches is computed again."""
    from voicemine import config as configuration
    from voicemine.artefacts.publish import read_table
    from voicemine.cli.output import errors, results, table
    from voicemine.evaluation.tune import Trial, Value, best_first, objective_of, read_space, search
    from voicemine.runner import execute

    wanted = read_space(space)
    judge = objective_of(wanted, base=space.parent)
    configuration.load(config)

    def score(params: Mapping[str, Value]) -> float:
        loaded = configuration.load(config, overrides=[f"{k}={json.dumps(v)}" for k, v in params.items()])
        folder = execute(loaded, out=out, force_publish=True).folder
        return judge(lambda name: read_table(folder, name))

    def told(trial: Trial) -> None:
        value = "failed: " + trial.fault if trial.value is None else f"{trial.value:.4f}"
        errors.print(f"trial {trial.number}: {value}  {dict(trial.params)}", markup=False)

    trials = best_first(search(wanted, score, told=told))
    if as_json:
        typer.echo(json.dumps([{"number": t.number, "value": t.value, "params": dict(t.params), "fault": t.fault}
                               for t in trials], indent=1))
        return
    results.print(table("", ("trial", wanted.objective, "settings"),
                        [(t.number, t.value, " ".join(f"--set {k}={json.dumps(v)}" for k, v in t.params.items())
                          or "as given") for t in trials]))
