"""`dataset export --fhir`: the resources of a version, one file per kind.

Knows the routes of datasets and NDJSON; prints nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import orjson

from orthanc_cohorts.cli.connection import Sidecar, SidecarUnavailable
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.fhir import EVERYTHING, KINDS

API = "/cohorts/api/v1/datasets"
EXPORT_SECONDS = 660.0
"""A minute more than the sidecar allows itself."""

Check = Callable[[str, bytes], None]


def run(sidecar: Sidecar, name: str, version: int | None, out: Path, validate: bool) -> dict[str, int]:
    """Write `<kind>.ndjson` into a folder; return how many resources of each kind there are.

    version: None for the newest. Everything is of one generation of the index; afterwards all files are
    there, or none of them. Raises CohortsError: ConfigurationError where a file is there already.
    """
    check = validator() if validate else None
    here = f"{API}/{quote(name, safe='')}"
    number = _newest(sidecar, here) if version is None else version
    targets = {kind: out / f"{kind}.ndjson" for kind in KINDS}
    there = [path for path in targets.values() if path.exists()]
    if there:
        raise ConfigurationError(f"{there[0]} exists; name another folder")
    halves = {kind: path.with_name(f"{path.name}.part") for kind, path in targets.items()}
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as stack:
            files = {kind: stack.enter_context(_private(path)) for kind, path in halves.items()}
            everything = f"{here}/{number}/fhir/{EVERYTHING}.ndjson"
            answer = stack.enter_context(sidecar.streaming(everything, EXPORT_SECONDS))
            counts = write(lines(answer.iter_bytes()), files, check)
        for kind, path in targets.items():
            halves[kind].replace(path)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        for half in halves.values():
            half.unlink(missing_ok=True)
    return counts


def lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a stream, each with its end; only a line feed ends one (NDJSON)."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        raise SidecarUnavailable("the export broke off within a line; ask again")


def write(resources: Iterable[bytes], files: dict[str, BinaryIO], check: Check | None) -> dict[str, int]:
    """Write each resource to the file of its kind; return how many there are."""
    starts = {f'{{"resourceType":"{kind}"'.encode(): kind for kind in files}
    length = {len(start) for start in starts}
    counts = dict.fromkeys(files, 0)
    for line in resources:
        kind = next((starts[line[:size]] for size in length if line[:size] in starts), None)
        if kind is None:
            raise SidecarUnavailable(
                "the sidecar sent something that is no FHIR resource; is it of this version?"
            )
        if check is not None:
            check(kind, line)
        files[kind].write(line)
        counts[kind] += 1
    return counts


def validator() -> Check:
    """Return a check of resources by the library fhir.resources. Raises ConfigurationError: it is missing."""
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError:
        raise ConfigurationError(
            "--validate needs fhir.resources: pip install 'orthanc-cohorts[fhir]'"
        ) from None
    models: dict[str, Any] = {kind: get_fhir_model_class(kind) for kind in KINDS}

    def check(kind: str, line: bytes) -> None:
        try:
            models[kind].model_validate_json(line)
        except ValueError as error:
            # What the library says repeats the value, which may be of a patient.
            where = [".".join(map(str, one["loc"])) for one in getattr(error, "errors", list)()]
            which, what = f"{kind}/{orjson.loads(line)['id']}", ", ".join(where) or "the whole"
            raise ConfigurationError(f"{which} is no valid FHIR R4: see {what}") from None

    return check


def _newest(sidecar: Sidecar, path: str) -> int:
    with sidecar.streaming(path) as answer:
        answer.read()
        return int(answer.json()["versions"][-1]["version"])


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
