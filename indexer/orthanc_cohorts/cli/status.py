"""`status`: how far the index is, in words.

Knows the health document of a sidecar; asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lines(health: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (what, state) pairs for people."""
    shown = [
        ("version", str(health.get("version", "unknown"))),
        (
            "index",
            f"generation {health.get('generation')}, {'up to date' if is_current(health) else 'behind'}",
        ),
        (
            "change log",
            f"followed to {health.get('cursor_seq')} of {health.get('last_seq')}",
        ),
        ("comparing", _comparing(health.get("reconcile") or {})),
        ("waiting", f"{health.get('deferred', 0)} large objects left to the sidecar"),
        ("unreadable", f"{health.get('unreadable', 0)} objects, tried again now and then"),
    ]
    if health.get("error"):
        shown.append(("trouble", str(health["error"])))
    return shown


def is_current(health: Mapping[str, Any]) -> bool:
    """Whether the index has followed Orthanc's change log and nothing is left to look at."""
    return bool(health.get("caught_up")) and not health.get("deferred") and not health.get("lag_changes")


def is_comparing(health: Mapping[str, Any]) -> bool:
    """Whether a comparison with Orthanc is running or due."""
    reconcile = health.get("reconcile") or {}
    return bool(reconcile.get("running") or reconcile.get("waiting"))


def _comparing(reconcile: Mapping[str, Any]) -> str:
    if reconcile.get("running"):
        return f"{reconcile['running']} {reconcile.get('done')} of {reconcile.get('total')}"
    if reconcile.get("waiting"):
        return "about to start"
    completed = reconcile.get("completed", 0)
    return f"done ({completed} since the sidecar started)" if completed else "not yet"
