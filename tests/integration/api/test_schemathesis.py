"""Every route of the real sidecar, asked over its socket as its OpenAPI document says, and otherwise.

A real `orthanc-cohorts serve` on an index with objects of every kind; no Orthanc answers it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from schemathesis import GenerationMode

import api_fuzz
import build
from api_client import ALL, API
from flattened import stored
from orthanc_cohorts.store import Batch, Index


def fill(folder: Path) -> None:
    """Make an index of a few patients with images, waveforms, segmentations and reports."""
    index = Index.open(folder)
    for number in range(4):
        patient = f"P{number}"
        image = build.ct(PatientID=patient, PatientAge=f"0{60 + number}Y")
        target = (
            image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPClassUID, image.SOPInstanceUID,
        )  # fmt: skip
        items = [build.num("SCT|410668003|Length", number, "mm"), build.text("Note", "as before")]
        objects = [
            image,
            build.ecg(PatientID=patient, samples=10),
            build.seg(PatientID=patient, source=image),
            build.sr(items, evidence=[target], PatientID=patient),
        ]
        index.apply(Batch.of([stored(one) for one in objects]))
    index.close()


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("sidecar")
    fill(folder)
    command = [sys.executable, "-m", "orthanc_cohorts", "serve", "--data-directory", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--orthanc-url", "http://127.0.0.1:9"], stdout=log, stderr=log, env=dict(os.environ)
        )
    transport = httpx.HTTPTransport(uds=str(folder / "sidecar.sock"))
    client = httpx.Client(transport=transport, base_url="http://sidecar", timeout=60)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx.TransportError):
                client.get(f"{API}/status").raise_for_status()
                break
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(30)
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture(scope="module")
def document(sidecar: httpx.Client) -> dict[str, Any]:
    return api_fuzz.document(sidecar)


def test_the_index_has_what_can_be_asked(sidecar: httpx.Client) -> None:
    asked = {op: {"op": op} for op in ("series", "waveform", "segment", "document", "measurement", "text")}

    counts = {
        op: sidecar.post(f"{API}/count", json={**ALL, "where": where}).json()["count"]
        for op, where in asked.items()
    }

    assert counts == dict.fromkeys(asked, 4)


@pytest.mark.parametrize(
    ("mode", "examples"),
    [(GenerationMode.POSITIVE, 10), (GenerationMode.NEGATIVE, 4)],
    ids=["as documented", "broken"],
)
def test_every_route_answers_what_its_document_says(
    sidecar: httpx.Client, document: dict[str, Any], mode: GenerationMode, examples: int
) -> None:
    asked = [route for route in api_fuzz.routes(document) if api_fuzz.varies(document, *route, mode)]

    assert len(asked) >= 8
    for method, path in asked:
        api_fuzz.fuzz(document, method, path, mode, examples, lambda case: api_fuzz.sent(sidecar, case))


def test_routes_that_take_nothing_answer_what_their_document_says(
    sidecar: httpx.Client, document: dict[str, Any]
) -> None:
    mode = GenerationMode.POSITIVE
    rest = [route for route in api_fuzz.routes(document) if not api_fuzz.varies(document, *route, mode)]

    assert len(rest) >= 7
    for method, path in rest:
        api_fuzz.fuzz(document, method, path, mode, 1, lambda case: api_fuzz.sent(sidecar, case))
