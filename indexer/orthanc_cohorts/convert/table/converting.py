"""A table into a folder of reports; and what would become of it, before anything is written.

Knows the way of the rows; what they mean is in `mapping`.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from orthanc_cohorts.convert.encoding import Encoded, encoded
from orthanc_cohorts.convert.ledger import Key
from orthanc_cohorts.convert.outbox import Counts, Outbox, file_name
from orthanc_cohorts.convert.problem import Problem, raise_any
from orthanc_cohorts.convert.table.mapping import Mapping
from orthanc_cohorts.convert.table.reading import Row, read
from orthanc_cohorts.convert.table.records import Reader, Record, lacking, used
from orthanc_cohorts.convert.table.reports import report

BATCH_ROWS = 50
ROWS_PER_JOB = 300
"""A further process takes as long to start as so many rows to convert."""
Encodings = tuple[Key, str, Encoded]
"""A report: what it is of, the path of its file, and its bytes."""
Advance = Callable[[int, int], None]
"""Called with the number of rows that are done, and that there are."""


@dataclass(slots=True)
class Coverage:
    """What would become of a table.

    rows: read. patients: told apart. reports: by the name of the document. stated, unknown: observations, by
    (document, column, concept): with a value, and said to be not known. left_out: columns that no one reads
    and that the mapping does not ignore. problems: everything that is wrong.
    """

    rows: int = 0
    patients: int = 0
    reports: Counter[str] = field(default_factory=Counter)
    stated: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def convert_table(
    path: Path, mapping: Mapping, folder: Path, advance: Advance | None = None, jobs: int | None = None
) -> Counts:
    """Write the reports of a table into a folder, all or none; return how many are new and changed.

    Each row is one patient at one time. jobs: processes; None: one per core, if there are many rows. Raises
    ConversionError with every problem of the table; OSError.
    """
    found = look(path, mapping)
    raise_any(found.problems)
    most = max(1, found.rows // ROWS_PER_JOB)
    jobs = min(most, os.cpu_count() or 1) if jobs is None else jobs
    with Outbox(folder) as outbox:
        done = 0
        for rows, made in _made(_records(path, mapping), mapping, jobs):
            for key, name, one in made:
                outbox.take(key, name, one)
            done += rows
            if advance is not None:
                advance(done, found.rows)
        return outbox.counts


def look(path: Path, mapping: Mapping) -> Coverage:
    """Read a whole table and return what would become of it.

    Raises ConversionError: no row can be read; OSError.
    """
    found = Coverage()
    table = read(path, mapping.source)
    found.problems += lacking(mapping, table.source, table.columns)
    if found.problems:
        return found
    known = {*used(mapping), *mapping.ignored}
    found.left_out = [name for name in table.columns if name not in known]
    reader = Reader(table.source, mapping)
    patients = set()
    for row in table.rows:
        if isinstance(row, Problem):
            reader.problems.append(row)
            continue
        found.rows += 1
        record = reader.record(row)
        if record is not None:
            patients.add(record.patient.key)
            _count(found, record)
    found.patients, found.problems = len(patients), reader.problems
    return found


def _count(found: Coverage, record: Record) -> None:
    for rule, stated in record.documents:
        found.reports[rule.name] += 1
        for one in stated:
            counter = found.unknown if one.value is None else found.stated
            counter[rule.name, one.rule.column, str(one.rule.concept)] += 1


def _records(path: Path, mapping: Mapping) -> Iterator[Record]:
    table = read(path, mapping.source)
    reader = Reader(table.source, mapping)
    for row in table.rows:
        record = reader.record(row) if isinstance(row, Row) else None
        # Nothing is wrong with any row, or the file has changed since it was looked at.
        raise_any(reader.problems if isinstance(row, Row) else [row])
        if record is not None:
            yield record


def _made(records: Iterator[Record], mapping: Mapping, jobs: int) -> Iterator[tuple[int, list[Encodings]]]:
    """Yield how many records, and their reports, in order."""
    batches = iter(lambda: list(islice(records, BATCH_ROWS)), [])
    if jobs == 1:
        for batch in batches:
            yield len(batch), _reports(batch, mapping)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        waiting: deque[tuple[int, Future[list[Encodings]]]] = deque()
        for batch in batches:
            waiting.append((len(batch), pool.submit(_reports, batch, mapping)))
            # No more than what keeps all busy: a table may be larger than memory.
            if len(waiting) > 2 * jobs:
                rows, future = waiting.popleft()
                yield rows, future.result()
        for rows, future in waiting:
            yield rows, future.result()


def _reports(records: list[Record], mapping: Mapping) -> list[Encodings]:
    found: list[Encodings] = []
    for record in records:
        patient = record.patient
        folder = file_name(patient.issuer or "", patient.patient_id)
        for rule, stated in record.documents:
            ds = report(record, rule, stated, mapping)
            key = ("table", mapping.name, *patient.key, record.key, rule.name)
            name = file_name(mapping.name, record.key, rule.name)
            found.append((key, f"{folder}/{name}.dcm", encoded(ds)))
    return found
