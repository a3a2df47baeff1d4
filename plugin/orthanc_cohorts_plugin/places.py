"""Where things lie: data directory, socket, storage area, interpreter and URL of this Orthanc.

Reads the configuration only; the two private folders are the only thing it creates.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from orthanc_cohorts.config import Settings
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.rendezvous import MAX_SOCKET_BYTES, fits, socket_path


class Places(NamedTuple):
    """Absolute paths and addresses; storage_directory and orthanc_database as by Orthanc's defaults."""

    data_directory: str
    socket: str
    storage_directory: str
    orthanc_database: str | None
    orthanc_url: str


def places(configuration: Mapping[str, Any], configuration_path: str, settings: Settings) -> Places:
    """Return the places that a configuration of Orthanc names, and make the private folders.

    configuration_path: of the file that Orthanc was started with; relative paths start at its folder.
    Raises ConfigurationError: a socket path that is too long, or a folder that cannot be made private.
    """
    base = Path(configuration_path).parent if Path(configuration_path).is_file() else Path.cwd()
    storage = _absolute(base, configuration.get("StorageDirectory") or "OrthancStorage")
    index = _absolute(base, configuration.get("IndexDirectory") or str(storage))
    data = _absolute(base, settings["DataDirectory"] or str(index / "cohorts"))
    # An external sidecar makes its own folder; this process may not even reach it.
    if settings["Sidecar"] == "child":
        _make_private(data)
    database = index / "index"
    return Places(
        str(data),
        _socket(settings["Socket"] and str(_absolute(base, settings["Socket"])), data),
        str(storage),
        str(database) if database.is_file() else None,
        settings["OrthancUrl"] or _url(configuration),
    )


def interpreter(settings: Settings) -> list[str]:
    """Return the command that runs `orthanc_cohorts`, without its arguments.

    Never `sys.executable`, which is Orthanc itself. Without the option Interpreter: the `orthanc-cohorts`
    command on PATH, else the interpreter of the environment that this package is installed in.
    Raises ConfigurationError: none of these exists.
    """
    chosen = settings["Interpreter"]
    if chosen:
        if not os.access(chosen, os.X_OK):
            raise ConfigurationError(f"Cohorts.Interpreter: {chosen} is no program that this user may run")
        return [chosen, "-m", "orthanc_cohorts"]
    command = shutil.which("orthanc-cohorts")
    if command:
        return [command]
    # <environment>/lib/python3.NN/site-packages/orthanc_cohorts_plugin/places.py
    for environment in Path(__file__).resolve().parents[4:5]:
        python = environment / "bin" / "python3"
        if (environment / "pyvenv.cfg").is_file() and os.access(python, os.X_OK):
            return [str(python), "-m", "orthanc_cohorts"]
    raise ConfigurationError(
        "Cohorts.Interpreter is empty and no `orthanc-cohorts` is on PATH: "
        "name the Python interpreter that has orthanc-cohorts installed"
    )


def _absolute(base: Path, path: str) -> Path:
    return Path(os.path.normpath(base.absolute() / path))


def _url(configuration: Mapping[str, Any]) -> str:
    scheme = "https" if configuration.get("SslEnabled") else "http"
    return f"{scheme}://127.0.0.1:{configuration.get('HttpPort', 8042)}"


def _socket(chosen: str, data: Path) -> str:
    if chosen:
        if not fits(Path(chosen)):
            raise ConfigurationError(f"Cohorts.Socket: {chosen} has more than {MAX_SOCKET_BYTES} bytes")
        return chosen
    socket = socket_path(data)
    if socket.parent != data:
        _make_private(socket.parent)
    return str(socket)


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        # In a shared temporary folder somebody else may have been first, with a link or a folder of theirs.
        if stat.S_ISLNK(status.st_mode) and folder.parent == Path(tempfile.gettempdir()):
            raise ConfigurationError(f"{folder} is a symbolic link; remove it")
        if folder.stat().st_uid != os.getuid():
            raise ConfigurationError(f"{folder} belongs to another user than the one Orthanc runs as")
        folder.chmod(0o700)
    except OSError as error:
        reason = f"{folder} cannot be made: {error.strerror}; see Cohorts.DataDirectory"
        raise ConfigurationError(reason) from error
