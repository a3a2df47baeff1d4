"""What the plugin and its sidecar cost while clients store: CPU per instance and throughput.

Two Orthancs run all the time, one without and one with the plugin; short blocks of stores go to them in
turns, so that a machine whose speed drifts from second to second slows both alike.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import objects
from benchmarks.figures import Figure, Hold, Part
from benchmarks.processes import Clients, cpu_seconds, descendants, shares
from orthanc.harness import Orthanc

CLIENTS = 4
CPU_ADDED = 0.30
"""What the plugin is to cost; it does not hold yet. Beside it what all tables are allowed meanwhile."""
CPU_ADDED_FOR_NOW = 0.35
PATIENTS_PER_BLOCK = 60
SETTLE_SECONDS = 8.0
"""From the last store to the end of counting, for both alike.

Orthanc tells after 2 s (StableAge here) that a resource is stable, and the sidecar has followed the change
log after another 5 to 7 s: that work belongs to the stores. Nobody asks meanwhile: each question costs CPU.
"""


class Block(NamedTuple):
    """One block of stores: instances, seconds of storing, and CPU seconds of Orthanc and of the sidecar."""

    instances: int
    seconds: float
    orthanc_cpu_s: float
    sidecar_cpu_s: float

    @property
    def orthanc_ms(self) -> float:
        """CPU of Orthanc, plugin included, per instance, ms."""
        return self.orthanc_cpu_s / self.instances * 1e3

    @property
    def sidecar_ms(self) -> float:
        """CPU of the sidecar per instance, ms."""
        return self.sidecar_cpu_s / self.instances * 1e3

    @property
    def per_second(self) -> float:
        """Instances stored per second."""
        return self.instances / self.seconds


class Pair(NamedTuple):
    """Two blocks that followed each other."""

    plain: Block
    ours: Block

    @property
    def added(self) -> float:
        """CPU that plugin and sidecar add, as a part of what Orthanc alone uses."""
        return (self.ours.orthanc_ms + self.ours.sidecar_ms) / self.plain.orthanc_ms - 1


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Part:
    """Return CPU and throughput with and without the plugin; folder: for the storage of both."""
    count = 3 if quick else 11
    pairs: list[Pair] = []
    with running(folder / "plain", False) as plain, running(folder / "plugin", True) as ours:
        for number in range(count):
            # A B, B A, A B ...: whatever drifts hits both alike.
            order = (plain, ours) if number % 2 == 0 else (ours, plain)
            blocks = {orthanc: block(orthanc, number, orthanc is ours) for orthanc in order}
            pairs.append(Pair(blocks[plain], blocks[ours]))
            say(_line(pairs[-1]))
    first, *warm = pairs
    how = (
        f"{CLIENTS} client processes store by POST, as fast as Orthanc answers: {objects.MIX_TEXT}. "
        f"{count} blocks of {PATIENTS_PER_BLOCK * objects.BATCH:,} objects each go to an Orthanc without and "
        "to one with the plugin, in turns; both run all the time. CPU (user and system, all threads and "
        f"children) is counted until {SETTLE_SECONDS:g} s after the last store, when all is indexed. Medians "
        "over the blocks; the ratios are medians of those of two blocks that followed each other. The first "
        "block after a start is stated by itself: code is loaded and every cache is empty then."
    )
    return Part("What the plugin costs while clients store", how, _figures(first, warm))


def _line(pair: Pair) -> str:
    plain, ours = pair
    return (
        f"  without plugin {plain.per_second:.0f}/s, {plain.orthanc_ms:.2f} ms; "
        f"with {ours.per_second:.0f}/s, Orthanc {ours.orthanc_ms:.2f} ms, sidecar {ours.sidecar_ms:.2f} ms "
        f"per instance; added {pair.added:.2f}"
    )


def _figures(first: Pair, pairs: list[Pair]) -> list[Figure]:
    base = median(pair.plain.orthanc_ms for pair in pairs)
    in_orthanc = median(pair.ours.orthanc_ms - pair.plain.orthanc_ms for pair in pairs)
    added = median(pair.added for pair in pairs)
    ratio = median(pair.ours.per_second / pair.plain.per_second for pair in pairs)
    return [
        Figure("Orthanc alone, CPU per instance", base, "ms"),
        Figure("added inside Orthanc (plugin), per instance", in_orthanc, "ms"),
        Figure("sidecar, per instance", median(pair.ours.sidecar_ms for pair in pairs), "ms"),
        Figure("CPU added / Orthanc's own", added, "", Hold(at_most=CPU_ADDED)),
        Figure("the same, as allowed for all tables", added, "", Hold(at_most=CPU_ADDED_FOR_NOW)),
        Figure("the same in the first block after a start", first.added, ""),
        Figure("stored per second without the plugin", median(p.plain.per_second for p in pairs), "/s"),
        Figure("stored per second with the plugin", median(p.ours.per_second for p in pairs), "/s"),
        Figure("throughput with / without", ratio, "", Hold(at_least=0.85)),
    ]


@contextmanager
def running(folder: Path, plugin: bool, cohorts: Mapping[str, Any] | None = None) -> Iterator[Orthanc]:
    """Give an Orthanc that is ready, for the length of the block; cohorts: options of the plugin."""
    orthanc = Orthanc(folder, plugin=plugin, cohorts=cohorts)
    try:
        orthanc.start()
        if plugin:
            orthanc.wait_ready()
        yield orthanc
    finally:
        orthanc.close()


def block(orthanc: Orthanc, number: int, plugin: bool, patients: int = PATIENTS_PER_BLOCK) -> Block:
    """Store a block of objects, that no other number has, and wait until all is indexed."""
    stock = list(objects.patients(1 + number * patients, patients, "ingest"))
    gc.freeze()  # the clients are forks: a collection there would copy these pages
    clients = Clients(orthanc.http_port, shares(stock, CLIENTS))
    time.sleep(0.5)
    sidecar = descendants(orthanc.pid)
    before = cpu_seconds([orthanc.pid]), cpu_seconds(sidecar)
    clients.start()
    load = clients.join()
    time.sleep(SETTLE_SECONDS)
    after = cpu_seconds([orthanc.pid]), cpu_seconds(sidecar)
    if plugin:
        wait_followed(orthanc, within_seconds=2.0)
    gc.unfreeze()
    return Block(load.stored, load.seconds, after[0] - before[0], after[1] - before[1])


def wait_followed(orthanc: Orthanc, within_seconds: float = 120) -> None:
    """Wait until the index has followed Orthanc's log, asking seldom: asking is not what is measured.

    Raises AssertionError: not within that time.
    """
    last = orthanc.get("/changes?last").json()["Last"]
    deadline = time.monotonic() + within_seconds
    while True:
        status = orthanc.status()
        health = (status.get("sidecar") or {}).get("health") or {}
        if status.get("queue") == 0 and health.get("cursor_seq", -1) >= last:
            return
        time.sleep(0.5)
        assert time.monotonic() < deadline, f"the index did not follow to {last}: {status}"
