"""What `convert upload` reaches of what Orthanc takes: the same files by it and by the bench's own clients.

Two Orthancs without plugin run all the time; blocks of files go to them in turns.
"""

from __future__ import annotations

import gc
import multiprocessing
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import objects
from benchmarks.figures import Figure, Hold, Part
from benchmarks.ingest import running
from benchmarks.processes import Clients, shares
from orthanc.harness import Orthanc
from orthanc_cohorts.convert.upload import Target, Upload, files_below

CLIENTS = 4
PATIENTS_PER_BLOCK = 60
RATIO = 0.9
# fork, as the clients of the bench are: both begin with everything imported.
_CONTEXT = multiprocessing.get_context("fork")


class Pair(NamedTuple):
    """Files per second: stored by clients and by an upload, one after the other; and found by another run."""

    clients: float
    upload: float
    again: float


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Part:
    """Return the throughput of both; folder: for the files and the storage of both Orthancs."""
    count = 2 if quick else 9
    pairs: list[Pair] = []
    with running(folder / "upload-a", False) as plain, running(folder / "upload-b", False) as ours:
        for number in range(count):
            stock = list(objects.patients(1 + number * PATIENTS_PER_BLOCK, PATIENTS_PER_BLOCK, "uploading"))
            files = _written(folder / "files", stock)
            # A B, B A, A B ...: whatever drifts hits both alike.
            order = (plain, ours) if number % 2 == 0 else (ours, plain)
            done = {
                orthanc: _by_clients(orthanc, stock) if orthanc is plain else _by_upload(orthanc, files)
                for orthanc in order
            }
            pairs.append(Pair(done[plain], done[ours], _by_upload(ours, files)))
            say(
                f"  clients {pairs[-1].clients:.0f}/s, upload {pairs[-1].upload:.0f}/s, "
                f"again {pairs[-1].again:.0f}/s"
            )
    how = (
        f"{CLIENTS} client processes store by POST from memory, as fast as Orthanc answers, which is its "
        f"ceiling: {objects.MIX_TEXT}. `convert upload` sends the same as files by REST, {CLIENTS} at once, "
        f"and asks for each whether it is there. {count} blocks of {PATIENTS_PER_BLOCK * objects.BATCH:,} "
        "objects each go in turns to two Orthancs without plugin; the first is left out. Medians; the "
        "ratio is the median of those of two blocks that followed each other."
    )
    return Part("How fast files are uploaded", how, _figures(pairs[1:]))


def _figures(pairs: Sequence[Pair]) -> list[Figure]:
    ratio = median(pair.upload / pair.clients for pair in pairs)
    return [
        Figure("stored per second by clients (Orthanc's ceiling)", median(p.clients for p in pairs), "/s"),
        Figure("stored per second by `convert upload`", median(p.upload for p in pairs), "/s"),
        Figure("upload / ceiling", ratio, "", Hold(at_least=RATIO)),
        Figure("files found there already per second, run again", median(p.again for p in pairs), "/s"),
    ]


def _written(folder: Path, stock: Sequence[Sequence[bytes]]) -> list[Path]:
    """Write the objects as files, instead of those of the block before."""
    shutil.rmtree(folder, ignore_errors=True)
    for number, patient in enumerate(stock):
        place = folder / f"{number:04}"
        place.mkdir(parents=True)
        for position, data in enumerate(patient):
            (place / f"{position:03}.dcm").write_bytes(data)
    return files_below([folder])


def _by_clients(orthanc: Orthanc, stock: Sequence[Sequence[bytes]]) -> float:
    """Return how many objects per second the clients of the bench store."""
    gc.freeze()  # the clients are forks: a collection there would copy these pages
    clients = Clients(orthanc.http_port, shares(stock, CLIENTS))
    time.sleep(0.5)
    clients.start()
    load = clients.join()
    gc.unfreeze()
    return load.stored / load.seconds


def _by_upload(orthanc: Orthanc, files: Sequence[Path]) -> float:
    """Return how many files per second an upload in a process of its own deals with.

    Raises RuntimeError: some are not stored.
    """
    answers = _CONTEXT.SimpleQueue()

    def work() -> None:
        upload = Upload(Target(f"http://127.0.0.1:{orthanc.http_port}"), files, CLIENTS)
        time.sleep(0.5)
        began = time.monotonic()
        outcome = upload.run(lambda done, total: None)
        answers.put((outcome.is_whole, time.monotonic() - began))

    process = _CONTEXT.Process(target=work, daemon=True)
    process.start()
    is_whole, seconds = answers.get()
    process.join()
    if not is_whole:
        raise RuntimeError("an upload did not store every file")
    return len(files) / seconds
