"""The lake: the index as Parquet, published in snapshots for whoever may read a folder and nothing else."""

from __future__ import annotations

from orthanc_cohorts.lake.publishing import Published, publish
from orthanc_cohorts.lake.snapshots import Lake

__all__ = ["Lake", "Published", "publish"]
