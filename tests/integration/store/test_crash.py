"""A process killed while it writes: what was answered for is there, and the index is sound."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from orthanc import states

WRITER = """
import sys
from pathlib import Path

import build
from flattened import stored
from orthanc_cohorts.harmonise import canonical_unit
from orthanc_cohorts.store import Batch, Index, Observed

canonical_unit("mm3")  # loads the units, which takes longer than this process will live
index, first = Index.open(Path(sys.argv[1])), int(sys.argv[2])
for number in range(first, first + 100_000):
    report = build.sr([build.num("Volume", str(number), "mm3")], PatientID=f"P{number % 40}")
    rows = stored(report, f"version {number}")
    index.apply(Batch.of([rows], seq=number, observed_ns=number))
    if number % 5 == 0:
        index.apply(Batch(gone=[Observed(rows["instance"][0][0], number)], cursor=number))
    if number % 11 == 0:
        index.purge()
    print(number, flush=True)
"""


def test_a_writer_killed_at_any_moment_keeps_what_it_has_said(tmp_path: Path, checkout: Path) -> None:
    chance = random.Random(7)
    number = 0

    for _ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=checkout / "tests",
        )
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip()]
        time.sleep(3 * chance.random())
        writer.kill()
        said += writer.stdout.read().split()
        writer.wait()

        number = int(said[-1])
        kept = [int(one) for one in said if int(one) % 5]
        assert states.flaws(tmp_path) == []
        with states.opened(tmp_path) as connection:
            [(newest,)] = connection.execute("SELECT max(seq) FROM live_instance").fetchall()
            [(cursor,)] = connection.execute("SELECT cursor_seq FROM state").fetchall()
        # One more may be in without being said.
        assert not kept or newest >= kept[-1]
        assert cursor >= number // 5 * 5
    assert number > 12
