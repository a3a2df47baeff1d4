"""Orthanc's own `/tools/find` beside the index, on what a real Orthanc holds after minutes of filling.

Asks what `/tools/find` can express, over HTTP at the same Orthanc, in turns; equal answers are asserted.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks import objects
from benchmarks.figures import Figure, Part, paragraphs
from orthanc.harness import Orthanc

CLIENTS = 2
_CONTEXT = multiprocessing.get_context("fork")
_EXTRA_FIRST = 9_000_000
"""Number of the first patient that is stored between two rounds."""


class Question(NamedTuple):
    """One question. find: queries whose answers' intersection is wanted. clauses: what the index is asked."""

    name: str
    level: str
    find: tuple[dict[str, str], ...]
    clauses: tuple[dict[str, Any], ...]

    @property
    def body(self) -> str:
        """The definition for the index; each study here has one CT series, so both count the same."""
        where = {"op": "and", "args": self.clauses}
        return json.dumps({"version": 1, "unit": "study", "where": where})


_WOMEN = {"op": "patient", "sex": "F"}
QUESTIONS = (
    Question(
        "studies of women with CT",
        "Study",
        ({"ModalitiesInStudy": "CT", "PatientSex": "F"},),
        ({"op": "series", "modality": "CT"}, _WOMEN),
    ),
    Question(
        "studies of women with a segmentation",
        "Study",
        ({"ModalitiesInStudy": "SEG", "PatientSex": "F"},),
        ({"op": "series", "modality": "SEG"}, _WOMEN),
    ),
    Question(
        "studies with a segmentation and a report (two searches)",
        "Study",
        ({"ModalitiesInStudy": "SEG"}, {"ModalitiesInStudy": "SR"}),
        ({"op": "series", "modality": "SEG"}, {"op": "series", "modality": "SR"}),
    ),
    Question(
        "CT series of 1.25 mm",
        "Series",
        ({"Modality": "CT", "SliceThickness": "1.25"},),
        ({"op": "series", "modality": "CT", "slice_thickness": {"eq": 1.25, "unit": "mm"}},),
    ),
)


def measure(folder: Path, quick: bool, minutes: float, say: Callable[[str], None]) -> Part:
    """Return what questions cost, asked of Orthanc and of the index; minutes: of filling before."""
    seconds = 5.0 if quick else minutes * 60
    rounds = 2 if quick else 6
    orthanc = Orthanc(folder / "finding")
    try:
        orthanc.start()
        orthanc.wait_ready()
        stored = _filled(orthanc.http_port, seconds)
        say(f"  {stored:,} objects are stored")
        orthanc.wait_indexed(600)
        held = orthanc.get("/statistics").json()
        times, counts = _rounds(orthanc, rounds)
    finally:
        orthanc.close()
    asked = "; ".join(f"{name}: {count:,}" for name, count in counts.items())
    how = paragraphs(
        f"""
        {CLIENTS} clients store small objects (CT slices, reports, segmentations, ECGs) for {seconds:g} s;
        then Orthanc with SQLite holds {held["CountInstances"]:,} instances of {held["CountPatients"]:,}
        patients. Asked over HTTP at the same Orthanc, {rounds} times in turns; before each round one more
        patient is stored, so that the index has nothing cached. Equal answers are asserted (in the end
        {asked}). A search returns what it finds, and a count is their number; a slice thickness is no main
        tag, so that Orthanc reads a file for each candidate.
        """
    )
    figures = []
    for name in counts:
        theirs, ours = times["find", name], times["ours", name]
        figures.append(Figure(f"{name}: `/tools/find`", median(theirs), "ms"))
        figures.append(Figure(f"{name}: index, through Orthanc", median(ours), "ms"))
        figures.append(Figure(f"{name}: `/tools/find` / index", median(theirs) / median(ours), "x"))
    return Part("Beside Orthanc's own search", how, figures)


def _filled(port: int, seconds: float) -> int:
    """Store objects from several processes for so long; return how many."""
    stored = _CONTEXT.SimpleQueue()
    clients = [
        _CONTEXT.Process(target=_client, args=(port, number, seconds, stored), daemon=True)
        for number in range(1, CLIENTS + 1)
    ]
    for client in clients:
        client.start()
    answers: list[tuple[int, str]] = [stored.get() for _ in clients]
    for client in clients:
        client.join()
    for _, error in answers:
        if error:
            raise RuntimeError(error)
    return sum(count for count, _ in answers)


def _client(port: int, first: int, seconds: float, stored: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    count, error = 0, ""
    began = time.monotonic()
    try:
        for patient in objects.small(first, CLIENTS, "finding"):
            # Whole patients, so that every study is as the questions suppose.
            if time.monotonic() - began > seconds:
                break
            for data in patient:
                _post(connection, "/instances", data)
                count += 1
    except Exception as failure:
        error = f"client {first}: {failure!r}"
    stored.put((count, error))


def _rounds(orthanc: Orthanc, rounds: int) -> tuple[dict[tuple[str, str], list[float]], dict[str, int]]:
    times: dict[tuple[str, str], list[float]] = {}
    counts: dict[str, int] = {}
    further = objects.small(_EXTRA_FIRST, 1, "further")
    for _ in range(rounds):
        for data in next(further):
            orthanc.store(data)
        orthanc.wait_indexed()
        connection = http.client.HTTPConnection("127.0.0.1", orthanc.http_port, timeout=600)
        for question in QUESTIONS:
            found, elapsed = _found(connection, question)
            times.setdefault(("find", question.name), []).append(elapsed)
            began = perf_counter()
            answer = json.loads(_post(connection, "/cohorts/api/v1/count", question.body.encode()))
            times.setdefault(("ours", question.name), []).append((perf_counter() - began) * 1e3)
            counts[question.name] = answer["count"]
            assert answer["count"] == found, (
                f"{question.name}: {found} by find, {answer['count']} by the index"
            )
        connection.close()
    return times, counts


def _found(connection: http.client.HTTPConnection, question: Question) -> tuple[int, float]:
    """Return how many resources `/tools/find` names, and the time that it takes, ms."""
    began = perf_counter()
    answers = [
        set(
            json.loads(
                _post(
                    connection, "/tools/find", json.dumps({"Level": question.level, "Query": query}).encode()
                )
            )
        )
        for query in question.find
    ]
    count = len(set.intersection(*answers))
    return count, (perf_counter() - began) * 1e3


def _post(connection: http.client.HTTPConnection, path: str, data: bytes) -> bytes:
    connection.request("POST", path, data, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return body
