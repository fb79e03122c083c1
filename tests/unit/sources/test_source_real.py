"""The sample corpus and real files are understood without any setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicemine.sources import SourceSettings, read_sources

SAMPLE = {
    "survey.csv": {"text": "What is the main reason for your score? + What one thing should we do better?",
                   "id": "response_id", "time": "submitted_at", "score": "nps", "author": "customer_id"},
    "reviews.jsonl": {"text": "text", "title": "title", "id": "review_id", "time": "posted_at", "score": "stars",
                      "author": "reviewer", "channel": "channel"},
    "tickets.jsonl": {"text": "body", "title": "subject", "id": "ticket_id", "time": "opened_at",
                      "author": "customer_id", "channel": "channel"}}
REAL = {
    "airline_tweets.csv.gz": {"text": "text", "id": "tweet_id", "time": "tweet_created"},
    "cfpb_complaints.csv.gz": {"text": "Consumer complaint narrative", "id": "Complaint ID", "time": "Date received",
                               "channel": "Submitted via"},
    "jupyter_survey_2015.csv.gz": {"text": "response", "time": "time_started", "author": "respondent",
                                   "question": "question"},
    "support_tweets.csv.gz": {"text": "text", "id": "tweet_id", "time": "created_at", "author": "author_id",
                              "speaker": "inbound"},
    "telecom_nps.csv": {"text": "text", "time": "CUSTOMER_RESPONSE_DATE", "score": "NPS_SCORE"},
    "uber_2024.csv.gz": {"text": "content", "time": "at", "score": "score"},
    "womens_clothing.csv.gz": {"text": "Review Text", "title": "Title", "score": "Rating"}}


def check(path: Path, expected: dict[str, str]) -> None:
    got = read_sources([SourceSettings(path=path.name)], base=path.parent)
    report = got.reports[0]
    assert {c.role: c.column for c in report.columns if c.role != "attributes"} == expected
    assert report.rows_in == report.rows_kept + len(got.rejects)
    assert got.raw["item_id"].is_unique
    if "time" in expected:
        assert got.raw["created_at"].notna().all()


@pytest.mark.parametrize("name", SAMPLE)
def test_sample_corpus(sample: Path, name: str) -> None:
    check(sample / name, SAMPLE[name])


@pytest.mark.parametrize("name", REAL)
def test_real_files(shared: Path, name: str) -> None:
    check(shared / "data" / "raw" / name, REAL[name])
