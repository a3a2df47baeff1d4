"""What goes from a lake and when: its old snapshots, those of its Iceberg tables, and files nobody names.

The order is that of safety: first nobody names a file any more, then it is removed.
"""

from __future__ import annotations

from orthanc_cohorts.lake.iceberg import IcebergTables
from orthanc_cohorts.lake.snapshots import Lake


def retire(lake: Lake, tables: IcebergTables | None, keep_seconds: float) -> int:
    """Remove what was replaced longer ago than that; return how many snapshots of the lake went.

    tables: of the lake, where it may have any. Raises OSError, LakeUnavailable, ConfigurationError.
    """
    held = tables.expire(keep_seconds) if tables and tables.exist() else set()
    return lake.retire(keep_seconds, held)


def purge(lake: Lake, tables: IcebergTables | None) -> int:
    """Remove everything but the current snapshot at once, as `retire` does: for an urgent erasure.

    Iceberg tables show the current snapshot first, so that they name nothing that it does not.
    """
    held: set[tuple[str, str]] = set()
    newest = lake.newest()
    if tables and tables.exist() and newest is not None:
        tables.register(newest)
        held = tables.purge()
    return lake.retire(float("-inf"), held)
