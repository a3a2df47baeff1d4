"""What a process gives up for good before it runs the SQL of a user: files, memory, time, children.

Knows its own process; nothing of SQL. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from pathlib import Path

from orthanc_cohorts.usersql.landlock import restrict_to_reading
from orthanc_cohorts.usersql.question import Bounds

BESIDE_BYTES = 512 * 2**20
"""Memory of a process beside DuckDB's: of the interpreter, of threads, of the answer while it is written."""
_OF_THE_MACHINE = (Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
"""What DuckDB reads when it is opened, and fails without: how much of the machine is its own."""
_NICENESS = 10
_FILES = 1_024
_LATE_SECONDS = 10
_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Have this process killed when the thread that started it ends; end now where it has already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, *map(ctypes.c_ulong, (signal.SIGKILL, 0, 0, 0)))
    if os.getppid() != parent:
        os._exit(1)


def confine(folder: Path, bounds: Bounds) -> None:
    """Keep of all files those below a folder, to be read, and of memory and time what the bounds say.

    To be called while there is one thread. Memory counts from what the process has now.
    Raises OSError, RuntimeError: it could not be done; then nothing may be run.
    """
    os.nice(_NICENESS)
    # The kernel ends this process before the PACS where memory is short.
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    memory = _mapped_bytes() + bounds.memory_bytes + BESIDE_BYTES
    # By the clock whoever asks ends it; this is for when nobody does.
    seconds = int(bounds.seconds * (bounds.threads + 1)) + _LATE_SECONDS
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _lower(limit, most)
    restrict_to_reading(folder, *(place for place in _OF_THE_MACHINE if place.exists()))


def start_nothing_more() -> None:
    """Let no process and no thread be started from now on. Of root the kernel does not mind this."""
    _lower(resource.RLIMIT_NPROC, 0)


def _lower(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (allowed, allowed))


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
