"""The plugin's life in a real Orthanc: start, stop, reset, crash, options. The sidecar is a fake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orthanc.harness import FAKE_SIDECAR
from orthanc_cohorts.cli import connection

SCRIPTS = Path(__file__).resolve().parent / "scripts"


def test_the_sidecar_gets_its_orders_on_standard_input_only(start_with_fake):
    orthanc = start_with_fake(credentials=("reader", "secret"))
    pid = orthanc.wait_ready()["sidecar"]["pid"]

    orders = json.loads((orthanc.data_directory / "orders.json").read_text())
    command = Path(f"/proc/{pid}/cmdline").read_text()

    assert orders["wire"] >= 1 and orders["settings"]["QueueLimit"] == 100_000
    assert orders["arguments"] == ["-m", "orthanc_cohorts", "serve", "--from-stdin"]
    assert orders["orthanc_url"] == f"http://127.0.0.1:{orthanc.http_port}"
    assert orders["storage_directory"] == str(orthanc.storage)
    assert orders["authorization"].startswith("Bearer ") and orders["authorization"][7:] not in command
    answer = orthanc.get("/system", auth=None, headers={"Authorization": orders["authorization"]})
    assert answer.status_code == 200


def test_the_data_directory_is_private(start_with_fake):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    mode = orthanc.data_directory.stat().st_mode & 0o777

    assert mode == 0o700


def test_a_deep_data_directory_gets_its_socket_elsewhere(start_with_fake, tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    orthanc = start_with_fake(cohorts={"DataDirectory": str(deep)})

    orthanc.wait_ready()

    socket = Path(json.loads((deep / "orders.json").read_text())["socket"])
    assert len(os.fsencode(socket)) <= 107
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    # The command line is told the directory alone.
    assert connection.find(None, deep, None, None).socket == socket


def test_two_resets_in_a_row_survive_with_a_new_sidecar_each(start_with_fake):
    orthanc = start_with_fake()
    pids = [orthanc.wait_ready()["sidecar"]["pid"]]

    for _ in range(2):
        orthanc.reset()
        pids.append(orthanc.wait_ready()["sidecar"]["pid"])

    assert orthanc.exit_code is None
    assert len(set(pids)) == 3
    assert [alive for alive in pids if Path(f"/proc/{alive}").exists()] == pids[-1:]


@pytest.mark.alone
@pytest.mark.parametrize("mode", ["", "stubborn", "deaf"])
def test_orthanc_stops_within_two_seconds_of_its_own_time(start_with_fake, mode):
    bare = start_with_fake(plugin=False)
    alone = bare.terminate()
    orthanc = start_with_fake(mode)
    orthanc.wait_until(lambda: (orthanc.data_directory / "orders.json").exists(), 10, "the fake has orders")
    children = orthanc.children()

    seconds = orthanc.terminate()

    assert seconds - alone < 2.0
    assert orthanc.exit_code == 0
    assert children and not any(Path(f"/proc/{child}").exists() for child in children)


@pytest.mark.alone
def test_orthanc_stops_in_time_while_requests_wait(start_with_fake):
    orthanc = start_with_fake("stubborn")
    orthanc.wait_ready()
    code = (
        f"import httpx; httpx.get('http://127.0.0.1:{orthanc.http_port}/cohorts/slow?seconds=20', timeout=30)"
    )
    with _python(code):
        time.sleep(1.0)

        seconds = orthanc.terminate()

    assert seconds < 6.0
    assert orthanc.exit_code == 0


def test_a_killed_orthanc_takes_its_sidecar_along(start_with_fake):
    orthanc = start_with_fake()
    pid = orthanc.wait_ready()["sidecar"]["pid"]

    orthanc.kill()

    orthanc.wait_until(lambda: not Path(f"/proc/{pid}").exists(), 5, "the sidecar ends")


def test_a_killed_sidecar_is_started_again_and_stores_go_on(start_with_fake, ecg_report):
    orthanc = start_with_fake()
    first = orthanc.wait_ready()["sidecar"]["pid"]

    os.kill(first, 9)
    stored = orthanc.store(ecg_report)
    orthanc.wait_until(lambda: orthanc.status()["sidecar"]["restarts"] == 1, 10, "a restart")
    status = orthanc.wait_ready()

    assert stored["Status"] == "Success"
    assert status["sidecar"]["pid"] not in (first, None)
    orthanc.wait_until(lambda: orthanc.status()["pushed"] == 1, 10, "the report is pushed after all")


def test_a_sidecar_that_cannot_live_is_started_ever_more_rarely(start_with_fake):
    orthanc = start_with_fake("crash")

    time.sleep(4.5)
    sidecar = orthanc.status()["sidecar"]

    # After 0.5, 1 and 2 s; the next one is due 4 s later.
    assert 2 <= sidecar["restarts"] <= 3
    assert sidecar["last_exit"] == 3
    assert "the fake crashes, as told" in orthanc.log()


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"Nonsense": 1}, "Cohorts.Nonsense"),
        ({"QueueLimit": "many"}, "Cohorts.QueueLimit"),
        ({"MaxRequests": 0}, "Cohorts.MaxRequests"),
        ({"Interpreter": "/nowhere/python"}, "/nowhere/python"),
        ({"DataDirectory": "/proc/nowhere"}, "/proc/nowhere"),
        ({"Socket": "/tmp/" + "x" * 110}, "Cohorts.Socket"),
        ({"Enable": False}, "Cohorts.Enable"),
    ],
)
def test_a_wrong_option_leaves_orthanc_running_and_names_itself(start_with_fake, section, named):
    orthanc = start_with_fake(cohorts=section)

    status = orthanc.get("/plugins/cohorts/status")
    route = orthanc.get("/cohorts/api/v1/status")

    assert (status.status_code, route.status_code) == (503, 503)
    assert named in status.json()["reason"] and named in route.json()["detail"]
    lines = [line for line in orthanc.log().splitlines() if "the plugin is off" in line]
    assert len(lines) == 1 and named in lines[0]
    assert orthanc.children() == []


def test_an_import_error_leaves_orthanc_running_and_is_told(start_orthanc, tmp_path):
    script = tmp_path / "alone" / "a" / "b" / "orthanc_cohorts_script.py"
    script.parent.mkdir(parents=True)
    source = SCRIPTS.parents[2] / "plugin" / "orthanc_cohorts_plugin" / "entry" / "orthanc_cohorts_script.py"
    script.write_text(source.read_text())
    orthanc = start_orthanc(script=script)

    status = orthanc.get("/plugins/cohorts/status")

    assert status.status_code == 503
    assert "orthanc_cohorts_plugin" in status.json()["reason"]
    assert orthanc.get("/cohorts/x").status_code == 503


def test_status_and_gauges_count_what_happened(start_with_fake, ecg_report):
    orthanc = start_with_fake()
    orthanc.wait_ready()
    orthanc.store(ecg_report)
    orthanc.wait_until(lambda: orthanc.status()["pushed"] == 1, 10, "the report is pushed")
    time.sleep(2.5)

    status = orthanc.status()
    metrics = orthanc.get("/tools/metrics-prometheus").text
    gauges = dict(line.split()[:2] for line in metrics.splitlines() if line.startswith("orthanc_cohorts_"))

    assert (status["enabled"], status["queue"], status["errors"], status["dropped"]) == (True, 0, 0, 0)
    assert status["sidecar"]["health"]["ready"] is True
    assert {gauges["orthanc_cohorts_pushed"], gauges["orthanc_cohorts_sidecar_up"]} == {"1"}
    assert gauges["orthanc_cohorts_lag"] == "3" and gauges["orthanc_cohorts_queue"] == "0"
    assert orthanc.get("/plugins/python").json()["RootUri"] == "../cohorts/"
    assert "orthanc-cohorts" in orthanc.get("/app/plugins.js").text + orthanc.get("/plugins/explorer.js").text


def test_a_sidecar_that_runs_elsewhere_is_used_and_not_started(start_orthanc, tmp_path, ecg_report):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    socket = folder / "s.sock"
    orders = {"data_directory": str(folder), "socket": str(socket)}
    with subprocess.Popen([sys.executable, str(FAKE_SIDECAR)], stdin=subprocess.PIPE) as sidecar:
        sidecar.stdin.write(json.dumps(orders).encode() + b"\n")
        sidecar.stdin.flush()
        orthanc = start_orthanc(cohorts={"Sidecar": "external", "Socket": str(socket), "Interpreter": ""})
        status = orthanc.wait_ready()

        orthanc.store(ecg_report)
        orthanc.wait_until(lambda: orthanc.status()["pushed"] == 1, 10, "the report is pushed")

        assert (status["sidecar"]["kind"], status["sidecar"]["pid"]) == ("external", None)
        assert orthanc.children() == []
        orthanc.terminate()
        assert sidecar.poll() is None
        sidecar.stdin.close()


def test_without_its_http_server_orthanc_starts_and_the_plugin_is_off(start_orthanc):
    orthanc = start_orthanc(config={"HttpServerEnabled": False}, wait=False)

    orthanc.wait_until(lambda: "Orthanc has started" in orthanc.log(), 10, "Orthanc starts")

    assert "the plugin is off: HttpServerEnabled is false" in orthanc.log()
    assert orthanc.children() == []


def _python(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
