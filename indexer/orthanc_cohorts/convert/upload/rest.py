"""Sending by Orthanc's own REST API: POST /instances; asking by POST /tools/bulk-content.

Knows what Orthanc answers; nothing of threads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orthanc_cohorts.convert.upload.files import Named
from orthanc_cohorts.convert.upload.target import Answer, Connection, Refused
from orthanc_cohorts.convert.upload.way import Sent, content

_DICOM = {"Content-Type": "application/dicom"}
_JSON = {"Content-Type": "application/json"}
DENIED = (401, 403)


class Rest:
    """The way by REST."""

    batch = 200

    def held(self, connection: Connection, files: Sequence[Named]) -> set[Path]:
        """Return the files of which Orthanc holds an object of the same identifiers and size.

        Sizes differ where a file was changed under its old UID, and where Orthanc transcodes what it
        receives; those are sent, and Orthanc decides.
        """
        if not files:
            return set()
        asked = {one.orthanc_id: one for one in files}
        question = json.dumps({"Resources": list(asked), "Level": "Instance", "Metadata": False}).encode()
        answer = connection.request("POST", "/tools/bulk-content", _JSON, question)
        if answer.status in DENIED:
            raise Refused(denied(answer.status))
        there = parsed(answer) if answer.status == 200 else []
        sizes = {one["ID"]: one.get("FileSize") for one in there or []}
        return {one.path for name, one in asked.items() if sizes.get(name) == one.size_bytes}

    def send(self, connection: Connection, path: Path) -> Sent:
        """Send a file; one that is a ZIP archive is unpacked by Orthanc."""
        answer = connection.request("POST", "/instances", _DICOM, *content(path))
        said = parsed(answer)
        if answer.status in DENIED:
            raise Refused(denied(answer.status))
        if answer.status != 200:
            reason = (said.get("Details") or said.get("Message")) if isinstance(said, dict) else None
            return Sent("refused", str(reason or f"Orthanc answered {answer.status}"), answer.status >= 500)
        # An archive is answered with a list, one entry for each file in it.
        became = str(said.get("Status", "Success")) if isinstance(said, dict) else "Success"
        if became == "AlreadyStored":
            return Sent("already")
        return Sent("stored") if became == "Success" else Sent("refused", f"Orthanc says {became}")

    def is_there(self, connection: Connection) -> bool:
        """Whether Orthanc answers."""
        answer = connection.request("GET", "/system", {})
        if answer.status in DENIED:
            raise Refused(denied(answer.status))
        return answer.status == 200


def parsed(answer: Answer) -> Any:
    """Return the JSON of an answer, None where it is none."""
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def denied(status: int) -> str:
    """Return what somebody can do about a refusal."""
    if status == 401:
        return (
            "it wants credentials: give --user NAME:PASSWORD, or set ORTHANC_COHORTS_USER and "
            "ORTHANC_COHORTS_PASSWORD"
        )
    return "it refuses this user or this machine (403)"
