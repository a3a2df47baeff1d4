"""Reading a report: `dicom.scan`, and bytes to all rows, against pydicom on the same bytes.

Knows no Orthanc; one process, one thread, everything in memory.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from pydicom import dcmread

import build
from benchmarks import objects
from benchmarks.figures import Figure, Hold, Part
from orthanc_cohorts.dicom.scan import scan_bytes
from orthanc_cohorts.errors import UnsupportedEncoding
from orthanc_cohorts.flatten import Stored, flatten_bytes

STORED = Stored("0" * 44, "uuid", "md5", 0, "series", "study", "patient")
CORPUS_REPORT = "Cardio-AI_*/example_ecg_sr.dcm"


def measure(corpus: Path, quick: bool) -> Part:
    """Return the times and ratios for the ECG report and the report of 5,000 items.

    corpus: a folder of real files; a generated report stands in for what it lacks.
    """
    real = sorted(corpus.glob(CORPUS_REPORT))
    ecg = real[0].read_bytes() if real else build.to_bytes(objects.report(43))
    name = f"ECG report ({'a real one' if real else 'generated'}, 43 items)"
    large = build.to_bytes(objects.report(5_000))
    figures = _report(name, ecg, inner=40, rounds=9 if quick else 31)
    figures += _report("generated report (5,000 items)", large, inner=1, rounds=3 if quick else 9)
    how = (
        "The same bytes in memory, read by each in turns; medians of the times and of the ratios of each "
        f"round. The ECG report has {len(ecg):,} bytes, the generated one {len(large):,}."
    )
    return Part("Reading a report", how, figures)


def measure_corpus(corpus: Path, quick: bool) -> Part:
    """Return the smallest ratios over all reports of the corpus that have 40 items or more.

    corpus: a folder of real files with its index.csv; without it nothing is measured.
    """
    index = corpus / "index.csv"
    if not index.is_file():
        return Part("Reading every real report", "No real reports lie beside this checkout.", [])
    with index.open() as file:
        paths = [corpus / row["path"] for row in csv.DictReader(file) if int(row["content_items"] or 0) >= 40]
    scans, rows = {}, {}
    for path in paths:
        data = path.read_bytes()
        inner = max(1, 60_000 // len(data))
        try:
            scans[path.name], rows[path.name] = _ratios(data, inner, rounds=3 if quick else 7)
        except UnsupportedEncoding:
            continue  # left to pydicom: there is nothing to compare
    slowest_scan, slowest_rows = min(scans, key=scans.__getitem__), min(rows, key=rows.__getitem__)
    how = (
        f"The {len(scans)} reports of at least 40 items among the real files beside this checkout, each read "
        "in turns as above; of the ratios of all files the median and the smallest."
    )
    return Part(
        "Reading every real report",
        how,
        [
            Figure("pydicom / `dicom.scan`, median", median(scans.values()), "x"),
            Figure(f"smallest ({slowest_scan})", scans[slowest_scan], "x", Hold(at_least=20)),
            Figure("pydicom / bytes to all rows, median", median(rows.values()), "x"),
            Figure(f"smallest ({slowest_rows}) ", rows[slowest_rows], "x", Hold(at_least=10)),
        ],
    )


def _ratios(data: bytes, inner: int, rounds: int) -> tuple[float, float]:
    times = _times(data, inner, rounds)
    return tuple(
        median(p / ours for p, ours in zip(times["pydicom"], times[way], strict=True))
        for way in ("scan", "rows")
    )


def _times(data: bytes, inner: int, rounds: int) -> dict[str, list[float]]:
    """Return ms of each way, round by round, so that a machine that slows down slows all three."""
    ways: list[tuple[str, Callable[[bytes], object]]] = [
        ("pydicom", _pydicom),
        ("scan", scan_bytes),
        ("rows", lambda data: flatten_bytes(data, STORED)),
    ]
    times: dict[str, list[float]] = {way: [] for way, _ in ways}
    for _ in range(rounds):
        for way, call in ways:
            started = perf_counter()
            for _ in range(inner):
                call(data)
            times[way].append((perf_counter() - started) / inner * 1e3)
    return times


def _report(name: str, data: bytes, inner: int, rounds: int) -> list[Figure]:
    times = _times(data, inner, rounds)
    ms = {way: median(values) for way, values in times.items()}
    scan_ratio = median(p / s for p, s in zip(times["pydicom"], times["scan"], strict=True))
    rows_ratio = median(p / r for p, r in zip(times["pydicom"], times["rows"], strict=True))
    return [
        Figure(f"{name}: pydicom `dcmread` + `iterall`", ms["pydicom"], "ms"),
        Figure(f"{name}: `dicom.scan`", ms["scan"], "ms"),
        Figure(f"{name}: bytes to all rows", ms["rows"], "ms"),
        Figure(f"{name}: pydicom / `dicom.scan`", scan_ratio, "x", Hold(at_least=20)),
        Figure(f"{name}: pydicom / bytes to all rows", rows_ratio, "x", Hold(at_least=10)),
    ]


def _pydicom(data: bytes) -> int:
    return sum(1 for _ in dcmread(io.BytesIO(data)).iterall())
