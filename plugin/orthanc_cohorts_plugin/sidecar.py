"""The sidecar as a supervised child: started, handed its orders, restarted when it dies, stopped.

Knows what is written to its standard input and nothing of what it does.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

FIRST_DELAY_SECONDS = 0.5
LAST_DELAY_SECONDS = 30.0
# A child that lived this long did start well: the next failure is a new one.
SETTLED_SECONDS = 60.0
_LINE_LIMIT = 2000


class Log(Protocol):
    """Orthanc's log."""

    def LogInfo(self, message: str, /) -> None: ...
    def LogWarning(self, message: str, /) -> None: ...
    def LogError(self, message: str, /) -> None: ...


class Supervisor:
    """Keeps one child process running until it is told to stop.

    state: `starting`, `running` (the process is), `waiting` (to restart it) or `stopped`.
    """

    def __init__(self, log: Log, command: list[str], orders: Mapping[str, Any]) -> None:
        """orders: written to the child's standard input as one line of JSON; hold secrets, never logged."""
        self._log = log
        self._command = command
        self._orders = (json.dumps(orders) + "\n").encode("utf-8")
        self._stopping = threading.Event()
        self._deadline = 0.0
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="cohorts-sidecar", daemon=True)
        self._child: subprocess.Popen[bytes] | None = None
        self.state = "starting"
        self.restarts = 0
        self.last_exit: int | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def start(self) -> None:
        """Start the child, and the thread that watches it."""
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """End the child, at the deadline (monotonic) by force, and then the thread."""
        self._deadline = deadline
        self._stopping.set()
        if self._thread.ident is None:
            return
        os.write(self._wake_write, b"x")
        self._thread.join(max(0.0, deadline - time.monotonic()) + 0.5)
        self.state = "stopped"
        if not self._thread.is_alive():
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _run(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self._live_once()
            except Exception as error:
                self._log.LogError(f"cohorts: the sidecar cannot be started: {error!r}")
            if self._stopping.is_set():
                break
            if time.monotonic() - started >= SETTLED_SECONDS:
                delay = FIRST_DELAY_SECONDS
            self.state = "waiting"
            self._log.LogWarning(f"cohorts: the sidecar ended ({self.last_exit}); next start in {delay:g} s")
            self._stopping.wait(delay)
            delay = min(2 * delay, LAST_DELAY_SECONDS)
            self.restarts += 1

    def _live_once(self) -> None:
        child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            close_fds=True,
            # A Ctrl-C in a terminal is meant for Orthanc, which then stops the child in good order.
            start_new_session=True,
        )
        self._child = child
        self.state = "running"
        assert child.stdin is not None and child.stderr is not None
        try:
            # Standard input stays open: its end tells the child that Orthanc died.
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(self._orders)
            self._pass_on_log(child.stderr.fileno())
        finally:
            self._end(child)
            child.stdin.close()
            child.stderr.close()

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for a child that is told to stop, or that has closed its standard error; then use force."""
        if self._stopping.is_set():
            child.terminate()
            patience = max(0.0, self._deadline - time.monotonic())
        else:
            patience = 1.0
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            self._log.LogWarning("cohorts: the sidecar did not end by itself and was killed")
            child.kill()
        self.last_exit = child.wait()

    def _pass_on_log(self, pipe: int) -> None:
        """Log the child's lines until it closes its standard error or the supervisor stops."""
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        waiting.register(self._wake_read, select.POLLIN)
        rest = b""
        while True:
            ready = [descriptor for descriptor, _ in waiting.poll()]
            if pipe in ready:
                chunk = os.read(pipe, 65536)
                if not chunk:
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._log_line(line.decode("utf-8", "replace"))
                rest = rest[-_LINE_LIMIT:]
            elif self._wake_read in ready:
                return

    def _log_line(self, line: str) -> None:
        text = "".join(c if c.isprintable() else " " for c in line[:_LINE_LIMIT]).strip()
        if not text:
            return
        level = text.upper()[:40]
        if "ERROR" in level or "CRITICAL" in level:
            self._log.LogError(f"cohorts sidecar: {text}")
        elif "WARNING" in level:
            self._log.LogWarning(f"cohorts sidecar: {text}")
        else:
            self._log.LogInfo(f"cohorts sidecar: {text}")
