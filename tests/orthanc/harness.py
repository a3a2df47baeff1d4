"""A real Orthanc for tests: started on free loopback ports, driven, stopped and killed.

Knows Orthanc's REST and the plugin's status route; nothing of what is indexed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPT = CHECKOUT / "plugin" / "orthanc_cohorts_plugin" / "entry" / "orthanc_cohorts_script.py"
FAKE_SIDECAR = Path(__file__).resolve().parent / "fake_sidecar.py"
BINARY = Path(os.environ.get("ORTHANC_BINARY", "/usr/sbin/Orthanc"))
PLUGINS = Path(os.environ.get("ORTHANC_PLUGINS", "/usr/share/orthanc/plugins"))
START_SECONDS = 20.0
STOP_SECONDS = 20.0


def missing() -> str | None:
    """Say what a real Orthanc lacks on this machine, None when nothing does."""
    for path in (BINARY, PLUGINS / "libOrthancPython.so"):
        if not path.exists():
            return f"{path} is not installed (Debian packages orthanc, orthanc-python)"
    return None


def free_ports() -> tuple[int, int]:
    """Return two different TCP ports of the loopback interface that are free at this moment."""
    # Both held at once: one after the other, the system may give the same port twice.
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def fake_interpreter(folder: Path) -> Path:
    """Return a program that takes the arguments of a sidecar and behaves as `fake_sidecar.py` does."""
    program = folder / "fake-interpreter"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE_SIDECAR}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


class Orthanc:
    """One Orthanc with its own storage; the same object may be stopped and started many times.

    cohorts: the `Cohorts` section, in which everybody may do everything unless it says otherwise.
    config: further options. script: another PythonScript than ours.
    credentials: (user, password); authentication is then on.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cohorts: Mapping[str, Any] | None = None,
        plugin: bool = True,
        config: Mapping[str, Any] | None = None,
        script: Path | None = None,
        dicomweb: bool = False,
        credentials: tuple[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.storage = folder / "storage"
        self.data_directory = self.storage / "cohorts"
        self.log_file = folder / "orthanc.log"
        self.plugin = plugin
        self.cohorts = {"Interpreter": sys.executable, "AnonymousRole": "admin", **(cohorts or {})}
        self.config = dict(config or {})
        self.script = script or SCRIPT
        self.dicomweb = dicomweb
        self.credentials = credentials
        self.environment = dict(environment or {})
        self.http_port, self.dicom_port = free_ports()
        self._process: subprocess.Popen[bytes] | None = None
        self._children: dict[int, str] = {}
        # Orthanc closes connections that idle for 1 s: never use one that is nearly that old again.
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.http_port}",
            auth=credentials,
            timeout=60.0,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=0.3),
        )

    # --- the process

    @property
    def pid(self) -> int:
        """Process id of the running Orthanc."""
        assert self._process is not None, "Orthanc is not running"
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code of Orthanc, negative for a signal; None while it runs."""
        assert self._process is not None, "Orthanc was never started"
        return self._process.poll()

    def start(self, wait: bool = True) -> Orthanc:
        """Start Orthanc and, unless told otherwise, wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.storage.mkdir(exist_ok=True)
        file = self.folder / "orthanc.json"
        file.write_text(json.dumps(self._configuration(), indent=1), encoding="utf-8")
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [str(BINARY), str(file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                cwd=self.folder,
            )
        if wait:
            self.wait_until(self._answers, START_SECONDS, "Orthanc answers")
        return self

    def terminate(self) -> float:
        """Stop Orthanc with SIGTERM; return the seconds this took."""
        assert self._process is not None
        self._note_children()
        started = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(
                f"Orthanc did not stop within {STOP_SECONDS:g} s\n{self.log()[-3000:]}"
            ) from None
        return time.monotonic() - started

    def kill(self) -> None:
        """End Orthanc with SIGKILL."""
        assert self._process is not None
        self._note_children()
        self._process.kill()
        self._process.wait()

    def restart(self) -> Orthanc:
        """Stop and start again, with whatever options were changed meanwhile."""
        self.terminate()
        return self.start()

    def reset(self) -> None:
        """POST /tools/reset and wait until Orthanc answers again; the process stays the same."""
        started = self.log().count("Orthanc has started")
        self.post("/tools/reset", content=b"")
        self.wait_until(lambda: self.log().count("Orthanc has started") > started, 20, "Orthanc has reset")
        self.wait_until(self._answers, START_SECONDS, "Orthanc answers after a reset")

    def close(self) -> None:
        """End Orthanc and its sidecar, whatever state they are in."""
        process = self._process
        if process is not None and process.poll() is None:
            self._note_children()
            # Not gently: nobody asks what this one would still write, and a graceful stop takes 3 s.
            process.kill()
            process.wait()
        for child, started in self._children.items():
            if _start_time(child) == started:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        self._client.close()

    def children(self) -> list[int]:
        """Return the process ids of Orthanc's child processes: its sidecar."""
        found: list[int] = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def memory_bytes(self, peak: bool = False) -> int:
        """Return the resident memory of Orthanc without its sidecar: now, or the peak since `forget_peak`."""
        name = "VmHWM:" if peak else "VmRSS:"
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) * 1024

    def forget_peak(self) -> None:
        """Let the peak of memory start anew (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _note_children(self) -> None:
        for child in self.children():
            self._children[child] = _start_time(child)

    def _answers(self) -> bool:
        assert self._process is not None
        code = self._process.poll()
        if code is not None:
            raise AssertionError(f"Orthanc ended with {code} instead of starting\n{self.log()[-3000:]}")
        try:
            return self._client.get("/system").status_code == 200
        except httpx.TransportError:
            return False

    def _configuration(self) -> dict[str, Any]:
        plugins = [str(PLUGINS / "libOrthancPython.so")] if self.plugin or self.script != SCRIPT else []
        if self.dicomweb:
            plugins.append(str(PLUGINS / "libOrthancDicomWeb.so"))
        configuration: dict[str, Any] = {
            "Name": "test",
            "StorageDirectory": str(self.storage),
            "IndexDirectory": str(self.storage),
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": "ORTHANC",
            "DicomCheckCalledAet": False,
            "DicomAlwaysAllowStore": True,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": self.credentials is not None,
            "StableAge": 2,
            "Plugins": plugins,
        }
        if self.credentials is not None:
            configuration["RegisteredUsers"] = dict([self.credentials])
        if self.plugin:
            configuration["Cohorts"] = self.cohorts
        if plugins:
            configuration["PythonScript"] = str(self.script)
        return {**configuration, **self.config}

    # --- its REST

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET a path."""
        return self._client.get(path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST to a path."""
        return self._client.post(path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        """PUT to a path."""
        return self._client.put(path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """DELETE a path."""
        return self._client.delete(path, **options)

    def store(self, file: Path | bytes) -> dict[str, Any]:
        """Store one object by POST /instances; return what Orthanc says of it."""
        data = file if isinstance(file, bytes) else file.read_bytes()
        answer = self._client.post("/instances", content=data)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def storescu(self, files: Iterable[Path]) -> None:
        """Store files by C-STORE (dcmtk)."""
        command = ["storescu", "-aec", "ORTHANC", "-R", "127.0.0.1", str(self.dicom_port)]
        subprocess.run([*command, *map(str, files)], check=True, capture_output=True, timeout=300)

    def instances(self) -> set[str]:
        """Return Orthanc's ids of all instances."""
        return set(self.get("/instances").raise_for_status().json())

    def log(self) -> str:
        """Return the log of all starts so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    # --- the plugin

    def status(self) -> dict[str, Any]:
        """Return the plugin's status document."""
        document: dict[str, Any] = self.get("/plugins/cohorts/status").json()
        return document

    def wait_ready(self, timeout_seconds: float = 30.0) -> dict[str, Any]:
        """Wait until the sidecar answers; return the status."""
        return self._wait_status(lambda status: bool(_health(status)), timeout_seconds, "the sidecar answers")

    def wait_indexed(self, timeout_seconds: float = 60.0) -> dict[str, Any]:
        """Wait until nothing is queued and the index has followed Orthanc's change log; return the status."""
        # Orthanc hands out events every 100 ms.
        time.sleep(0.25)
        last = self.get("/changes?last").json()["Last"]

        def followed(status: Mapping[str, Any]) -> bool:
            health = _health(status)
            return status.get("queue") == 0 and bool(health) and health.get("cursor_seq", -1) >= last

        return self._wait_status(followed, timeout_seconds, f"the index has followed to {last}")

    def _wait_status(
        self, condition: Callable[[dict[str, Any]], bool], timeout_seconds: float, what: str
    ) -> dict[str, Any]:
        status: dict[str, Any] = {}

        def holds() -> bool:
            status.clear()
            status.update(self.status())
            return condition(status)

        self.wait_until(holds, timeout_seconds, what, status)
        return status

    def wait_until(
        self, condition: Callable[[], bool], timeout_seconds: float, what: str, shown: object = ""
    ) -> None:
        """Ask every 50 ms until the condition holds; fail with the end of the log when it does not."""
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not within {timeout_seconds:g} s: {what}\n{shown}\n{self.log()[-3000:]}"
                )
            time.sleep(0.05)


def _health(status: Mapping[str, Any]) -> dict[str, Any]:
    return (status.get("sidecar") or {}).get("health") or {}


def _start_time(pid: int) -> str:
    """Return when a process started, "" when there is none; tells a reused process id."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
