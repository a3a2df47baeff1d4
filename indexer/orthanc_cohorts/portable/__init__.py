"""Cohorts where there are files and no engine of ours: a definition as one statement about a lake."""

from __future__ import annotations

from orthanc_cohorts.portable.asking import Counted, count
from orthanc_cohorts.portable.dialects import DIALECTS, Dialect
from orthanc_cohorts.portable.shown import EVERYTHING, Shown, Snapshot
from orthanc_cohorts.portable.statement import Statement, statement

__all__ = [
    "DIALECTS",
    "EVERYTHING",
    "Counted",
    "Dialect",
    "Shown",
    "Snapshot",
    "Statement",
    "count",
    "statement",
]
