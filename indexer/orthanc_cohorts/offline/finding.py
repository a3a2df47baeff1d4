"""Which files are there, and which of them could be DICOM, by their first bytes (PS3.10 section 7.1).

Reads no further than those bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from orthanc_cohorts.offline.report import Trouble

SIGN_BYTES = 132
_STARTS = frozenset({0x0002, 0x0004, 0x0008})
"""Groups with which an object can start: elements ascend, and every object has its SOPInstanceUID in 0008."""


class File(NamedTuple):
    """A file to be read; named: it was asked for by its own name, not met in a folder."""

    path: str
    size_bytes: int
    named: bool


def files_in(places: Iterable[Path]) -> tuple[list[File], list[Trouble]]:
    """Return the regular files that are named or lie in folders and below, each once, sorted by path.

    Links to folders are followed where they are named, not where they are met. What cannot be listed, and
    what is named and no regular file, is trouble.
    """
    found: dict[str, File] = {}
    troubles: list[Trouble] = []
    for place in places:
        for file in files_of(place, troubles):
            if file.named or file.path not in found:
                found[file.path] = file
    return sorted(found.values()), troubles


def files_of(place: Path, troubles: list[Trouble]) -> Iterator[File]:
    """Yield the regular files of one place as they are met; what is trouble is appended. See `files_in`."""
    path = os.fspath(place.absolute())
    if place.is_dir():
        yield from _below(path, troubles)
    else:
        file = _file(path, True, troubles)
        if file is not None:
            yield file


def has_sign(head: bytes) -> bool:
    """Whether a file with these first bytes could be DICOM; head: SIGN_BYTES of them, or all there are.

    True with the letters DICM behind a preamble, or with a data element at the start that an object can
    start with, in either byte order.
    """
    if head[128:132] == b"DICM":
        return True
    return len(head) >= 8 and (_starts(head, "little") or _starts(head, "big"))


def _starts(head: bytes, order: str) -> bool:
    little = order == "little"
    group, element, long, short = (
        int.from_bytes(head[start:stop], "little" if little else "big")
        for start, stop in ((0, 2), (2, 4), (4, 8), (6, 8))
    )
    if group not in _STARTS or element > 0x2000:
        return False
    explicit = head[4:6].isalpha() and head[4:6].isupper() and short < 0x1000
    return explicit or long < 0x1000


def _below(folder: str, troubles: list[Trouble]) -> Iterator[File]:
    def unlisted(error: OSError) -> None:
        troubles.append(Trouble(str(error.filename), f"cannot be listed: {error.strerror}"))

    for base, _, names in os.walk(folder, onerror=unlisted):
        for name in names:
            file = _file(os.path.join(base, name), False, troubles)  # noqa: PTH118 (a million files)
            if file is not None:
                yield file


def _file(path: str, named: bool, troubles: list[Trouble]) -> File | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 (no Path: a million files)
    except OSError as error:
        # A link to nowhere is no file of the folder it lies in.
        if named or not os.path.islink(path):  # noqa: PTH114 (as above)
            troubles.append(Trouble(path, f"cannot be read: {error.strerror}"))
        return None
    if S_ISREG(stat.st_mode):
        return File(path, stat.st_size, named)
    if named:
        troubles.append(Trouble(path, "is no regular file"))
    return None
