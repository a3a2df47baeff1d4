"""Units from several threads at once: the writer and the routes share one registry."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from orthanc_cohorts.harmonise import canonical_unit

together = Barrier(4)

def first(unit):
    together.wait()
    return canonical_unit(unit).canonical

with ThreadPoolExecutor(4) as pool:
    print(*pool.map(first, ["cm3", "ms", "uV", "[in_i]"]))
"""


def test_four_threads_that_meet_their_first_unit_at_once_all_know_it() -> None:
    # In a process of its own: the registry is made once, with the first unit.
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert (done.stdout.split(), done.stderr) == (["mm3", "s", "mV", "mm"], "")
