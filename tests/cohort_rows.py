"""An index in memory, made of rows written by hand, for tests of the cohort engine and its routes.

Knows the schema of the index, nothing of DICOM; what the store derives (canonical codes and units, rows of
series and study) is written by hand or computed here in the plainest way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
from orthanc_cohorts_sql import load, names

from orthanc_cohorts.harmonise import canonical_concept, unit_of_code
from orthanc_cohorts.harmonise.units import to_canonical
from orthanc_cohorts.store import arrange
from orthanc_cohorts.store.database import SCHEMA_VERSION
from orthanc_cohorts.store.hashes import hash_of_text

Row = dict[str, Any]
KEYS = ("instance_key", "series_key", "study_key")
NOON = datetime(2020, 1, 1, 12)


class MemorySnapshot(NamedTuple):
    """One generation, open for reading."""

    generation: int
    arrangement: int | None
    cursor: duckdb.DuckDBPyConnection
    cursor_seq: int = 0


def _identity(instance: int, uid: str = "") -> Row:
    uid = uid or f"1.2.3.{instance}"
    known = {"sop_hash": hash_of_text(uid), "sop_instance_uid": uid}
    return {"orthanc_hash": abs(instance), "seq": 0, **known}


class Rows:
    """Rows by table, each a dict; instance, series, study and patient rows come by themselves."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {}
        self.instances = 0

    def add(self, table: str, **values: Any) -> Row:
        """Add a row as it is."""
        if table == "reference":
            values.setdefault("target_hash", hash_of_text(values["target_sop_instance_uid"]))
        self.tables.setdefault(table, []).append(values)
        return values

    def study(self, study: int, patient: int, **values: Any) -> Row:
        """Add a study of a patient, and the patient when it is the first."""
        if patient not in {row["patient_key"] for row in self.tables.get("patient", ())}:
            self.add("patient", patient_key=patient, study_count=1)
            self.add("patient_identity", patient_key=patient, identity_hash=patient, patient_id=f"P{patient}")
        counts = {"series_count": 1, "instance_count": 1}
        uid = f"1.2.{study}"
        row = self.add(
            "study",
            **{
                "study_key": study,
                "patient_key": patient,
                "orthanc_hash": study,
                "study_instance_uid": uid,
                **counts,
                **values,
            },
        )
        self._derive_modalities(study)
        return row

    def series(self, series: int, study: int, **values: Any) -> Row:
        """Add a series; its modality becomes one of its study, as in the index."""
        row = self.add(
            "series",
            **{
                "series_key": series,
                "study_key": study,
                "orthanc_hash": series,
                "instance_count": 1,
                **values,
            },
        )
        self._derive_modalities(study)
        return row

    def _derive_modalities(self, study: int) -> None:
        series = [row for row in self.tables.get("series", ()) if row["study_key"] == study]
        there = sorted({row["modality"] for row in series if row.get("modality") is not None})
        for row in self.tables.get("study", ()):
            if row["study_key"] == study and there:
                row["modalities"] = there

    def instance(self, study: int, series: int = 0, uid: str = "", **header: Any) -> Row:
        """Add an instance with its header; the returned keys belong to the rows of its content."""
        self.instances += 1
        keys = {"instance_key": self.instances, "series_key": series, "study_key": study}
        self.add("instance", **keys, **_identity(self.instances, uid))
        self.add("instance_header", **keys, **header)
        return keys

    def fact(self, table: str, study: int, **values: Any) -> Row:
        """Add a row of content in an object of its own; codes are given as `SCHEME|code`.

        sop_instance_uid, series_key: of that object. event_time: of what it speaks of. of: the keys of an
        object that is there, for a row of its content.
        """
        uid = values.pop("sop_instance_uid", "")
        keys = values.pop("of", None) or self.instance(study, values.pop("series_key", 0), uid)
        row: Row = (
            {**keys, "path": "1.1"} if table in ("measurement", "evaluation", "text_item") else {**keys}
        )
        if "event_time" in values:
            self.add("subject", **keys, subject=0, event_time=values.pop("event_time"))
            row["subject"] = 0
        for name, value in values.items():
            if isinstance(value, str) and "|" in value:
                scheme, code = value.split("|")
                row.update(
                    {f"{name}_scheme": scheme, f"{name}_code": code, name: canonical_concept(scheme, code)}
                )
            else:
                row[name] = value
        return self.add(table, **row)

    def attribute(self, study: int, tag: str, *instances: int, series: int = 0, **values: Any) -> Row:
        """Add a header value that some instances of a series state; instance 1 unless told otherwise."""
        keys = {"instance_keys": list(instances or (1,)), "series_key": series, "study_key": study}
        return self.add("attribute", **keys, tag=tag, **{"value_index": 1, **values})

    def measured(
        self, study: int, concept: str, value: float | None, unit: str | None = None, **values: Any
    ) -> Row:
        """Add a measurement; its canonical value is computed as the store does."""
        known = unit_of_code("UCUM", unit)
        row = self.fact("measurement", study, concept=concept, value=value, **{"value_index": 1, **values})
        if unit is not None:
            row.update(unit_scheme="UCUM", unit_code=unit)
        if known is not None:
            row.update(unit=known.ucum, unit_canonical=known.canonical)
            row["value_canonical"] = None if value is None else to_canonical(value, known)
        return row


def _is_early(row: Row, below: int) -> bool:
    return bool(row.get("instance_key", below - 1) < below)


class MemoryIndex:
    """What `store.Index` is to readers, on rows written by hand."""

    def __init__(self, rows: Rows | None = None, generation: int = 1) -> None:
        self._connection = duckdb.connect(":memory:")
        self.generation = generation
        self.arranged: int | None = None
        # What questions read; making the views that only analysts read takes three times as long.
        views = [name for name in names("views") if name.startswith("views/live_")]
        for name in (*names("schema"), *views, "views/reference_target", "views/concept"):
            self._connection.execute(load(name))
        self._connection.execute(load("store/first_state"), {"version": SCHEMA_VERSION})
        if rows is not None:
            self.insert(rows)

    def insert(self, rows: Rows) -> None:
        """Write rows."""
        for table, found in rows.tables.items():
            for row in found:
                columns = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                self._connection.execute(
                    f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', list(row.values())
                )

    @classmethod
    def grown(cls, rows: Rows) -> MemoryIndex:
        """Return an index of rows of which half the measurements were arranged before the others came.

        Meanwhile some objects have died that stood among those arranged, and some have moved in time.
        """
        measured = sorted(row["instance_key"] for row in rows.tables["measurement"])
        index, below = cls(), measured[len(measured) // 2]
        early, ghosts = Rows(), Rows()
        for table, found in rows.tables.items():
            early.tables[table] = [row for row in found if table != "tombstone" and _is_early(row, below)]
        moved = early.tables.get("subject", [])[::2]
        early.tables["subject"] = [
            {**row, "event_time": datetime(2020, 1, 2)} if row in moved else row
            for row in early.tables.get("subject", [])
        ]
        dying = [
            (name, row) for name in ("measurement", "evaluation") for row in early.tables.get(name, ())[::2]
        ]
        for number, (name, row) in enumerate(dying):
            keys = {**row, "instance_key": -1 - number}
            ghosts.add(name, **keys)
            ghosts.add("subject", **{key: keys[key] for key in KEYS}, subject=0, event_time=NOON)
            ghosts.add("instance", **{key: keys[key] for key in KEYS}, **_identity(-1 - number))
        index.insert(early)
        index.insert(ghosts)
        index.arrange(below)
        late = Rows()
        for table, found in rows.tables.items():
            late.tables[table] = [row for row in found if table == "tombstone" or not _is_early(row, below)]
        for row in ghosts.tables.get("instance", ()):
            late.add("tombstone", instance_key=row["instance_key"])
        for row in moved:
            late.add("moved", instance_key=row["instance_key"], generation=2)
            index.run(f"DELETE FROM subject WHERE instance_key = {row['instance_key']}")
            late.add("subject", **row)
        index.insert(late)
        index.run("UPDATE state SET next_instance_key = 1000000")
        return index

    def arrange(self, below: int) -> None:
        """Arrange the statements of instances below a key, as the store does."""
        self._connection.execute("DELETE FROM state")
        self._connection.execute(load("store/first_state"), {"version": SCHEMA_VERSION})
        self._connection.execute("UPDATE state SET next_instance_key = ?", [below])
        arrange.swap(self._connection, arrange.build(self._connection))
        [(self.arranged,)] = self._connection.execute("SELECT number FROM arrangement").fetchall()

    def run(self, sql: str) -> None:
        """Run a statement and make a new generation, of which nobody can tell what it changed."""
        self._connection.execute(sql)
        self.generation += 1
        self._connection.execute("INSERT INTO touched_study VALUES (NULL, ?)", [self.generation])

    @contextmanager
    def read(self) -> Iterator[MemorySnapshot]:
        """Open one generation for reading."""
        cursor = self._connection.cursor()
        cursor.begin()
        try:
            yield MemorySnapshot(self.generation, self.arranged, cursor)
        finally:
            cursor.close()

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the connection, for what publishing notes."""
        yield self._connection
