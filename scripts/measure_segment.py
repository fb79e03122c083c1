"""Measure the segment stage: boundaries against EWT and against items segmented by hand, and its speed.

    python scripts/measure_segment.py --data ../shared/data

The hand judgements in data/judgements hold ids and offsets alone; the texts are looked up in
DATA/corpus/feedback_mix.jsonl.gz. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from voicemine.backends.spacy_pipeline import SHIPPED, load_pipeline
from voicemine.evaluation.segmentation import BoundaryScores, boundary_scores
from voicemine.stages.segment import SegmentSettings, segment_texts
from voicemine.training.treebank import Sentence, lowered, read_treebank, unpunctuated

ROOT = Path(__file__).resolve().parents[1]
JUDGEMENTS = {"refined_on": "segment_hand.jsonl", "blind": "segment_hand_blind.jsonl"}


def data_folder(given: Path | None) -> Path:
    """--data, else $VOICEMINE_SHARED/data, else ../shared/data beside the checkout."""
    if given is not None:
        return given
    shared = os.environ.get("VOICEMINE_SHARED")
    return (Path(shared) if shared else ROOT.parent / "shared") / "data"


def corpus(data: Path) -> list[dict[str, str]]:
    with gzip.open(data / "corpus" / "feedback_mix.jsonl.gz", "rt", encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def rounded(scores: BoundaryScores) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(scores).items()}


def found_starts(texts: Sequence[str], settings: SegmentSettings, pipeline: str) -> list[list[int]]:
    nlp = load_pipeline(pipeline, components=("senter", "clauser"))
    return [[span.start for span in spans] for spans in segment_texts(texts, settings=settings, nlp=nlp)]


def treebank_scores(documents: Sequence[Sequence[Sentence]], pipeline: str) -> dict[str, float]:
    """Sentence boundaries on whole documents, no paragraph breaks; fragments are not joined here."""
    texts, gold = [], []
    for document in documents:
        text, starts = "", []
        for sentence in document:
            starts.append(len(text))
            text += "".join(w + " " * s for w, s in zip(sentence.words, sentence.spaces, strict=True))
            text = text.rstrip() + " "
        texts.append(text)
        gold.append(starts)
    settings = SegmentSettings(unit="sentence", min_words=1, max_words=400, rule_words=0)
    return rounded(boundary_scores(texts, gold, found_starts(texts, settings, pipeline)))


def speed(texts: Sequence[str], pipeline: str) -> dict[str, float]:
    nlp = load_pipeline(pipeline, components=("senter", "clauser"))
    segment_texts(texts[:500], settings=SegmentSettings(), nlp=nlp)
    started, cpu = time.perf_counter(), time.process_time()
    spans = segment_texts(texts, settings=SegmentSettings(), nlp=nlp)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {
        "items": len(texts),
        "items_per_cpu_second": round(len(texts) / cpu, 1),
        "items_per_second": round(len(texts) / wall, 1),
        "mentions_per_item": round(sum(map(len, spans)) / len(texts), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds ud_ewt/ and corpus/")
    parser.add_argument("--pipeline", default=SHIPPED)
    parser.add_argument("--speed-items", type=int, default=20_000)
    options = parser.parse_args()
    data = data_folder(options.data)
    dev = read_treebank(data / "ud_ewt" / "en_ewt-ud-dev.conllu.gz")
    bare = [[lowered(unpunctuated(sentence)) for sentence in document] for document in dev]
    result: dict[str, object] = {
        "ewt_dev_sentences": treebank_scores(dev, options.pipeline),
        "ewt_dev_sentences_bare_lower": treebank_scores(bare, options.pipeline),
    }
    items = corpus(data)
    by_id = {item["id"]: item["text"] for item in items}
    for name, file in JUDGEMENTS.items():
        lines = (ROOT / "data" / "judgements" / file).read_text(encoding="utf-8").splitlines()
        judged = [json.loads(line) for line in lines]
        texts = [by_id[row["id"]] for row in judged]
        found = found_starts(texts, SegmentSettings(pipeline=options.pipeline), options.pipeline)
        result[f"hand_{name}"] = rounded(boundary_scores(texts, [row["starts"] for row in judged], found))
    step = max(1, len(items) // max(1, options.speed_items))
    result["speed"] = speed([item["text"] for item in items[::step]][: options.speed_items], options.pipeline)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
