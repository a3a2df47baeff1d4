"""A PostgreSQL of one's own: a cluster in a temporary directory, over a Unix socket alone, always stopped.

Knows Debian's packages; nothing of what is asked.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
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
    """A running PostgreSQL; a context manager, so that it never outlives its use."""

    def __init__(self) -> None:
        self._user = _unprivileged() if os.geteuid() == 0 else None
        # Short and of its own: a socket's path has at most 107 bytes, and PostgreSQL's user must get there.
        self.directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._data = self.directory / "data"
        found = _binaries()
        assert found is not None, missing()
        self._binaries = found

    def __enter__(self) -> Cluster:
        try:
            if self._user is not None:
                os.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
            self._run(
                "initdb", "-D", self._data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"
            )
            lines = [f"{name} = {value}" for name, value in _SETTINGS.items()]
            lines.append(f"unix_socket_directories = '{self.directory}'")
            with (self._data / "postgresql.conf").open("a") as file:
                file.write("\n".join(["", *lines, ""]))
            self._run("pg_ctl", "-D", self._data, "-w", "-l", self.directory / "log", "start")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.directory)

    def connect(self) -> Any:
        """Return a psycopg connection that commits each statement."""
        import psycopg

        return psycopg.connect(host=str(self.directory), user="bench", dbname="postgres", autocommit=True)

    def _run(self, command: str, *arguments: object) -> None:
        user = None if self._user is None else self._user.pw_uid
        group = None if self._user is None else self._user.pw_gid
        done = subprocess.run(
            [self._binaries / command, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            user=user,
            group=group,
            extra_groups=None if self._user is None else [],
            cwd=self.directory,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr.strip()}")


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
