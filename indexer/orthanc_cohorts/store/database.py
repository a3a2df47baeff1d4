"""Opening the database: its schema, and migrations of older ones.

Knows SQL files and versions, nothing of what the tables mean.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from orthanc_cohorts_sql import load, names

from orthanc_cohorts.errors import SchemaTooNew
from orthanc_cohorts.store.statements import run

SCHEMA_VERSION = 6
"""Raised by every migration; `sql/migrations/<version>/` holds the steps that lead to it."""
NAME = "index.duckdb"
LOG_NAME = f"{NAME}.wal"
CHECKPOINT_BYTES = 64_000_000
"""Of the log. A checkpoint rewrites every column touched; 16 MB (the default) is a few thousand instances."""


def connect(directory: Path, *, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Return a connection to the index in a directory, created or migrated as needed.

    The directory is made private (0700). Nothing is downloaded: extensions are never installed or loaded
    from the network. Raises SchemaTooNew; duckdb.IOException when another process holds the database.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    path = directory / NAME
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "checkpoint_threshold": f"{CHECKPOINT_BYTES}B",
        "memory_limit": memory_limit,
        "temp_directory": str(directory / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(str(path), config=config)
    path.chmod(0o600)
    try:
        # It would be drawn on the standard output of whoever holds the index; cursors inherit the setting.
        run(connection, "SET enable_progress_bar = false")
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema in an empty database, or bring an older one up to date, in one transaction.

    Raises SchemaTooNew: the database was written by a newer version of this software.
    """
    connection.begin()
    try:
        version = schema_version(connection)
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(
                f"the index has schema {version}, this software knows {SCHEMA_VERSION}: "
                "upgrade orthanc-cohorts, or move the index away and let it be rebuilt"
            )
        if version == 0:
            for name in names("schema"):
                run(connection, load(name))
            run(connection, load("store/first_state"), {"version": SCHEMA_VERSION})
        else:
            migrate(connection, version)
        _replace_views(connection)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the schema version of a database, 0 for an empty one."""
    if not run(connection, load("store/has_state")):
        return 0
    [(version,)] = run(connection, "SELECT schema_version FROM state")
    return int(version)


def migrate(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    """Run the steps of every migration behind a version, in order."""
    for number in range(version + 1, SCHEMA_VERSION + 1):
        for name in names(f"migrations/{number:04d}"):
            run(connection, load(name))
        run(connection, "UPDATE state SET schema_version = $version", {"version": number})


def _replace_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Views hold no data: they are made anew at every start, so that they need no migrations."""
    for (view,) in run(connection, "SELECT view_name FROM duckdb_views() WHERE NOT internal"):
        connection.execute(f'DROP VIEW "{view}"').fetchall()
    waiting = names("views")
    # `concept` reads other views: sorted last by name prefix would be chance, so live_* come first.
    for name in sorted(waiting, key=lambda name: not name.startswith("views/live_")):
        run(connection, load(name))
