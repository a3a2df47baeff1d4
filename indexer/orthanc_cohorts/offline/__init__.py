"""Flattening without an Orthanc: files in folders to one Parquet or NDJSON file per table of the index.

Knows neither REST nor terminals; derives, resolves and harmonises by an index of its own, kept for the run.
"""

from orthanc_cohorts.offline.export import FORMATS
from orthanc_cohorts.offline.finding import File, files_in
from orthanc_cohorts.offline.flattening import Flattened, OfflineError, flattened
from orthanc_cohorts.offline.report import Report, Trouble

__all__ = ["FORMATS", "File", "Flattened", "OfflineError", "Report", "Trouble", "files_in", "flattened"]
