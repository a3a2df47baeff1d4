"""The versions of datasets on disk: written once, never changed; erased patients leave a new version behind.

Layout: `<root>/<name>/<version>/` with the files, `<version>.json` with who froze it and when, and
`<version>.crosswalk.parquet`, which never leaves the site. Knows no index.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Literal

import orjson
from pydantic import BaseModel

from orthanc_cohorts.datasets.freeze import Frozen

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HALF = ".half-written"


class Version(BaseModel):
    """A version of a dataset.

    hash: of its definition. content_hash: of all its bytes. parts: rows by part of the split. state: `erased`
    when its files were removed because a patient was to be forgotten; `successor` is the version without.
    """

    name: str
    version: int
    hash: str
    content_hash: str
    generation: int
    rows: int
    instances: int
    size_bytes: int
    parts: dict[str, int]
    owner: str | None
    created: datetime
    state: Literal["frozen", "erased"] = "frozen"
    predecessor: int | None = None
    successor: int | None = None
    files: dict[str, int]


class Archive:
    """The datasets of a site, in a private folder. Safe among threads of one process, the only writer."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()

    def names(self) -> list[str]:
        """Return the names of all datasets, sorted."""
        if not self._root.is_dir():
            return []
        folders = (path.name for path in self._root.iterdir() if path.is_dir())
        return sorted(name for name in folders if _NAME.fullmatch(name))

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a dataset, oldest first; none when there is no such dataset."""
        if not _NAME.fullmatch(name):
            return []
        folder = self._folder(name)
        numbers = sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit())
        return [self._read(folder / f"{number}.json") for number in numbers]

    def version(self, name: str, number: int) -> Version | None:
        """Return one version, None when there is none."""
        return next((one for one in self.versions(name) if one.version == number), None)

    def file(self, name: str, number: int, file: str) -> Path | None:
        """Return where a file of a version lies, None when the version has no such file."""
        version = self.version(name, number)
        known = version is not None and version.state == "frozen" and file in version.files
        return self._folder(name) / str(number) / file if known else None

    def held(self, version: Version, file: str) -> Path:
        """Return where a file of a version lies. Raises FileNotFoundError: it has none, or was erased."""
        path = self.file(version.name, version.version, file)
        if path is None:
            raise FileNotFoundError(f"version {version.version} of {version.name} has no {file}")
        return path

    def crosswalk(self, name: str, number: int) -> Path | None:
        """Return where the crosswalk of a version lies, None when there is none."""
        path = self._folder(name) / f"{number}.crosswalk.parquet"
        return path if path.is_file() else None

    def add(
        self, name: str, frozen: Frozen, owner: str | None, predecessor: int | None = None
    ) -> tuple[Version, bool]:
        """Keep a frozen dataset as its next version; return it, and whether it is new.

        Where the newest version has the same bytes, it is that version. Either everything of a version is on
        disk afterwards, or nothing. Raises OSError.
        """
        with self._lock:
            known = self.versions(name)
            if known and known[-1].state == "frozen" and known[-1].content_hash == frozen.content_hash:
                return known[-1], False
            number = known[-1].version + 1 if known else 1
            version = Version(
                name=name,
                version=number,
                hash=frozen.hash,
                content_hash=frozen.content_hash,
                generation=frozen.generation,
                rows=frozen.rows,
                instances=frozen.instances,
                size_bytes=frozen.size_bytes,
                parts=dict(frozen.parts),
                owner=owner,
                created=datetime.now(UTC).replace(microsecond=0),
                predecessor=predecessor,
                files={file: len(content) for file, content in sorted(frozen.files.items())},
            )
            self._write(version, frozen.files, frozen.crosswalk)
            return version, True

    def forget(self, version: Version, successor: int) -> Version:
        """Remove the files of a version for good; what is left says that it was, and which one follows it."""
        with self._lock:
            folder = self._folder(version.name)
            gone = version.model_copy(update={"state": "erased", "successor": successor})
            # The tombstone first: a crash leaves files that nobody is told of; the next call removes them.
            _replace(folder / f"{version.version}.json", gone.model_dump_json().encode())
            shutil.rmtree(folder / str(version.version), ignore_errors=True)
            (folder / f"{version.version}.crosswalk.parquet").unlink(missing_ok=True)
            return gone

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("this is no name of a dataset")
        return self._root / name

    @staticmethod
    def _read(path: Path) -> Version:
        return Version.model_validate(orjson.loads(path.read_bytes()))

    def _write(self, version: Version, files: Mapping[str, bytes], crosswalk: bytes) -> None:
        folder = self._folder(version.name)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root.chmod(0o700)
        target = folder / str(version.version)
        with _half_written(folder) as half:
            for name, content in files.items():
                _synced(half / name, content)
            # Left by a crash before its description was written: nobody was ever told of it.
            shutil.rmtree(target, ignore_errors=True)
            half.rename(target)
        _replace(folder / f"{version.version}.crosswalk.parquet", crosswalk)
        # Last: a version is there when its description is.
        _replace(folder / f"{version.version}.json", version.model_dump_json().encode())


@contextmanager
def _half_written(folder: Path) -> Iterator[Path]:
    half = folder / _HALF
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    try:
        yield half
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _synced(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    _synced(temporary, content)
    temporary.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
