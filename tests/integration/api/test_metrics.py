"""The page that Prometheus reads: what it counts, and that it is well-formed.

Runs on a real index in a folder, with rows taken in by its writer; no server, no Orthanc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import build
from api_client import ALL, API, Client, problem
from flattened import stored
from orthanc_cohorts.api import metrics
from orthanc_cohorts.api.metrics import BUCKETS, Family, Requests, Sample
from orthanc_cohorts.store import Batch, Index

_LINE = re.compile(r'([a-z_]+)((?:\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (-?[0-9.e+-]+)')
REPORTS = {**ALL, "where": {"op": "measurement", "concept": "SCT|410668003"}}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index.open(tmp_path)
    for number in range(3):
        item = build.num("SCT|410668003|Length", number, "mm")
        index.apply(Batch.of([stored(build.sr([item], PatientID=f"P{number}"))]))
    yield index
    index.close()


@pytest.fixture
def client(index: Index) -> Iterator[Client]:
    client = Client(index, written=lambda: index.written)
    yield client
    client.close()


def read(page: str) -> dict[str, float]:
    """Return the samples of a page; fails on a line that is none, or whose family was not announced."""
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in page.splitlines():
        if line.startswith("#"):
            _, word, name, rest = line.split(" ", 3)
            if word == "TYPE":
                assert name not in kinds
                kinds[name] = rest
            continue
        match = _LINE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        histogram = re.sub("_(bucket|sum|count)$", "", name)
        assert name in kinds or kinds.get(histogram) == "histogram", line
        assert name + labels not in found
        found[name + labels] = float(value)
    assert page.endswith("\n")
    return {name.removeprefix("orthanc_cohorts_"): value for name, value in found.items()}


def test_rows_generation_and_writing_are_those_of_the_index(client: Client) -> None:
    answer = client.get("/metrics")

    found = read(answer.text)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert found["generation"] == client.post("/count", ALL).json()["generation"] == 3
    assert (found['rows{table="measurement"}'], found['rows{table="patient"}']) == (3, 3)
    assert found['rows{table="segment"}'] == 0
    assert found["batches_total"] == 3 and found["writer_seconds_total"] > 0


def test_requests_are_counted_by_route_and_status(client: Client) -> None:
    for _ in range(4):
        client.post("/count", ALL)
    client.post("/count", {"version": 1})
    client.get("/documents/1.2.3.4")
    client.get("/made/up")

    found = read(client.get("/metrics").text)

    assert found[f'requests_total{{route="{API}/count",status="200"}}'] == 4
    assert found[f'requests_total{{route="{API}/count",status="422"}}'] == 1
    assert found[f'requests_total{{route="{API}/documents",status="404"}}'] == 1
    assert found['requests_total{route="other",status="404"}'] == 1
    assert found[f'request_seconds_count{{route="{API}/count"}}'] == 5
    assert not any("1.2.3.4" in name or "made" in name for name in found)


def test_a_refused_caller_is_counted_too(client: Client) -> None:
    problem(client.post("/patients", ALL, headers={"x-cohorts-role": "viewer"}), 403)

    assert read(client.get("/metrics").text)[f'requests_total{{route="{API}/patients",status="403"}}'] == 1


def test_masks_are_counted_when_they_are_asked_and_when_they_are_kept(client: Client) -> None:
    before = read(client.get("/metrics").text)
    for _ in range(3):
        assert client.post("/count", REPORTS).json()["count"] == 3

    found = read(client.get("/metrics").text)

    assert before['cache_misses_total{cache="masks"}'] == 0
    assert found['cache_misses_total{cache="masks"}'] == 1
    assert found['cache_hits_total{cache="masks"}'] == 2
    assert found['cache_bytes{cache="masks"}'] > before['cache_bytes{cache="masks"}'] == 0


def test_lag_is_what_the_status_says(index: Index) -> None:
    behind = Client(index, status=lambda: {"lag_changes": 7, "deferred": 2, "unreadable": 0})
    unknown = Client(index)

    found = [read(client.get("/metrics").text) for client in (behind, unknown)]

    behind.close()
    unknown.close()
    assert (found[0]["lag_changes"], found[0]["deferred"], found[0]["unreadable"]) == (7, 2, 0)
    assert "lag_changes" not in found[1]


def test_a_histogram_has_every_time_in_one_bucket_and_all_below_it() -> None:
    requests = Requests()
    for seconds in (BUCKETS[0], BUCKETS[0] * 1.01, 1e6):
        requests.took("/r", 200, seconds)

    found = read(metrics.text(requests.families()).decode())

    buckets = [found[f'request_seconds_bucket{{route="/r",le="{bound:g}"}}'] for bound in BUCKETS]
    assert buckets == [1, *[2] * (len(BUCKETS) - 1)]
    assert (
        found['request_seconds_bucket{route="/r",le="+Inf"}']
        == found['request_seconds_count{route="/r"}']
        == 3
    )
    assert found['request_seconds_sum{route="/r"}'] == pytest.approx(1e6)


def test_a_label_cannot_break_its_line() -> None:
    page = metrics.text([Family("x", "gauge", "A thing.", [Sample(1, {"name": 'a"b\\c\nd'})])]).decode()

    assert page.splitlines()[-1] == 'orthanc_cohorts_x{name="a\\"b\\\\c\\nd"} 1'
    assert read(page)
