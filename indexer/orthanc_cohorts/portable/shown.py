"""What a snapshot of a lake shows of the index: its policy, and the columns of each table.

Reads the two small files that describe a snapshot; no data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import orjson

from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.errors import LakeError
from orthanc_cohorts.lake.catalog import DICTIONARY
from orthanc_cohorts.lake.folder import RUN, FolderLake
from orthanc_cohorts.lake.tables import TABLES

Kind = Literal["plain", "uid", "time"]
_COVERED = {table.name: table for table in TABLES}


@dataclass(frozen=True, slots=True)
class Shown:
    """What can be read. columns: by table; None for all that policy `keep` shows."""

    policy: Policy = "keep"
    columns: Mapping[str, frozenset[str]] | None = None

    def has(self, table: str) -> bool:
        """Tell whether a table is there."""
        return self.columns is None or table in self.columns

    def kind(self, table: str, column: str) -> Kind | None:
        """Return whether a column is as it was sent, or has other UIDs or times; None: it is not there."""
        if self.columns is not None and column not in self.columns.get(table, ()):
            return None
        covered = _COVERED[table]
        if self.policy == "keep" or column not in (*covered.uids, *covered.times):
            return "plain"
        return "uid" if column in covered.uids else "time"


EVERYTHING = Shown()
"""What a lake of policy `keep` shows."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot in a folder. generation: of the index. shown: what of it can be read."""

    folder: Path
    generation: int
    shown: Shown

    @classmethod
    def open(cls, folder: Path) -> Snapshot:
        """Return the current snapshot of the lake in a folder, or the one that the folder itself is.

        `current` is resolved once. Raises LakeError: there is none, or it cannot be read.
        """
        try:
            here = folder.resolve() if (folder / RUN).is_file() else FolderLake(folder).current()
            if here is None:
                raise LakeError(f"no snapshot in {folder}; `orthanc-cohorts publish` makes one")
            run = orjson.loads((here / RUN).read_bytes())
            tables = orjson.loads((here / DICTIONARY).read_bytes())
            columns = {name: frozenset(told["columns"]) for name, told in tables.items()}
            policy, generation = run["policy"], int(run["generation"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise LakeError(f"the snapshot in {folder} cannot be read: {error}") from error
        if policy not in get_args(Policy):
            raise LakeError(f"{here / RUN} states a policy that is not known here; upgrade orthanc-cohorts")
        return cls(here, generation, Shown(policy, columns))
