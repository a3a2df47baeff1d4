"""Saved cohorts: names, owners and versions that never change, in a file of their own.

Beside the index and never in it: the index can be rebuilt from Orthanc, what people saved cannot. Knows no
clauses; a definition is JSON here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal, LiteralString

import orjson
from orthanc_cohorts_sql import load

from orthanc_cohorts.errors import (
    CohortChanged,
    CohortExists,
    CohortForeign,
    CohortUnknown,
    ConfigurationError,
    IndexBusy,
    SchemaTooNew,
)

NAME = "cohorts.sqlite"
SCHEMA_VERSION = 1
_BUSY_SECONDS = 5.0

Kind = Literal["query", "list"]
Unit = Literal["patient", "study"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be saved.

    hash: of the canonical definition; of a list, of the one that names its studies. definition: JSON without
    clauses `cohort`; of a list, the one that it was frozen from. members: of a list, the StudyInstanceUIDs of
    each member, None for a query. author: who saves it, None when nobody vouches for a name. count,
    generation: of the index now.
    """

    kind: Kind
    unit: Unit
    hash: str
    note: str
    author: str | None
    count: int
    generation: int
    definition: dict[str, Any]
    members: list[list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A version without what it asks. owner: of the cohort, None where only admins may change it."""

    name: str
    version: int
    kind: Kind
    unit: Unit
    hash: str
    note: str
    author: str | None
    created: datetime
    count: int
    generation: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class Saved(Version):
    """A version with what it asks; definition and members as in Draft."""

    definition: dict[str, Any]
    members: list[list[str]] | None


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes a saved cohort. admin: may change those of others too."""

    name: str | None
    admin: bool


class SavedCohorts:
    """The saved cohorts of one data directory, safe among threads.

    Each change is one transaction, on the disk when its method returns.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = Lock()
        self._closed = False

    @classmethod
    def open(cls, directory: Path) -> SavedCohorts:
        """Open or create the file, mode 0600, in a directory that exists.

        Raises SchemaTooNew: a newer version of this software wrote it. ConfigurationError: it cannot be read.
        """
        path = directory / NAME
        try:
            # Its -wal and -shm get the mode of the file itself.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            path.chmod(0o600)
            return cls(_connected(path))
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"{path}: the saved cohorts cannot be opened ({error}); restore the file, or move it away"
            ) from error

    def create(self, name: str, draft: Draft) -> Saved:
        """Save the first version under a name, for its author to own. Raises CohortExists.

        The name of a deleted cohort may be taken again; its versions then go on counting.
        """
        with self._changing():
            known = self._name(name)
            if known is not None and not known[2]:
                raise CohortExists("a cohort is saved under this name already; choose another, or replace it")
            return self._put(name, draft.author, 1 if known is None else known[1] + 1, draft)

    def replace(self, name: str, version: int, draft: Draft, editor: Editor) -> Saved:
        """Save the version that follows `version`, which must be the newest; the owner stays.

        Raises CohortUnknown, CohortForeign, CohortChanged.
        """
        with self._changing():
            owner = self._changeable(name, version, editor)
            return self._put(name, owner, version + 1, draft)

    def check(self, name: str, version: int, editor: Editor) -> None:
        """Raise what replacing or deleting would raise at this moment."""
        with self._reading():
            self._changeable(name, version, editor)

    def delete(self, name: str, version: int, editor: Editor) -> None:
        """Remove a cohort with all its versions; `version` must be the newest.

        Definitions that had it inlined stay as they are. Raises CohortUnknown, CohortForeign, CohortChanged.
        """
        with self._changing():
            self._changeable(name, version, editor)
            self._run("saved/drop_versions", name=name)
            self._run("saved/retire_name", name=name)
        with self._reading():
            # The log still held what was deleted; secure_delete clears the file itself.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def get(self, name: str, version: int | None = None) -> Saved | None:
        """Return a version, the newest one for None; None where there is none."""
        with self._reading():
            rows = self._run("saved/version", name=name, version=version)
        return _saved(rows[0]) if rows else None

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a cohort, newest first; none for an unknown name."""
        with self._reading():
            return [_version(row) for row in self._run("saved/versions", name=name)]

    def newest(self) -> list[Version]:
        """Return the newest version of every cohort, by name."""
        with self._reading():
            return [_version(row) for row in self._run("saved/newest")]

    def close(self) -> None:
        """Finish the running transaction and close the file; safe to call twice."""
        with self._lock:
            self._closed = True
            self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise IndexBusy("the saved cohorts are closing; ask again in a moment")
            try:
                yield
            except sqlite3.OperationalError as error:
                raise IndexBusy(f"the saved cohorts cannot be used: {error}; try again") from error

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._reading():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise

    def _name(self, name: str) -> tuple[str | None, int, bool] | None:
        rows = self._run("saved/name", name=name)
        return (rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None

    def _changeable(self, name: str, version: int, editor: Editor) -> str | None:
        """Return the owner of a cohort that may be changed."""
        known = self._name(name)
        if known is None or known[2]:
            raise CohortUnknown("no cohort is saved under this name; GET cohorts lists them")
        owner, newest, _ = known
        if not editor.admin and (owner is None or owner != editor.name):
            raise CohortForeign("only the owner of a saved cohort and admins may change it")
        if newest != version:
            raise CohortChanged(
                f"version {newest} is the newest, not {version}: look at it, then repeat the change"
            )
        return owner

    def _put(self, name: str, owner: str | None, version: int, draft: Draft) -> Saved:
        created = datetime.now(UTC).replace(microsecond=0)
        self._run("saved/put_name", name=name, owner=owner, newest=version)
        facts = {field: getattr(draft, field) for field in Draft.__slots__}
        self._run(
            "saved/put_version",
            **facts
            | {
                "name": name,
                "version": version,
                "created": created.isoformat(),
                "definition": orjson.dumps(draft.definition).decode(),
                "members": None if draft.members is None else orjson.dumps(draft.members).decode(),
            },
        )
        return Saved(name=name, version=version, created=created, owner=owner, **facts)

    def _run(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(load(statement), parameters).fetchall()


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        settings: tuple[LiteralString, ...] = (
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
        )
        for setting in settings:
            connection.execute(f"PRAGMA {setting}").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        [(version,)] = connection.execute("PRAGMA user_version").fetchall()
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(
                f"{path} has schema {version}, this software knows {SCHEMA_VERSION}: upgrade orthanc-cohorts"
            )
        if version < 1:
            connection.execute(load("saved/create_cohort"))
            connection.execute(load("saved/create_version"))
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _version(row: tuple[Any, ...]) -> Version:
    return Version(**_facts(row))


def _saved(row: tuple[Any, ...]) -> Saved:
    definition, members = row[-2:]
    return Saved(
        **_facts(row),
        definition=orjson.loads(definition),
        members=None if members is None else orjson.loads(members),
    )


def _facts(row: tuple[Any, ...]) -> dict[str, Any]:
    facts = dict(zip(Version.__slots__, row, strict=False))
    return {**facts, "created": datetime.fromisoformat(facts["created"])}
