"""Reading a lake: one snapshot of it, in a folder or in object storage, as Arrow, DuckDB, pandas or polars.

What an analyst needs of a lake; knows nothing of how it is published.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.dataset

from orthanc_cohorts.errors import LakeUnavailable
from orthanc_cohorts.lake.places import lake_at
from orthanc_cohorts.lake.snapshots import Lake, Manifest

if TYPE_CHECKING:
    import pandas
    import polars


class Reader:
    """The tables of one snapshot. It stays the same while others are published, for `LakeKeepHours`.

    Every method that takes a table raises LakeUnavailable: the snapshot has no such table.
    """

    def __init__(self, lake: Lake, manifest: Manifest) -> None:
        self._lake = lake
        self.manifest = manifest

    @property
    def tables(self) -> list[str]:
        """The names of all tables."""
        return list(self.manifest.files)

    def files(self, table: str) -> list[str]:
        """Return the paths or addresses of a table's files, without options."""
        self._known(table)
        return [self._lake.uri_of(file).removeprefix("file://") for file in self.manifest.files[table]]

    def dataset(self, table: str) -> pyarrow.dataset.Dataset:
        """Return a table as an Arrow dataset: nothing is read before it is asked for."""
        self._known(table)
        paths = [self._lake.path_of(file) for file in self.manifest.files[table]]
        return pyarrow.dataset.dataset(paths, filesystem=self._lake.filesystem, format="parquet")

    def pandas(self, table: str, columns: list[str] | None = None, filter: Any = None) -> pandas.DataFrame:
        """Return rows of a table as a frame. filter: an expression of `pyarrow.dataset`. Needs pandas."""
        return self.dataset(table).to_table(columns=columns, filter=filter).to_pandas()

    def polars(self, table: str) -> polars.LazyFrame:
        """Return a table as a lazy frame, which reads what is asked of it. Needs polars."""
        import polars

        return polars.scan_pyarrow_dataset(self.dataset(table))

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make every table known to a DuckDB connection under its name; columns and rows are pushed down."""
        for table in self.tables:
            connection.register(table, self.dataset(table))

    def _known(self, table: str) -> None:
        if table not in self.manifest.files:
            raise LakeUnavailable(
                f"{self.manifest.where} has no table {table}; it has {', '.join(self.tables)}"
            )


def read_lake(place: str | Path) -> Reader:
    """Return the current snapshot of a lake. place: a folder, or `s3://bucket/prefix?region=...`.

    Raises LakeUnavailable: there is none, or it cannot be reached. ConfigurationError: this is no place.
    """
    lake = lake_at(place)
    manifest = lake.newest()
    if manifest is None:
        raise LakeUnavailable(f"{lake.where}: there is no lake, or nothing has been published there yet")
    return Reader(lake, manifest)
