"""Looking at one instance: is it there, and what does it say?

Reads the file straight from Orthanc's storage where it can, else through REST; never raises for bad bytes.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from orthanc_cohorts.dicom import pydicom_adapter
from orthanc_cohorts.dicom.tree import DataSet, Flaw, ParsedFile
from orthanc_cohorts.errors import NotDicom, OrthancUnavailable, UnsupportedEncoding
from orthanc_cohorts.flatten import ParentsUnknown, Stored, flatten, flatten_bytes, flatten_file
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.sync.orthanc_client import Attachment, OrthancClient

_MAIN_TAGS = {
    "PatientID": 0x00100020,
    "PatientName": 0x00100010,
    "PatientSex": 0x00100040,
    "PatientBirthDate": 0x00100030,
    "StudyInstanceUID": 0x0020000D,
    "StudyDate": 0x00080020,
    "StudyTime": 0x00080030,
    "StudyDescription": 0x00081030,
    "AccessionNumber": 0x00080050,
    "SeriesInstanceUID": 0x0020000E,
    "Modality": 0x00080060,
    "SOPInstanceUID": 0x00080018,
}


class Look(NamedTuple):
    """What was found. observed_ns: see `store.Observed`.

    rows: None when the instance is gone, or when its file is the known one (unchanged).
    """

    orthanc_id: str
    observed_ns: int
    rows: Rows | None
    unchanged: bool = False


class Looker:
    """Looks at instances of one Orthanc; may be used from several threads.

    storage_directory: Orthanc's storage area when it can be opened from here, else None.
    """

    TRIES = 4

    def __init__(self, client: OrthancClient, storage_directory: Path | None) -> None:
        self._client = client
        self._storage = storage_directory

    def look(self, orthanc_id: str, known_uuid: str | None = None) -> Look:
        """Return what Orthanc holds under an identifier now.

        known_uuid: of the file whose rows the index has; that file is not read again.

        Raises OrthancUnavailable: Orthanc cannot be asked, or replaced the file at every try.
        """
        for _ in range(self.TRIES):
            observed_ns = time.monotonic_ns()
            attachment = self._client.attachment(orthanc_id)
            if attachment is None:
                return Look(orthanc_id, observed_ns, None)
            if attachment.uuid == known_uuid:
                return Look(orthanc_id, observed_ns, None, unchanged=True)
            stored = Stored(orthanc_id, attachment.uuid, attachment.md5, attachment.size_bytes)
            try:
                rows = self._read(stored, attachment)
            except FileNotFoundError:
                continue  # replaced between question and answer: ask again
            if rows is not None:
                return Look(orthanc_id, observed_ns, rows)
        raise OrthancUnavailable(
            f"instance {orthanc_id}: its file changed {self.TRIES} times while being read"
        )

    def _read(self, stored: Stored, attachment: Attachment) -> Rows | None:
        """Return the rows of a stored file; None when it went away meanwhile."""
        path = self._path(attachment)
        try:
            if path is not None:
                return self._flatten_path(path, stored)
            data = self._client.file(stored.orthanc_id)
            return None if data is None else self._flatten_data(data, stored)
        except ParentsUnknown:
            parents = self._client.parents(stored.orthanc_id)
            if parents is None:
                return None
            return self._read(stored._replace(**parents._asdict()), attachment)

    def _path(self, attachment: Attachment) -> Path | None:
        """Return the file in the default storage area, None where it is elsewhere or compressed."""
        if self._storage is None or attachment.size_bytes != attachment.stored_bytes:
            return None
        uuid = attachment.uuid
        path = self._storage / uuid[:2] / uuid[2:4] / uuid
        try:
            return path if path.stat().st_size == attachment.size_bytes else None
        except FileNotFoundError:
            # Either replaced just now, or a storage plugin keeps it elsewhere: Orthanc knows.
            return None

    def _flatten_path(self, path: Path, stored: Stored) -> Rows:
        try:
            return flatten_file(os.fspath(path), stored)
        except (UnsupportedEncoding, NotDicom) as error:
            return self._flatten_hard(path.read_bytes(), stored, error)

    def _flatten_data(self, data: bytes, stored: Stored) -> Rows:
        try:
            return flatten_bytes(data, stored)
        except (UnsupportedEncoding, NotDicom) as error:
            return self._flatten_hard(data, stored, error)

    def _flatten_hard(self, data: bytes, stored: Stored, reason: Exception) -> Rows:
        """Return the rows of what the walker does not read: by pydicom, else what Orthanc itself knows."""
        try:
            return flatten(pydicom_adapter.read_bytes(data), stored)
        except NotDicom:
            return flatten(self._known_to_orthanc(stored.orthanc_id, str(reason)), self._with_parents(stored))

    def _known_to_orthanc(self, orthanc_id: str, reason: str) -> ParsedFile:
        tags = self._client.main_tags(orthanc_id)
        tree: DataSet = {tag: tags[name].encode() for name, tag in _MAIN_TAGS.items() if tags.get(name)}
        tree[0x00080005] = b"ISO_IR 192"  # Orthanc's REST API speaks UTF-8
        flaws = [Flaw("unreadable", None, f"only what Orthanc itself knows is indexed: {reason}")]
        return ParsedFile(tree, None, "orthanc", flaws, complete=False)

    def _with_parents(self, stored: Stored) -> Stored:
        parents = self._client.parents(stored.orthanc_id)
        return stored if parents is None else stored._replace(**parents._asdict())
