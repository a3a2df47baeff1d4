"""How long after its store a report is counted, while others store.

Asks as a dashboard would: POST /cohorts/api/v1/count through Orthanc.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from pathlib import Path
from statistics import median

from benchmarks import objects
from benchmarks.figures import Figure, Hold, Part, percentile
from benchmarks.processes import Clients, shares
from orthanc.harness import Orthanc

CONCEPT = "99BENCH|marker"
EVERY_SECONDS = 0.2
POLL_SECONDS = 0.02
CLIENTS, PER_SECOND = 2, 20.0
GIVE_UP_SECONDS = 30.0


def measure(folder: Path, quick: bool) -> Part:
    """Return the times from Orthanc's answer to a store until the count holds the report."""
    count = 40 if quick else 200
    reports = [objects.marker(number, f"{CONCEPT}|Marker") for number in range(1, count + 1)]
    per_client = int(PER_SECOND * (count * EVERY_SECONDS + 5))
    stock = list(objects.patients(1, CLIENTS * per_client // objects.BATCH + 1, "freshness"))
    orthanc = Orthanc(folder / "freshness")
    try:
        orthanc.start()
        orthanc.wait_ready()
        clients = Clients(orthanc.http_port, shares(stock, CLIENTS), PER_SECOND)
        clients.start()
        time.sleep(1.0)
        try:
            stored, counted = _run(orthanc.http_port, reports)
        finally:
            clients.stop()
            clients.join()
    finally:
        orthanc.close()
    waits = [(c - s) * 1e3 for s, c in zip(stored, counted, strict=True)]
    how = (
        f"{count} reports, one every {EVERY_SECONDS * 1e3:g} ms, each of a new patient and with a marker "
        f"code, while {CLIENTS} clients store the same mix at {CLIENTS * PER_SECOND:g} objects/s together. "
        "From Orthanc's answer to the store until `POST /cohorts/api/v1/count` through Orthanc counts it; "
        f"asked every {POLL_SECONDS * 1e3:g} ms."
    )
    return Part(
        "Stored to countable",
        how,
        [
            Figure("p50", median(waits), "ms"),
            Figure("p95", percentile(waits, 95), "ms", Hold(at_most=1_000)),
            Figure("longest", max(waits), "ms"),
        ],
    )


def _run(port: int, reports: list[bytes]) -> tuple[list[float], list[float]]:
    stored: list[float] = []
    counted: list[float] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            _count_until(port, len(reports), counted)
        except Exception as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.monotonic()
    for number, data in enumerate(reports):
        time.sleep(max(0.0, began + number * EVERY_SECONDS - time.monotonic()))
        connection.request("POST", "/instances", data)
        assert connection.getresponse().read().find(b'"Success"') > 0, "a marker was not stored"
        stored.append(time.monotonic())
    asking.join()
    if failures:
        raise failures[0]
    return stored, counted


def _count_until(port: int, wanted: int, counted: list[float]) -> None:
    """Note the time at which each further report is counted, until all are."""
    definition = {"version": 1, "unit": "patient", "where": {"op": "measurement", "concept": [CONCEPT]}}
    body = json.dumps(definition)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    deadline = time.monotonic() + wanted * EVERY_SECONDS + GIVE_UP_SECONDS
    while len(counted) < wanted:
        time.sleep(POLL_SECONDS)
        connection.request("POST", "/cohorts/api/v1/count", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        now = time.monotonic()
        if answer.status != 200:
            raise RuntimeError(f"count: {answer.status} {text[:300]!r}")
        counted += [now] * (json.loads(text)["count"] - len(counted))
        if now > deadline:
            raise RuntimeError(
                f"{len(counted)} of {wanted} reports are counted {GIVE_UP_SECONDS:g} s too late"
            )
