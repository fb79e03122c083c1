"""Which runtime serves, how it is remembered, and what a run's identity says of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from voicemine import config as configuration
from voicemine import encoders
from voicemine.artefacts.keys import Hasher
from voicemine.backends.runtimes.choose import Candidate, Measured
from voicemine.errors import ConfigError, ModelError
from voicemine.resources import model_dir

TORCH = Measured("torch", "fp32", 100.0, 1.0, 0.0)
FAST = Measured("openvino", "fp32", 180.0, 0.99999, 0.0001)
WRONG = Measured("onnx", "fp32", 400.0, 0.98, 0.2)


class Bench:
    """Stands for the comparison: counts how often it is held."""

    def __init__(self, *found: Measured) -> None:
        self.found, self.held = list(found), 0

    def __call__(self, *_: object, **__: object) -> list[Measured]:
        self.held += 1
        return self.found


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    made = Bench(TORCH, FAST, WRONG)
    monkeypatch.setenv("VOICEMINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(encoders, "measure", made)
    monkeypatch.setattr(encoders, "default_graph", lambda labels: None)
    monkeypatch.setattr(encoders, "candidates", lambda setting, device: [
        Candidate("torch"), Candidate("openvino"), Candidate("onnx")] if setting == "auto" else [Candidate(setting)])
    return made


def _choose(state: Path, *overrides: str) -> encoders.Choice:
    loaded = configuration.load(None, overrides=overrides)
    return encoders.choose(loaded.config.encode, model_dir("labels"), device="cpu",
                           threads=loaded.config.run.threads, state=state)


def test_the_fastest_faithful_runtime_is_chosen_once_for_a_machine(bench: Bench, tmp_path: Path) -> None:
    first = _choose(tmp_path / "state")
    assert first.candidate == Candidate("openvino") and first.measured == (TORCH, FAST, WRONG)
    bench.found = [TORCH]
    assert _choose(tmp_path / "state") == first
    assert _choose(tmp_path / "another") == first, "two fresh folders on one machine agree"
    assert bench.held == 1
    kept = json.loads((tmp_path / "another" / "encoder.json").read_text("utf-8"))
    assert [m["is_faithful"] for m in next(iter(kept["choices"].values()))["measured"]] == [True, True, False]


def test_another_machine_version_or_setting_is_measured_anew(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _choose(tmp_path / "state")
    monkeypatch.setattr(encoders, "machine", lambda: {"processor": "another"})
    _choose(tmp_path / "state")
    _choose(tmp_path / "state", "run.threads=7")
    monkeypatch.setattr(encoders, "_version", lambda name: "9.9")
    _choose(tmp_path / "state")
    assert bench.held == 4


def test_plain_pytorch_is_never_measured(bench: Bench, tmp_path: Path) -> None:
    assert _choose(tmp_path / "state", "encode.backend=torch").candidate == Candidate("torch")
    assert bench.held == 0 and not (tmp_path / "state").exists()


def test_a_runtime_that_is_asked_for_must_be_faithful_too(bench: Bench, tmp_path: Path) -> None:
    bench.found = [WRONG]
    with pytest.raises(ModelError, match="no runtime gives"):
        _choose(tmp_path / "state", "encode.backend=onnx")
    bench.found = [FAST]
    assert _choose(tmp_path / "state", "encode.backend=openvino").candidate == Candidate("openvino")


def test_a_damaged_note_or_a_home_that_cannot_be_written_does_no_harm(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "encoder.json").write_text('{"choices": [1]}', "utf-8")
    (tmp_path / "blocked").write_text("a file", "utf-8")
    monkeypatch.setenv("VOICEMINE_HOME", str(tmp_path / "blocked" / "home"))
    first = _choose(state)
    assert _choose(state) == first and bench.held == 1


def test_the_identity_names_runtime_device_precision_and_weights(bench: Bench, tmp_path: Path) -> None:
    loaded = configuration.load(None, overrides=["encode.backend=torch", "encode.device=cpu"])
    encoder, reader = encoders.provide_encoders(loaded, model_dir("labels"), hasher=Hasher(b"k" * 32), state=tmp_path)
    assert encoder.identity.startswith("all-MiniLM-L6-v2:53aa51172d142c89:torch-")
    assert ":cpu:fp32:graph1:labels:" in encoder.identity
    found = encoder.encode(["The parcel came late."])
    again, _ = encoders.provide_encoders(loaded, model_dir("labels"), hasher=Hasher(b"k" * 32), state=tmp_path)
    assert again.encode(["The parcel came late."]).n_known == 1
    assert (again.encode(["The parcel came late."]).vectors == found.vectors).all() and set(found.logits) >= {"stage"}
    alone = reader.encode(["The parcel came late."])
    assert alone.vectors.shape == (1, 0) and alone.n_known == 0 and reader.identity != encoder.identity
    for name, values in found.logits.items():
        np.testing.assert_allclose(alone.logits[name], values, atol=2e-3)
    assert reader.encode(["The parcel came late."]).n_known == 1
    one, two = encoders.provide_encoders(
        loaded, model_dir("labels"), hasher=Hasher(b"k" * 32), state=tmp_path, reader=False)
    assert one is two


def test_without_the_cache_nothing_is_kept(bench: Bench, tmp_path: Path) -> None:
    loaded = configuration.load(None, overrides=["encode.backend=torch", "encode.device=cpu", "encode.cache=false"])
    for one in encoders.provide_encoders(loaded, model_dir("labels"), hasher=Hasher(b"k" * 32), state=tmp_path):
        one.encode(["late"])
    assert list(tmp_path.rglob("rows")) == []


def test_an_unknown_runtime_is_a_mistake_of_configuration() -> None:
    with pytest.raises(ConfigError, match=r"encode\.backend"):
        configuration.load(None, overrides=["encode.backend=tensorrt"])


def test_the_machine_is_described_without_naming_it() -> None:
    found = encoders.machine()
    assert set(found) == {"system", "kind", "cores", "gpu", "processor", "flags"} and found["cores"] >= 1
