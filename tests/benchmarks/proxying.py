"""What the way through Orthanc adds to a route: the same GET directly at the sidecar's socket, in turns.

Idle, and while clients store.
"""

from __future__ import annotations

import http.client
import socket
import time
from pathlib import Path
from statistics import median

from benchmarks import objects
from benchmarks.figures import Figure, Hold, Part, percentile
from benchmarks.processes import Clients, shares
from orthanc.harness import Orthanc

ROUTE = "/cohorts/api/v1/status"
WARM_UP = 10
CLIENTS, PER_SECOND = 2, 20.0


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def measure(folder: Path, quick: bool) -> Part:
    """Return round trips of a route through Orthanc and without it."""
    rounds = 200 if quick else 1_000
    stock = list(objects.patients(1, int(CLIENTS * PER_SECOND * 60 / objects.BATCH), "proxying"))
    orthanc = Orthanc(folder / "proxying")
    try:
        orthanc.start()
        path = orthanc.wait_ready()["sidecar"]["socket"]
        ways = {
            "direct": _SocketConnection(path),
            "through": http.client.HTTPConnection("127.0.0.1", orthanc.http_port, timeout=60),
            "orthanc": http.client.HTTPConnection("127.0.0.1", orthanc.http_port, timeout=60),
        }
        time.sleep(2.0)
        idle = _rounds(ways, rounds, pause_seconds=0.002)
        clients = Clients(orthanc.http_port, shares(stock, CLIENTS), PER_SECOND)
        clients.start()
        time.sleep(2.0)
        try:
            busy = _rounds(ways, rounds, pause_seconds=0.01)
        finally:
            clients.stop()
            clients.join()
    finally:
        orthanc.close()
    how = (
        f"`GET {ROUTE}` over a connection kept alive, {rounds} times through Orthanc and directly at the "
        "sidecar's socket, in turns; Orthanc's own `GET /system`, which no plugin touches, for comparison. "
        f"Storing: {CLIENTS} clients, {CLIENTS * PER_SECOND:g} objects/s together of the same mix. Added is "
        "the difference of the percentiles."
    )
    return Part("What the proxy adds to a route", how, _figures(idle, busy))


def _rounds(
    ways: dict[str, http.client.HTTPConnection], rounds: int, pause_seconds: float
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {way: [] for way in ways}
    for connection in ways.values():
        # Orthanc closes what was idle for a second; the next request opens it again.
        connection.close()
    for _ in range(rounds + WARM_UP):
        for way, connection in ways.items():
            path = "/system" if way == "orthanc" else ROUTE
            started = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            times[way].append((time.perf_counter() - started) * 1e3)
            assert answer.status == 200, f"{way}: {answer.status}"
            time.sleep(pause_seconds)
    return {way: values[WARM_UP:] for way, values in times.items()}


def _figures(idle: dict[str, list[float]], busy: dict[str, list[float]]) -> list[Figure]:
    figures = []
    for state, times in (("idle", idle), ("storing", busy)):
        for way, name in (("direct", "directly"), ("through", "through Orthanc"), ("orthanc", "`/system`")):
            figures.append(Figure(f"{state}, {name}, p50", median(times[way]), "ms"))
            figures.append(Figure(f"{state}, {name}, p95", percentile(times[way], 95), "ms"))
    added = median(idle["through"]) - median(idle["direct"])
    tail = percentile(busy["through"], 95) - percentile(busy["direct"], 95)
    return [
        *figures,
        Figure("idle, added, p50", added, "ms", Hold(at_most=1)),
        Figure("storing, added, p95", tail, "ms", Hold(at_most=5)),
    ]
