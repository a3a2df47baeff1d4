"""The files that describe an Iceberg table, and the files of data that they name.

pyiceberg expires snapshots and leaves what described them, with the least and greatest values of columns: it
is removed here. Knows no rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.fs

from orthanc_cohorts.lake.iceberg_catalog import FOLDER
from orthanc_cohorts.lake.snapshots import Lake

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

_METADATA, _HINT = "metadata", "version-hint.text"


def live_files(table: Table, snapshot: Snapshot | None = None) -> dict[str, Any]:
    """Return what describes each file of data by its address: of one snapshot, or of all that a table has."""
    found: dict[str, Any] = {}
    for one in [snapshot] if snapshot else table.snapshots():
        for manifest in one.manifests(table.io):
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                found[entry.data_file.file_path] = entry.data_file
    return found


def clean(lake: Lake, table: Table, gone: bool = False) -> None:
    """Remove what describes no snapshot of a table any more; gone: the folder of a table that was dropped."""
    folder = f"{lake.uri}/{FOLDER}/{table.name()[-1]}/{_METADATA}"
    if not table.metadata_location.startswith(f"{folder}/"):
        return
    if gone:
        lake.filesystem.delete_dir(lake.path(FOLDER, table.name()[-1]))
        return
    named = {*_named(table), f"{folder}/{_HINT}"}
    place = lake.path(FOLDER, table.name()[-1], _METADATA)
    for one in lake.filesystem.get_file_info(pyarrow.fs.FileSelector(place, allow_not_found=True)):
        if f"{folder}/{one.base_name}" not in named:
            lake.filesystem.delete_file(one.path)
    hint(lake, table)


def _named(table: Table) -> set[str]:
    metadata = table.metadata
    named = {table.metadata_location, *(one.metadata_file for one in metadata.metadata_log)}
    named |= {one.statistics_path for one in (*metadata.statistics, *metadata.partition_statistics)}
    for snapshot in table.snapshots():
        named.add(snapshot.manifest_list)
        named |= {manifest.manifest_path for manifest in snapshot.manifests(table.io)}
    return named


def hint(lake: Lake, table: Table) -> None:
    """Note which file describes a table now, for engines that read it without the catalog."""
    folder = f"{lake.uri}/{FOLDER}/{table.name()[-1]}/{_METADATA}/"
    if table.metadata_location.startswith(folder):
        current = table.metadata_location.removeprefix(folder).removesuffix(".metadata.json")
        lake.put(current.encode(), FOLDER, table.name()[-1], _METADATA, _HINT)
