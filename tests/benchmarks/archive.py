"""A generated archive of any size, straight into an index: people, studies, series, reports, what they state.

Knows the schema and what rows must agree in; asks nothing. The same size gives the same rows, whatever the
machine (with one version of DuckDB, whose hash is the only chance here).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
from orthanc_cohorts_sql import load

from benchmarks import vocabulary
from benchmarks.statements import statement
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.aggregate import series_rows, study_rows
from orthanc_cohorts.store.database import connect
from orthanc_cohorts.store.statements import column

REPORTS, STUDIES, PATIENTS = 20_000, 15_000, 10_000
"""Per million content items."""
ITEMS_PER_REPORT = 50
SPLIT = (
    "of each 50 content items 30 NUM, 12 CODE, 2 TEXT, 5 containers that are groups and the root, each with "
    "its rows in the fact tables; `content_item`, which no cohort question reads, is left empty"
)
_REPORTS_AT_ONCE = 60_300
_STUDIES_AT_ONCE = 60_000
_OBJECTS_AT_ONCE = 500_000
_MACROS = ("chance", "rank_of", "orthanc_id", "prefix_of")
_FACTS = ("document", "subject", "reference", "observation_group", "measurement", "evaluation", "text_item")
_PHRASES = (
    "No acute finding.", "Normal size and function.", "Mild dilatation of the left ventricle.",
    "Known lesion, stable.", "Sinus rhythm.", "No pericardial effusion.", "Mild mitral regurgitation.",
    "Follow-up recommended.", "New nodule in the right upper lobe.", "Left bundle branch block.",
    "Moderate aortic stenosis.", "Reduced ejection fraction.", "Late enhancement of the septum.",
    "Atrial fibrillation.", "Lesion has grown.", "Pleural effusion.", "Coronary calcification.",
    "Aneurysm of the ascending aorta.", "Pacemaker leads in place.", "Thrombus in the left atrial appendage.",
)  # fmt: skip


class Size(NamedTuple):
    """How much is made. items: content items; versions: of reports, replaced ones among them."""

    millions: float

    @property
    def items(self) -> int:
        """Content items of live reports."""
        return self.reports * ITEMS_PER_REPORT

    @property
    def reports(self) -> int:
        """Live reports; of each 200 one has replaced another."""
        return self.studies // 3 * 4

    @property
    def versions(self) -> int:
        """Reports with those that were replaced."""
        return self.reports // 200 * 201

    @property
    def studies(self) -> int:
        """Studies, a multiple of 150: so all divisions come out even."""
        return max(150, round(self.millions * STUDIES / 150) * 150)

    @property
    def patients(self) -> int:
        """Patients, each of one study or more."""
        return self.studies // 3 * 2


def make(directory: Path, size: Size, say: Callable[[str], None] = print) -> None:
    """Make an index in a directory that holds nothing yet; say: told what was made, and how fast."""
    began = time.perf_counter()
    connection = connect(directory, memory_limit="6GB")
    try:
        for setting in (
            "SET threads = 2",
            "SET preserve_insertion_order = true",
            "SET enable_progress_bar = false",
        ):
            connection.execute(setting).fetchall()
        _plan(connection, size)
        objects = _objects(connection, size)
        _derived(connection, size)
        _facts(connection, size, say)
        _run(connection, "archive/segment")
        _run(connection, "archive/waveform")
        [(series,)] = connection.execute("SELECT max(series_key) FROM made_series").fetchall()
        free = {"instance": objects, "series": series + 1}
        free |= {"study": size.studies + 1, "patient": size.patients + 1}
        _run(connection, "archive/state", free)
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE temporary AND NOT internal"
        ).fetchall():
            connection.execute(f'DROP TABLE "{name}"').fetchall()
    finally:
        connection.close()
    say(f"  made {size.items:,} content items in {time.perf_counter() - began:.0f} s")


def arranged(index: Index) -> None:
    """Bring an index into the state in which the sidecar keeps it, and write all to disk."""
    index.purge()
    index.arrange()
    with index.read() as snapshot:
        connection = snapshot.cursor
        connection.rollback()
        connection.execute(load("store/checkpoint")).fetchall()


def rows_of(index: Index) -> dict[str, int]:
    """Return how many rows the tables hold that hold any."""
    with index.read() as snapshot:
        tables = snapshot.cursor.execute(
            "SELECT table_name, estimated_size FROM duckdb_tables() WHERE NOT internal ORDER BY table_name"
        ).fetchall()
    return {name: rows for name, rows in tables if rows}


def size_on_disk(directory: Path) -> int:
    """Return the bytes of all files below a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _plan(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Lay out in temporary tables who and what there is."""
    for name in _MACROS:
        _run(connection, f"archive/{name}")
    words = {
        "kind_of_report": vocabulary.kinds(),
        "measured": vocabulary.measured(),
        "asked": vocabulary.asked(),
        "answers": vocabulary.answers(),
    }
    for name, incoming in words.items():
        _create(connection, name, incoming)
    _run(connection, "archive/made_study", {"studies": size.studies})
    _run(connection, "archive/made_series")
    [(images,)] = connection.execute("SELECT max(image) FROM made_series").fetchall()
    _run(connection, "archive/made_report", {"versions": size.versions, "first": images + 1})
    _run(connection, "archive/made_object")


def _objects(connection: duckdb.DuckDBPyConnection, size: Size) -> int:
    """Insert instances, headers, tombstones and identities; return the next free instance key."""
    [(last,)] = connection.execute("SELECT max(instance_key) FROM made_object").fetchall()
    for low in range(1, last + 1, _OBJECTS_AT_ONCE):
        for name in ("instance", "instance_header"):
            _run(connection, f"archive/{name}", {"low": low, "high": low + _OBJECTS_AT_ONCE})
    _run(connection, "archive/tombstone")
    _run(connection, "archive/patient_identity", {"patients": size.patients})
    return int(last) + 1


def _derived(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Insert series, studies and patients, by the functions with which the writer derives them."""
    patients = connection.sql(statement("archive/patient_of_study")).to_arrow_table()["patient_key"]
    for low in range(1, size.studies + 1, _STUDIES_AT_ONCE):
        bounds = {"low": low, "high": low + _STUDIES_AT_ONCE}
        headers = connection.sql(statement("archive/headers"), params=bounds).to_arrow_table()
        series = series_rows(headers).sort_by("series_key")
        studies = study_rows(headers).drop_columns(["patient_id", "issuer_of_patient_id"])
        studies = studies.sort_by("study_key").append_column(
            "patient_key", patients.slice(low - 1, _STUDIES_AT_ONCE)
        )
        _insert(connection, "series", series)
        _insert(connection, "study", studies)
    everyone = column("patient_key", range(1, size.patients + 1), pa.int32())
    _patients(connection, everyone)


def _facts(connection: duckdb.DuckDBPyConnection, size: Size, say: Callable[[str], None]) -> None:
    told = time.perf_counter()
    for low in range(0, size.versions, _REPORTS_AT_ONCE):
        bounds: dict[str, Any] = {"low": low, "high": low + _REPORTS_AT_ONCE}
        for name in _FACTS:
            more = {"phrases": list(_PHRASES)} if name == "text_item" else {}
            _run(connection, f"archive/{name}", bounds | more)
        if time.perf_counter() - told > 20:
            told = time.perf_counter()
            say(f"  {low * ITEMS_PER_REPORT / 1e6:.0f} of {size.items / 1e6:.0f} million items")


def _run(connection: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, Any] | None = None) -> None:
    connection.execute(statement(name), parameters).fetchall()


def _create(connection: duckdb.DuckDBPyConnection, name: str, incoming: pa.Table) -> None:
    connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM incoming").fetchall()


def _insert(connection: duckdb.DuckDBPyConnection, name: str, incoming: pa.Table) -> None:
    connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming").fetchall()


def _patients(connection: duckdb.DuckDBPyConnection, incoming: pa.Table) -> None:
    connection.execute(load("store/derive_patient")).fetchall()
