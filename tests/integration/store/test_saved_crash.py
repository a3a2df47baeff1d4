"""A process killed while it saves cohorts: what was answered for is there, and nothing is there by halves."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from orthanc_cohorts.store.saved import NAME, SavedCohorts

WRITER = """
import sys
from pathlib import Path

from orthanc_cohorts.store.saved import Draft, Editor, SavedCohorts

saved, me = SavedCohorts.open(Path(sys.argv[1])), Editor("ann", False)
while True:
    newest = saved.get("pilot")
    number = 1 if newest is None else newest.version + 1
    draft = Draft(
        kind="list", unit="study", hash="ab" * 32, note=str(number), author="ann", count=number, generation=1,
        definition={"version": 1, "unit": "study"}, members=[[f"1.2.{one}"] for one in range(300)],
    )
    if newest is not None and number % 50:
        now = saved.replace("pilot", newest.version, draft, me)
    else:
        if newest is not None:
            saved.delete("pilot", newest.version, me)
        now = saved.create("pilot", draft)
    print(now.version, flush=True)
"""


def test_a_process_killed_between_writes_keeps_every_version_that_it_has_said(
    tmp_path: Path, checkout: Path
) -> None:
    chance = random.Random(11)
    said = 0

    for _ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=checkout / "tests",
        )
        assert writer.stdout is not None
        first = "".join(writer.stdout.readline() for _ in range(3))
        time.sleep(chance.random() / 3)
        writer.kill()
        said = int((first + writer.stdout.read()).split()[-1])
        writer.wait()

        with sqlite3.connect(tmp_path / NAME) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        saved = SavedCohorts.open(tmp_path)
        kept = [one.version for one in saved.versions("pilot")]
        saved.close()
        # One more may be in without being said; the deletion before it, too.
        assert not kept or kept[0] in (said, said + 1)
        assert kept or said % 50 == 49
        assert not kept or kept == list(range(kept[0], kept[-1] - 1, -1))
    assert said >= 18
