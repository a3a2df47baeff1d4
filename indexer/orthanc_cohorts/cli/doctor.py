"""`doctor`: what has to hold for the index to follow Orthanc, checked one after the other.

Changes nothing; asks Orthanc, the sidecar and the file system.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from orthanc_cohorts import __version__
from orthanc_cohorts.cli.configuration import Known
from orthanc_cohorts.cli.connection import Orthanc, Sidecar
from orthanc_cohorts.cli.status import is_current
from orthanc_cohorts.errors import CohortsError

OLDEST_ORTHANC = (1, 10, 1)
FREE_FAIL_BYTES = 1 << 30
FREE_WARN_BYTES = 5 << 30
CLOCK_WARN_SECONDS = 2.0
ROUTE = "/cohorts/api/v1/status"
Level = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """One result: level, what was found, and what to do about it ("" when nothing)."""

    level: Level
    found: str
    advice: str = ""


def examine(orthanc: Orthanc, socket: Path | None, here: Known | None) -> Iterator[Check]:
    """Yield the results of all checks.

    socket: where the sidecar listens, None to believe the plugin. here: this machine's configuration.
    """
    yield _own_interpreter()
    try:
        system = orthanc.get("/system")
    except CohortsError as error:
        yield Check("fail", "Orthanc cannot be asked", str(error))
        return
    yield orthanc_version(str(system.get("Version", "")), orthanc.url)
    yield _clock(orthanc)
    yield _python_plugin(orthanc)
    try:
        status = orthanc.plugin_status()
    except CohortsError as error:
        yield Check("fail", "the plugin is not at work", str(error))
        return
    yield from plugin(status)
    if status["sidecar"].get("health"):
        yield may_ask(orthanc)
    if here is not None and here.interpreter is not None:
        yield _interpreter(here.interpreter)
    where = socket or Path(status["sidecar"].get("socket") or "")
    yield from socket_permissions(where)
    yield from _health(where, status)
    if where.parent.is_dir():
        folder = (
            here.data_directory if here and here.data_directory and here.socket == where else where.parent
        )
        yield disk(folder)


def orthanc_version(version: str, url: str) -> Check:
    """Judge Orthanc's version, such as `1.10.1` or `mainline`."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if not numbers:
        return Check(
            "warn", f"Orthanc {version or 'of unknown version'} at {url}", "a release is easier to judge"
        )
    if numbers < OLDEST_ORTHANC:
        wanted = ".".join(map(str, OLDEST_ORTHANC))
        return Check(
            "fail", f"Orthanc {version} at {url}", f"upgrade it: {wanted} is the oldest that is supported"
        )
    return Check("ok", f"Orthanc {version} at {url}")


def plugin(status: dict[str, Any]) -> Iterator[Check]:
    """Judge the plugin's status document."""
    theirs = status.get("version")
    if theirs == __version__:
        yield Check("ok", f"plugin {theirs} is on")
    else:
        yield Check(
            "warn",
            f"the plugin is version {theirs}, this command {__version__}",
            "restart Orthanc after an upgrade; if that does not help, run `orthanc-cohorts install` again",
        )
    if status.get("last_error"):
        yield Check("warn", f"the plugin's last error: {status['last_error']}", "see Orthanc's log")
    if status.get("dropped"):
        yield Check(
            "warn", f"{status['dropped']} events fell out of the queue", "they are caught up by themselves"
        )
    sidecar = status["sidecar"]
    if sidecar.get("restarts"):
        yield Check(
            "warn",
            f"the sidecar was restarted {sidecar['restarts']} times, last exit {sidecar.get('last_exit')}",
            "see Orthanc's log",
        )


def may_ask(orthanc: Orthanc) -> Check:
    """Judge whether the caller of this command has a role, asked through Orthanc as any client would."""
    try:
        orthanc.request("GET", ROUTE)
    except CohortsError as error:
        return Check("warn", "the routes do not answer who runs this command", str(error))
    return Check("ok", "the routes answer who runs this command")


def socket_permissions(socket: Path) -> Iterator[Check]:
    """Judge the socket and its folder: nobody but their owner may reach them."""
    try:
        status = socket.stat()
        folder = socket.parent.stat()
    except PermissionError:
        yield Check(
            "warn", f"{socket} cannot be seen by this user", "run this with sudo to check the sidecar itself"
        )
        return
    except OSError as error:
        yield Check(
            "fail", f"no socket at {socket} ({error.strerror})", "is the sidecar running? See Orthanc's log"
        )
        return
    if not stat.S_ISSOCK(status.st_mode):
        yield Check("fail", f"{socket} is no socket", "remove it and restart Orthanc")
    for path, mode, wanted in (
        (socket, status.st_mode & 0o777, 0o600),
        (socket.parent, folder.st_mode & 0o777, 0o700),
    ):
        if mode & ~wanted:
            yield Check(
                "fail",
                f"{path} has mode {mode:04o}: others can reach patient data",
                f"chmod {wanted:o} {path}",
            )
        else:
            yield Check("ok", f"{path} has mode {mode:04o}")


def health(found: dict[str, Any]) -> Iterator[Check]:
    """Judge the sidecar's health document."""
    behind = found.get("lag_changes")
    if is_current(found):
        yield Check(
            "ok",
            f"the index is up to date at change {found.get('cursor_seq')}",
        )
    else:
        yield Check(
            "warn",
            f"the index is {behind} changes behind",
            "`orthanc-cohorts backfill` shows how it catches up",
        )
    if found.get("unreadable"):
        yield Check(
            "warn",
            f"{found['unreadable']} objects cannot be read",
            "see the sidecar's lines in Orthanc's log",
        )
    if found.get("error"):
        yield Check("fail", f"the sidecar has trouble: {found['error']}", "see Orthanc's log")


def disk(folder: Path) -> Check:
    """Judge the space that is left for the index."""
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / (1 << 30):.1f} GB free at {folder}"
    if usage.free < FREE_FAIL_BYTES:
        return Check("fail", text, "make room, or move the index with the option DataDirectory")
    return Check("warn", text, "make room soon") if usage.free < FREE_WARN_BYTES else Check("ok", text)


def _health(socket: Path, status: dict[str, Any]) -> Iterator[Check]:
    found = status["sidecar"].get("health")
    if os.access(socket, os.W_OK):
        try:
            found = Sidecar(socket, None).health()
        except CohortsError as error:
            yield Check("fail", "the sidecar does not answer", str(error))
            return
    if not found:
        yield Check(
            "fail", f"the sidecar does not answer ({status['sidecar'].get('state')})", "see Orthanc's log"
        )
        return
    yield from health(found)


def _clock(orthanc: Orthanc) -> Check:
    try:
        answer = orthanc.request("GET", "/tools/now").text
        theirs = datetime.strptime(answer, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except (CohortsError, ValueError):
        return Check("warn", "Orthanc does not tell its time", "compare the clocks of both machines")
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > CLOCK_WARN_SECONDS:
        return Check("warn", f"Orthanc's clock is {apart:.0f} s off", "set both machines' clocks by NTP")
    return Check("ok", "the clocks agree")


def _python_plugin(orthanc: Orthanc) -> Check:
    if "python" in orthanc.get("/plugins"):
        return Check("ok", "Orthanc's Python plugin is loaded")
    return Check(
        "fail", "Orthanc's Python plugin is not loaded", "apt-get install orthanc-python, restart Orthanc"
    )


def _own_interpreter() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("ok", f"orthanc-cohorts {__version__} on Python {version} ({sys.executable})")


def _interpreter(path: str) -> Check:
    try:
        done = subprocess.run([path, "-c", "import orthanc_cohorts, duckdb"], capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(
            "fail", f"Cohorts.Interpreter {path} cannot be run: {error}", "run `orthanc-cohorts install`"
        )
    if done.returncode:
        return Check(
            "fail", f"{path} does not have orthanc-cohorts installed", "run `orthanc-cohorts install`"
        )
    return Check("ok", f"the sidecar's interpreter {path} has orthanc-cohorts installed")
