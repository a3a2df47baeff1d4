"""Files to send, and what each says of itself: the identifiers that Orthanc knows it by.

Knows headers of DICOM; nothing of Orthanc's answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from orthanc_cohorts.convert import ledger
from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.scan import scan_file
from orthanc_cohorts.errors import NotDicom, UnsupportedEncoding
from orthanc_cohorts.flatten.header import orthanc_id


class Named(NamedTuple):
    """A file by the identifiers in its header."""

    path: Path
    size_bytes: int
    patient_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str

    @property
    def orthanc_id(self) -> str:
        """Orthanc's name of the object."""
        return orthanc_id(
            self.patient_id, self.study_instance_uid, self.series_instance_uid, self.sop_instance_uid
        )


def files_below(places: Iterable[Path]) -> list[Path]:
    """Return the regular files in folders and below, in order; a file stands for itself. Raises OSError.

    Of folders, what is hidden and the ledger of conversions are passed over.
    """
    found: list[Path] = []
    for place in places:
        if place.is_file():
            found.append(place)
        for folder, names, files in os.walk(place):
            names[:] = sorted(name for name in names if not name.startswith("."))
            shown = (name for name in files if not name.startswith((".", ledger.NAME)))
            found += [path for name in sorted(shown) if (path := Path(folder, name)).is_file()]
    return found


def named(path: Path) -> Named | None:
    """Return a file by its header; None: it is no DICOM, of a kind that is not read here, or not readable."""
    try:
        with path.open("rb") as file:
            ds = scan_file(file).dataset
            size = os.fstat(file.fileno()).st_size
    except (OSError, NotDicom, UnsupportedEncoding):
        return None
    patient = values.text(ds, 0x00100020, Decoder(values.word(ds, 0x00080005))) or ""
    study, series, sop = (values.word(ds, tag) for tag in (0x0020000D, 0x0020000E, 0x00080018))
    return Named(path, size, patient, study, series, sop) if study and series and sop else None
