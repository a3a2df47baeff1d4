"""Fixtures with real Orthanc processes; each test gets its own and leaves none behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orthanc.harness import Orthanc, fake_interpreter, missing

Start = Callable[..., Orthanc]


@pytest.fixture
def start_orthanc(tmp_path: Path) -> Iterator[Start]:
    """Start an Orthanc with the options of `harness.Orthanc`; it ends with the test."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    started: list[Orthanc] = []

    def start(wait: bool = True, **options: Any) -> Orthanc:
        orthanc = Orthanc(tmp_path / f"orthanc-{len(started)}", **options)
        started.append(orthanc)
        return orthanc.start(wait)

    yield start
    for orthanc in started:
        orthanc.close()


@pytest.fixture
def start_with_fake(start_orthanc: Start, tmp_path: Path) -> Start:
    """Start an Orthanc whose sidecar is `fake_sidecar.py`; `mode` chooses how that misbehaves."""

    def start(mode: str = "", cohorts: dict[str, Any] | None = None, **options: Any) -> Orthanc:
        return start_orthanc(
            cohorts={"Interpreter": str(fake_interpreter(tmp_path)), **(cohorts or {})},
            environment={"FAKE_SIDECAR_MODE": mode},
            **options,
        )

    return start


@pytest.fixture(scope="session")
def ecg_report(corpus: Path) -> bytes:
    """The ECG report of the real files: 43 content items."""
    files = sorted(corpus.glob("Cardio-AI_*/example_ecg_sr.dcm"))
    if not files:
        pytest.skip("the corpus has no example_ecg_sr.dcm")
    return files[0].read_bytes()
