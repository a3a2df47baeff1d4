"""The tables of a lake in an Iceberg catalog: the files of its snapshots, registered where they lie.

Each publication is one Iceberg snapshot of every table, whose files are those of the lake's snapshot and no
others, by their names by content: the names that are linked in a lake's snapshots would be other files.
Nothing is copied; an older Iceberg snapshot reads what retention keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from orthanc_cohorts.errors import ConfigurationError, LakeUnavailable
from orthanc_cohorts.lake.iceberg_catalog import FOLDER, CatalogPlace
from orthanc_cohorts.lake.iceberg_files import clean, hint, live_files
from orthanc_cohorts.lake.iceberg_history import drop_refs, replaced
from orthanc_cohorts.lake.snapshots import DATA, DataFile, Lake, Manifest

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

SAID = "orthanc-cohorts."
"""What our properties begin with: of an Iceberg snapshot, the state that it shows; of a table, its lake."""
_OWNER = f"{SAID}lake"
_PROPERTIES = {
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}


@dataclass(frozen=True, slots=True)
class IcebergTables:
    """The tables of a lake in a namespace of a catalog. One process writes them.

    Every method raises LakeUnavailable: catalog or storage cannot be used; ConfigurationError: pyiceberg is
    missing, or a table of somebody else has the name of one of ours.
    """

    lake: Lake
    place: CatalogPlace
    namespace: str

    def exist(self) -> bool:
        """Return whether there may be any."""
        return self.place.exists()

    def register(self, manifest: Manifest) -> None:
        """Make each table show the files of a snapshot of the lake; once more changes nothing.

        Killed between two tables, the next call mends: until then `newest_state` gives the state before.
        """
        said = {"snapshot": manifest.number, **_plain(manifest.run)}
        state = {f"{SAID}{name}": str(value) for name, value in said.items()}
        with self.place.opened(self.lake) as catalog:
            catalog.create_namespace_if_not_exists(self.namespace)
            for name, files in manifest.files.items():
                schema = self.lake.open(files[0]).schema_arrow
                self._show(self._table(catalog, name, schema), schema, files, state)
            for name, table in self._ours(catalog):
                if name not in manifest.files:
                    self._show(table, None, [], state)
            self.lake.admit(FOLDER)

    def expire(self, keep_seconds: float) -> set[tuple[str, str]]:
        """Expire Iceberg snapshots that were replaced longer ago than that, and remove what described them.

        The current one stays, and what branches and tags name. Return table and name of every file of the
        lake that is still named.
        """
        named: set[tuple[str, str]] = set()
        with self.place.opened(self.lake) as catalog:
            for _, table in self._ours(catalog):
                named |= self._expired(catalog, table, keep_seconds)
            self.lake.admit(FOLDER)
        return named

    def purge(self) -> set[tuple[str, str]]:
        """Expire all Iceberg snapshots but the current ones, branches and tags too: for an urgent erasure.

        Return what `expire` does.
        """
        with self.place.opened(self.lake) as catalog:
            for _, table in self._ours(catalog):
                drop_refs(table)
        return self.expire(float("-inf"))

    def _expired(self, catalog: Catalog, table: Table, keep_seconds: float) -> set[tuple[str, str]]:
        old = replaced(table, keep_seconds)
        if old:
            table.maintenance.expire_snapshots().by_ids(old).commit()
            table.refresh()
        files = live_files(table)
        if not files:
            # The lake has at least one file of each table that it has.
            catalog.drop_table(table.name())
        clean(self.lake, table, gone=not files)
        start = f"{self.lake.uri}/{DATA}/"
        return {(path.split("/")[-2], path.split("/")[-1]) for path in files if path.startswith(start)}

    def _ours(self, catalog: Catalog) -> Iterator[tuple[str, Table]]:
        """Yield the tables of this lake with their names; others of the namespace are left alone."""
        if catalog.namespace_exists(self.namespace):
            for identifier in catalog.list_tables(self.namespace):
                table = _loaded(catalog, identifier)
                if table is not None and table.properties.get(_OWNER) == self.lake.uri:
                    yield identifier[-1], table

    def _table(self, catalog: Catalog, name: str, schema: pa.Schema) -> Table:
        from orthanc_cohorts.lake.iceberg_commit import documented

        identifier = (self.namespace, name)
        table = _loaded(catalog, identifier)
        if table is None:
            if identifier in catalog.list_tables(self.namespace):
                self._give_up(catalog, identifier)
            location = f"{self.lake.uri}/{FOLDER}/{name}"
            own = {**_PROPERTIES, _OWNER: self.lake.uri}
            return catalog.create_table(identifier, documented(schema), location=location, properties=own)
        if table.properties.get(_OWNER) != self.lake.uri:
            raise ConfigurationError(
                f"the Iceberg table {self.namespace}.{name} belongs to another lake or to somebody else: "
                "choose another Cohorts.LakeIcebergNamespace, or drop it"
            )
        return table

    def _give_up(self, catalog: Catalog, identifier: tuple[str, str]) -> None:
        """Forget a table whose description is lost, so that it is made anew, in a catalog of our own."""
        if self.place.file is None:
            raise LakeUnavailable(
                f"what describes the Iceberg table {'.'.join(identifier)} cannot be read: drop the table "
                "and publish again; the lake itself is published"
            )
        catalog.drop_table(identifier)

    def _show(
        self, table: Table, schema: pa.Schema | None, files: Iterable[DataFile], state: Mapping[str, str]
    ) -> None:
        """Make a snapshot with exactly these files, where the table does not show them as this state yet."""
        from orthanc_cohorts.lake.iceberg_commit import commit

        current = table.current_snapshot()
        there = live_files(table, current)
        wanted = {self.lake.uri_of(file) for file in files}
        shown = dict(current.summary.additional_properties) if current and current.summary else {}
        if there.keys() == wanted and state.items() <= shown.items():
            return
        commit(
            table,
            schema,
            wanted - there.keys(),
            [there[path] for path in sorted(there.keys() - wanted)],
            state,
        )
        hint(self.lake, table)


def newest_state(tables: Mapping[str, Table]) -> dict[str, int]:
    """Return for each table the id of the Iceberg snapshot of the newest state that all of them have.

    tables: as a catalog loads them, by name. Empty where no state is common to all.
    """
    found = {name: _states(table) for name, table in tables.items()}
    if not found:
        return {}
    first, *others = found.values()
    for state in first:
        if all(state in other for other in others):
            return {name: states[state] for name, states in found.items()}
    return {}


def _states(table: Table) -> dict[tuple[Any, ...], int]:
    """Return the ids of a table's snapshots by the state that they show, newest first."""
    states: dict[tuple[Any, ...], int] = {}
    for one in sorted(table.snapshots(), key=lambda one: -one.sequence_number):
        summary = one.summary.additional_properties if one.summary else {}
        state = tuple(summary.get(f"{SAID}{name}") for name in ("snapshot", "generation", "seq", "policy"))
        states.setdefault(state, one.snapshot_id)
    return states


def _plain(run: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in run.items() if isinstance(value, str | int)}


def _loaded(catalog: Catalog, identifier: tuple[str, ...]) -> Table | None:
    """Return a table; None where there is none, or what described it is lost."""
    from pyiceberg.exceptions import NoSuchTableError

    try:
        return catalog.load_table(identifier)
    except (NoSuchTableError, FileNotFoundError, ValueError):
        return None
