"""The clinical time of what statements speak of (see the `subject` table).

The earliest acquisition among a subject's targets in the store counts, else that of the subject around it,
else the study's time, else the content time. Resolved again whenever a target comes or goes, or a study moves
in time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.store.statements import column, run


class Subject(NamedTuple):
    """One row of `subject` before its time is known; content_time: of its object, None when not stated."""

    instance_key: int
    series_key: int
    study_key: int
    subject: int
    parent_subject: int | None
    path: str
    content_time: Any


class Time(NamedTuple):
    """A clinical time, where it comes from, and its precision; all None where nothing is known."""

    time: Any
    source: str | None
    precision: str | None


StudyTime = tuple[Any, str | None]
"""Time of a study and its precision, both None where it states none."""
_Place = tuple[int, int | None]


def resolve(
    connection: duckdb.DuckDBPyConnection,
    new: list[Subject],
    targets: set[int],
    moved_studies: list[int],
    known_times: dict[int, StudyTime],
) -> set[int]:
    """Write the subjects of new objects, and again those whose time another object may have changed.

    Return the keys of the objects of the latter.

    targets: sop_hash of instances that came or went. moved_studies: keys of studies with another time now.
    known_times: of the studies that this transaction has rebuilt; of others the database is asked.
    """
    speakers = []
    if targets or moved_studies:
        speakers = run(
            connection,
            load("store/speakers"),
            incoming=column("sop_hash", targets, pa.uint64()),
            beside=column("study_key", moved_studies, pa.int32()),
        )
    changed = {key for (key,) in speakers} - {subject.instance_key for subject in new}
    again: list[Subject] = []
    if changed:
        keys = column("instance_key", changed, pa.int64())
        again = [Subject(*row) for row in run(connection, load("store/subjects_of"), incoming=keys)]
        run(connection, load("store/drop_subjects"), incoming=keys)
    if new or again:
        _write(connection, [*new, *again], known_times)
    return changed


def _write(
    connection: duckdb.DuckDBPyConnection, subjects: list[Subject], known_times: dict[int, StudyTime]
) -> None:
    acquired = _acquired(connection, {s.instance_key for s in subjects})
    study_times = dict(known_times)
    others = {s.study_key for s in subjects} - known_times.keys()
    if others:
        rows_of_others = run(
            connection, load("store/study_times"), incoming=column("study_key", others, pa.int32())
        )
        study_times.update((key, (time, precision)) for key, time, precision in rows_of_others)
    parents: dict[_Place, int | None] = {(s.instance_key, s.subject): s.parent_subject for s in subjects}
    times = [_time(s, parents, acquired, study_times) for s in subjects]
    rows = pa.table(
        {
            "instance_key": pa.array([s.instance_key for s in subjects], type=pa.int64()),
            "series_key": pa.array([s.series_key for s in subjects], type=pa.int32()),
            "study_key": pa.array([s.study_key for s in subjects], type=pa.int32()),
            "subject": pa.array([s.subject for s in subjects], type=pa.int32()),
            "parent_subject": pa.array([s.parent_subject for s in subjects], type=pa.int32()),
            "path": pa.array([s.path for s in subjects], type=pa.string()),
            "event_time": pa.array([t.time and str(t.time) for t in times], type=pa.string()),
            "event_time_source": pa.array([t.source for t in times], type=pa.string()),
            "event_time_precision": pa.array([t.precision for t in times], type=pa.string()),
        }
    )
    run(connection, "INSERT INTO subject BY NAME SELECT * FROM incoming", incoming=rows)


def _acquired(connection: duckdb.DuckDBPyConnection, objects: set[int]) -> dict[_Place, tuple[Any, str]]:
    """Return by subject of these objects the earliest acquisition among its targets, and its precision."""
    speaking = column("instance_key", objects, pa.int64())
    references = run(connection, load("store/subject_references"), incoming=speaking)
    hashes = column("sop_hash", {row[2] for row in references}, pa.uint64())
    met = run(connection, load("store/instances_by_hash"), incoming=hashes)
    there = column("instance_key", (key for (key,) in met), pa.int64())
    times: dict[str, tuple[Any, str]] = {}
    for uid, *acquired in run(connection, load("store/acquisitions"), incoming=there):
        times[uid] = min(times.get(uid, _NEVER), tuple(acquired))
    found: dict[_Place, tuple[Any, str]] = {}
    for key, subject, _, uid in references:
        if uid in times:
            found[key, subject] = min(found.get((key, subject), _NEVER), times[uid])
    return found


_NEVER = (datetime.max, "")
"""Later than any acquisition."""


def _time(
    subject: Subject,
    parents: dict[_Place, int | None],
    acquired: dict[_Place, tuple[Any, str]],
    study_times: dict[int, StudyTime],
) -> Time:
    place: int | None = subject.subject
    while place is not None:
        found = acquired.get((subject.instance_key, place))
        if found is not None:
            return Time(found[0], "acquisition", found[1])
        above = parents.get((subject.instance_key, place))
        place = above if above != place else None
    time, precision = study_times.get(subject.study_key, (None, None))
    if time is not None:
        return Time(time, "study", precision)
    if subject.content_time is not None:
        return Time(subject.content_time, "content", "second")
    return Time(None, None, None)
