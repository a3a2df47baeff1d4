"""Many reading processes and one stream of chunks, in the order of the files.

Knows nothing of what is read. Only some chunks are under way at once, however many files there are.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.offline.finding import File
from orthanc_cohorts.offline.reading import Chunk, read_chunk

CHUNK_FILES = 400
CHUNK_BYTES = 16_000_000
"""Bounds what a process holds: the rows of a report take some times its bytes."""
AHEAD = 2
"""Chunks per process that are read or wait to be taken."""

_stopped: Callable[[], bool]


class ReaderDied(CohortsError):
    """A reading process was ended from outside, most likely for want of memory."""


def chunks_of(files: Iterable[File]) -> Iterator[list[File]]:
    """Return files in chunks of at most CHUNK_FILES, and of CHUNK_BYTES where no single file is larger."""
    chunk: list[File] = []
    size = 0
    for file in files:
        if chunk and (len(chunk) == CHUNK_FILES or size + file.size_bytes > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(file)
        size += file.size_bytes
    if chunk:
        yield chunk


def read_all(files: Iterable[File], jobs: int) -> Generator[Chunk, None, None]:
    """Return what the files give, chunk by chunk in their order; read by `jobs` processes, 1: by this one.

    Close it when it is not used up, so that the processes end. Raises ReaderDied.
    """
    if jobs == 1:
        yield from map(read_chunk, chunks_of(files))
        return
    # Not forked from here: a database with threads lives in this process.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([read_chunk.__module__])
    stop = context.Event()
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(stop,))
    waiting: deque[Future[Chunk]] = deque()
    try:
        for chunk in chunks_of(files):
            waiting.append(pool.submit(_read, chunk))
            if len(waiting) > AHEAD * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise ReaderDied(
            "a reading process was ended, most likely for want of memory: try again with fewer --jobs"
        ) from error
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _begin(stop: Any) -> None:
    """Prepare a reading process: Ctrl-C is its parent's to handle, and without a parent it ends."""
    global _stopped
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stopped = stop.is_set
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _read(files: list[File]) -> Chunk:
    return read_chunk(files, _stopped)
