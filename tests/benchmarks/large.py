"""What is large: a report of 100,000 items, and an image whose pixels are not read.

Each is measured in a process of its own, so that memory is that of the work alone.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import build
from benchmarks import objects
from benchmarks.figures import Figure, Hold, Part
from orthanc_cohorts.cli.serve import GC_ALLOCATIONS
from orthanc_cohorts.flatten import Stored, flatten_bytes, flatten_file

ITEMS = 100_000
_STORED = Stored("0" * 44, "uuid", "md5", None, "series", "study", "patient")
_CONTENT = b"\x40\x00\x30\xa7SQ\0\0"


def measure(folder: Path, quick: bool) -> Part:
    """Return time and memory of the large report, and the time of an image header; folder: for the files."""
    folder.mkdir(parents=True, exist_ok=True)
    data = _report()
    (folder / "large.dcm").write_bytes(data)
    image = folder / "image.dcm"
    image.write_bytes(build.to_bytes(build.ct(os.urandom(2 * 512 * 512), Rows=512, Columns=512)))
    seconds, megabytes, items = _apart(_flatten_large, folder / "large.dcm")
    header_ms, read_bytes = _apart(_read_header, image)
    how = (
        f"A report of {items:,} items ({len(data):,} bytes), flattened once in a process of its own whose "
        "garbage collector is set as the sidecar's: memory is the rise of its peak. An image of 512 x 512 "
        "pixels of 16 bit from its file to all rows, median of 400; bytes as read from the file."
    )
    return Part(
        "What is large",
        how,
        [
            Figure("100,000 items to all rows", seconds, "s", Hold(at_most=3)),
            Figure("memory added", megabytes, "MB", Hold(at_most=500)),
            Figure("header of a CT slice to all rows", header_ms, "ms", Hold(at_most=0.5)),
            Figure("bytes read of the slice", read_bytes, "B", Hold(at_most=100_000)),
        ],
    )


def _report() -> bytes:
    """Return a report of about ITEMS items: a thousand of them, repeated within the content sequence."""
    data = build.to_bytes(objects.report(1_001))
    start = data.index(_CONTENT)
    length = int.from_bytes(data[start + 8 : start + 12], "little")
    content = data[start + 12 : start + 12 + length] * (ITEMS // 1_000)
    return data[: start + 8] + len(content).to_bytes(4, "little") + content + data[start + 12 + length :]


def _apart(work: Callable[[Path], Any], path: Path) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (path,))


def _flatten_large(path: Path) -> tuple[float, float, int]:
    data = path.read_bytes()
    gc.set_threshold(GC_ALLOCATIONS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = perf_counter()
    rows = flatten_bytes(data, _STORED)
    seconds = perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, (after - before) / 1024, len(rows["content_item"])


def _read_header(path: Path) -> tuple[float, int]:
    read = 0
    pread = os.pread

    def counting(descriptor: int, length: int, position: int) -> bytes:
        nonlocal read
        part = pread(descriptor, length, position)
        read += len(part)
        return part

    os.pread = counting
    flatten_file(str(path), _STORED)
    os.pread = pread
    times = []
    for _ in range(400):
        started = perf_counter()
        flatten_file(str(path), _STORED)
        times.append(perf_counter() - started)
    return median(times) * 1e3, read
