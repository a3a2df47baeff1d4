"""What the plugin and its sidecar cost while clients store: CPU per instance and throughput.

Runs without and with the plugin take turns, each in a fresh Orthanc.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import objects
from benchmarks.figures import Figure, Hold, Part
from benchmarks.processes import Clients, cpu_seconds, descendants, shares
from orthanc.harness import Orthanc

CLIENTS = 4
SETTLE_SECONDS = 3.0
"""Orthanc tells after 2 s (StableAge here) that a resource is stable; that work belongs to the stores."""


class Run(NamedTuple):
    """One run: instances, seconds of storing, and CPU seconds of Orthanc and of the sidecar."""

    instances: int
    seconds: float
    orthanc_cpu_s: float
    sidecar_cpu_s: float

    @property
    def cpu_ms(self) -> float:
        """CPU of both per instance, ms."""
        return (self.orthanc_cpu_s + self.sidecar_cpu_s) / self.instances * 1e3


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Part:
    """Return CPU and throughput with and without the plugin; folder: for the storage of each run."""
    pairs = 2 if quick else 4
    patients = 30 if quick else 120
    plain: list[Run] = []
    ours: list[Run] = []
    for pair in range(pairs):
        # A B, B A, A B ...: whatever drifts hits both alike.
        for plugin in (False, True) if pair % 2 == 0 else (True, False):
            run = _run(folder / f"ingest-{pair}-{plugin}", plugin, patients)
            (ours if plugin else plain).append(run)
            say(
                f"  {'with   ' if plugin else 'without'} plugin: {run.instances / run.seconds:.0f}/s, "
                f"Orthanc {run.orthanc_cpu_s / run.instances * 1e3:.2f} ms, "
                f"sidecar {run.sidecar_cpu_s / run.instances * 1e3:.2f} ms per instance"
            )
    how = (
        f"{CLIENTS} client processes store by POST, as fast as Orthanc answers: {objects.MIX_TEXT}. "
        f"{pairs} runs each without and with the plugin, in turns, {patients * objects.BATCH:,} objects each "
        "in a fresh Orthanc. CPU (user and system, all threads and children) is counted from the moment the "
        f"sidecar is ready until {SETTLE_SECONDS:g} s after everything is indexed; medians."
    )
    return Part("What the plugin costs while clients store", how, _figures(plain, ours))


def _figures(plain: list[Run], ours: list[Run]) -> list[Figure]:
    base = median(run.cpu_ms for run in plain)
    added = median((run.cpu_ms - other.cpu_ms) / other.cpu_ms for run, other in zip(ours, plain, strict=True))
    ratio = median(
        other.seconds / run.seconds * run.instances / other.instances
        for run, other in zip(ours, plain, strict=True)
    )
    in_orthanc = median(run.orthanc_cpu_s / run.instances * 1e3 for run in ours) - base
    return [
        Figure("Orthanc alone, CPU per instance", base, "ms"),
        Figure("added inside Orthanc (plugin), per instance", in_orthanc, "ms"),
        Figure("sidecar, per instance", median(r.sidecar_cpu_s / r.instances * 1e3 for r in ours), "ms"),
        Figure("CPU added / Orthanc's own", added, "", Hold(at_most=0.30)),
        Figure("stored per second without the plugin", median(r.instances / r.seconds for r in plain), "/s"),
        Figure("stored per second with the plugin", median(r.instances / r.seconds for r in ours), "/s"),
        Figure("throughput with / without", ratio, "", Hold(at_least=0.85)),
    ]


def _run(folder: Path, plugin: bool, patients: int) -> Run:
    stock = list(objects.patients(1, patients, folder.name))
    gc.freeze()  # the clients are forks: a collection there would copy these pages
    orthanc = Orthanc(folder, plugin=plugin)
    try:
        orthanc.start()
        if plugin:
            orthanc.wait_ready()
        clients = Clients(orthanc.http_port, shares(stock, CLIENTS))
        time.sleep(1.0)
        sidecar = descendants(orthanc.pid)
        before = cpu_seconds([orthanc.pid]), cpu_seconds(sidecar)
        clients.start()
        load = clients.join()
        if plugin:
            wait_followed(orthanc)
        time.sleep(SETTLE_SECONDS)
        after = cpu_seconds([orthanc.pid]), cpu_seconds(sidecar)
    finally:
        orthanc.close()
    return Run(load.stored, load.seconds, after[0] - before[0], after[1] - before[1])


def wait_followed(orthanc: Orthanc) -> None:
    """Wait until the index has followed Orthanc's log, asking seldom: asking is not what is measured.

    Raises AssertionError: not within two minutes.
    """
    last = orthanc.get("/changes?last").json()["Last"]
    deadline = time.monotonic() + 120
    while True:
        time.sleep(0.5)
        status = orthanc.status()
        health = (status.get("sidecar") or {}).get("health") or {}
        if status.get("queue") == 0 and health.get("cursor_seq", -1) >= last:
            return
        assert time.monotonic() < deadline, f"the index did not follow to {last}: {status}"
