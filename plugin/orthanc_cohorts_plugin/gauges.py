"""Gauges for Orthanc's own metrics, and the status document.

Reads counters only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from orthanc_cohorts_plugin.client import Client, SidecarDown, SidecarSlow
from orthanc_cohorts_plugin.events import Events
from orthanc_cohorts_plugin.host import Orthanc
from orthanc_cohorts_plugin.sidecar import Supervisor
from orthanc_cohorts_plugin.worker import Worker

HEALTH_PATH = "/internal/v1/health"
HEALTH_SECONDS = 5.0
_GAUGE_SECONDS = 1.0


def health(client: Client, timeout_seconds: float) -> dict[str, Any] | None:
    """Return what the sidecar says of itself, None when it does not answer."""
    try:
        answer = client.request("GET", HEALTH_PATH, {}, None, timeout_seconds)
        document = json.loads(answer.body) if answer.status == 200 else None
    except (SidecarDown, SidecarSlow, ValueError):
        return None
    return document if isinstance(document, dict) else None


class Gauges:
    """Writes the gauges, at most once a second; asks for the sidecar's health less often."""

    def __init__(self, host: Orthanc, client: Client) -> None:
        self._host = host
        self._client = client
        self._written = 0.0
        self._asked = 0.0
        self._health: dict[str, Any] | None = None

    def write(self, events: Events, worker: Worker, supervisor: Supervisor | None) -> None:
        """Hand the numbers of this moment to Orthanc. Lag is -1 while the sidecar does not answer."""
        now = time.monotonic()
        if now - self._written < _GAUGE_SECONDS:
            return
        self._written = now
        if now - self._asked >= HEALTH_SECONDS:
            self._asked = now
            self._health = health(self._client, 1.0)
        values: Mapping[str, float] = {
            "queue": events.outstanding,
            "dropped": events.dropped,
            "pushed": worker.pushed,
            "errors": worker.errors,
            "lag": float((self._health or {}).get("lag_changes") or 0) if self._health is not None else -1.0,
            "sidecar_up": 0.0 if self._health is None else 1.0,
            "sidecar_restarts": 0 if supervisor is None else supervisor.restarts,
        }
        kind = self._host.MetricsType.DEFAULT
        for name, value in values.items():
            self._host.SetMetricsValue(f"orthanc_cohorts_{name}", float(value), kind)


def status(
    version: str, client: Client, events: Events, worker: Worker, supervisor: Supervisor | None
) -> dict[str, Any]:
    """Return the status document of a plugin that is on."""
    return {
        "enabled": True,
        "reason": None,
        "version": version,
        "queue": events.outstanding,
        "dropped": events.dropped,
        "pushed": worker.pushed,
        "deferred": worker.deferred,
        "errors": worker.errors,
        "last_error": worker.last_error,
        "sidecar": {
            "kind": "external" if supervisor is None else "child",
            "state": "external" if supervisor is None else supervisor.state,
            "pid": None if supervisor is None else supervisor.pid,
            "restarts": 0 if supervisor is None else supervisor.restarts,
            "last_exit": None if supervisor is None else supervisor.last_exit,
            "socket": client.socket_path,
            "health": health(client, 2.0),
        },
    }
