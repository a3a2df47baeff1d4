"""Inside the image: store one generated report in Orthanc through REST, and count its patient.

It knows REST and the tests' builders; nothing of how the image was made.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import build

PATIENCE_S = 60.0
"""Seconds to wait for each of: Orthanc up, sidecar up, report counted."""

DEFINITION = {
    "version": 1,
    "unit": "patient",
    "where": {"op": "measurement", "concept": "SCT|410668003", "value": {"ge": 40, "le": 45, "unit": "mm"}},
}


def report() -> bytes:
    """Return an SR file that states one length of 42 mm."""
    length = build.num("SCT|410668003|Length", 42, "mm")
    return build.to_bytes(build.sr([length], title="DCM|126000|Imaging Measurement Report"))


def wait_for(what: str, ask: Any) -> Any:
    """Return the first true answer of `ask`; raises SystemExit when none comes in time."""
    deadline = time.monotonic() + PATIENCE_S
    problem: object = None
    while time.monotonic() < deadline:
        try:
            answer = ask()
        except httpx.HTTPError as error:
            answer, problem = None, error
        if answer:
            return answer
        time.sleep(0.2)
    raise SystemExit(f"{what}: no good answer within {PATIENCE_S:g} s ({problem})")


def main() -> None:
    user, password = os.environ["ORTHANC_COHORTS_USER"], os.environ["ORTHANC_COHORTS_PASSWORD"]
    with httpx.Client(base_url=os.environ["ORTHANC_URL"], auth=(user, password), trust_env=False) as orthanc:
        wait_for("Orthanc", lambda: orthanc.get("/system").is_success)
        stranger = httpx.get(f"{os.environ['ORTHANC_URL']}/cohorts/api/v1/status", trust_env=False)
        if stranger.status_code != 401:
            raise SystemExit(f"without credentials a route answers {stranger.status_code}, not 401")
        orthanc.post("/instances", content=report()).raise_for_status()

        def count() -> Any:
            answer = orthanc.post("/cohorts/api/v1/count", json=DEFINITION)
            return answer.json() if answer.is_success and answer.json()["count"] == 1 else None

        sys.stdout.write(f"stored one report, counted it: {wait_for('count', count)}\n")


main()
