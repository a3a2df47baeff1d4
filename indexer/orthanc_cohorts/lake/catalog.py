"""What describes a snapshot: views for DuckDB, a dictionary of all columns, and where and when it is from.

Knows the files of one snapshot and the model; no index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import orjson
import pyarrow as pa

from orthanc_cohorts import __version__
from orthanc_cohorts.lake.tables import KEYS
from orthanc_cohorts.model.schema import TABLES

CATALOG, DICTIONARY, GUIDE = "catalog.duckdb", "dictionary.json", "dictionary.md"
STORAGE_VERSION = "v1.0.0"
"""Of the catalog: what DuckDB 1.0 and later open."""
_TABLE_DOCS = {
    "patient": "One row per patient, a person under one or several identities.",
    "study": "One row per study.",
    "series": "One row per series; texts that differ between its instances are named in `varies`.",
}
_COLUMN_DOCS = {
    "patient_key": "Joins the tables of one snapshot: the patient",
    "study_key": "Joins the tables of one snapshot: the study",
    "series_key": "Joins the tables of one snapshot: the series",
    "instance_key": "Joins the tables of one snapshot: the instance",
    "instance_count": "Instances that state this, or that it has",
    "series_count": "Series of the study",
    "study_count": "Studies of the patient",
    "modalities": "Modalities of its series",
    "varies": "Names of columns in which its instances differ",
    "event_time": "Local time of the statement: its own, else that of what it speaks of",
    "event_time_source": "Who states event_time",
    "event_time_precision": "Precision of event_time",
    "unit": "UCUM of the unit as sent, repaired",
    "seq": "Change of Orthanc's log with which the instance came",
    "value_canonical": "Value in the canonical unit of its dimension",
    "unit_canonical": "Canonical UCUM unit of value_canonical",
    "body_part": "Body part as a code, from BodyPartExamined or the anatomic region",
    "body_part_source": "What body_part was taken from",
    "present": "Whether the target is in the store",
    "is_superseded": "Whether another document names it as its predecessor",
    "is_current": "Whether no other document supersedes it",
    "first_study_time": "Time of the first study",
    "last_study_time": "Time of the last study",
    "first_acquisition_time": "Earliest acquisition of its instances",
    "last_acquisition_time": "Latest acquisition of its instances",
}


def schema_of(table: str, schema: pa.Schema) -> pa.Schema:
    """Return a schema whose columns say what they mean, as Parquet readers show it."""
    fields = [field.with_metadata({b"comment": doc(table, field.name).encode()}) for field in schema]
    return pa.schema(fields, metadata={b"orthanc-cohorts": __version__.encode(), b"table": table.encode()})


def doc(table: str, column: str) -> str:
    """Return what a column of the lake means, in one sentence."""
    own = TABLES.get(table)
    for name, text in ((c.name, c.doc) for c in (own.columns if own else ())):
        if name == column:
            return text
    if column in _COLUMN_DOCS:
        return _COLUMN_DOCS[column]
    for ending, word in (("_min", "Smallest"), ("_max", "Largest")):
        if column.endswith(ending):
            return f"{word} of its instances: {doc('instance_header', column.removesuffix(ending))}"
    if own is not None and column in own.coded:
        return f"Canonical `SCHEME|code` of {column}"
    others = (
        c.doc for other in ("instance_header", "instance") for c in TABLES[other].columns if c.name == column
    )
    return next(others, "")


def table_doc(table: str) -> str:
    """Return what the rows of a table are."""
    return _TABLE_DOCS.get(table) or TABLES[table].doc


def documents(schemas: Mapping[str, pa.Schema]) -> dict[str, bytes]:
    """Return what describes a snapshot to people and programs, by file name."""
    dictionary = {
        table: {
            "doc": table_doc(table),
            "columns": {
                field.name: {"type": str(field.type), "doc": doc(table, field.name)} for field in schema
            },
            "keys": [name for name in schema.names if name in KEYS],
        }
        for table, schema in schemas.items()
    }
    return {
        DICTIONARY: orjson.dumps(dictionary, option=orjson.OPT_INDENT_2),
        GUIDE: _guide(schemas).encode(),
    }


def _guide(schemas: Mapping[str, pa.Schema]) -> str:
    parts = ["# Dictionary\n"]
    for table, schema in schemas.items():
        rows = [f"| `{field.name}` | {field.type} | {doc(table, field.name)} |" for field in schema]
        parts.append(
            f"## {table}\n\n{table_doc(table)}\n\n| column | type | |\n|---|---|---|\n" + "\n".join(rows)
        )
    return "\n\n".join(parts) + "\n"


def views(path: Path, tables: Iterable[str]) -> None:
    """Write a database of views, one per table, over the files in the folders beside it by absolute path."""
    connection = duckdb.connect()
    try:
        connection.execute(f"ATTACH '{_quoted(path)}' AS lake (STORAGE_VERSION '{STORAGE_VERSION}')")
        for table in tables:
            files = _quoted(path.parent.resolve() / table / "*.parquet")
            connection.execute(f"CREATE VIEW lake.\"{table}\" AS SELECT * FROM read_parquet('{files}')")
        connection.execute("DETACH lake")
    finally:
        connection.close()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
