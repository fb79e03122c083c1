from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from voicemine.backends.protocols import Encoding
from voicemine.stages.encode import EncodeSettings, encode


class Lengths:
    """A tiny encoder: the vector tells the text's length, the logits its first letter."""

    identity = "lengths"

    def __init__(self, dimension: int = 2) -> None:
        self.calls: list[int] = []
        self.dimension = dimension

    def encode(self, texts: Sequence[str]) -> Encoding:
        self.calls.append(len(texts))
        angle = np.array([len(t) / 100 for t in texts])
        vectors = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
        letters = np.array([[ord(t[0]), 0] for t in texts], dtype=np.float32)
        return Encoding(vectors[:, : self.dimension], {"pain": letters},
                        n_windowed=sum(len(t) > 50 for t in texts))


def _tables(texts: Sequence[str], mined: Sequence[bool] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"i{n}" for n in range(len(texts))]
    items = pd.DataFrame({
        "item_id": pd.Series(ids, dtype=object), "text": pd.Series(texts, dtype=object),
        "is_mined": pd.Series(mined or [True] * len(texts), dtype=bool)})
    kept = items[items["is_mined"]]
    return items, pd.DataFrame({
        "mention_id": [f"{i}#0" for i in kept["item_id"]], "item_id": kept["item_id"], "text": kept["text"]})


def _encode(
    texts: Sequence[str], mined: Sequence[bool] | None = None, **settings: object
) -> tuple[dict, Lengths, dict]:
    encoder, seen = Lengths(), []
    items, segments = _tables(texts, mined)
    found = encode(items, segments, settings=EncodeSettings.model_validate(settings), encoder=encoder,
                   reader=encoder,
                   progress=lambda done, total: seen.append((done, total)))
    assert not seen or seen[-1][0] == seen[-1][1]
    return dict(found.encoding), encoder, found.counts


def test_each_distinct_text_is_read_once_and_rows_point_to_it() -> None:
    arrays, encoder, counts = _encode(["late", "late", "a broken zip"])
    assert sum(encoder.calls) == 2 == len(arrays["vectors"])
    assert arrays["rows"][0] == arrays["rows"][1] != arrays["rows"][2]
    assert (arrays["rows"] == arrays["item_rows"]).all()
    assert counts == {"texts": 6, "distinct_texts": 2, "encoded_now": 2, "beyond_window": 0}


def test_numbers_of_placeholders_do_not_make_texts_differ() -> None:
    arrays, _, _ = _encode(["<PERSON_1> was rude", "<PERSON_2> was rude"])
    assert len(arrays["vectors"]) == 1


def test_the_order_of_the_input_does_not_change_a_vector() -> None:
    texts = ["late", "a broken zip", "x" * 60, "never again"]
    one, _, counts = _encode(texts, window=2)
    two, _, _ = _encode(texts[::-1], window=2)
    np.testing.assert_array_equal(one["vectors"][one["rows"]], two["vectors"][two["rows"]][::-1])
    assert counts["beyond_window"] == 1


def test_windows_bound_what_the_encoder_sees() -> None:
    _, encoder, _ = _encode([f"text {i}" for i in range(10)], window=4)
    assert max(encoder.calls) == 4


def test_items_that_are_not_mined_are_not_read() -> None:
    arrays, _, _ = _encode(["late", "n/a"], mined=[True, False])
    assert len(arrays["item_rows"]) == 1


def test_whole_items_can_be_left_out_and_nothing_is_fine() -> None:
    arrays, _, _ = _encode(["late"], whole_items=False)
    assert len(arrays["item_rows"]) == 0
    empty, _, _ = _encode([])
    assert empty["vectors"].shape == (0, 2) and len(empty["rows"]) == 0


def test_whole_items_of_several_mentions_are_read_for_their_labels_alone() -> None:
    items = pd.DataFrame({"item_id": ["a", "b"], "text": ["late. rude", "zip"], "is_mined": [True, True]})
    segments = pd.DataFrame({"mention_id": ["a#0", "a#1", "b#0"], "item_id": ["a", "a", "b"],
                             "text": ["late", "rude", "zip"]})
    encoder, reader = Lengths(), Lengths(dimension=0)
    found = encode(items, segments, settings=EncodeSettings(), encoder=encoder, reader=reader,
                   progress=lambda done, total: None)
    arrays = found.encoding
    assert encoder.calls == [3] and reader.calls == [1], "an item that is its only mention is not read twice"
    assert len(arrays["vectors"]) == 3 and len(arrays["logits.pain"]) == 4
    assert arrays["item_rows"].tolist() == [3, arrays["rows"][2]]
    assert arrays["logits.pain"][arrays["item_rows"], 0].tolist() == [ord("l"), ord("z")]
    assert found.counts == {"texts": 5, "distinct_texts": 4, "encoded_now": 4, "beyond_window": 0}


def test_new_texts_share_windows_and_known_ones_stand_apart() -> None:
    class Knowing(Lengths):
        def knows(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([not t.startswith("new") for t in texts], dtype=bool)

        def encode(self, texts: Sequence[str]) -> Encoding:
            assert len({t.startswith("new") for t in texts}) == 1
            return super().encode(texts)

    texts = [f"{'new' if i % 5 == 0 else 'old'} {'x' * i}" for i in range(20)]
    items, segments = _tables(texts)
    encoder = Knowing()
    found = encode(items, segments, settings=EncodeSettings(window=8), encoder=encoder, reader=encoder,
                   progress=lambda done, total: None)
    plain, _, _ = _encode(texts)
    assert sorted(encoder.calls) == [4, 8, 8]
    np.testing.assert_array_equal(found.encoding["vectors"], plain["vectors"])
