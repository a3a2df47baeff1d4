"""FHIR from a real Orthanc: the command over the sidecar's socket, and the route through the plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import build
from fhir_rows import resources, unresolved
from orthanc import states

API = "/cohorts/api/v1"
DATASET: dict[str, Any] = {
    "version": 1, "name": "lengths",
    "cohort": {"version": 1, "unit": "patient", "where": {"op": "measurement", "concept": "SCT|410668003"}},
    "columns": [{"name": "length", "of": {"op": "measurement", "concept": "SCT|410668003"}, "unit": "mm"}],
}  # fmt: skip


def report(study: str) -> bytes:
    length = build.num("SCT|410668003|Length", 42, "mm")
    return build.to_bytes(
        build.sr([length], title="DCM|126000|Imaging Measurement Report", StudyInstanceUID=study)
    )


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orthanc_cohorts", "dataset", "export", *words],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_stored_report_is_frozen_and_written_as_fhir(start_orthanc, tmp_path: Path) -> None:
    orthanc = start_orthanc(cohorts={**states.FAST, "AnonymousRole": "analyst"})
    orthanc.wait_ready()
    orthanc.store(report("1.2.3"))
    states.pushed(orthanc)
    assert orthanc.post(f"{API}/datasets", json=DATASET).status_code == 201
    url = f"http://127.0.0.1:{orthanc.http_port}"

    through = orthanc.get(f"{API}/datasets/lengths/1/fhir/everything.ndjson")
    by_url = command("lengths", "--fhir", "--validate", "--out", str(tmp_path / "url"), "--url", url)
    by_socket = command(
        "lengths", "1", "--fhir", "--out", str(tmp_path / "socket"), "--socket", socket(orthanc)
    )
    again = command("lengths", "1", "--fhir", "--out", str(tmp_path / "socket"), "--socket", socket(orthanc))

    assert through.status_code == 200
    found = resources(through.content)
    assert unresolved(found) == [] and b"1.2.3" not in through.content
    [length] = [one for one in found if one["resourceType"] == "Observation"]
    assert (length["valueQuantity"]["value"], length["valueQuantity"]["code"]) == (42.0, "mm")
    assert (by_url.returncode, by_socket.returncode, again.returncode) == (0, 0, 2), by_url.stderr
    assert "exists" in again.stderr
    assert [line.split() for line in by_url.stdout.splitlines()] == [
        ["1", "Patient"], ["1", "ImagingStudy"], ["1", "DiagnosticReport"], ["1", "Observation"]
    ]  # fmt: skip
    folders = [sorted((tmp_path / one).iterdir()) for one in ("url", "socket")]
    assert [one.read_bytes() for one in folders[0]] == [one.read_bytes() for one in folders[1]]
    lines = b"".join(one.read_bytes() for one in folders[0]).splitlines()
    assert sorted(lines) == sorted(through.content.splitlines())


def socket(orthanc: Any) -> str:
    return str(orthanc.status()["sidecar"]["socket"])
