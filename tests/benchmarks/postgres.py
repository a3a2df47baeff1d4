"""A PostgreSQL of one's own: a cluster in a temporary directory, over a Unix socket alone, always stopped.

Knows Debian's packages; nothing of what is asked.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

_SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "'2GB'",
    "work_mem": "'256MB'",
    "maintenance_work_mem": "'512MB'",
    "effective_cache_size": "'8GB'",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "fsync": "off",
    "full_page_writes": "off",
}
"""For a machine of this size with an SSD; a worker beside the leader makes two threads, as DuckDB has.
Nothing is synced to disk, since all is thrown away."""
_START_SECONDS = 60
SETTINGS_TEXT = "shared_buffers 2 GB, work_mem 256 MB, random_page_cost 1.1, two processes per query, JIT off"


def missing() -> str | None:
    """Return why no cluster can be started, None if one can."""
    if _binaries() is None:
        return "PostgreSQL is not installed; Debian: apt-get install postgresql"
    if find_spec("psycopg") is None:
        return "psycopg is not installed; pip install -e '.[bench]'"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody"
    return None


class Cluster:
    """A running PostgreSQL; a context manager, so that it never outlives its use, nor this process."""

    def __init__(self) -> None:
        self._user = _unprivileged() if os.geteuid() == 0 else None
        # Short and of its own: a socket's path has at most 107 bytes, and PostgreSQL's user must get there.
        self.directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._data = self.directory / "data"
        found = _binaries()
        assert found is not None, missing()
        self._binaries = found
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Cluster:
        try:
            if self._user is not None:
                os.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
            made = self._start("initdb", "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
            if made.wait():
                raise RuntimeError(f"initdb ended with {made.returncode}: {self._log()}")
            lines = [f"{name} = {value}" for name, value in _SETTINGS.items()]
            lines.append(f"unix_socket_directories = '{self.directory}'")
            with (self._data / "postgresql.conf").open("a") as file:
                file.write("\n".join(["", *lines, ""]))
            self._server = self._start("postgres")
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()
        shutil.rmtree(self.directory)

    def connect(self) -> Any:
        """Return a psycopg connection that commits each statement."""
        import psycopg

        return psycopg.connect(host=str(self.directory), user="bench", dbname="postgres", autocommit=True)

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as error:
                assert self._server is not None
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {self._log()}") from error
                time.sleep(0.1)

    def _log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")[-2_000:]

    def _start(self, command: str, *arguments: str) -> subprocess.Popen[bytes]:
        user = self._user
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [self._binaries / command, "-D", self._data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=None if user is None else user.pw_uid,
                group=None if user is None else user.pw_gid,
                extra_groups=None if user is None else [],
                cwd=self.directory,
                preexec_fn=_end_with_parent,
            )


def _end_with_parent() -> None:
    # A benchmark that is killed leaves no server behind (prctl(2), PR_SET_PDEATHSIG).
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest version's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    where = shutil.which("initdb")
    return None if where is None else Path(where).resolve().parent


def _unprivileged() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
