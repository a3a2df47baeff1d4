"""How long cohort questions take on a generated archive: ours and SQL written by hand, in turns.

Asks at the `Desk`, as a route does once HTTP is done with; each time one that has kept nothing but the list
of units. Runs in a process of its own, opened as the sidecar opens its index.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import archive
from benchmarks.arriving import Arrivals, prepared
from benchmarks.by_hand import by_hand
from benchmarks.questions import Questions, Tree
from orthanc_cohorts.api.asking import Desk
from orthanc_cohorts.api.limits import Deadline
from orthanc_cohorts.api.prepared import Prepared
from orthanc_cohorts.cli.serve import GC_ALLOCATIONS
from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.harmonise import convert
from orthanc_cohorts.store import Index

SEED = 20261124
HELD_BYTES = 1536 * 2**20
"""What may be held in memory (the option `HoldMegabytes`)."""
KINDS = ("plain", "latest", "same", "temporal")
THREADS = 2
TURNS = 3
FIRST_FACETS = 6
"""Questions whose facets are asked at first, which reads whole columns: long for 100 million items."""
_EVERYBODY = b'{"version":1,"unit":"patient"}'
_NO_LIMIT_SECONDS = 3_600.0


@dataclass(slots=True)
class Asked:
    """What was measured; times in ms, TURNS per definition where not said otherwise.

    ours, hand: by kind of question; hand the faster of its ways. ratios: of the better turns of both, one per
    definition. matched: patients of each definition.
    everybody: patients in all. universe: reading the units once. renewed: seconds to read what is held in
    memory then, held: its bytes. refined, moved: with another clause, another
    range, on a desk that has answered the question before. facets, facets_again: ten, at first and after a
    further clause. busy: by name, the same while objects arrive; arrived: objects per second then.
    rss, rss_by_hand, rss_end: peak memory of the process in bytes: once it has answered all questions itself,
    once the SQL has run too, and in the end. rows: of the tables. disk: bytes.
    """

    ours: dict[str, list[float]] = field(default_factory=dict)
    hand: dict[str, list[float]] = field(default_factory=dict)
    ratios: dict[str, list[float]] = field(default_factory=dict)
    matched: dict[str, list[int]] = field(default_factory=dict)
    everybody: int = 0
    universe: float = 0.0
    renewed: float = 0.0
    held: int = 0
    refined: list[float] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    facets: list[float] = field(default_factory=list)
    facets_again: list[float] = field(default_factory=list)
    busy: dict[str, list[float]] = field(default_factory=dict)
    arrived: float = 0.0
    rss: int = 0
    rss_by_hand: int = 0
    rss_end: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    disk: int = 0


def ask(
    directory: Path, questions: int, seconds: float, memory_limit: str, kinds: tuple[str, ...] = KINDS
) -> Asked:
    """Return what questions cost on the index in a directory; so many of each kind.

    seconds: for how long objects arrive meanwhile; 0 to ask these questions only, and nothing further.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_ask, (directory, questions, seconds, memory_limit, kinds))


def _ask(directory: Path, each: int, seconds: float, memory_limit: str, kinds: tuple[str, ...]) -> Asked:
    return asyncio.run(_asked(directory, each, seconds, memory_limit, kinds))


async def _asked(
    directory: Path, each: int, seconds: float, memory_limit: str, kinds: tuple[str, ...]
) -> Asked:
    # A coroutine for the deadlines alone, which live on a loop; nothing here waits for it.
    batches = prepared(seconds, "arriving") if seconds else []
    convert(1.0, "cm")
    index = Index.open(directory, threads=THREADS, memory_limit=memory_limit)
    archive.arranged(index)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_ALLOCATIONS)
    try:
        with index.read() as snapshot:
            drawn = Questions(snapshot, SEED)
        lists = {kind: [getattr(drawn, kind)() for _ in range(each)] for kind in kinds}
        found = Asked(rows=archive.rows_of(index), disk=archive.size_on_disk(directory))
        asker = Asker(index, HELD_BYTES)
        found.universe, found.everybody = asker.universe()
        _in_turns(asker, lists, found)
        if seconds:
            _refine(asker, drawn, lists, found)
            _while_arriving(asker, drawn, lists, batches, found)
        found.rss_end = _peak()
    finally:
        index.close()
    return found


class Asker:
    """Asks desks and cursors on one index; times in ms."""

    def __init__(self, index: Index, held_bytes: int = 0) -> None:
        self.index = index
        self.held = Held(held_bytes)

    def renew(self) -> float:
        """Read what is to be held in memory, as the sidecar does now and then; return the seconds."""
        began = perf_counter()
        with self.index.read() as snapshot:
            self.held.renew(snapshot)
        return perf_counter() - began

    def universe(self) -> tuple[float, int]:
        """Return how long reading the units takes, and how many patients there are."""
        return self.count(Desk(self.index, held=self.held), _EVERYBODY)

    def fresh(self) -> Desk:
        """Return a desk that has kept no answer and no mask, but the units of this generation."""
        desk = Desk(self.index, held=self.held)
        self.count(desk, _EVERYBODY)
        return desk

    def count(self, desk: Desk, body: bytes) -> tuple[float, int]:
        """Return how long a count takes, and its answer."""
        deadline = Deadline(_NO_LIMIT_SECONDS)
        began = perf_counter()
        answer = desk.count(body, deadline)
        elapsed = (perf_counter() - began) * 1e3
        deadline.close()
        return elapsed, answer.count

    def facets(self, desk: Desk, body: bytes) -> float:
        """Return how long ten facets take."""
        deadline = Deadline(_NO_LIMIT_SECONDS)
        began = perf_counter()
        desk.facets(body, deadline)
        elapsed = (perf_counter() - began) * 1e3
        deadline.close()
        return elapsed

    def by_hand(self, sql: str, parameters: dict[str, Any]) -> tuple[float, int]:
        """Return how long a statement takes, and its answer."""
        with self.index.read() as snapshot:
            began = perf_counter()
            [(count,)] = snapshot.cursor.execute(sql, parameters).fetchall()
            return (perf_counter() - began) * 1e3, count


def _in_turns(asker: Asker, lists: dict[str, list[Tree]], found: Asked) -> None:
    """Ask every question of both; raise AssertionError where the answers differ."""
    for kind, definitions in lists.items():
        _say(f"warming: {kind}")
        # To be warm, and for the memory of ours alone.
        for definition in definitions:
            asker.count(asker.fresh(), body(definition))
    found.renewed, found.held = asker.renew(), asker.held.nbytes
    found.rss = _peak()
    for kind, definitions in lists.items():
        _say(f"questions: {kind}")
        found.ours[kind], found.hand[kind], found.ratios[kind], found.matched[kind] = [], [], [], []
        for definition in definitions:
            ours, hand, count = _of_both(asker, definition)
            found.ours[kind] += ours
            found.hand[kind] += hand
            found.ratios[kind].append(min(ours) / min(hand))
            found.matched[kind].append(count)
    found.rss_by_hand = _peak()


def _of_both(asker: Asker, definition: Tree) -> tuple[list[float], list[float], int]:
    ours, hand, answers = [], [], set()
    for _ in range(TURNS):
        elapsed, found = asker.count(asker.fresh(), body(definition))
        ways = [asker.by_hand(*way) for way in by_hand(definition)]
        answers |= {found, *(answer for _, answer in ways)}
        ours.append(elapsed)
        hand.append(min(time for time, _ in ways))
    assert len(answers) == 1, f"the answers differ, {answers}: {definition}"
    return ours, hand, answers.pop()


def _refine(asker: Asker, drawn: Questions, lists: dict[str, list[Tree]], found: Asked) -> None:
    _say("refining")
    for definition in lists["plain"]:
        desk = asker.fresh()
        asker.count(desk, body(definition))
        found.moved.append(asker.count(desk, body(drawn.moved(definition)))[0])
        further = drawn.further(definition)
        found.refined.append(asker.count(desk, body(further))[0])
    _say("ten facets")
    for definition in lists["plain"][:FIRST_FACETS]:
        desk = asker.fresh()
        asker.count(desk, body(definition))
        found.facets.append(asker.facets(desk, body(drawn.facets(definition))))
        for _ in range(-(-len(lists["plain"]) // FIRST_FACETS)):
            further = drawn.further(definition)
            asker.count(desk, body(further))
            found.facets_again.append(asker.facets(desk, body(drawn.facets(further))))


def _while_arriving(
    asker: Asker, drawn: Questions, lists: dict[str, list[Tree]], batches: list[Any], found: Asked
) -> None:
    """Ask what was asked before, round and round, while objects arrive; at one desk, as in the sidecar.

    Which has answered facets before, as where they are asked again.
    """
    _say("while objects arrive")
    found.busy = {"plain": [], "refined": [], "latest": [], "facets": []}
    prepared = Prepared(asker.index, THREADS)
    desk = Desk(prepared, held=asker.held)
    asker.facets(desk, body(drawn.facets(lists["plain"][-1])))
    asking = _round_and_round(asker, desk, drawn, lists, found.busy)
    prepared.start(desk.prepare)
    with Arrivals(asker.index, batches) as arrivals:
        while arrivals.going_on:
            next(asking)
    prepared.stop()
    found.arrived = arrivals.per_second


def _round_and_round(
    asker: Asker, desk: Desk, drawn: Questions, lists: dict[str, list[Tree]], busy: dict[str, list[float]]
) -> Iterator[None]:
    """Ask one question each time it is resumed, without end, and note its time."""
    for number in count():
        plain, latest = (lists[kind][number % len(lists[kind])] for kind in ("plain", "latest"))
        for name, definition in (("plain", plain), ("refined", drawn.further(plain)), ("latest", latest)):
            busy[name].append(asker.count(desk, body(definition))[0])
            yield
        busy["facets"].append(asker.facets(desk, body(drawn.facets(plain))))
        yield


def body(definition: Tree) -> bytes:
    """Return a definition as a client sends it."""
    return json.dumps(definition).encode()


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


def _peak() -> int:
    """Return the peak of this process's resident memory, bytes."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024
