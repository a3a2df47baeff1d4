"""The lake of a running Orthanc, published by the command and read by whoever may read the folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb

import build
from orthanc import states
from orthanc.conftest import Start


def test_the_command_publishes_what_orthanc_holds(start_orthanc: Start, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    orthanc = start_orthanc(cohorts={**states.FAST, "LakeDirectory": str(lake)})
    orthanc.wait_ready()
    orthanc.store(build.to_bytes(build.sr([build.num("SCT|410668003|Length", 12)], PatientID="HOSP-1")))
    states.settle(orthanc)

    command = [sys.executable, "-m", "orthanc_cohorts", "publish", "--json"]
    done = subprocess.run(
        [*command, "--url", f"http://127.0.0.1:{orthanc.http_port}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    snapshot = Path(json.loads(done.stdout)["folder"])
    assert (lake / "current").resolve() == snapshot
    with duckdb.connect(str(snapshot / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT value FROM measurement").fetchall() == [(12.0,)]
        columns = connection.execute("DESCRIBE patient").fetchall()
    assert "patient_id" not in {name for name, *_ in columns}
