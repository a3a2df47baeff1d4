"""What publishing the lake takes from clients that store meanwhile: throughput with and without it.

One Orthanc with the plugin and a lake; blocks of stores in turns, while it publishes without end and while it
does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figures import Figure, Hold, Part, paragraphs
from benchmarks.ingest import CLIENTS, block, running
from benchmarks.objects import BATCH
from orthanc.harness import Orthanc

THROUGHPUT = 0.90
PATIENTS_PER_BLOCK = 240
"""So many that a block takes 15 s: it is seen only after the first one or two that objects arrive."""
PUBLISH_SECONDS = 600
PUBLISH = "/cohorts/api/v1/publish"


class Pair(NamedTuple):
    """Stored per second in two blocks that followed each other; times: how often the lake was published."""

    plain: float
    publishing: float
    times: int


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Part:
    """Return throughput while the lake is published and while it is not; folder: for storage and lake."""
    count = 3 if quick else 9
    pairs: list[Pair] = []
    options = {"LakeDirectory": str(folder / "lake"), "RequestTimeoutSeconds": PUBLISH_SECONDS}
    with running(folder / "orthanc", True, options) as orthanc:
        block(orthanc, 0, True, PATIENTS_PER_BLOCK)
        for number in range(count):
            rates: dict[bool, float] = {}
            # A B, B A, A B ...: whatever drifts hits both alike.
            for turn, publishes in enumerate((False, True) if number % 2 == 0 else (True, False)):
                with _publishing(orthanc, publishes) as published:
                    found = block(orthanc, 1 + 2 * number + turn, True, PATIENTS_PER_BLOCK)
                    rates[publishes] = found.per_second
                    times = len(published) if publishes else 0
            pairs.append(Pair(rates[False], rates[True], times))
            say(f"  {pairs[-1].plain:.0f}/s, while publishing {pairs[-1].publishing:.0f}/s ({times} times)")
    how = paragraphs(
        f"""
        {CLIENTS} client processes store by POST, as fast as Orthanc answers, in {count} pairs of
        blocks of {PATIENTS_PER_BLOCK * BATCH:,} objects; during one of each pair the lake is
        published as a whole again and again, without a pause, which no schedule does. Medians;
        the ratio is that of the two blocks of a pair.
        """
    )
    return Part("What publishing costs while clients store", how, _figures(pairs))


def _figures(pairs: list[Pair]) -> list[Figure]:
    ratio = median(pair.publishing / pair.plain for pair in pairs)
    return [
        Figure("stored per second", median(pair.plain for pair in pairs), "/s"),
        Figure("the same while publishing", median(pair.publishing for pair in pairs), "/s"),
        Figure("published per block", median(pair.times for pair in pairs), ""),
        Figure("throughput while publishing / not", ratio, "", Hold(at_least=THROUGHPUT)),
    ]


@contextmanager
def _publishing(orthanc: Orthanc, publishes: bool) -> Iterator[list[int]]:
    """Publish without end during the block; yield a list that gets the generation of each."""
    published: list[int] = []
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            answer = orthanc.post(PUBLISH, json={"whole": True}, timeout=PUBLISH_SECONDS)
            assert answer.status_code == 200, answer.text
            published.append(answer.json()["generation"])

    thread = threading.Thread(target=run)
    if publishes:
        thread.start()
    try:
        yield published
    finally:
        stop.set()
        if publishes:
            thread.join()
