"""Archives for tests of the job: objects with everything that lies in two buckets, and lakes to be compared.

Knows the builders, the offline flatten and the lake; nothing of Spark.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from pydicom.dataset import Dataset

import build
from integration.offline import runs
from orthanc_cohorts.convert.demo.write import write_demo_study
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake import FolderLake, publish
from orthanc_cohorts.offline import Report, files_in
from orthanc_cohorts.offline.taking import Taker
from orthanc_cohorts.offline.workers import read_all
from orthanc_cohorts.store import Index

KEY = Pseudonyms(b"k" * 32)
IMAGE = build.ct(PatientID="P1", AcquisitionDateTime="20190108093000", StudyDate=None, StudyTime=None)
KEYS = ("instance_key", "series_key", "study_key", "patient_key")


def report(number: int, patient: str, **header: Any) -> Dataset:
    """Return a report of a study of its own, which speaks of IMAGE whoever it is of."""
    seen = (IMAGE.StudyInstanceUID, IMAGE.SeriesInstanceUID, IMAGE.SOPClassUID, IMAGE.SOPInstanceUID)
    items = [build.num("SCT|118565006|Volume", number, "UCUM|cm3|cubic centimeter")]
    uids = {
        "StudyInstanceUID": build.uid("study", number),
        "SeriesInstanceUID": build.uid("series", number),
        "SOPInstanceUID": build.uid("report", number),
    }
    return build.sr(items, evidence=[seen], **{**uids, "PatientID": patient, **header})


def objects() -> dict[str, Dataset | bytes]:
    """Return files whose rows depend on those of other patients, and files that are no objects, or twice."""
    older = report(1, "P2")
    named = (older.StudyInstanceUID, older.SeriesInstanceUID, older.SOPClassUID, older.SOPInstanceUID)
    copy = build.to_bytes(IMAGE)
    whole = build.to_bytes(report(30, "P9"))
    return {
        "a/image": IMAGE,
        # A copy of the image under another patient: earlier, so that what speaks of it is of that time.
        "a/copy": build.ct(
            PatientID="P7", AcquisitionDateTime="20180101000000", StudyDate=None, StudyTime=None
        ),
        "b/older": older,
        # Of nobody we know, and of another patient than its predecessor.
        "b/newer": report(2, "P5", predecessors=[named]),
        "c/again": copy,
        "c/clash": build.ct(PatientID="P1", AcquisitionDateTime="20200202020202"),
        **{f"d/{n}": report(n, f"P{n}", StudyDate=None, StudyTime=None) for n in range(10, 22)},
        "e/nobody": report(40, "", StudyID="9"),
        "e/nobody else": report(41, "", StudyID="10"),
        "f/deflated": build.to_bytes(build.ct(PatientID="P3", StudyID="9"), build.DEFLATED),
        "f/big": build.to_bytes(report(42, "P4"), build.BIG_ENDIAN),
        "f/seg": build.to_bytes(build.seg(source=IMAGE, region="SCT|80891009|Heart"), build.IMPLICIT),
        "f/ecg": build.ecg(PatientID="P2"),
        "g/cut": whole[:-60],
        "g/mess.dcm": bytes(128) + b"DICM" + bytes(range(256)),
        "g/words.txt": b"words",
    }


def write(folder: Path, patients: int = 4) -> Path:
    """Write the objects and a demo study into a folder, some under names that are no text; return it."""
    runs.write(folder, objects())
    write_demo_study(folder / "demo", patients)
    (folder / "a" / "image").rename(os.fsdecode(os.fsencode(folder / "a") + b"/im\xe4ge"))
    return folder


def published(places: Iterable[Path], folder: Path, policy: Policy) -> tuple[Path, Report]:
    """Return the snapshot that an index of these files publishes, and what was met."""
    told = Report()
    index = Index.open(folder / "index", threads=1)
    try:
        taker = Taker(index, told)
        files, troubles = files_in(places)
        for chunk in read_all(files, 1):
            taker.take(chunk)
        told.troubles += troubles
        return Path(publish(index, FolderLake(folder / "lake"), policy, KEY).manifest.where), told
    finally:
        index.close()


def differences(one: Path, other: Path, but: Iterable[str] = ()) -> list[str]:
    """Return the tables of two snapshots whose rows are not the same, keys included.

    but: columns that are not compared.
    """
    return _differences(one, other, lambda connection, side, table, names: [
        f'"{name}"' for name in names if name not in but
    ])  # fmt: skip


def differences_but_keys(one: Path, other: Path, but: Iterable[str] = ()) -> list[str]:
    """Return the tables of two snapshots whose rows are not the same, each key taken for what it names."""

    def selected(connection: Any, side: str, table: str, names: list[str]) -> list[str]:
        return [
            f'(SELECT name FROM {side}_{name} AS k WHERE k.key = f."{name}") AS {name}'
            if name in KEYS
            else f'"{name}"'
            for name in names
            if name not in but
        ]

    return _differences(one, other, selected)


def _differences(one: Path, other: Path, selected: Any) -> list[str]:
    found = []
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{one}/catalog.duckdb' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{other}/catalog.duckdb' AS other (READ_ONLY)")
        for side in ("one", "other"):
            _name_keys(connection, side)
        tables = {side: _tables(connection, side) for side in ("one", "other")}
        if tables["one"].keys() != tables["other"].keys():
            return [f"tables: {tables['one'].keys() ^ tables['other'].keys()}"]
        for table, columns in tables["one"].items():
            if [pair for pair in columns if pair[0] not in KEYS] != [
                pair for pair in tables["other"][table] if pair[0] not in KEYS
            ]:
                found.append(f"{table}: columns")
                continue
            names = [name for name, _ in columns]
            rows = [
                f'SELECT {", ".join(selected(connection, side, table, names))} FROM {side}."{table}" AS f'
                for side in ("one", "other")
            ]
            for number, (left, right) in enumerate((rows, rows[::-1])):
                more = connection.execute(f"({left}) EXCEPT ALL ({right})").fetchall()
                if more:
                    found.append(f"{table}: {len(more)} rows of {('one', 'other')[number]} alone: {more[0]}")
    return found


def _tables(connection: Any, side: str) -> dict[str, list[tuple[str, str]]]:
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = $side "
        "AND NOT internal ORDER BY table_name, column_index",
        {"side": side},
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, type_ in rows:
        found.setdefault(table, []).append((column, type_))
    return found


def _name_keys(connection: Any, side: str) -> None:
    """Make a table for each kind of key, of what its keys name; of a patient by the first study."""
    columns = {name for name, _ in _tables(connection, side)["study"]}
    if "orthanc_id" not in columns:
        return
    for level in ("instance", "series", "study"):
        connection.execute(
            f"CREATE TEMP TABLE {side}_{level}_key AS "
            f'SELECT {level}_key AS key, orthanc_id AS name FROM {side}."{level}"'
        )
    connection.execute(
        f"CREATE TEMP TABLE {side}_patient_key AS "
        f"SELECT patient_key AS key, min(orthanc_id) AS name FROM {side}.study GROUP BY ALL"
    )
