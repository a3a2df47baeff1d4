"""`install` into a configuration folder, and a real Orthanc that starts with it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from orthanc.harness import BINARY, PLUGINS, free_ports, missing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration folder whose Orthanc runs Debian's sample script."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    place = tmp_path / "etc"
    place.mkdir()
    # Its owner is whom Orthanc runs as.
    (tmp_path / "storage").mkdir()
    http_port, dicom_port = free_ports()
    options = {
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "StorageDirectory": str(tmp_path / "storage"),
        "IndexDirectory": str(tmp_path / "storage"),
        "RemoteAccessAllowed": False,
        "Plugins": [str(PLUGINS / "libOrthancPython.so")],
    }
    (place / "orthanc.json").write_text("// by a test\n" + json.dumps(options))
    (place / "python.json").write_text(f'{{\n  /* one */ "PythonScript" : "{place}/sample.py"\n}}\n')
    (place / "sample.py").write_text("import orthanc\northanc.LogWarning('Hello world from Python!')\n")
    return place


def test_an_installed_plugin_starts_with_its_sidecar_and_the_doctor_is_content(folder, tmp_path):
    command = [sys.executable, "-m", "orthanc_cohorts"]
    options = ["--configuration", str(folder), "--data-directory", str(tmp_path / "data")]
    subprocess.run([*command, "install", *options], check=True, capture_output=True, timeout=60)
    settings = json.loads((folder / "orthanc.json").read_text().partition("\n")[2])
    with (tmp_path / "log").open("wb") as log:
        orthanc = subprocess.Popen([str(BINARY), str(folder)], stdout=log, stderr=log, cwd=tmp_path)
    try:
        with httpx.Client(trust_env=False) as http:
            status = wait_for_sidecar(http, f"http://127.0.0.1:{settings['HttpPort']}/plugins/cohorts/status")

        doctor = subprocess.run(
            [*command, "doctor", "--configuration", str(folder)], capture_output=True, text=True, timeout=60
        )

        assert status["sidecar"]["socket"] == str(tmp_path / "data" / "sidecar.sock")
        assert doctor.returncode == 0, doctor.stdout
        # Nobody has a role yet: a new admin learns what to set.
        assert "warn  the routes do not answer who runs this command" in doctor.stdout
        assert "Cohorts.AnonymousRole" in doctor.stdout
        assert f"interpreter {sys.executable} has orthanc-cohorts installed" in doctor.stdout
    finally:
        orthanc.terminate()
        orthanc.wait(20)


def wait_for_sidecar(http: httpx.Client, url: str) -> dict[str, dict[str, object]]:
    """Return the plugin's status once its sidecar answers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            answer = http.get(url)
            if answer.status_code == 200 and answer.json()["sidecar"]["health"]:
                found: dict[str, dict[str, object]] = answer.json()
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("no sidecar within 30 s")
