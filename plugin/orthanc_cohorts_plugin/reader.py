"""One instance of Orthanc by id: its rows, or that it is gone, or that the sidecar should read it.

Asks Orthanc in process. Never reads bulk data where the stored file can be opened, and never raises.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, NamedTuple

from orthanc_cohorts.errors import NotDicom, UnsupportedEncoding
from orthanc_cohorts.flatten import ParentsUnknown, Stored, TooManyItems, flatten_bytes, flatten_file
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts_plugin.host import Orthanc, unknown_resource

_LOOKS = 3
_EXPECTED = (NotDicom, UnsupportedEncoding, TooManyItems, ParentsUnknown)


class Seen(NamedTuple):
    """What a look at one instance gave.

    observed_ns: monotonic time before Orthanc was asked; of two looks the later one holds.
    rows: of the object; None when it is gone (reason None) or left to the sidecar (reason says why).
    expected: False when reason is an error that should be counted.
    """

    orthanc_id: str
    observed_ns: int
    rows: Rows | None = None
    reason: str | None = None
    expected: bool = True


class Reader:
    """Looks at instances, one at a time, on the worker's thread."""

    def __init__(self, host: Orthanc, storage_directory: str | None, max_bytes: int, max_items: int) -> None:
        """storage_directory: Orthanc's default storage area; None: never open files directly.

        max_bytes: larger objects whose file cannot be opened are left to the sidecar.
        max_items: reports with more content items are left to the sidecar.
        """
        self._host = host
        self._storage = storage_directory
        self._max_bytes = max_bytes
        self._max_items = max_items

    def look(self, orthanc_id: str) -> Seen:
        """Return what Orthanc holds under this id at this moment."""
        observed_ns = time.monotonic_ns()
        for _ in range(_LOOKS):
            observed_ns = time.monotonic_ns()
            try:
                info = json.loads(self._host.RestApiGet(f"/instances/{orthanc_id}/attachments/dicom/info"))
                rows = self._rows(orthanc_id, info)
            except _Moved:
                continue
            except _TooLarge:
                return Seen(orthanc_id, observed_ns, reason="TooLarge")
            except self._host.OrthancException as error:
                if unknown_resource(error):
                    return Seen(orthanc_id, observed_ns)
                return Seen(orthanc_id, observed_ns, reason="OrthancException", expected=False)
            except _EXPECTED as error:
                return Seen(orthanc_id, observed_ns, reason=type(error).__name__)
            except Exception as error:
                # The name only: a message could quote the object.
                return Seen(orthanc_id, observed_ns, reason=type(error).__name__, expected=False)
            return Seen(orthanc_id, observed_ns, rows)
        return Seen(orthanc_id, observed_ns, reason="Moving")

    def _rows(self, orthanc_id: str, info: dict[str, Any]) -> Rows:
        uuid, size = info["Uuid"], info["UncompressedSize"]
        stored = Stored(orthanc_id, uuid, info.get("UncompressedMD5") or None, size)
        if self._storage is not None and size == info["CompressedSize"]:
            path = f"{self._storage}/{uuid[:2]}/{uuid[2:4]}/{uuid}"
            try:
                if os.stat(path).st_size == size:
                    return flatten_file(path, stored, self._max_items)
            except FileNotFoundError:
                self._raise_if_moved(orthanc_id, uuid)
        if size > self._max_bytes:
            raise _TooLarge
        data = self._host.GetDicomForInstance(orthanc_id)
        # An overwrite may have come between: the bytes must be those that the UUID names.
        self._raise_if_moved(orthanc_id, uuid)
        return flatten_bytes(data, stored, self._max_items)

    def _raise_if_moved(self, orthanc_id: str, uuid: str) -> None:
        """Raise _Moved, or OrthancException when it is gone, if the id has another file by now."""
        info = json.loads(self._host.RestApiGet(f"/instances/{orthanc_id}/attachments/dicom/info"))
        if info["Uuid"] != uuid:
            raise _Moved


class _Moved(Exception):
    """The object was replaced while it was looked at."""


class _TooLarge(Exception):
    """Too large to be read whole inside Orthanc."""
