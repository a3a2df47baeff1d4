"""The index: the only writer of the DuckDB database, and transactions for its readers; and saved cohorts.

Knows rows, not DICOM bytes, and nothing of HTTP.
"""

from orthanc_cohorts.store.batch import Batch, Observed
from orthanc_cohorts.store.index import Index, Snapshot

__all__ = ["Batch", "Index", "Observed", "Snapshot"]
