"""The sample corpus: it can be rebuilt byte for byte, tells the planted story, and holds no real person's data."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import sys
from collections import Counter
from datetime import datetime
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
FILES = ("survey.csv", "reviews.jsonl", "tickets.jsonl", "truth.yaml")
# Ofcom's numbers for drama: https://www.ofcom.org.uk (telephone numbers for use in TV and radio drama programmes).
DRAMA = re.compile(
    r"07700900\d{3}|01632960\d{3}|02079460\d{3}|01(?:13|14|15|16|17|18|21|31|41|51|61)4960\d{3}|01914980\d{3}"
    r"|02890180\d{3}|02896496\d{3}|02920180\d{3}|08081570\d{3}|09098790\d{3}|03069990\d{3}"
)
PHONE = re.compile(r"(?<![\w-])(?:\+44[\s(]*0?\)?\s?|0)(?:\d[\s-]?){9,10}(?!\w)")
MAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
MAIL_DOMAIN = re.compile(r"(?:[\w-]+\.)*(?:example\.(?:com|org|net)|[\w-]+\.example)")
CARD = re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?!\w)")
TEST_CARDS = {"4111111111111111", "4242424242424242", "5555555555554444", "5105105105105100", "378282246310005"}
# Letters that no inward part of a UK postcode has: an address with one of them cannot exist.
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d([A-Z]{2})\b")
LINK = re.compile(r"(?:https?://|www\.)([\w.-]+)")


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_sample", ROOT / "scripts" / "build_sample.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((SAMPLE / "truth.yaml").read_text(encoding="utf-8"))
    return told


@pytest.fixture(scope="module")
def survey() -> list[dict[str, str]]:
    with (SAMPLE / "survey.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def items(truth: dict[str, Any], survey: list[dict[str, str]]) -> dict[str, str]:
    """Item id to text, read from the files a user would read."""
    found = {
        f"{row['response_id']}/{key}": row[text]
        for row in survey for key, text in truth["questions"].items() if row[text].strip()
    }  # fmt: skip
    found |= {r["review_id"]: f"{r['title']}\n{r['text']}" for r in records("reviews.jsonl")}
    found |= {t["ticket_id"]: f"{t['subject']}\n{t['body']}" for t in records("tickets.jsonl")}
    return found


def mean(values: list[int]) -> float:
    return sum(values) / len(values)


def test_rebuild_is_byte_identical(builder: ModuleType, tmp_path: Path) -> None:
    builder.build(SAMPLE / "source", tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), f"{name}: run scripts/build_sample.py"


def test_another_seed_moves_dates_but_not_counts(builder: ModuleType, tmp_path: Path, truth: dict[str, Any]) -> None:
    other = builder.build(SAMPLE / "source", tmp_path, seed=builder.SEED + 1)
    assert other["rows"] == truth["rows"]
    assert (tmp_path / "tickets.jsonl").read_bytes() != (SAMPLE / "tickets.jsonl").read_bytes()


def test_unknown_theme_is_named_with_its_line(builder: ModuleType, tmp_path: Path) -> None:
    for path in (SAMPLE / "source").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    bad = {"subject": "x", "body": "y", "themes": ["no_such_theme"], "weeks": [1, 2], "lang": "en", "channel": "email"}
    (tmp_path / "tickets.jsonl").write_text(json.dumps(bad), encoding="utf-8")
    with pytest.raises(ValueError, match=r"tickets\.jsonl line 1: .*no_such_theme"):
        builder.build(tmp_path, tmp_path / "out")


def test_every_item_is_accounted_for(truth: dict[str, Any], items: dict[str, str]) -> None:
    carried = [theme["items"] for theme in truth["themes"].values()]
    named = set(chain.from_iterable(chain.from_iterable(ids.values()) for ids in carried)) | set(truth["without_theme"])
    assert named == set(items)
    assert truth["items"] == len(items) >= 1450


@pytest.mark.parametrize(
    ("key", "least"),
    [
        ("late_parcels", 120), ("checkout_fault", 45), ("login_fault", 70), ("app_crash", 45), ("refund_slow", 90),
        ("phone_wait", 60), ("runs_small", 80), ("damaged_parcel", 50), ("poor_quality", 90), ("store_queue", 55),
        ("points_missing", 35), ("pass_price", 35), ("out_of_stock", 45), ("misleading_info", 35), ("promo_code", 25),
        ("kind_staff", 60), ("lovely_quality", 85), ("quick_collect", 45), ("fast_delivery", 45), ("chat_help", 20),
        ("recommend", 20), ("ad_seen", 10), ("presale_question", 25), ("non_answer", 45), ("generic", 45), ("spam", 8),
    ],
)  # fmt: skip
def test_theme_is_large_enough(truth: dict[str, Any], key: str, least: int) -> None:
    theme = truth["themes"][key]
    assert theme["total"] == sum(theme["per_week"]) == sum(map(len, theme["items"].values())) >= least


def test_all_themes_are_tested_for_size(truth: dict[str, Any]) -> None:
    marks = test_theme_is_large_enough.pytestmark
    assert {key for key, _ in marks[0].args[1]} == set(truth["themes"])


def test_new_courier_brings_late_and_broken_parcels(truth: dict[str, Any]) -> None:
    late, broken, fast = (truth["themes"][k]["per_week"] for k in ("late_parcels", "damaged_parcel", "fast_delivery"))
    assert mean(late[13:]) >= 5 * mean(late[:13])
    assert min(late[13:]) > max(late[:13])
    assert mean(broken[13:]) >= 2 * mean(broken[:13])
    assert mean(fast[:13]) >= 3 * mean(fast[13:])


def test_checkout_spike_and_login_fade(truth: dict[str, Any]) -> None:
    spike, fade = truth["themes"]["checkout_fault"]["per_week"], truth["themes"]["login_fault"]["per_week"]
    assert sum(spike[7:10]) >= 0.8 * sum(spike)
    assert mean(fade[:6]) > mean(fade[6:12]) > 10 * mean(fade[12:])
    assert sum(fade[12:]) <= 0.03 * sum(fade)


@pytest.mark.parametrize(("key", "start"), [("app_crash", 20), ("pass_price", 17)])
def test_late_themes_start_on_time(truth: dict[str, Any], key: str, start: int) -> None:
    weekly = truth["themes"][key]["per_week"]
    assert not sum(weekly[: start - 1])
    assert weekly[start - 1] > 0


@pytest.mark.parametrize("key", ["refund_slow", "runs_small", "poor_quality", "phone_wait", "lovely_quality"])
def test_steady_themes_stay_steady(truth: dict[str, Any], key: str) -> None:
    weekly = truth["themes"][key]["per_week"]
    assert 0.6 <= mean(weekly[13:]) / mean(weekly[:13]) <= 1.7


def test_dates_are_in_the_story_and_follow_their_quotes(
    builder: ModuleType, truth: dict[str, Any], survey: list[dict[str, str]]
) -> None:
    first = datetime.combine(truth["first_monday"], datetime.min.time())
    tickets = records("tickets.jsonl")
    written = [datetime.fromisoformat(row["submitted_at"]) for row in survey]
    written += [datetime.fromisoformat(r["posted_at"]).replace(tzinfo=None) for r in records("reviews.jsonl")]
    opened = [datetime.fromisoformat(t["opened_at"]).replace(tzinfo=None) for t in tickets]
    assert all(0 <= (when - first).days < 7 * truth["weeks"] for when in written + opened)
    quoted = [(when, builder.latest_quoted(t["body"])) for when, t in zip(opened, tickets, strict=True)]
    assert sum(quote is not None for _, quote in quoted) >= 20
    assert all(when > quote for when, quote in quoted if quote)


def test_ids_are_unique_and_customers_return(truth: dict[str, Any], survey: list[dict[str, str]]) -> None:
    tickets = records("tickets.jsonl")
    ids = [r["response_id"] for r in survey] + [t["ticket_id"] for t in tickets]
    ids += [r["review_id"] for r in records("reviews.jsonl")]
    assert len(set(ids)) == len(ids) == sum(truth["rows"].values())
    assert 0.5 <= truth["customers"] / len(ids) <= 0.7
    assert len({r["customer_id"] for r in survey} & {t["customer_id"] for t in tickets}) >= 50
    profiles = {(r["customer_id"], r["segment"], r["region"], r["age_band"]) for r in survey}
    assert max(Counter(customer for customer, *_ in profiles).values()) == 1


def test_copies_are_what_they_say(truth: dict[str, Any], items: dict[str, str]) -> None:
    kinds = Counter({copy["item"].split("/")[0]: copy["kind"] for copy in truth["copies"]}.values())
    assert kinds == {"exact": 10, "near": 15}
    exact = [copy for copy in truth["copies"] if copy["kind"] == "exact"]
    assert all(items[copy["item"]] == items[copy["copy_of"]] for copy in exact)


def test_no_two_texts_alike_but_the_copies(truth: dict[str, Any], items: dict[str, str]) -> None:
    """Word for word equal texts of six words and more are planted copies."""
    copies = {copy["item"] for copy in truth["copies"]}
    words = [" ".join(re.findall(r"\w+", text.casefold())) for key, text in items.items() if key not in copies]
    assert not [text for text, n in Counter(words).items() if n > 1 and len(text.split()) >= 6]


def test_only_invented_persons(items: dict[str, str]) -> None:
    found: Counter[str] = Counter()
    for key, text in items.items():
        for domain in MAIL.findall(text):
            found["mail"] += 1
            assert MAIL_DOMAIN.fullmatch(domain), f"{key}: mail at {domain}"
        for number in CARD.findall(text):
            found["card"] += 1
            assert re.sub(r"\D", "", number) in TEST_CARDS, f"{key}: card {number}"
        for number in (match.group() for match in PHONE.finditer(text)):
            found["phone"] += 1
            national = re.sub(r"\D", "", re.sub(r"^\+44\s?(\(0\))?", "0", number))
            assert DRAMA.fullmatch(national), f"{key}: phone {number}"
        for inward in POSTCODE.findall(text):
            found["postcode"] += 1
            assert set(inward) & set("CIKMOVZ"), f"{key}: postcode ending {inward}"
        for host in LINK.findall(text):
            found["link"] += 1
            assert MAIL_DOMAIN.fullmatch(host.rstrip(".")), f"{key}: link to {host}"
    assert found["mail"] >= 15 and found["phone"] >= 10 and found["card"] >= 1 and found["postcode"] >= 5
