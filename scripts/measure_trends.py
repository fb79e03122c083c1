"""False alarms, power and delay of the alerts, by simulation at the default settings.

    python scripts/measure_trends.py [--streams 200] [--labels FILE.jsonl[.gz] --label-field label]

Every stream has 30 periods and 77 themes. Null streams do not change; planted ones have one theme that rises for
good at period 20. With --labels, the streams are drawn from the labels of real items instead of a made-up spread
of theme sizes.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd

from voicemine.numerics import periods
from voicemine.stages.track.course import Course
from voicemine.stages.track.settings import TrackSettings
from voicemine.stages.track.trend import test_periods

THEMES, PERIODS, CHANGE = 77, 30, 20


def course(counts: np.ndarray, exposure: np.ndarray) -> Course:
    """A course of weekly counts (k, t, s) over exposure (t, s), all periods complete."""
    days = pd.Series(pd.date_range("2024-01-01", periods=7 * PERIODS, freq="D", tz="UTC").as_unit("us"))
    found = periods.build(days, unit="week", as_of=days.iloc[-1] + pd.Timedelta(hours=23), time_zone="UTC",
                          limit=PERIODS)
    return Course(tuple(f"t{i:02d}" for i in range(len(counts))), found, counts, exposure, slice(0, PERIODS), 0, 0)


def spread(rng: np.random.Generator, labels: np.ndarray | None) -> np.ndarray:
    """Share of the items that each theme has; together at most 0.9."""
    return labels if labels is not None else rng.dirichlet(np.full(THEMES, 2.0)) * 0.9


def stream(rng: np.random.Generator, rates: np.ndarray, *, items: int, scatter: float, rise: float = 1.0,
           mix: bool = False) -> Course:
    """One stream. scatter: variance of a theme's rate over its squared mean; mix: a second source that mentions
    themes at other rates grows from 20 % to 60 % of the items."""
    share = np.linspace(0.2, 0.6, PERIODS) if mix else np.zeros(PERIODS)
    exposure = rng.poisson(np.stack([items * (1 - share), items * share], axis=1)).astype(float)
    factors = np.stack([np.ones(THEMES), rng.gamma(2.0, 0.5, THEMES) if mix else np.ones(THEMES)], axis=1)
    mean = rates[:, None, None] * factors[:, None, :] * exposure[None]
    if scatter:
        mean = mean * rng.gamma(1 / scatter, scatter, mean.shape[:2])[:, :, None]
    mean[0, CHANGE:] *= rise
    return course(rng.poisson(mean).astype(float), exposure)


def false_alarms(streams: int, labels: np.ndarray | None, settings: TrackSettings) -> None:
    """Share of null streams with any alert."""
    print(f"false alarms over {streams} streams of {PERIODS} periods and {THEMES} themes")
    for items in (300, 1500):
        for name, scatter, mix in (("Poisson", 0.0, False), ("rates vary by 15 %", 0.0225, False),
                                   ("rates vary by 22 %", 0.05, False), ("mix shifts", 0.0, True)):
            rng = np.random.default_rng([items, int(scatter * 1000), int(mix)])
            hits = [test_periods(stream(rng, spread(rng, labels), items=items, scatter=scatter, mix=mix),
                                 settings=settings).is_alert.sum() for _ in range(streams)]
            print(f"  {items:5d} items a period, {name:<20} {np.mean(np.array(hits) > 0):.3f} of streams, "
                  f"{np.mean(hits):.3f} alerts a stream", flush=True)


def power(streams: int, labels: np.ndarray | None, settings: TrackSettings) -> None:
    """How soon a planted rise is flagged."""
    print(f"planted rises, {streams} streams each: share flagged in the first, within 2 and within 4 periods")
    for base in (2, 5, 10, 20):
        for rise in (3, 5, 10):
            rng = np.random.default_rng([base, rise])
            delays = []
            for _ in range(streams):
                rates = spread(rng, labels).copy()
                rates[0] = base / 1500
                found = test_periods(stream(rng, rates, items=1500, scatter=0.0, rise=rise), settings=settings)
                flagged = np.flatnonzero(found.is_alert[0, CHANGE:])
                delays.append(flagged[0] if len(flagged) else PERIODS)
            within = [np.mean(np.array(delays) < n) for n in (1, 2, 4)]
            print(f"  {base:3d} a period x{rise:<3d} {within[0]:.2f}  {within[1]:.2f}  {within[2]:.2f}", flush=True)


def read_labels(path: Path, field: str) -> np.ndarray:
    """Shares of the most frequent labels of a JSON-lines file, the rest filled up to THEMES, times 0.9."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found = pd.Series([json.loads(line)[field] for line in content.decode("utf-8").splitlines()])
    sizes = found.value_counts().head(THEMES).to_numpy(float)
    sizes = np.pad(sizes, (0, THEMES - len(sizes)))
    return sizes / sizes.sum() * 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--label-field", default="label")
    given = parser.parse_args()
    labels = read_labels(given.labels, given.label_field) if given.labels else None
    settings = TrackSettings()
    false_alarms(given.streams, labels, settings)
    power(max(given.streams // 2, 20), labels, settings)


if __name__ == "__main__":
    main()
