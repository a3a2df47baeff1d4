"""The lake of a running Orthanc, published by the command and read by whoever may: by folder, or by SQL."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import httpx
import pyarrow.parquet as pq

import build
from orthanc import states
from orthanc.conftest import Start
from orthanc.harness import Orthanc

ENDLESS = "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE a.range + b.range < 0"


def command(orthanc: Orthanc, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours against an Orthanc."""
    return subprocess.run(
        [sys.executable, "-m", "orthanc_cohorts", *arguments, "--url", f"http://127.0.0.1:{orthanc.http_port}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def published(start_orthanc: Start, lake: Path, **cohorts: object) -> Orthanc:
    """Return an Orthanc with a report of one length, which is in its lake."""
    orthanc = start_orthanc(cohorts={**states.FAST, "LakeDirectory": str(lake), **cohorts})
    orthanc.wait_ready()
    orthanc.store(build.to_bytes(build.sr([build.num("SCT|410668003|Length", 12)], PatientID="HOSP-1")))
    states.settle(orthanc)
    done = command(orthanc, "publish", "--json")
    assert done.returncode == 0, done.stderr
    assert (lake / "current").resolve() == Path(json.loads(done.stdout)["folder"])
    return orthanc


def test_the_command_publishes_what_orthanc_holds_and_another_tells_whose_it_is(
    start_orthanc: Start, tmp_path: Path
) -> None:
    orthanc = published(start_orthanc, tmp_path / "lake")
    catalog = (tmp_path / "lake" / "current").resolve() / "catalog.duckdb"

    refused = command(orthanc, "sql", "SELECT 1")
    with duckdb.connect(str(catalog), read_only=True) as connection:
        assert connection.execute("SELECT value FROM measurement").fetchall() == [(12.0,)]
        columns = connection.execute("DESCRIBE patient").fetchall()
        [(key,)] = connection.execute("SELECT patient_key FROM patient").fetchall()
    told = command(orthanc, "reidentify", str(key), "2.25.77")

    assert "patient_id" not in {name for name, *_ in columns}
    assert told.returncode == 1 and "1 of 2 are not known" in told.stderr
    assert told.stdout.splitlines()[1].startswith(f"{key},patient,HOSP-1,")
    assert refused.returncode == 2 and "Cohorts.Sql" in refused.stderr


def test_sql_through_orthanc_answers_refuses_and_ends_with_it(start_orthanc: Start, tmp_path: Path) -> None:
    orthanc = published(start_orthanc, tmp_path / "lake", Sql=True)
    out = tmp_path / "values.parquet"

    shown = command(orthanc, "sql", "SELECT concept, value FROM measurement")
    written = command(orthanc, "sql", "SELECT value FROM measurement", "--out", str(out))
    refused = command(orthanc, "sql", "COPY measurement TO 'stolen.csv'")

    assert shown.stdout == "concept,value\nSCT|410668003,12.0\n", shown.stderr
    assert written.returncode == 0 and pq.read_table(out, use_threads=False).to_pylist() == [{"value": 12.0}]
    assert refused.returncode == 2 and "only SELECT is answered, not COPY" in refused.stderr
    [sidecar] = orthanc.children()
    asking = threading.Thread(target=ask_in_vain, args=(orthanc,))
    asking.start()
    orthanc.wait_until(lambda: bool(statements_of(sidecar)), 30, "a statement is at work")
    [statement] = statements_of(sidecar)

    orthanc.terminate()

    asking.join()
    orthanc.wait_until(lambda: not Path(f"/proc/{statement}").exists(), 5, "the statement has ended too")


def ask_in_vain(orthanc: Orthanc) -> None:
    """Send a statement without end, until somebody hangs up."""
    try:
        httpx.post(
            f"http://127.0.0.1:{orthanc.http_port}/cohorts/api/v1/sql", json={"sql": ENDLESS},
            trust_env=False, timeout=60,
        )  # fmt: skip
    except httpx.TransportError:
        return


def statements_of(sidecar: int) -> list[int]:
    """Return the processes that a sidecar has started for statements."""
    tasks = Path(f"/proc/{sidecar}/task")
    pids = [pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in pids if b"usersql" in Path(f"/proc/{pid}/cmdline").read_bytes()]
