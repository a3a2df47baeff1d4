"""The commands as a person runs them, against the real Orthanc that `demo` starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import build
from orthanc.harness import missing

COMMAND = [sys.executable, "-m", "orthanc_cohorts"]
WITH_LENGTH = {"version": 1, "unit": "patient", "where": {"op": "measurement", "concept": "SCT|410668003"}}
READY_SECONDS = 40.0


class Demo:
    """One running `orthanc-cohorts demo`."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, Any], output: Path) -> None:
        self.process, self.ready, self.output = process, ready, output

    def count(self, definition: dict[str, Any], **options: Any) -> httpx.Response:
        """Ask the count route."""
        return httpx.post(
            self.ready["url"] + "/cohorts/api/v1/count", json=definition, trust_env=False, **options
        )

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(25)

    def living(self) -> list[int]:
        """Return which of Orthanc and sidecar still run."""
        return [pid for pid in (self.ready["pid"], self.ready["sidecar_pid"]) if is_alive(pid)]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


Start = Callable[..., Demo]


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Start]:
    """Start `demo` with options and wait until it is ready; it ends with the test."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    processes: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Demo:
        ready, output = tmp_path / "ready.json", tmp_path / "output.txt"
        with output.open("wb") as out:
            process = subprocess.Popen(
                [*COMMAND, "demo", "--ready-file", str(ready), *options], stdout=out, stderr=out
            )
        processes.append(process)
        deadline = time.monotonic() + READY_SECONDS
        while not ready.exists():
            assert process.poll() is None and time.monotonic() < deadline, output.read_text()
            time.sleep(0.05)
        return Demo(process, json.loads(ready.read_text()), output)

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()


def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of ours to its end."""
    return subprocess.run([*COMMAND, *arguments], input=given, capture_output=True, text=True, timeout=60)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder with two reports of two patients, and two files that are none."""
    folder = tmp_path / "files"
    (folder / "below").mkdir(parents=True)
    for number, place in enumerate(("a.dcm", "below/b.dcm")):
        item = build.num("SCT|410668003|Length", 42 + number, "mm")
        report = build.sr(
            [item],
            PatientID=f"P{number}",
            StudyInstanceUID=build.uid("demo study", number),
            SeriesInstanceUID=build.uid("demo series", number),
            SOPInstanceUID=build.uid("demo", number),
        )
        (folder / place).write_bytes(build.to_bytes(report))
    (folder / "notes.txt").write_text("no DICOM")
    (folder / "below" / "empty.dcm").touch()
    return folder


def test_a_demo_of_own_files_answers_and_every_command_works_on_it(start_demo, reports, tmp_path):
    demo = start_demo("--load", str(reports))
    url, path = demo.ready["url"], demo.ready["socket"]
    question = tmp_path / "question.json"
    question.write_text(json.dumps(WITH_LENGTH))

    printed = demo.output.read_text()
    through_url = run("count", str(question), "--url", url)
    through_socket = json.loads(
        run("count", "-", "--socket", path, "--json", given=question.read_text()).stdout
    )
    status = json.loads(run("status", "--url", url, "--json").stdout)
    doctor = run("doctor", "--url", url)
    backfill = run("backfill", "--url", url)

    assert demo.count(WITH_LENGTH).json()["count"] == through_socket["count"] == 2
    assert through_url.stdout.startswith("2 patients\n") and through_socket["hash"] in through_url.stdout
    assert "2 files stored" in printed and "2 files were refused" in printed
    assert "notes.txt" in printed and "\x1b" not in printed
    assert status["caught_up"] and status["lag_changes"] == 0
    assert doctor.returncode == 0 and "fail" not in doctor.stdout, doctor.stdout
    assert backfill.returncode == 0 and "up to date" in backfill.stdout, backfill.stderr


def test_the_generated_study_answers_as_its_plan_says(start_demo, tmp_path, monkeypatch):
    pytest.importorskip("highdicom")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    demo = start_demo("--patients", "10")

    printed = demo.output.read_text()
    assert printed.count(" patients  ") == 3 and " ms  " in printed
    assert "defect" not in printed and "could not be read" not in printed
    assert f"{demo.ready['url']}/cohorts/" in printed


def test_a_wrong_definition_is_one_plain_error_and_status_2(start_demo):
    demo = start_demo("--empty")

    wrong = run("count", "-", "--socket", demo.ready["socket"], given='{"version": 1, "unit": "bed"}')
    broken = run("count", "-", "--url", demo.ready["url"], given="{")

    assert wrong.returncode == broken.returncode == 2
    assert "/unit" in wrong.stderr and "Traceback" not in wrong.stderr + broken.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_orthanc_and_sidecar_and_removes_what_was_temporary(start_demo, number):
    demo = start_demo("--empty")

    code = demo.end(number)

    assert code == 0
    assert demo.living() == []
    assert not Path(demo.ready["storage"]).exists() and not Path(demo.ready["socket"]).parent.exists()
    assert not demo.output.with_name("ready.json").exists()


def test_a_sidecar_that_is_told_to_stop_closes_its_index_and_ends_in_good_order(start_demo):
    demo = start_demo("--empty")
    status: dict[str, Any] = {"restarts": 0}

    os.kill(demo.ready["sidecar_pid"], signal.SIGTERM)
    deadline = time.monotonic() + 10
    while not status["restarts"] and time.monotonic() < deadline:
        answer = httpx.get(demo.ready["url"] + "/plugins/cohorts/status", trust_env=False)
        status = answer.json()["sidecar"]
        time.sleep(0.1)

    assert status["restarts"] == 1
    assert status["last_exit"] == 0


def test_an_orthanc_that_outlives_a_killed_demo_ends_too(start_demo):
    demo = start_demo("--empty")

    demo.end(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while demo.living() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert demo.living() == []
    shutil.rmtree(Path(demo.ready["socket"]).parent)


def test_a_storage_folder_is_kept_and_found_again(start_demo, reports, tmp_path):
    storage = str(tmp_path / "storage")
    start_demo("--storage", storage, "--load", str(reports)).end()

    demo = start_demo("--storage", storage, "--empty")

    assert demo.count(WITH_LENGTH).json()["count"] == 2
    assert demo.ready["storage"] == storage


def test_with_a_user_no_route_answers_without_credentials(start_demo, reports):
    demo = start_demo("--user", "reader:secret", "--load", str(reports))

    asked = run(
        "count", "-", "--url", demo.ready["url"], "--user", "reader:secret", given=json.dumps(WITH_LENGTH)
    )
    refused = run("count", "-", "--url", demo.ready["url"], given=json.dumps(WITH_LENGTH))

    assert demo.count(WITH_LENGTH).status_code == 401
    assert demo.count(WITH_LENGTH, auth=("reader", "secret")).json()["count"] == 2
    assert asked.stdout.startswith("2 patients")
    assert refused.returncode == 2 and "--user NAME:PASSWORD" in refused.stderr


def test_c_store_is_taken_from_loopback_by_a_known_name_only(start_demo, reports):
    demo = start_demo("--empty")
    port, file = str(demo.ready["dicom_port"]), str(reports / "a.dcm")

    def send(host: str, *options: str) -> int:
        command = ["storescu", *options, "-aec", demo.ready["aet"], host, port, file]
        return subprocess.run(command, capture_output=True, timeout=30).returncode

    stranger = send("127.0.0.1", "-aet", "STRANGER")
    elsewhere = [send(address) for address in other_addresses()]
    stored_by_strangers = demo_instances(demo)
    known = [send("127.0.0.1"), send("127.0.0.1", "-aet", "COHORTS")]

    assert stranger != 0 and 0 not in elsewhere and stored_by_strangers == 0
    assert known == [0, 0]
    assert demo_instances(demo) == 1


def test_http_from_another_address_is_refused(start_demo):
    addresses = other_addresses()
    if not addresses:
        pytest.skip("this machine has no address beside loopback")
    demo = start_demo("--empty")

    try:
        status = httpx.get(
            f"http://{addresses[0]}:{demo.ready['http_port']}/system", trust_env=False
        ).status_code
    except httpx.TransportError:
        status = 0  # an Orthanc that binds to loopback only

    assert status in (0, 401, 403)


def test_a_demo_that_cannot_start_says_why_and_leaves_nothing(tmp_path):
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        done = subprocess.run(
            [*COMMAND, "demo", "--empty", "--http-port", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, "TMPDIR": str(temporary)},
        )

    assert done.returncode == 2
    assert "--http-port" in done.stderr and len(done.stderr.splitlines()) == 1
    assert list(temporary.iterdir()) == []


def test_a_storage_folder_that_cannot_be_made_is_one_line(tmp_path):
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    (tmp_path / "file").touch()

    done = run("demo", "--empty", "--storage", str(tmp_path / "file" / "below"))

    assert done.returncode == 2
    assert "Traceback" not in done.stderr and str(tmp_path / "file") in done.stderr


def demo_instances(demo: Demo) -> int:
    """Return how many instances Orthanc holds."""
    found: list[str] = httpx.get(demo.ready["url"] + "/instances", trust_env=False).json()
    return len(found)


def other_addresses() -> list[str]:
    """Return this machine's IPv4 addresses that are not loopback."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # No packet is sent: this only asks the kernel which address it would send from.
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
    except OSError:
        return []
    return [] if address.startswith("127.") else [address]
