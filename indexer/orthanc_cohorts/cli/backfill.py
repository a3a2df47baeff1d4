"""`backfill`: have what Orthanc holds compared with the index, and watch until both are equal.

The work is the sidecar's: a watcher may go away and come back at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from orthanc_cohorts.cli.status import is_comparing, is_current
from orthanc_cohorts.cli.terminal import Advance
from orthanc_cohorts.errors import CohortsError

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 30.0
"""How long a sidecar may be unreachable (it is being restarted) before the watcher gives up."""


class Watched(Protocol):
    """What is needed of `connection.Sidecar`."""

    def health(self) -> dict[str, Any]:
        """Return how far the index is behind."""


def watch(
    sidecar: Watched,
    completed_before: int,
    advance: Advance,
    pause: Callable[[], None] = lambda: time.sleep(POLL_SECONDS),
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Wait until a comparison later than `completed_before` is over and nothing is behind; return the health.

    advance: called with (done, total) of the part that is running.
    Raises CohortsError: the sidecar stays unreachable.
    """
    quiet = 0
    lost_since: float | None = None
    while True:
        try:
            health = sidecar.health()
        except CohortsError:
            lost_since = clock() if lost_since is None else lost_since
            if clock() - lost_since > PATIENCE_SECONDS:
                raise
            pause()
            continue
        if lost_since is not None:
            # A restarted sidecar counts from 0, and compares everything by itself.
            lost_since, completed_before = None, 0
        reconcile = health["reconcile"]
        advance(*_progress(health, reconcile))
        over = reconcile["completed"] > completed_before and not is_comparing(health) and is_current(health)
        # Between its two parts a comparison looks finished for a moment: believe it when seen twice.
        quiet = quiet + 1 if over else 0
        if quiet == 2:
            return health
        pause()


def _progress(health: dict[str, Any], reconcile: dict[str, Any]) -> tuple[int, int]:
    if reconcile["running"]:
        return reconcile["done"], reconcile["total"]
    return health["cursor_seq"], health["last_seq"]
