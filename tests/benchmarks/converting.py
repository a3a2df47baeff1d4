"""Making reports of the rows of a table, beside highdicom making the same of one row after the other.

Knows a made-up table; nothing is stored in an Orthanc.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from statistics import median

import highdicom as hd
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

import build
from benchmarks.figures import Figure, Hold, Part, paragraphs
from orthanc_cohorts.convert.table import convert_table, mapping_of

ROWS, SECONDS = 10_000, 150
"""Of a table, and how long they may take on two cores."""
NUMBERS, CODES = 12, 3
"""Columns: measurements in mm, and evaluations."""
BY_HIGHDICOM = 100
"""Rows that highdicom alone makes reports of; the rest would take as long each."""
_NAMES = [f"99BENCH|{number}|Size {number}" for number in range(NUMBERS + CODES)]


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Part:
    """Return how long rows take to become reports; folder: for the table and the reports."""
    rows = ROWS // 20 if quick else ROWS
    folder.mkdir()
    table, mapping = _table(folder / "table.csv", rows), _mapping(folder / "mapping.yaml")
    began = time.perf_counter()
    counts = convert_table(table, mapping_of(mapping), folder / "out")
    seconds = time.perf_counter() - began
    assert counts.new == rows
    say(f"  {rows:,} reports in {seconds:.0f} s")
    size = sum(path.stat().st_size for path in (folder / "out").rglob("*.dcm")) / rows
    began = time.perf_counter()
    again = convert_table(table, mapping_of(mapping), folder / "out")
    seconds_again = time.perf_counter() - began
    assert again.unchanged == rows
    alone = _by_highdicom(BY_HIGHDICOM // 10 if quick else BY_HIGHDICOM)
    how = paragraphs(
        f"""
        A CSV table of {rows:,} rows with {NUMBERS} numbers and {CODES} codes each becomes one report a row
        (TID 1500, {NUMBERS + CODES + 8} content items), with files and ledger, in {os.cpu_count()} processes;
        then once more, when all is there. highdicom makes the same tree and document of one row after
        the other in one process, with its file in memory, {BY_HIGHDICOM} times; median.
        """
    )
    limit = SECONDS * rows / ROWS
    return Part(
        "Rows of a table to reports",
        how,
        [
            Figure(f"{rows:,} rows to reports", seconds, "s", Hold(at_most=limit)),
            Figure("a row", seconds / rows * 1e3, "ms"),
            Figure("the same again, unchanged", seconds_again, "s"),
            Figure("bytes of a report", size, "B"),
            Figure("highdicom alone, a row", alone * 1e3, "ms"),
            Figure("highdicom alone / ours, a row", alone / (seconds / rows), "x"),
        ],
    )


def _table(path: Path, rows: int) -> Path:
    chance = Random(1)
    columns = [f"c{number}" for number in range(NUMBERS + CODES)]
    lines = [",".join(["pid", "sex", "seen", *columns])]
    for row in range(rows):
        cells = [f"{chance.uniform(5, 90):.1f}" for _ in range(NUMBERS)]
        cells += [str(chance.randrange(4)) for _ in range(CODES)]
        lines.append(",".join([f"P{row:06}", chance.choice("mf"), "2024-05-02", *cells]))
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


def _mapping(path: Path) -> Path:
    observed = [
        f"      - {{column: c{number}, concept: {_NAMES[number]}, unit: mm}}" for number in range(NUMBERS)
    ]
    values = ", ".join(f'"{value}": 99BENCH|v{value}|Grade {value}' for value in range(4))
    observed += [
        f"      - {{column: c{number}, concept: {_NAMES[number]}, values: {{{values}}}}}"
        for number in range(NUMBERS, NUMBERS + CODES)
    ]
    path.write_text(_HEAD + "\n".join(observed) + "\n", encoding="ascii")
    return path


MM = hd.sr.CodedConcept("mm", "UCUM", "mm")
_HEAD = """\
mapping: 1
name: bench
patient: {id: {column: pid}, issuer: BENCH, sex: {column: sex, values: {m: M, f: F}}}
study: {time: {column: seen}}
documents:
  - name: sizes
    kind: measurements
    observations:
"""


def _by_highdicom(rows: int) -> float:
    """Return the seconds that highdicom takes for a row."""
    image = build.ct()
    times = []
    for row in range(rows):
        began = time.perf_counter()
        _report(row, image).save_as(BytesIO(), enforce_file_format=True)
        times.append(time.perf_counter() - began)
    return median(times)


def _report(row: int, image: Dataset) -> Dataset:
    chance = Random(row)
    named = [hd.sr.CodedConcept(*reversed(name.split("|")[:2]), name.split("|")[2]) for name in _NAMES]
    group = hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(build.uid("tracking", row), "sizes"),
        measurements=[
            hd.sr.Measurement(name, round(chance.uniform(5, 90), 1), MM) for name in named[:NUMBERS]
        ],
        qualitative_evaluations=[
            hd.sr.QualitativeEvaluation(name, hd.sr.CodedConcept(f"v{number}", "99BENCH", f"Grade {number}"))
            for number, name in enumerate(named[NUMBERS:])
        ],
    )
    device = hd.sr.DeviceObserverIdentifyingAttributes(build.uid("device"), name="mapping bench")
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(hd.sr.ObserverContext(codes.DCM.Device, device)),
        procedure_reported=hd.sr.CodedConcept("386053000", "SCT", "Evaluation procedure"),
        imaging_measurements=[group],
    )
    made: Dataset = hd.sr.ComprehensiveSR(
        evidence=[image],
        content=report[0],
        series_instance_uid=build.uid("series", row),
        series_number=1,
        sop_instance_uid=build.uid("report", row),
        instance_number=1,
        manufacturer="bench",
        record_evidence=False,
    )
    return made
