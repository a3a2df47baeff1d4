"""HTTP/1.1 to the sidecar over its Unix socket.

Knows no routes and no Orthanc. Safe to use from many threads at once.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from orthanc_cohorts.errors import CohortsError

IDLE_CONNECTIONS = 8
# Orthanc holds an answer in memory as a whole; more belongs into a file of the lake.
MAX_ANSWER_BYTES = 256 * 1024 * 1024
_CHUNK = 256 * 1024


class SidecarDown(CohortsError):
    """Nobody answers at the socket, or the connection broke."""


class SidecarSlow(CohortsError):
    """The answer took longer than allowed."""


class AnswerTooLarge(CohortsError):
    """The answer is larger than what Orthanc should hold in memory."""


class Answer(NamedTuple):
    """status, headers (lower-case names) and body of one answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)

    def is_stale(self) -> bool:
        """Whether the other side has hung up (or spoken out of turn) since the last answer."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))


class Client:
    """Requests to one socket; idle connections are kept and used again.

    A request is never sent twice: it might change something.
    """

    def __init__(self, socket_path: str) -> None:
        self.socket_path = socket_path
        self._idle: list[_Connection] = []
        self._busy: set[_Connection] = set()
        self._lock = threading.Lock()
        self._closed = False

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, timeout_seconds: float
    ) -> Answer:
        """Return the answer to one request.

        path: percent-encoded, with query string.
        Raises SidecarDown, SidecarSlow (the time counts for the request as a whole), AnswerTooLarge.
        """
        deadline = time.monotonic() + timeout_seconds
        connection = self._take()
        try:
            answer = _exchange(connection, method, path, headers, body, deadline)
        except TimeoutError as error:
            raise SidecarSlow(f"no answer within {timeout_seconds:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise SidecarDown(f"the sidecar at {self.socket_path} does not answer: {error!r}") from error
        else:
            self._give_back(connection)
            return answer
        finally:
            self._forget(connection)

    def reachable(self) -> bool:
        """Whether somebody listens at the socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.5)
            try:
                probe.connect(self.socket_path)
            except OSError:
                return False
        return True

    def close(self) -> None:
        """Break every connection, so that whoever waits for an answer gets SidecarDown at once."""
        with self._lock:
            self._closed = True
            for connection in self._busy:
                if connection.sock is not None:
                    with contextlib.suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _take(self) -> _Connection:
        with self._lock:
            if self._closed:
                raise SidecarDown("Orthanc is stopping")
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_stale():
                    break
                connection.close()
            else:
                connection = _Connection(self.socket_path)
            self._busy.add(connection)
            return connection

    def _give_back(self, connection: _Connection) -> None:
        with self._lock:
            self._busy.discard(connection)
            if connection.sock is not None and not self._closed and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
            else:
                connection.close()

    def _forget(self, connection: _Connection) -> None:
        with self._lock:
            if connection in self._busy:
                self._busy.discard(connection)
                connection.close()


def _exchange(
    connection: _Connection,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: float,
) -> Answer:
    connection.timeout = _left(deadline)
    if connection.sock is not None:
        connection.sock.settimeout(connection.timeout)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value.encode("utf-8"))
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    sock = connection.sock
    sock.settimeout(_left(deadline))
    response = connection.getresponse()
    parts: list[bytes] = []
    size = 0
    while True:
        sock.settimeout(_left(deadline))
        part = response.read1(_CHUNK)
        if not part:
            break
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise AnswerTooLarge(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
    response.close()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, b"".join(parts))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
