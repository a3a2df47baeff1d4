"""Publishing the lake and having it forget, as the commands ask for it.

Knows the routes; prints nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orthanc_cohorts.cli.connection import Sidecar

API = "/cohorts/api/v1"
PUBLISH_SECONDS = 6 * 3_600.0 + 60
"""A minute more than the sidecar allows itself."""


def publish(sidecar: Sidecar, whole: bool, iceberg: bool) -> dict[str, Any]:
    """Publish the index; return what the snapshot is. Raises CohortsError."""
    return _asked(sidecar, f"{API}/publish", {"whole": whole, "iceberg": iceberg})


def erase(sidecar: Sidecar, patient_id: str, issuer: str | None) -> dict[str, Any]:
    """Have the lake forget a patient; return what the only snapshot is then. Raises CohortsError."""
    return _asked(sidecar, f"{API}/lake/erase", {"patient_id": patient_id, "issuer_of_patient_id": issuer})


def lines(found: Mapping[str, Any]) -> list[str]:
    """Return what to print of a snapshot."""
    rows, files = sum(found["rows"].values()), sum(found["files"].values())
    megabytes = found["size_bytes"] / 1e6
    return [
        str(found["folder"]),
        f"{rows:,} rows of {len(found['rows'])} tables in {files:,} files, {megabytes:,.1f} MB"
        + ("" if found["whole"] else "; what has not changed was left as it was"),
        f"policy {found['policy']}; up to change {found['seq']} of Orthanc",
        f"{found['retired']} older snapshots removed",
        *(["Iceberg tables show it"] if found["iceberg"] else []),
    ]


def _asked(sidecar: Sidecar, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = sidecar.ask("POST", path, json.dumps(body).encode(), PUBLISH_SECONDS).json()
    return found
