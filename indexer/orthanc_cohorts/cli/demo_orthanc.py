"""A real Orthanc of our own with the plugin: its configuration, its start and its certain end.

Knows nothing of what is stored in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthanc_cohorts.cli.connection import Credentials
from orthanc_cohorts.cli.install import script
from orthanc_cohorts.errors import CohortsError, ConfigurationError

AET = "ORTHANC"
CALLING_AETS = ("STORESCU", "DCMSEND", "ECHOSCU", "FINDSCU", "GETSCU", "PYNETDICOM", "COHORTS")
"""Names that programs on this machine may call by: the defaults of DCMTK's and pynetdicom's, and ours."""

OPTIONS: dict[str, Any] = {
    "Name": "orthanc-cohorts demo",
    "RemoteAccessAllowed": False,
    "DicomAet": AET,
    "DicomCheckCalledAet": False,
    "DicomAlwaysAllowEcho": False,
    "DicomAlwaysAllowStore": False,
    "DicomAlwaysAllowFind": False,
    "DicomAlwaysAllowGet": False,
    "DicomAlwaysAllowMove": False,
    "DicomCheckModalityHost": True,
    "DicomModalities": {
        name.lower(): {
            "AET": name,
            "Host": "127.0.0.1",
            "Port": 11112,
            "AllowEcho": True,
            "AllowStore": True,
            "AllowFind": True,
            "AllowGet": True,
            "AllowMove": False,
        }
        for name in CALLING_AETS
    },
    "ExecuteLuaEnabled": False,
    "RestApiWriteToFileSystemEnabled": False,
    "StableAge": 10,
    "OverwriteInstances": True,
}
"""What the demo's Orthanc is told beside ports and folders; `orthanc-config/demo.json` shows the same.

Orthanc 1.10.1 binds to every address whatever its options say (measured), so that what is not loopback has to
be refused: HTTP by RemoteAccessAllowed, DICOM by known modalities and the check of their host.
"""

PROGRAMS = ("/usr/sbin/Orthanc", "/usr/local/sbin/Orthanc", "/usr/bin/Orthanc", "/usr/local/bin/Orthanc")
PLUGIN_FOLDERS = ("/usr/share/orthanc/plugins", "/usr/local/share/orthanc/plugins", "/usr/lib/orthanc")
STOP_SECONDS = 15.0
SIDECAR_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Installed:
    """The Orthanc of this machine. dicomweb: its DICOMweb plugin, None where it is not installed."""

    program: Path
    python: Path
    dicomweb: Path | None


def installed() -> Installed:
    """Return what is installed. Raises ConfigurationError: Orthanc or its Python plugin is not."""
    program = shutil.which("Orthanc") or next((path for path in PROGRAMS if Path(path).is_file()), None)
    python = _plugin("libOrthancPython.so")
    if program is None or python is None:
        what = "Orthanc is" if program is None else "Orthanc's Python plugin is"
        raise ConfigurationError(f"{what} not installed: apt-get install orthanc orthanc-python")
    return Installed(Path(program), python, _plugin("libOrthancDicomWeb.so"))


def ports(http: int | None, dicom: int | None) -> tuple[int, int]:
    """Return two ports that are free: the wanted ones, else any. Raises ConfigurationError: one is in use."""
    if http is not None and http == dicom:
        raise ConfigurationError(f"--dicom-port {dicom}: the port is that of --http-port; name another")
    # Both held at once: one after the other, the system may give the same port twice.
    with socket.socket() as one, socket.socket() as other:
        return _bound(one, http, "--http-port"), _bound(other, dicom, "--dicom-port")


def _bound(probe: socket.socket, wanted: int | None, option: str) -> int:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        # Not loopback only: Orthanc 1.10.1 binds to every address.
        probe.bind(("", wanted or 0))
    except OSError as error:
        raise ConfigurationError(f"{option} {wanted}: the port cannot be used ({error.strerror})") from error
    found: int = probe.getsockname()[1]
    return found


def configuration(
    found: Installed, folder: Path, storage: Path, http_port: int, dicom_port: int, user: Credentials
) -> dict[str, Any]:
    """Return the configuration of the demo's Orthanc. folder: private, for the socket."""
    whole = {
        **OPTIONS,
        "StorageDirectory": str(storage),
        "IndexDirectory": str(storage),
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "AuthenticationEnabled": user is not None,
        "Plugins": [str(path) for path in (found.python, found.dicomweb) if path is not None],
        "PythonScript": str(script()),
        # A storage folder may lie deep; a socket's path has at most 107 bytes.
        "Cohorts": {"Interpreter": sys.executable, "Socket": str(folder / "sidecar.sock")},
    }
    if user is None:
        # Whoever reaches the loopback address of this machine may try everything on the demo's data.
        whole["Cohorts"]["AnonymousRole"] = ADMIN
    else:
        whole["RegisteredUsers"] = dict([user])
        whole["Cohorts"]["Roles"] = {user[0]: ADMIN}
    if found.dicomweb is not None:
        whole["DicomWeb"] = {"Enable": True}
    return whole


class DemoOrthanc:
    """One Orthanc process and the sidecar that its plugin starts."""

    def __init__(self, program: Path, folder: Path, options: dict[str, Any]) -> None:
        """folder: private; takes configuration and log."""
        self._command = [str(program), str(folder / "orthanc.json")]
        self._folder, self._options = folder, options
        self.log = folder / "orthanc.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._children: dict[int, str] = {}

    @property
    def pid(self) -> int:
        """Process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the process; it ends with this one, even where this one is killed."""
        path = Path(self._command[1])
        path.touch(mode=0o600)
        path.write_text(json.dumps(self._options, indent=1), encoding="utf-8")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                # A Ctrl-C in a terminal is for us, who then stop Orthanc in good order.
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def check(self) -> None:
        """Raises CohortsError: Orthanc has ended."""
        assert self._process is not None
        code = self._process.poll()
        if code is not None:
            raise CohortsError(
                f"Orthanc ended by itself with {code}; the end of its log:\n{self.last_lines()}"
            )

    def wait_until(self, holds: Callable[[], bool], seconds: float | None, what: str) -> None:
        """Ask until it holds. Raises CohortsError: Orthanc has ended, or it takes longer than `seconds`."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not holds():
            self.check()
            if deadline is not None and time.monotonic() > deadline:
                raise CohortsError(
                    f"{what}: not within {seconds:g} s; the end of Orthanc's log:\n{self.last_lines()}"
                )
            time.sleep(0.1)

    def last_lines(self, number: int = 15) -> str:
        """Return the end of Orthanc's log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(f"  {line}" for line in text.splitlines()[-number:])

    def stop(self) -> None:
        """End Orthanc and its sidecar, in good order if they let us, and return when both are gone."""
        process = self._process
        if process is None:
            return
        self._note_children()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        # The sidecar ends when its Orthanc does; this is for one that hangs.
        deadline = time.monotonic() + SIDECAR_SECONDS
        while self._living() and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in self._living():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _note_children(self) -> None:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{self.pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    for child in (task / "children").read_text().split():
                        self._children[int(child)] = _started(int(child))

    def _living(self) -> list[int]:
        return [child for child, started in self._children.items() if started and _started(child) == started]


def _plugin(name: str) -> Path | None:
    for folder in PLUGIN_FOLDERS:
        if (path := Path(folder) / name).is_file():
            return path
    return None


def _end_with_parent() -> None:
    # Nobody else could stop an Orthanc whose demo was killed by SIGKILL.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _started(pid: int) -> str:
    """Return when a process started, "" when there is none or a zombie; tells a reused process id."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
