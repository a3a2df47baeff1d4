"""A reader of the lake while the writer stores, deletes, publishes and is killed: never half of anything."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from orthanc_cohorts.lake import FolderLake

KILLS = int(os.environ.get("LAKE_KILLS", "20"))
JOINS = (
    ("measurement", "document", "instance_key"),
    ("evaluation", "document", "instance_key"),
    ("reference", "instance", "instance_key"),
    ("document", "instance", "instance_key"),
    ("instance", "series", "series_key"),
    ("series", "study", "study_key"),
    ("study", "patient", "patient_key"),
)


def flaws(snapshot: Path) -> list[str]:
    """Return what does not fit together in a snapshot, on which a reader stays."""
    run = json.loads((snapshot / "run.json").read_text())
    found = []
    with duckdb.connect(str(snapshot / "catalog.duckdb"), read_only=True) as connection:
        for table, rows in run["rows"].items():
            [(there,)] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()
            if there != rows:
                found.append(f"{table} has {there} rows, the run says {rows}")
        for table, other, key in JOINS:
            [(lost,)] = connection.execute(
                f'SELECT count(*) FROM "{table}" AS f ANTI JOIN "{other}" AS o ON o.{key} = f.{key}'
            ).fetchall()
            if lost:
                found.append(f"{lost} rows of {table} without {other}")
        [(lost,)] = connection.execute(
            "SELECT count(*) FROM reference AS r ANTI JOIN instance AS i "
            "ON i.sop_instance_uid = r.target_sop_instance_uid WHERE r.present"
        ).fetchall()
        if lost:
            found.append(f"{lost} references to objects that are not there")
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_reader_never_sees_a_half_written_state(tmp_path: Path) -> None:
    dice, lake, seen = random.Random(1), FolderLake(tmp_path / "lake"), set()
    script = Path(__file__).with_name("writer_to_kill.py")
    command = [sys.executable, str(script), str(tmp_path / "index"), str(lake.root)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for number in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        assert process.stdout is not None
        try:
            assert process.stdout.readline(), "the writer ended by itself"
            until = time.monotonic() + dice.uniform(0.0, 0.8)
            while True:
                current = lake.current()
                assert current is not None
                assert flaws(current) == []
                seen.add(current.name)
                # However slow the machine: one snapshot more than there were kills.
                if time.monotonic() > until and len(seen) > number + 1:
                    break
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        current = lake.current()
        assert current is not None and flaws(current) == []
        seen.add(current.name)

    assert len(seen) > KILLS
    lake.prepare()
    assert [one for one in lake.root.rglob(".*")] == []
    assert all((one / "run.json").is_file() for one in lake.snapshots.iterdir())
