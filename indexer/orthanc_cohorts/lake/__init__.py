"""The lake: the index as Parquet, published in snapshots for whoever may read a folder and nothing else."""

from __future__ import annotations

from orthanc_cohorts.lake.folder import FolderLake
from orthanc_cohorts.lake.iceberg import IcebergTables
from orthanc_cohorts.lake.places import lake_at
from orthanc_cohorts.lake.publishing import Published, publish
from orthanc_cohorts.lake.reading import Reader, read_lake
from orthanc_cohorts.lake.retention import purge, retire
from orthanc_cohorts.lake.snapshots import DataFile, Lake, Manifest

__all__ = [
    "DataFile",
    "FolderLake",
    "IcebergTables",
    "Lake",
    "Manifest",
    "Published",
    "Reader",
    "lake_at",
    "publish",
    "purge",
    "read_lake",
    "retire",
]
