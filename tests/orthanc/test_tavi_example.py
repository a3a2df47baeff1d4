"""The TAVI example, end to end: what hospitals have becomes DICOM, goes to Orthanc, and is asked for."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orthanc import states
from orthanc.harness import Orthanc

EXAMPLE = Path(__file__).parents[2] / "examples" / "tavi"
PATIENTS = 5


def _run(*command: str | Path) -> str:
    environment = {**os.environ, "COHORTS": f"{sys.executable} -m orthanc_cohorts"}
    found = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment, check=False, timeout=280
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def _count(orthanc: Orthanc, *clauses: dict[str, Any]) -> int:
    definition = {"version": 1, "unit": "patient", "where": {"op": "and", "args": list(clauses)}}
    answer = orthanc.post("/cohorts/api/v1/count", json=definition)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["count"])


@pytest.mark.slow
def test_a_question_across_all_of_a_tavi_study_is_answered(
    start_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "dicom"
    _run(sys.executable, EXAMPLE / "generate.py", data, str(PATIENTS))
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()

    _run(EXAMPLE / "convert.sh", data, out)
    _run(
        sys.executable,
        "-m",
        "orthanc_cohorts",
        "convert",
        "upload",
        out,
        "--url",
        f"http://127.0.0.1:{orthanc.http_port}",
    )
    states.pushed(orthanc)

    with (data / "registry.csv").open(encoding="utf-8") as file:
        registry = list(csv.DictReader(file))
    paced = sum(row["pacemaker_30d"] == "1" for row in registry)
    failing = sum(float(row["nt_probnp"]) >= 1000 for row in registry)
    pacemaker = {"op": "evaluation", "concept": "SCT|441509002", "value": ["SCT|52101004"]}
    images: list[dict[str, Any]] = [
        {"op": "series", "modality": "CT"},
        {"op": "segment", "property_type": ["SCT|18115005"], "region": ["SCT|34202007"]},
        {"op": "waveform", "channels": {"eq": 12}},
        {"op": "evaluation", "concept": "DCM|121071", "value": ["SCT|77583004"], "count": {"eq": 3}},
    ]
    assert _count(orthanc, *images) == PATIENTS
    assert _count(orthanc, *images, pacemaker) == paced
    assert 0 < paced < PATIENTS
    natriuretic = {"op": "measurement", "concept": "LN|33762-6", "value": {"ge": 1000, "unit": "ng/L"}}
    assert _count(orthanc, *images, natriuretic) == failing
    assert _count(orthanc, {"op": "document", "template": "3802"}) == PATIENTS
