"""`flatten`: the rows of files, without any Orthanc; what was met, in words.

Decides nothing: `offline` does the work.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from orthanc_cohorts.cli.interrupts import Interrupted, Interrupts
from orthanc_cohorts.cli.terminal import complain, progress, say
from orthanc_cohorts.offline import Report, files_in, flattened

SHOWN_CLASHES = 20
FILES_PER_JOB = 50
"""A further process takes as long to start as some dozen files to read."""


def run(places: list[Path], out: Path, format_: str, jobs: int | None, overwrite: bool) -> int:
    """Flatten, write and say what was met; return the exit status.

    0: everything was read. 1: something was not, or not whole. 128 and a signal's number: interrupted.
    jobs: None for one process per core. Raises CohortsError: nothing is written then.
    """
    interrupts = Interrupts()
    with interrupts.caught():
        try:
            report = _flatten(interrupts, places, out, format_, jobs, overwrite)
        except Interrupted as interrupted:
            say("Stopped; nothing was written.")
            return 128 + interrupted.number
    for line in lines(report):
        say(line)
    for line in complaints(report):
        complain(line)
    return 1 if report.troubles else 0


def _flatten(
    interrupts: Interrupts, places: list[Path], out: Path, format_: str, jobs: int | None, overwrite: bool
) -> Report:
    """Return what was met once everything is written. Raises Interrupted: nothing is written."""
    files, troubles = files_in(places)
    jobs = jobs or min(_cores(), max(1, len(files) // FILES_PER_JOB))
    with progress("flattening") as advance:

        def step(done: int, total: int) -> None:
            _heed(interrupts)
            advance(done, total)

        try:
            with flattened(files, out, format_, jobs, overwrite, step) as made:
                _heed(interrupts)
                # From here on it is too late to stop: the files go into place together.
                interrupts.ignore()
                made.publish()
        except Exception:
            _heed(interrupts)
            raise
    made.report.troubles[:0] = troubles
    return made.report


def _heed(interrupts: Interrupts) -> None:
    """Raise Interrupted if it was raised before and got lost.

    DuckDB calls Python back while it reads Arrow tables, and makes errors of its own of what is raised there
    (2.0, seen with every second Ctrl-C): the writer takes them for an object that does not fit.
    """
    with interrupts.held():
        pass


def lines(report: Report) -> list[str]:
    """Return what people want to see of a run: files, objects, rows of each table, problems by rule."""
    told = {"files": report.files, "objects": report.objects}
    if report.no_dicom:
        told["passed over, no DICOM"] = report.no_dicom
    if report.duplicates:
        told["the same bytes again"] = report.duplicates
    if report.clashes:
        told["the same UIDs, other bytes"] = len(report.clashes)
    return [
        *_numbers(told),
        "",
        "rows",
        *_numbers(report.rows, "  "),
        *(["", "problems", *_numbers(report.problems, "  ")] if report.problems else []),
    ]


def complaints(report: Report) -> list[str]:
    """Return what somebody should look at: clashing objects, and files that were not read with the reason."""
    found = [
        f"{clash.path}: another object has the identifiers of {clash.sop_instance_uid}; both are kept"
        for clash in report.clashes[:SHOWN_CLASHES]
    ]
    if len(report.clashes) > SHOWN_CLASHES:
        found.append(f"... and {len(report.clashes) - SHOWN_CLASHES} more with the identifiers of another")
    found += [f"{trouble.path}: {trouble.reason}" for trouble in report.troubles]
    if not report.objects:
        found.append("no DICOM object was found")
    return found


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _numbers(numbers: Mapping[str, int], indent: str = "") -> list[str]:
    width = max(map(len, numbers), default=0)
    return [f"{indent}{name:<{width}}  {number:>11,}" for name, number in numbers.items()]
