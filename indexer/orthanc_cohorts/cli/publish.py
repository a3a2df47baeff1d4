"""Publishing the lake, as the command asks for it.

Knows the route; prints nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orthanc_cohorts.cli.connection import Sidecar

PATH = "/cohorts/api/v1/publish"
PUBLISH_SECONDS = 6 * 3_600.0 + 60
"""A minute more than the sidecar allows itself."""


def publish(sidecar: Sidecar) -> dict[str, Any]:
    """Publish the index; return what the snapshot is. Raises CohortsError."""
    found: dict[str, Any] = sidecar.ask("POST", PATH, b"{}", PUBLISH_SECONDS).json()
    return found


def lines(found: Mapping[str, Any]) -> list[str]:
    """Return what to print of a snapshot."""
    rows, files = sum(found["rows"].values()), sum(found["files"].values())
    megabytes = found["size_bytes"] / 1e6
    return [
        str(found["folder"]),
        f"{rows:,} rows of {len(found['rows'])} tables in {files:,} files, {megabytes:,.1f} MB",
        f"policy {found['policy']}; up to change {found['seq']} of Orthanc",
    ]
