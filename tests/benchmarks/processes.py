"""CPU time of processes as Linux counts it, and clients that store from processes of their own.

Knows HTTP and /proc; nothing of what is stored.
"""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_HEADERS = {"Content-Type": "application/dicom"}
# fork: the objects are shared with the clients instead of copied through a pipe.
_CONTEXT = multiprocessing.get_context("fork")


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return user and system time that these processes and their ended children have used, seconds."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / _TICKS


def descendants(pid: int) -> list[int]:
    """Return the children of a process, their children and so on, without itself."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        with contextlib.suppress(FileNotFoundError):
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text().split()]
                found += children
                waiting += children
    return found


class Load(NamedTuple):
    """What the clients did: objects stored, and seconds from their common start to the last answer."""

    stored: int
    seconds: float


class Clients:
    """Several processes that store objects by POST /instances, each over one connection kept alive.

    per_second: the pace of each client; None for as fast as Orthanc answers.
    """

    def __init__(self, port: int, shares: Sequence[Sequence[bytes]], per_second: float | None = None) -> None:
        self._barrier = _CONTEXT.Barrier(len(shares) + 1)
        self._answers: Any = _CONTEXT.SimpleQueue()
        self._stop = _CONTEXT.Event()
        self._processes = [
            _CONTEXT.Process(target=self._store, args=(port, share, per_second), daemon=True)
            for share in shares
        ]
        for process in self._processes:
            process.start()

    def start(self) -> None:
        """Let all clients begin at once."""
        self._barrier.wait(30)
        self._started = time.monotonic()

    def stop(self) -> None:
        """Have the clients end after the object in hand."""
        self._stop.set()

    def join(self) -> Load:
        """Wait for the clients; return what they stored.

        Raises RuntimeError: an object was not stored as new.
        """
        answers: list[tuple[int, float, str | None]] = [self._answers.get() for _ in self._processes]
        for process in self._processes:
            process.join()
        for _, _, error in answers:
            if error is not None:
                raise RuntimeError(error)
        return Load(sum(count for count, _, _ in answers), max(end for _, end, _ in answers) - self._started)

    def _store(self, port: int, share: Sequence[bytes], per_second: float | None) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        error = None
        self._barrier.wait(30)
        began = time.monotonic()
        count = 0
        for data in share:
            if self._stop.is_set():
                break
            if per_second is not None:
                time.sleep(max(0.0, began + count / per_second - time.monotonic()))
            connection.request("POST", "/instances", data, _HEADERS)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or b'"Success"' not in body:
                error = f"{answer.status} {body[:200]!r}"
                break
            count += 1
        self._answers.put((count, time.monotonic(), error))


def shares(patients: Sequence[Sequence[bytes]], clients: int) -> list[list[bytes]]:
    """Deal patients to clients in turn; return each client's objects in order."""
    return [[data for patient in patients[client::clients] for data in patient] for client in range(clients)]
