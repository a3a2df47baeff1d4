"""Orthanc's configuration folder: which file holds which section, and where that Orthanc is reached.

Reads only; `install` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthanc_cohorts.cli import commented_json
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.rendezvous import socket_path

DEBIAN = Path("/etc/orthanc")
SCRIPT_OPTION = "PythonScript"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The .json files of a folder. unreadable: files that this user may not read."""

    folder: Path
    texts: dict[Path, str]
    unreadable: list[Path]

    def holder(self, name: str) -> Path | None:
        """Return the file that holds a top-level name; Orthanc refuses to start when two do."""
        for path in self.texts:
            if name in self.members(path):
                return path
        return None

    def members(self, path: Path) -> dict[str, Any]:
        """Return what a file says. Raises ConfigurationError: it is no JSON object."""
        try:
            return commented_json.parse(self.texts[path])
        except (ValueError, IndexError) as error:
            raise ConfigurationError(f"{path} is no JSON object that can be read: {error}") from error

    def merged(self) -> dict[str, Any]:
        """Return the whole configuration. Raises ConfigurationError."""
        whole: dict[str, Any] = {}
        for path in self.texts:
            whole.update(self.members(path))
        return whole


def read(folder: Path) -> Configuration:
    """Return the configuration in a folder, as Orthanc scans it: its .json files, not those below.

    Raises ConfigurationError: there is no such folder.
    """
    if folder.is_file():
        raise ConfigurationError(
            f"{folder} is a file: put it into a folder of its own and start Orthanc with that folder, "
            "so that the Cohorts section can be a file beside it"
        )
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder} does not exist: install Orthanc (apt-get install orthanc orthanc-python), "
            "or name its configuration folder with --configuration"
        )
    texts: dict[Path, str] = {}
    unreadable: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() == ".json" and path.is_file():
            try:
                texts[path] = path.read_text(encoding="utf-8")
            except PermissionError:
                unreadable.append(path)
    return Configuration(folder, texts, unreadable)


@dataclass(frozen=True, slots=True)
class Known:
    """Where the Orthanc of a configuration is reached; None where the configuration does not tell."""

    url: str
    socket: Path | None
    data_directory: Path | None
    interpreter: str | None


def known(folder: Path = DEBIAN) -> Known | None:
    """Return where the Orthanc of this machine is reached, None without a configuration folder."""
    if not folder.is_dir():
        return None
    whole = read(folder).merged()
    section = whole.get("Cohorts") or {}
    scheme = "https" if whole.get("SslEnabled") else "http"
    index = whole.get("IndexDirectory") or whole.get("StorageDirectory")
    data = _absolute(section.get("DataDirectory")) or _absolute(index and f"{index}/cohorts")
    socket = _absolute(section.get("Socket")) or (data and socket_path(data))
    return Known(
        f"{scheme}://127.0.0.1:{whole.get('HttpPort', 8042)}",
        socket,
        data,
        section.get("Interpreter") or None,
    )


def _absolute(path: str | None) -> Path | None:
    # What a relative path is relative to depends on how Orthanc was started.
    return Path(path) if path and Path(path).is_absolute() else None
