"""What a run has met: files, objects, rows, and everything that somebody should look at.

Values only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Trouble(NamedTuple):
    """A file (or folder) that was not read, or not whole, and why; the reason holds no patient data."""

    path: str
    reason: str


class Clash(NamedTuple):
    """An object whose identifiers another one has, with other bytes; both are kept."""

    path: str
    sop_instance_uid: str | None


@dataclass(slots=True)
class Report:
    """Counts and lists of one run.

    files: looked at. objects: kept. duplicates: files with the bytes of an object that was there already.
    no_dicom: files met in folders that show no sign of DICOM, and DICOMDIRs there. troubles: unreadable or
    damaged; what could be read of the damaged is kept. rows: by table. problems: by rule.
    """

    files: int = 0
    objects: int = 0
    duplicates: int = 0
    no_dicom: int = 0
    clashes: list[Clash] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
