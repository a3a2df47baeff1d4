"""The image's entry point: `orthanc`, `sidecar`, and the health check of either.

It knows environment variables, secrets and paths of the image; nothing of cohorts. Standard library only.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONFIGURATION = Path("/etc/orthanc-cohorts")
STORAGE = "/var/lib/orthanc/db"
DATA = "/var/lib/orthanc/cohorts"
SOCKET = "/run/cohorts/sidecar.sock"
SIDECAR = "/opt/orthanc-cohorts/bin/orthanc-cohorts"


def credentials(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return user and password: ORTHANC_COHORTS_USER and _PASSWORD, or files named by the same with _FILE.

    Raises SystemExit: one of them is missing or empty.
    """
    found = []
    for name in ("ORTHANC_COHORTS_USER", "ORTHANC_COHORTS_PASSWORD"):
        value = environment.get(name, "")
        if not value and environment.get(f"{name}_FILE"):
            value = Path(environment[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
        if not value:
            raise SystemExit(f"set {name}, or {name}_FILE to a file that holds it")
        found.append(value)
    return found[0], found[1]


def overrides(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration that ORTHANC__A_B__C_D=value states: {"AB": {"CD": value}}.

    A value that is JSON is taken as such (true, 8042, [..]), any other as text.
    """
    root: dict[str, Any] = {}
    for name, text in sorted(environment.items()):
        if not name.startswith("ORTHANC__"):
            continue
        *sections, option = [
            "".join(word.capitalize() for word in part.split("_")) for part in name.split("__")[1:]
        ]
        place = root
        for section in sections:
            place = place.setdefault(section, {})
        try:
            place[option] = json.loads(text)
        except ValueError:
            place[option] = text
    return root


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return base with the values of over, section by section."""
    both = dict(base)
    for name, value in over.items():
        below = both.get(name)
        both[name] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return both


def without_comments(text: str) -> str:
    """Return JSON without its comment lines (`// ...`), which Orthanc allows and Python does not."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))


def orthanc_configuration(environment: Mapping[str, str], folder: Path = CONFIGURATION) -> dict[str, Any]:
    """Return the whole configuration: the folder's files by name, the environment, the user."""
    configuration: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        configuration = merged(configuration, json.loads(without_comments(path.read_text(encoding="utf-8"))))
    configuration = merged(configuration, overrides(environment))
    user, password = credentials(environment)
    # Somebody has to be able to ask; what the files or the environment say of roles goes before it.
    configuration = merged({"Cohorts": {"Roles": {user: "admin"}}}, configuration)
    return merged(configuration, {"AuthenticationEnabled": True, "RegisteredUsers": {user: password}})


def run_orthanc(arguments: list[str]) -> None:
    """Become Orthanc; the configuration holds the password, so only this user may read it."""
    path = Path(tempfile.mkdtemp(prefix="orthanc-")) / "orthanc.json"
    path.write_text(json.dumps(orthanc_configuration(os.environ)), encoding="utf-8")
    path.chmod(0o600)
    for name in ("ORTHANC_COHORTS_USER", "ORTHANC_COHORTS_PASSWORD"):
        os.environ.pop(name, None)
    os.execv("/usr/sbin/Orthanc", ["Orthanc", *arguments, str(path)])


def run_sidecar(arguments: list[str]) -> None:
    """Become the sidecar of the Orthanc at ORTHANC_URL (default: the service `orthanc` of compose)."""
    user, password = credentials(os.environ)
    os.environ.update({"ORTHANC_COHORTS_USER": user, "ORTHANC_COHORTS_PASSWORD": password})
    url = os.environ.get("ORTHANC_URL", "http://orthanc:8042")
    command = [SIDECAR, "serve", "--data-directory", DATA, "--socket", SOCKET, "--orthanc-url", url]
    # Files are read from the shared storage where it is mounted, else through REST.
    if Path(STORAGE).is_dir():
        command += ["--storage-directory", STORAGE]
    os.execv(SIDECAR, [*command, *arguments])


def orthanc_health() -> str | None:
    """Return None when Orthanc answers and the plugin is on, else the reason."""
    user, password = credentials(os.environ)
    port = overrides(os.environ).get("HttpPort", 8042)
    token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/plugins/cohorts/status", headers={"Authorization": f"Basic {token}"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return None if answer.status == 200 else f"status {answer.status}"


def sidecar_health() -> str | None:
    """Return None when the sidecar answers at its socket, else the reason."""
    connection = http.client.HTTPConnection("sidecar", timeout=5)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(5)
    connection.sock.connect(SOCKET)
    connection.request("GET", "/internal/v1/health")
    answer = connection.getresponse()
    return None if answer.status == 200 else f"status {answer.status}"


def main(arguments: list[str]) -> int:
    """Run one of the image's commands; returns only from health checks and mistakes."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "orthanc":
        run_orthanc(rest)
    elif command == "sidecar":
        run_sidecar(rest)
    elif command in ("orthanc-health", "sidecar-health"):
        try:
            reason = orthanc_health() if command == "orthanc-health" else sidecar_health()
        except (OSError, http.client.HTTPException) as error:
            reason = str(error)
        if reason:
            sys.stderr.write(f"{command}: {reason}\n")
        return 1 if reason else 0
    sys.stderr.write("commands of this image: orthanc, sidecar, orthanc-health, sidecar-health\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
