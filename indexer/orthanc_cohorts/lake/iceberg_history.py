"""Which snapshots of an Iceberg table are over. Asks no clock but the machine's."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.table import Table

MAIN = "main"


def replaced(table: Table, keep_seconds: float) -> list[int]:
    """Return the ids of snapshots that were replaced longer ago than that, as far as nothing names them."""
    kept = {ref.snapshot_id for ref in table.refs().values()}
    ordered = sorted(table.snapshots(), key=lambda one: one.sequence_number)
    now = time.time()
    return [
        one.snapshot_id
        for one, follower in pairwise(ordered)
        if one.snapshot_id not in kept and now - follower.timestamp_ms / 1_000 > keep_seconds
    ]


def drop_refs(table: Table) -> None:
    """Remove all branches and tags but the main one."""
    for name, ref in table.refs().items():
        if name != MAIN:
            with table.manage_snapshots() as change:
                if ref.snapshot_ref_type == "tag":
                    change.remove_tag(name)
                else:
                    change.remove_branch(name)
