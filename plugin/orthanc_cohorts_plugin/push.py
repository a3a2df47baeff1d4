"""What a batch of looks says to the sidecar, and how the sidecar took it.

Knows the wire form of a push; no Orthanc.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum

from orthanc_cohorts.model.rows import WIRE_VERSION, Columns, to_columns
from orthanc_cohorts_plugin.client import Client, SidecarDown, SidecarSlow
from orthanc_cohorts_plugin.reader import Seen

PATH = "/internal/v1/push"
COMPARE_PATH = "/internal/v1/reconcile"
_as_json = json.JSONEncoder(allow_nan=False).encode


class Outcome(Enum):
    """taken: the rows are in the index. later: try again. refused: this push will never be taken.

    wire: the sidecar speaks another version.
    """

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"
    WIRE = "wire"


def encode(seen: Sequence[Seen], seq: int) -> bytes:
    """Return the body of a push.

    seq: `Last` of Orthanc's change log, read before the first look.
    Raises ValueError: a value that JSON cannot hold.
    """
    found = [look for look in seen if look.rows is not None]
    deferred = [{"orthanc_id": s.orthanc_id, "reason": s.reason} for s in seen if s.reason is not None]
    gone = [_observed(s) for s in seen if s.rows is None and s.reason is None]
    head = {
        "wire": WIRE_VERSION,
        "seq": seq,
        "objects": [_observed(s) for s in found],
        "gone": gone,
        "deferred": deferred,
    }
    tables = to_columns(s.rows for s in found if s.rows is not None)
    parts = ",".join(f"{json.dumps(name)}:{_columns(columns)}" for name, columns in tables.items())
    return f'{json.dumps(head)[:-1]},"tables":{{{parts}}}}}'.encode("ascii")


def send(client: Client, body: bytes, timeout_seconds: float) -> Outcome:
    """Push a body and say how it was taken; never raises on a failing sidecar."""
    try:
        answer = client.request("POST", PATH, {"Content-Type": "application/json"}, body, timeout_seconds)
    except (SidecarDown, SidecarSlow):
        return Outcome.LATER
    if answer.status == 200:
        return Outcome.TAKEN
    if answer.status == 409:
        return Outcome.WIRE
    return Outcome.REFUSED if 400 <= answer.status < 500 else Outcome.LATER


def compare(client: Client, timeout_seconds: float) -> bool:
    """Have the sidecar compare the whole index with Orthanc; return whether it took the order."""
    try:
        return client.request("POST", COMPARE_PATH, {}, b"", timeout_seconds).status == 202
    except (SidecarDown, SidecarSlow):
        return False


def _observed(seen: Seen) -> dict[str, str | int]:
    return {"orthanc_id": seen.orthanc_id, "observed_ns": seen.observed_ns}


def _columns(columns: Columns) -> str:
    # Column by column: the C encoder keeps the GIL until it is done, and routes wait for it.
    texts = (f"{json.dumps(name)}:{_as_json(part)}" for name, part in columns.items())
    return "{" + ",".join(texts) + "}"
