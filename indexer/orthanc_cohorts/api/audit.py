"""The audit log: who asked what and how it was answered, one line of JSON each.

Holds names of users, roles, routes, hashes and numbers; no definition, no patient data, no addresses.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

NAME = "audit.log"


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer. user: None when nobody vouches for one. hash: of the definition, None without.

    count: what was counted, or how many rows were handed out; None where neither.
    """

    user: str | None
    role: str
    route: str
    hash: str | None
    status: int
    count: int | None
    elapsed_ms: float


class AuditLog:
    """A file that lines are appended to, mode 0600. It may be moved away at any time; a new one is made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._torn = False

    def write(self, entry: Entry) -> None:
        """Append one line by one write; it is in the file when this returns, and on the disk some time later.

        Raises OSError: it is not, or only in part.
        """
        line = orjson.dumps({"time": _now(), **_fields(entry)}) + b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with self._lock:
            descriptor = os.open(self._path, flags, 0o600)
            try:
                data = b"\n" + line if self._torn else line
                written = os.write(descriptor, data)
            finally:
                os.close(descriptor)
            self._torn = 0 < written < len(data)
            if written < len(data):
                raise OSError(f"{self._path}: only {written} of {len(data)} bytes were written")


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
