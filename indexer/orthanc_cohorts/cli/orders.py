"""What the sidecar is told to do: by the plugin through standard input, or by options and environment.

Secrets come by standard input or environment, never by argument (which every user of the machine can read).
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthanc_cohorts.config import Settings
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.model.rows import WIRE_VERSION


@dataclass(frozen=True, slots=True)
class Orders:
    """Everything that `serve` needs. authorization: value of the HTTP header, None without."""

    settings: Settings
    data_directory: Path
    socket: Path
    orthanc_url: str
    authorization: str | None = None
    storage_directory: Path | None = None
    orthanc_database: str | None = None


def from_line(line: str) -> Orders:
    """Return the orders that the plugin writes as the first line of standard input.

    Raises ConfigurationError: no JSON object, a missing part, or another wire version.
    """
    try:
        told: dict[str, Any] = json.loads(line)
        if told["wire"] != WIRE_VERSION:
            raise ConfigurationError(
                f"the plugin speaks wire version {told['wire']}, this sidecar {WIRE_VERSION}: "
                "install the same version of orthanc-cohorts for both"
            )
        return Orders(
            Settings.from_mapping(told["settings"]),
            Path(told["data_directory"]),
            Path(told["socket"]),
            told["orthanc_url"],
            told.get("authorization"),
            _path(told.get("storage_directory")),
            told.get("orthanc_database"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"standard input holds no orders of the plugin: {error}") from error


def from_options(
    data_directory: Path, socket: Path | None, orthanc_url: str, storage_directory: Path | None
) -> Orders:
    """Return the orders that options state.

    Settings come from the environment, ORTHANC__COHORTS__NAME as in Orthanc's images; credentials from
    ORTHANC_COHORTS_USER and ORTHANC_COHORTS_PASSWORD. Raises ConfigurationError.
    """
    return Orders(
        Settings.from_mapping(_section_of_environment()),
        data_directory,
        socket or data_directory / "sidecar.sock",
        orthanc_url,
        _basic(os.environ.get("ORTHANC_COHORTS_USER"), os.environ.get("ORTHANC_COHORTS_PASSWORD")),
        storage_directory,
    )


def _section_of_environment() -> dict[str, Any]:
    prefix = "ORTHANC__COHORTS__"
    return {
        "".join(part.capitalize() for part in name.removeprefix(prefix).split("_")): value
        for name, value in os.environ.items()
        if name.startswith(prefix)
    }


def _basic(user: str | None, password: str | None) -> str | None:
    if user is None:
        return None
    return "Basic " + base64.b64encode(f"{user}:{password or ''}".encode()).decode()


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
