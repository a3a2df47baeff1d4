"""Sending by DICOMweb: STOW-RS, one file in a request; asking by QIDO-RS, one series at a time (PS3.18).

Knows what servers answer; nothing of threads.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orthanc_cohorts.convert.upload.files import Named
from orthanc_cohorts.convert.upload.rest import DENIED, denied, parsed
from orthanc_cohorts.convert.upload.target import Connection, Refused
from orthanc_cohorts.convert.upload.way import Sent, content

_BOUNDARY = "orthanc-cohorts-4f1c2b7d9a"
_HEAD = f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
_TAIL = f"\r\n--{_BOUNDARY}--\r\n".encode()
_ANSWER = {"Accept": "application/dicom+json"}
_RELATED = {
    **_ANSWER,
    "Content-Type": f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}',
}
_STORED, _FAILED, _WHY, _SOP_INSTANCE_UID = "00081199", "00081198", "00081197", "00080018"
_UID = re.compile(r"[0-9.]{1,64}")
_REASONS = {
    0x0110: "processing failure",
    0x0122: "SOP class not supported",
    0xA700: "out of resources",
    0xA900: "data set does not match its SOP class",
    0xC000: "it cannot be understood",
    0xC122: "transfer syntax not supported",
}
"""Failure reasons (PS3.18 I.2.2)."""


class Stow:
    """The way by DICOMweb. root: of the service below the address, as `/dicom-web`."""

    batch = 50

    def __init__(self, root: str = "/dicom-web") -> None:
        self._root = "/" + root.strip("/")
        self._series: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def held(self, connection: Connection, files: Sequence[Named]) -> set[Path]:
        """Return the files whose SOPInstanceUID is in its series there; a series is asked about once."""
        return {one.path for one in files if one.sop_instance_uid in self._instances(connection, one)}

    def send(self, connection: Connection, path: Path) -> Sent:
        """Send a file. STOW-RS does not tell an object that was there already from a new one."""
        body, length = content(path, _HEAD, _TAIL)
        answer = connection.request("POST", f"{self._root}/studies", _RELATED, body, length)
        if answer.status in DENIED:
            raise Refused(denied(answer.status))
        said = parsed(answer)
        said = said if isinstance(said, dict) else {}
        if answer.status in (200, 202) and _values(said, _STORED):
            return Sent("stored")
        if answer.status == 404:
            raise Refused(f"it has no DICOMweb at {self._root}: is the plugin orthanc-dicomweb loaded?")
        return Sent("refused", _reason(said, answer.status), answer.status >= 500)

    def is_there(self, connection: Connection) -> bool:
        """Whether DICOMweb answers."""
        answer = connection.request("GET", f"{self._root}/studies?limit=1", _ANSWER)
        if answer.status in DENIED:
            raise Refused(denied(answer.status))
        if answer.status == 404:
            raise Refused(f"it has no DICOMweb at {self._root}: is the plugin orthanc-dicomweb loaded?")
        return answer.status in (200, 204)

    def _instances(self, connection: Connection, one: Named) -> frozenset[str]:
        study, series = one.study_instance_uid, one.series_instance_uid
        if not (_UID.fullmatch(study) and _UID.fullmatch(series)):
            return frozenset()
        with self._lock:
            found = self._series.get(series)
        if found is None:
            path = f"{self._root}/studies/{study}/series/{series}/instances"
            answer = connection.request("GET", path, _ANSWER)
            if answer.status in DENIED:
                raise Refused(denied(answer.status))
            said = parsed(answer) if answer.status == 200 else []
            uids = (_values(item, _SOP_INSTANCE_UID) for item in said or [])
            found = frozenset(str(uid) for values in uids for uid in values)
            with self._lock:
                self._series[series] = found
        return found


def _values(item: Any, tag: str) -> list[Any]:
    element = item.get(tag) if isinstance(item, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []


def _reason(said: dict[str, Any], status: int) -> str:
    for failed in _values(said, _FAILED):
        for code in _values(failed, _WHY):
            return f"{_REASONS.get(code, 'failure reason')} ({code:04X}H)"
    return f"it was not taken (status {status}); the server's log says more"
