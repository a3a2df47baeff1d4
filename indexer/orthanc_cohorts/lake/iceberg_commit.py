"""One commit to an Iceberg table: new columns, and exactly these files.

The only module that needs pyiceberg to be loaded, and the one that knows its insides (0.12).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.manifest import DataFile, ManifestEntry, ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _OverwriteFiles

_MAPPING = "schema.name-mapping.default"


# Its types are not read (see mypy's overrides), and a base without a type is an error.
class _Exactly(_OverwriteFiles):  # type: ignore[misc]
    """Adds and removes files as one snapshot.

    pyiceberg's own keeps the list of what each former commit removed for good, one more with every commit,
    and in it the least and greatest values of files that were to be forgotten.
    """

    def _existing_manifests(self) -> list[ManifestFile]:
        kept: list[ManifestFile] = super()._existing_manifests()
        return [one for one in kept if one.has_added_files() or one.has_existing_files()]

    def _deleted_entries(self) -> list[ManifestEntry]:
        return [
            ManifestEntry.from_args(
                status=entry.status,
                snapshot_id=entry.snapshot_id,
                sequence_number=entry.sequence_number,
                file_sequence_number=entry.file_sequence_number,
                data_file=_without_values(entry.data_file),
            )
            for entry in super()._deleted_entries()
        ]


def _without_values(file: DataFile) -> DataFile:
    bare = DataFile.from_args(
        content=file.content,
        file_path=file.file_path,
        file_format=file.file_format,
        partition=file.partition,
        record_count=file.record_count,
        file_size_in_bytes=file.file_size_in_bytes,
    )
    bare.spec_id = file.spec_id
    return bare


def commit(
    table: Table,
    schema: pa.Schema | None,
    added: Collection[str],
    removed: Collection[DataFile],
    state: Mapping[str, str],
) -> None:
    """Make a snapshot of a table with these files less and those more, all at once.

    schema: of the files added; columns that the table does not have are new. Files have no ids of fields:
    columns go by name. state: properties of the snapshot.
    """
    with table.transaction() as change:
        if schema is not None:
            _evolve(change, schema)
        operation = Operation.OVERWRITE if table.current_snapshot() else Operation.APPEND
        with _Exactly(operation, change, table.io, snapshot_properties=dict(state)) as update:
            for file in removed:
                update.delete_data_file(file)
            for path in sorted(added):
                update.append_data_file(parquet_file_to_data_file(table.io, change.table_metadata, path))


def documented(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose comments are where pyiceberg looks for them."""
    return pa.schema(
        field.with_metadata({b"doc": (field.metadata or {}).get(b"comment", b"")}) for field in schema
    )


def _evolve(change: Transaction, schema: pa.Schema) -> None:
    with change.update_schema() as update:
        update.union_by_name(documented(schema))
    if change.table_metadata.name_mapping() is None:
        mapping: Any = change.table_metadata.schema().name_mapping.model_dump_json()
        change.set_properties({_MAPPING: mapping})
