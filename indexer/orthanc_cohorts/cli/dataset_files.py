"""Frozen datasets as the commands ask for them: freeze, list, download whole or not at all, forget a patient.

Knows the routes of datasets; prints nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from orthanc_cohorts.cli.connection import Sidecar
from orthanc_cohorts.errors import DatasetError

API = "/cohorts/api/v1"
FREEZE_SECONDS = 660.0
"""A minute more than the sidecar allows itself."""
CHECKSUMS = "checksums.sha256"

Stated = Mapping[str, Any]
"""A version as the routes state it."""


def freeze(sidecar: Sidecar, definition: bytes) -> dict[str, Any]:
    """Freeze a dataset; return its version with warnings. Raises CohortsError."""
    found: dict[str, Any] = sidecar.ask("POST", f"{API}/datasets", definition, FREEZE_SECONDS).json()
    return found


def newest(sidecar: Sidecar) -> list[dict[str, Any]]:
    """Return the newest version of every dataset. Raises CohortsError."""
    found: list[dict[str, Any]] = sidecar.ask("GET", f"{API}/datasets").json()["datasets"]
    return found


def versions(sidecar: Sidecar, name: str) -> list[dict[str, Any]]:
    """Return the versions of a dataset, oldest first. Raises CohortsError: there is none, too."""
    path = f"{API}/datasets/{quote(name, safe='')}"
    found: list[dict[str, Any]] = sidecar.ask("GET", path).json()["versions"]
    return found


def choose(sidecar: Sidecar, name: str, number: int | None) -> dict[str, Any]:
    """Return one version of a dataset, the newest without a number.

    Raises DatasetError: there is no such version, or it was erased. CohortsError.
    """
    known = versions(sidecar, name)
    chosen = known[-1] if number is None else next((one for one in known if one["version"] == number), None)
    if chosen is None:
        raise DatasetError(f"{name} has no version {number}; there are 1 to {known[-1]['version']}")
    if chosen["state"] == "erased":
        raise DatasetError(
            f"version {chosen['version']} of {name} was erased; version {chosen['successor']} follows it"
        )
    return chosen


def recognised(sidecar: Sidecar, folder: Path, name: str) -> dict[str, Any]:
    """Return the version whose bytes a folder holds. Raises DatasetError: this site froze no such bytes."""
    content = sha256((folder / CHECKSUMS).read_bytes()).hexdigest()
    for one in versions(sidecar, name):
        if one["content_hash"] == content:
            return choose(sidecar, name, one["version"])
    raise DatasetError(f"{folder}: no version of {name} at this site has these bytes")


def file(sidecar: Sidecar, version: Stated, name: str) -> bytes:
    """Return the bytes of one file of a version. Raises CohortsError."""
    path = f"{API}/datasets/{version['name']}/{version['version']}/{quote(name, safe='')}"
    return sidecar.ask("GET", path).content


def crosswalk(sidecar: Sidecar, version: Stated) -> bytes:
    """Return what the pseudonyms of a version stand for, Parquet. Raises CohortsError."""
    return sidecar.ask("GET", f"{API}/crosswalks/{version['name']}/{version['version']}").content


def get(sidecar: Sidecar, version: Stated, out: Path) -> None:
    """Download all files of a version into a folder, new or empty, and verify them.

    Either all of them are there afterwards, as frozen, or none. Raises CohortsError.
    """
    try:
        if _holds(out, version):
            return
        half = out.with_name(f"{out.name}.part")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True, mode=0o700)
        try:
            for name in version["files"]:
                (half / Path(name).name).write_bytes(file(sidecar, version, name))
            found = faults(half)
            if found:
                raise DatasetError(f"the download of {version['name']} is damaged: {found[0]}")
            if _content(half) != version["content_hash"]:
                raise DatasetError(f"the download of {version['name']} is not the version that was asked for")
            half.replace(out)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        raise DatasetError(f"{out} cannot be written: {error.strerror or error}") from error


def erase(sidecar: Sidecar, patient_id: str, issuer: str | None) -> list[dict[str, Any]]:
    """Forget a patient in every dataset; return the datasets that held one. Raises CohortsError."""
    body = json.dumps({"patient_id": patient_id, "issuer_of_patient_id": issuer}).encode()
    found: list[dict[str, Any]] = sidecar.ask("POST", f"{API}/erase", body, FREEZE_SECONDS).json()["datasets"]
    return found


def faults(folder: Path) -> list[str]:
    """Return everything that is wrong with a frozen dataset. Raises DatasetError: it is none."""
    from orthanc_cohorts.datasets import verify

    try:
        return verify(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(str(error)) from error


def _holds(out: Path, version: Stated) -> bool:
    """Whether a folder is that version already. Raises DatasetError: it holds something else."""
    if not out.exists():
        return False
    if not any(out.iterdir()):
        return False
    if (out / CHECKSUMS).is_file() and _content(out) == version["content_hash"] and not faults(out):
        return True
    raise DatasetError(f"{out} is not empty, and not this version as it was frozen: name another folder")


def _content(folder: Path) -> str:
    return sha256((folder / CHECKSUMS).read_bytes()).hexdigest()
