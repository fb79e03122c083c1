"""One suite that every runtime passes, on a small graph with random weights; and the real weights on PyTorch."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from voicemine.backends.encoder_default import DefaultEncoder
from voicemine.backends.label_branch import BranchShape, LabelBranch
from voicemine.backends.minilm import minilm_folder
from voicemine.backends.protocols import Encoder, Encoding
from voicemine.backends.runtimes import base, batching, choose
from voicemine.backends.runtimes.base import Batch, Budget, Outputs
from voicemine.backends.runtimes.check_texts import CHECK_TEXTS, TIMED_TEXTS
from voicemine.backends.runtimes.choose import Candidate, Measured
from voicemine.backends.runtimes.graph import EncoderGraph, load_graph
from voicemine.backends.runtimes.kept import converted, graph_digest
from voicemine.backends.runtimes.torch_runtime import TorchRuntime
from voicemine.errors import ModelError

#: Two ways to the same sum differ in the last bits of a float32.
TOLERANCE = 1e-5
SIZES = BranchShape(labels={"stage": ("use", "support", "purchase"), "pain": ("0", "1")}, base_layer=1, n_layers=1,
                    hidden=24, n_heads=4, intermediate=48)
MISSING = [n for n, m in (("openvino", "openvino"), ("onnx", "onnx"), ("onnx", "onnxruntime"))
           if importlib.util.find_spec(m) is None]


def tiny_graph(seed: int = 0, *, embeds: bool = False, vectors: bool = True) -> EncoderGraph:
    torch.manual_seed(seed)
    branch = LabelBranch(replace(SIZES, embeds=embeds))
    graph = EncoderGraph(SIZES, vocabulary=30522, positions=512, layers=2, branch=branch, vectors=vectors)
    for value in graph.parameters():
        torch.nn.init.normal_(value, std=0.3)
    return graph.eval().requires_grad_(False)


@pytest.fixture(scope="module", params=[False, True], ids=["beside", "embeds"])
def graph(request: pytest.FixtureRequest) -> EncoderGraph:
    return tiny_graph(embeds=request.param)


@pytest.fixture(scope="module")
def reference(graph: EncoderGraph) -> Encoding:
    return DefaultEncoder(labels=None, graph=graph, threads=1).encode(CHECK_TEXTS, filled=False)


@pytest.fixture(scope="module", params=["torch", "openvino", "onnx"])
def encoder(request: pytest.FixtureRequest, graph: EncoderGraph) -> DefaultEncoder:
    if request.param in MISSING:
        pytest.skip(f"{request.param} is not installed")
    return DefaultEncoder(labels=None, graph=graph, candidate=Candidate(request.param), threads=1)


def test_shapes_identity_and_unit_length(encoder: DefaultEncoder) -> None:
    assert isinstance(encoder, Encoder)
    found = encoder.encode(CHECK_TEXTS)
    assert found.vectors.shape == (len(CHECK_TEXTS), 24) == (len(CHECK_TEXTS), encoder.dimension)
    assert found.vectors.dtype == np.float32
    assert {n: v.shape[1] for n, v in found.logits.items()} == {"stage": 3, "pain": 2}
    assert all(v.dtype == np.float32 and np.isfinite(v).all() for v in found.logits.values())
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1.0, atol=1e-5)
    assert ":cpu:fp32:" in encoder.identity and encoder.identity.startswith("all-MiniLM-L6-v2:")


def test_the_answer_is_that_of_the_reference(encoder: DefaultEncoder, reference: Encoding) -> None:
    found = encoder.encode(CHECK_TEXTS)
    assert (found.vectors * reference.vectors).sum(axis=1).min() > 0.99999
    for name, values in reference.logits.items():
        np.testing.assert_allclose(found.logits[name], values, atol=1e-3)


@pytest.mark.parametrize("runtime", ["torch", "openvino", "onnx"])
@pytest.mark.parametrize("embeds", [False, True])
def test_labels_alone_are_the_same_labels_and_need_no_upper_layers(runtime: str, *, embeds: bool) -> None:
    if runtime in MISSING:
        pytest.skip(f"{runtime} is not installed")
    whole, alone = tiny_graph(embeds=embeds), tiny_graph(embeds=embeds, vectors=False)
    alone.load_state_dict({k: v for k, v in whole.state_dict().items() if k in alone.state_dict()})
    assert len(alone.layers) == SIZES.base_layer and graph_digest(alone) != graph_digest(whole)
    reader = DefaultEncoder(labels=None, graph=alone, candidate=Candidate(runtime), threads=1)  # type: ignore[arg-type]
    found = reader.encode(CHECK_TEXTS)
    assert found.vectors.shape == (len(CHECK_TEXTS), 0) and reader.dimension == 0
    wanted = DefaultEncoder(labels=None, graph=whole, threads=1).encode(CHECK_TEXTS)
    for name, values in wanted.logits.items():
        np.testing.assert_allclose(found.logits[name], values, atol=1e-3)


def test_alone_or_in_company_a_text_gets_the_same(encoder: DefaultEncoder) -> None:
    together = encoder.encode(CHECK_TEXTS)
    for i in (0, 11, len(CHECK_TEXTS) - 1):
        alone = encoder.encode([CHECK_TEXTS[i]])
        np.testing.assert_array_equal(alone.vectors[0], together.vectors[i])
        np.testing.assert_array_equal(alone.logits["stage"][0], together.logits["stage"][i])
        few = encoder.encode([CHECK_TEXTS[i]], filled=False)
        np.testing.assert_allclose(few.vectors[0], together.vectors[i], atol=TOLERANCE)


def test_the_order_of_the_texts_decides_nothing(encoder: DefaultEncoder) -> None:
    one, two = encoder.encode(CHECK_TEXTS), encoder.encode(CHECK_TEXTS[::-1])
    np.testing.assert_array_equal(one.vectors, two.vectors[::-1])
    np.testing.assert_array_equal(one.logits["pain"], two.logits["pain"][::-1])


def test_nothing_an_empty_text_and_odd_characters(encoder: DefaultEncoder) -> None:
    nothing = encoder.encode([])
    assert nothing.vectors.shape == (0, 24) and nothing.logits["stage"].shape == (0, 3) and nothing.n_windowed == 0
    odd = encoder.encode(["", " ", "\u200b", "漢字かな", "🙂" * 40])
    assert np.isfinite(odd.vectors).all()
    np.testing.assert_allclose(np.linalg.norm(odd.vectors, axis=1), 1.0, atol=1e-5)


def test_a_long_text_is_pooled_over_its_windows_and_counted(encoder: DefaultEncoder) -> None:
    words = [f"word{i % 7}" for i in range(2000)]
    found = encoder.encode(["short", " ".join(words), "short too"])
    assert found.n_windowed == 1 and found.windowed is not None and found.windowed.tolist() == [False, True, False]
    changed = encoder.encode([" ".join([*words[:-1], "refund"])])
    assert 0 < np.abs(changed.vectors[0] - found.vectors[1]).max() < 0.1, "the last word is read, and weighs little"


def test_threads_do_not_change_a_bit(graph: EncoderGraph) -> None:
    one = DefaultEncoder(labels=None, graph=graph, threads=1).encode(CHECK_TEXTS)
    three = DefaultEncoder(labels=None, graph=graph, threads=3).encode(CHECK_TEXTS)
    np.testing.assert_array_equal(one.vectors, three.vectors)


@pytest.fixture(scope="module")
def plain() -> DefaultEncoder:
    return DefaultEncoder(labels=None, graph=load_graph(minilm_folder(), branch=None), threads=1)


def test_the_graph_is_the_published_model(plain: DefaultEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [t for t in CHECK_TEXTS if 0 < len(t) < 400][::3]
    wanted = SentenceTransformer(str(minilm_folder()), device="cpu").encode(texts, normalize_embeddings=True)
    assert (plain.encode(texts, filled=False).vectors * wanted).sum(axis=1).min() > 0.99999


def test_other_encoders_than_bert_are_refused(tmp_path: Path) -> None:
    for name in ("model.safetensors", "config.json"):
        content = (minilm_folder() / name).read_bytes().replace(b'"gelu"', b'"relu"')
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match="gelu"):
        load_graph(tmp_path, branch=None)
    (tmp_path / "config.json").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_graph(tmp_path, branch=None)


# Batching ---------------------------------------------------------------------------------------------------------


@given(counts=st.lists(st.integers(0, 600), max_size=60), tokens=st.sampled_from([8, 64, 512]),
       filled=st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_token_is_in_exactly_one_batch(counts: list[int], tokens: int, filled: bool) -> None:
    flat = np.arange(1000, 1000 + sum(counts))
    ends = np.cumsum([0, *counts])
    half = len(counts) // 2
    chunks = [batching.Tokens(flat[ends[a] : ends[b]], np.array(counts[a:b], dtype=np.int64), a)
              for a, b in ((0, half), (half, len(counts)))]
    seen: list[list[tuple[int, ...]]] = [[] for _ in counts]
    shapes: dict[int, set[int]] = {}
    long: list[int] = []
    for batch in batching.batches(chunks, frame=(101, 102), budget=Budget(tokens), filled=filled,
                                  windowed=lambda rows: long.extend(rows.tolist())):
        width = batch.ids.shape[1]
        assert len(batch.ids) <= max(1, tokens // width)
        shapes.setdefault(width, set()).add(len(batch.ids))
        assert (batch.ids[batch.mask == 0] == 0).all()
        assert (batching.widths(batch.lengths[: len(batch.rows)]) == width).all()
        for row, ids, length in zip(batch.rows, batch.ids, batch.lengths, strict=False):
            assert ids[0] == 101 and ids[length - 1] == 102
            seen[row].append(tuple(ids[1 : length - 1].tolist()))
    for row, parts in enumerate(seen):
        together = sorted(t for part in parts for t in part)
        assert together == flat[ends[row] : ends[row + 1]].tolist()
        assert len(parts) == max(1, -(-counts[row] // batching.STRIDE))
    assert sorted(long) == [i for i, n in enumerate(counts) if n > batching.STRIDE]
    if filled:
        assert all(len(sizes) == 1 for sizes in shapes.values()), "one shape for each width"


def test_a_width_is_never_below_its_length_nor_far_above() -> None:
    lengths = np.arange(2, batching.WINDOW + 1)
    found = batching.widths(lengths)
    assert (found >= lengths).all() and found.max() <= batching.WINDOW and (found <= lengths * 1.13 + 1).all()


def test_results_come_in_order_from_several_threads() -> None:
    def call(batch: Batch) -> Outputs:
        return (batch.ids.astype(np.float32),)

    numbers = [np.full((1, 2), i) for i in range(50)]
    batches_ = [Batch(n, np.array([2]), np.array([0])) for n in numbers]
    assert [int(o[0][0, 0]) for o in base.in_order(call, batches_, workers=3)] == list(range(50))


# Memory -----------------------------------------------------------------------------------------------------------


class Cramped(torch.nn.Module):
    """A graph whose device holds `most` tokens. The vector tells a row's tokens."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.tried: list[int] = []

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self.tried.append(ids.numel())
        if ids.numel() > self.most:
            raise torch.OutOfMemoryError("out of memory")
        return (torch.stack([(ids * mask).sum(1), mask.sum(1)], dim=1).float(),)


def _cramped(most: int) -> tuple[TorchRuntime, Cramped]:
    made = TorchRuntime(Cramped(most), identity="cramped", device="cpu", threads=1)  # type: ignore[arg-type]
    made.budget = Budget(64, most=4096)
    made._device = _NotCpu()  # type: ignore[assignment]
    return made, made._graph  # type: ignore[return-value]


class _NotCpu:
    """Stands for an accelerator whose tensors live in ordinary memory."""

    type = "accelerator"


@pytest.fixture
def staying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.Tensor, "to", lambda self, *_, **__: self)


def _batches(runtime: TorchRuntime, n: int) -> Iterator[Batch]:
    rng = np.random.default_rng(1)
    counts = rng.integers(3, 15, n)
    flat = rng.integers(1000, 2000, counts.sum())
    return batching.batches([batching.Tokens(flat, counts, 0)], frame=(101, 102), budget=runtime.budget)


@pytest.mark.usefixtures("staying")
def test_batches_grow_until_memory_is_full_and_then_halve() -> None:
    runtime, graph = _cramped(400)
    rows, sums = [], []
    batches_: list[Batch] = []

    def kept() -> Iterable[Batch]:
        for batch in _batches(runtime, 2000):
            batches_.append(batch)
            yield batch

    for out, batch in zip(runtime.run(kept()), batches_, strict=False):
        rows.append(batch.rows)
        sums.append(out[0][: len(batch.rows), 0] == batch.ids.sum(1)[: len(batch.rows)])
    assert sorted(np.concatenate(rows).tolist()) == list(range(2000)) and np.concatenate(sums).all()
    assert max(graph.tried) > 400, "it grew until it failed"
    failures = [i for i, n in enumerate(graph.tried) if n > 400]
    assert len(failures) <= 3 and max(graph.tried[failures[-1] + 1 :]) <= 400
    assert runtime.budget.tokens <= 400


@pytest.mark.usefixtures("staying")
def test_a_text_too_large_for_the_device_is_an_error_with_a_cure() -> None:
    runtime, _ = _cramped(4)
    with pytest.raises(ModelError, match="device: cpu"):
        list(runtime.run(_batches(runtime, 10)))


# Choosing ---------------------------------------------------------------------------------------------------------


class Slanted:
    """The reference's vectors, turned by an angle."""

    def __init__(self, inner: DefaultEncoder, angle: float) -> None:
        self.inner, self.angle = inner, angle

    def encode(self, texts: Sequence[str], *, filled: bool = True) -> Encoding:
        found = self.inner.encode(texts, filled=filled)
        side = np.roll(found.vectors, 1, axis=1)
        side -= (side * found.vectors).sum(1, keepdims=True) * found.vectors
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        return Encoding(np.cos(self.angle) * found.vectors + np.sin(self.angle) * side, found.logits)


def test_what_changes_the_answer_is_refused_however_fast(graph: EncoderGraph) -> None:
    inner = DefaultEncoder(labels=None, graph=graph, threads=1)
    angles = {"torch fp32": 0.0, "torch bf16": 0.02, "onnx fp32": 0.06}
    found = choose.measure([Candidate("torch"), Candidate("torch", "bf16"), Candidate("onnx")],
                           lambda c: Slanted(inner, angles[str(c)]), timed=TIMED_TEXTS[::32], seconds=0)
    assert [m.is_faithful for m in found] == [True, True, False]
    assert found[1].cosine_min == pytest.approx(np.cos(0.02), abs=1e-4)
    with pytest.raises(ModelError, match="no runtime"):
        choose.fastest(found[2:])


def _measured(rate: float, *, cosine: float = 1.0, shift: float = 0.0) -> Measured:
    return Measured("torch", "fp32", rate, cosine, shift)


def test_the_fastest_faithful_one_wins_when_it_is_clearly_faster() -> None:
    plain, close, fast = _measured(100), _measured(103), _measured(150)
    assert choose.fastest([plain, close]) is plain
    assert choose.fastest([plain, close, fast]) is fast
    assert choose.fastest([plain, _measured(900, cosine=0.9985), _measured(900, shift=0.02)]) is plain


def test_a_runtime_that_fails_to_compile_is_left_out(graph: EncoderGraph, caplog: pytest.LogCaptureFixture) -> None:
    inner = DefaultEncoder(labels=None, graph=graph, threads=1)

    def make(candidate: Candidate) -> DefaultEncoder:
        if candidate.name == "onnx":
            raise RuntimeError("no such instruction")
        return inner

    found = choose.measure([Candidate("torch"), Candidate("onnx")], make, timed=TIMED_TEXTS[::32], seconds=0)
    assert [m.name for m in found] == ["torch"] and "no such instruction" in caplog.text


def test_candidates_hang_on_what_is_installed_and_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "_installed", lambda name: name == "torch")
    monkeypatch.setattr(choose, "_multiplies_bfloat16", lambda: False)
    assert choose.candidates("auto", "cpu") == [Candidate("torch")]
    with pytest.raises(ModelError, match="pip install"):
        choose.candidates("openvino", "cpu")
    monkeypatch.setattr(choose, "_multiplies_bfloat16", lambda: True)
    monkeypatch.setattr(choose, "_installed", lambda name: name != "onnx")
    assert list(map(str, choose.candidates("auto", "cpu"))) == [
        "torch fp32", "torch bf16", "openvino fp32", "openvino bf16"]
    assert list(map(str, choose.candidates("auto", "cuda"))) == ["torch fp32", "torch fp16"]
    with pytest.raises(ModelError, match="CPU only"):
        choose.candidates("openvino", "cuda")


def test_the_identity_is_known_before_anything_is_loaded(encoder: DefaultEncoder) -> None:
    identity = encoder.identity
    name: choose.Name = "openvino" if "openvino" in identity else "onnx" if "onnx" in identity else "torch"
    assert choose.runtime_identity(Candidate(name)) in encoder.identity


# Converted graphs -------------------------------------------------------------------------------------------------


def _writer(made: list[Path]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        made.append(folder)
        (folder / "graph.bin").write_bytes(b"content")

    return write


def test_a_conversion_is_kept_and_checked(tmp_path: Path, graph: EncoderGraph) -> None:
    made: list[Path] = []
    for _ in range(2):
        with converted(tmp_path, "x-1", graph, _writer(made)) as folder:
            assert (folder / "graph.bin").read_bytes() == b"content"
    assert len(made) == 1
    (folder / "graph.bin").write_bytes(b"altered")
    with converted(tmp_path, "x-1", graph, _writer(made)) as folder:
        assert (folder / "graph.bin").read_bytes() == b"content"
    assert len(made) == 2
    for version in range(2, 7):
        with converted(tmp_path, f"x-{version}", graph, _writer(made)):
            pass
    assert sorted(p.name[:3] for p in tmp_path.iterdir()) == ["x-3", "x-4", "x-5", "x-6"], "old conversions go"


def test_without_a_store_nothing_is_left(tmp_path: Path, graph: EncoderGraph) -> None:
    made: list[Path] = []
    with converted(None, "x-1", graph, _writer(made)) as folder:
        assert (folder / "graph.bin").is_file()
    assert not folder.exists()
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with converted(blocked / "store", "x-1", graph, _writer(made)) as folder:
        assert (folder / "graph.bin").is_file()


def test_other_weights_or_another_shape_are_another_graph() -> None:
    digests = [graph_digest(made) for made in (tiny_graph(), tiny_graph(), tiny_graph(1), tiny_graph(embeds=True))]
    assert digests[0] == digests[1] and len(set(digests)) == 3
