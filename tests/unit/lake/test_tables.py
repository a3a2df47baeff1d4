"""The allow-list of the lake against the tables of the index: what it names is there, and names nobody."""

from __future__ import annotations

import pytest

from cohort_rows import MemoryIndex
from orthanc_cohorts.lake.tables import KEYS, TABLES, Shown

NAMING = (
    *("_id", "_hash", "_raw", "_name", "_label", "name", "label", "description", "text", "identifier"),
    *("_uuid", "md5", "seq", "birth_date", "session", "time_point"),
)
"""Endings of columns that name somebody or something, or are free text."""
HARMLESS = {"n_text", "template_identifier", "manufacturer_model_name", "sequence_name"}


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    return MemoryIndex()


def columns(index: MemoryIndex, table: Shown) -> dict[str, str]:
    with index.read() as snapshot:
        described = snapshot.cursor.execute(f'DESCRIBE "{table.source}"').fetchall()
    return {name: kind for name, kind, *_ in described}


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_what_is_named_is_there(index: MemoryIndex, table: Shown) -> None:
    there = set(columns(index, table))
    canonical = {name for name in table.codes}

    assert {*table.same, *table.uids, *table.times, *table.order} - there == set()
    for name in canonical:
        assert {f"{name}_scheme", f"{name}_code", f"{name}_meaning"} <= there


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_each_kind_of_column_is_what_it_is_said_to_be(index: MemoryIndex, table: Shown) -> None:
    kinds = columns(index, table)

    assert {kinds[name] for name in table.uids} <= {"VARCHAR"}
    assert {kinds[name] for name in table.times} <= {"TIMESTAMP"}
    # Whatever is a point in time is moved or left out, and never shown as it is.
    assert not {name for name in table.plain if kinds.get(name) in ("TIMESTAMP", "DATE")}
    assert not table.plain & {*KEYS, *table.uids, *table.times}
    for name in table.same:
        uid_of_nobody = name.endswith(("sop_class_uid", "transfer_syntax_uid"))
        assert uid_of_nobody or not name.endswith("_uid"), f"{table.name}.{name}"
        assert name in HARMLESS or not name.endswith(NAMING), f"{table.name}.{name}"


def test_every_table_of_rows_is_decided_upon(index: MemoryIndex) -> None:
    with index.read() as snapshot:
        views = [
            name
            for (name,) in snapshot.cursor.execute(
                "SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'live_%'"
            ).fetchall()
        ]

    assert set(views) == {table.source for table in TABLES if table.source.startswith("live_")}
