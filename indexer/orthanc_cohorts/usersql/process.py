"""A process per statement: started with nothing but a question, ended with its answer, its time or its asker.

Knows processes and pipes; nothing of SQL or HTTP.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, NoReturn

import duckdb

from orthanc_cohorts.errors import IndexBusy, QueryRefused, Unconfined
from orthanc_cohorts.usersql.question import BEGUN, REFUSED, UNCONFINED, Question

LOG = logging.getLogger("orthanc_cohorts")
_COMMAND = ("-I", "-m", "orthanc_cohorts.usersql.child")
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "HOME": "/nonexistent",
    # Address space is limited: little of it may be set aside for later (Arrow's own allocator takes 1 GB).
    "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # No threads of libraries before the process gives up its rights: they would keep theirs.
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""All that a process is told of its surroundings; no variable of the sidecar's goes on."""
_LINE_BYTES = 65_536
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Rows:
    """An answer: its rows as bytes in the format asked for, and what is known of them as a whole."""

    body: bytes
    facts: Mapping[str, Any]


class Process:
    """One statement at work. `end` it whatever comes."""

    def __init__(self, question: Question) -> None:
        """Start a process. Raises OSError: there can be no further one."""
        self._question = question
        self._interrupted = False
        self._lock = Lock()
        self._child = subprocess.Popen(
            [sys.executable, *_COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
            close_fds=True,
            # Of its own: a signal for the sidecar is none for it, and all of it can be ended at once.
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    def interrupt(self) -> None:
        """Kill it; `answer` raises duckdb.InterruptException then, as a running statement would."""
        self._interrupted = True
        with self._lock:
            self._kill()

    def answer(self) -> Rows:
        """Return its answer, once it has one.

        Raises QueryRefused: it has none, for a reason that lies in the statement. Unconfined: nothing was
        run. duckdb.InterruptException: see `interrupt`. RuntimeError: it ended before it began.
        """
        output = self._output()
        if self._interrupted:
            raise duckdb.InterruptException("the process of this statement was ended")
        if not output.startswith(BEGUN):
            self._never_begun(output)
        head, newline, body = output[len(BEGUN) :].partition(b"\n")
        if not newline:
            raise QueryRefused(self._died())
        told = _object(head)
        if REFUSED in told:
            raise QueryRefused(str(told[REFUSED]))
        return Rows(body, told)

    def end(self) -> None:
        """Kill it if it still runs, and wait until it is gone."""
        assert self._child.stdin is not None and self._child.stdout is not None
        with self._lock:
            self._kill()
            self._child.wait()
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
        self._child.stdout.close()

    def _kill(self) -> None:
        # Under the lock: its number is nobody else's until it was waited for.
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)

    def _output(self) -> bytes:
        """Return all that it writes, or as much as an answer may have at most and something more."""
        assert self._child.stdin is not None and self._child.stdout is not None
        most = len(BEGUN) + _LINE_BYTES + self._question.bounds.answer_bytes
        with contextlib.suppress(BrokenPipeError), self._child.stdin as stdin:
            stdin.write(self._question.sent())
        parts, size = [], 0
        while size <= most and (part := os.read(self._child.stdout.fileno(), _CHUNK_BYTES)):
            parts.append(part)
            size += len(part)
        if size > most:
            raise RuntimeError("a process for a statement wrote more than it may")
        return b"".join(parts)

    def _never_begun(self, output: bytes) -> NoReturn:
        reason = _object(output.partition(b"\n")[0]).get(UNCONFINED)
        if reason is not None:
            raise Unconfined(f"no statement is run, since its process could not be confined: {reason}")
        raise RuntimeError(f"a process for a statement ended with {self._ended()} before it began")

    def _died(self) -> str:
        code, bounds = self._ended(), self._question.bounds
        LOG.warning("the process of a statement ended with %d", code)
        if code == -signal.SIGXCPU:
            return bounds.too_late
        return f"its process ended without an answer (signal {-code}); most likely {bounds.too_much_memory}"

    def _ended(self) -> int:
        """Return its exit code, negative for a signal; it has closed its output already."""
        with self._lock:
            return self._child.wait()


class Processes:
    """The statements at work."""

    def __init__(self) -> None:
        self._running: set[Process] = set()
        self._stopped = False
        self._lock = Lock()

    @contextmanager
    def started(self, question: Question) -> Iterator[Process]:
        """Start a process for the length of the block. Raises IndexBusy: there can be no further one."""
        with self._lock:
            if self._stopped:
                raise IndexBusy("the sidecar is stopping; try again in a moment")
            try:
                process = Process(question)
            except OSError as error:
                raise IndexBusy(f"no process can be started ({error.strerror}); try again") from error
            self._running.add(process)
        try:
            yield process
        finally:
            process.end()
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """End all, and start no further one."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.interrupt()


def _object(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line, an empty one where it is none."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
