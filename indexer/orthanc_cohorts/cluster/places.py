"""Where the files of an archive are: paths and URLs, of files and of folders, and lists of them.

Knows the machine's own files and pyarrow's filesystems; reads no further than the first bytes.
"""

from __future__ import annotations

import errno
import io
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pyarrow import fs

from orthanc_cohorts.dicom.scan import scan_source
from orthanc_cohorts.dicom.source import SeekableSource
from orthanc_cohorts.dicom.tree import ParsedFile
from orthanc_cohorts.offline.finding import SIGN_BYTES, File, files_of
from orthanc_cohorts.offline.reading import LocalFile, Opened
from orthanc_cohorts.offline.report import Trouble

HEAD_BYTES = 65_536
"""Of an object of a store, read as it is opened: most headers end before."""
OPENED_AHEAD = 16
"""Objects of a store: opening one takes some round trips."""


def files_in(places: Iterable[str], lists: Iterable[str], troubles: list[Trouble]) -> Iterator[File]:
    """Yield the files of places and of lists as they are met, some perhaps more than once.

    places: paths and URLs of files and of folders. lists: paths and URLs of texts (in gzip, with the ending
    .gz) with a path or a URL of a file on each line. These files are not looked for here, and of size 0.
    What cannot be listed is appended to the troubles. Raises OSError: a list cannot be read.
    """
    for place in places:
        yield from _files_below(place, troubles) if is_url(place) else files_of(Path(place), troubles)
    for one in lists:
        for line in _lines(one):
            if line.strip():
                yield File(line if is_url(line) else str(Path(line).absolute()), 0, True)


def is_url(place: str) -> bool:
    """Whether a place is a URL; else it is a path of this machine, which all machines of the job share."""
    return "://" in place


def opened(place: str) -> Opened:
    """Open a file by its path or URL. Raises OSError."""
    return StoredFile(place) if is_url(place) else LocalFile(place)


def opened_ahead(places: Iterable[str]) -> Iterator[tuple[str, Callable[[str], Opened]]]:
    """Yield each place with what opens it now; what lies in a store is opened ahead, some at once."""
    waiting: deque[tuple[str, Future[Opened]]] = deque()
    with ThreadPoolExecutor(OPENED_AHEAD) as pool:
        for place in places:
            if not is_url(place):
                yield place, opened
                continue
            waiting.append((place, pool.submit(opened, place)))
            if len(waiting) > OPENED_AHEAD:
                yield _ready(*waiting.popleft())
        while waiting:
            yield _ready(*waiting.popleft())


def _ready(place: str, future: Future[Opened]) -> tuple[str, Callable[[str], Opened]]:
    return place, lambda _: future.result()


class StoredFile:
    """An open object of a store, or of any filesystem that pyarrow knows."""

    def __init__(self, url: str) -> None:
        """Raises OSError."""
        filesystem, path = _resolved(url)
        try:
            self.file: BinaryIO = filesystem.open_input_file(path)
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from error
        self.size_bytes = self.file.seek(0, io.SEEK_END)
        self.file.seek(0)
        self._head: bytes = self.file.read(HEAD_BYTES)
        self.close = self.file.close

    def head(self) -> bytes:
        """Return its first SIGN_BYTES, or all there are."""
        return self._head[:SIGN_BYTES]

    def scanned(self) -> ParsedFile:
        """Return its element tree."""
        return scan_source(SeekableSource(self.file, self._head, self.size_bytes))


def _resolved(url: str) -> tuple[Any, str]:
    """Return the filesystem of a URL and the path in it. Raises OSError."""
    scheme, authority, path, query, _ = urlsplit(url, allow_fragments=False)
    if ":" in authority.rpartition("@")[0]:
        raise OSError(errno.EINVAL, "a URL holds no credentials, since URLs are logged; set them around it")
    filesystem, root = _filesystem(urlunsplit((scheme, authority, "/", query, "")))
    return filesystem, f"{root.rstrip('/')}/{unquote(path).lstrip('/')}"


@lru_cache(64)
def _filesystem(url: str) -> tuple[Any, str]:
    """Return the filesystem of a store and the path of its root; one client for all its objects."""
    try:
        found: tuple[Any, str] = fs.FileSystem.from_uri(url)
    except ValueError as error:
        raise OSError(f"no filesystem for {urlsplit(url).scheme}://: {error}") from error
    return found


def _files_below(url: str, troubles: list[Trouble]) -> Iterator[File]:
    try:
        filesystem, path = _resolved(url)
        found = filesystem.get_file_info(path)
    except OSError as error:
        troubles.append(Trouble(url, f"cannot be listed: {error.strerror or type(error).__name__}"))
        return
    if found.type == fs.FileType.File:
        yield File(url, found.size, True)
    elif found.type == fs.FileType.Directory:
        yield from _files_in_folder(filesystem, path, partial(_url, url, path), troubles)
    else:
        troubles.append(Trouble(url, "cannot be read: there is nothing"))


def _files_in_folder(
    filesystem: Any, folder: str, url_of: Callable[[str], str], troubles: list[Trouble]
) -> Iterator[File]:
    """Yield the files of a folder and below, folder by folder: at no time are all of them in memory."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            found = filesystem.get_file_info(fs.FileSelector(path))
        except OSError as error:
            troubles.append(Trouble(url_of(path), f"cannot be listed: {type(error).__name__}"))
            continue
        for one in found:
            if one.type == fs.FileType.Directory:
                waiting.append(one.path)
            elif one.type == fs.FileType.File:
                yield File(url_of(one.path), one.size, False)


def _url(folder: str, path_of_folder: str, path: str) -> str:
    """Return the URL of what lies below a folder, whose URL and path are known."""
    scheme, authority, named, query, _ = urlsplit(folder, allow_fragments=False)
    below = path.removeprefix(path_of_folder.rstrip("/")).lstrip("/")
    return urlunsplit((scheme, authority, f"{named.rstrip('/')}/{quote(below)}", query, ""))


def _lines(place: str) -> Iterator[str]:
    filesystem, path = _resolved(place) if is_url(place) else (fs.LocalFileSystem(), place)
    with io.TextIOWrapper(
        filesystem.open_input_stream(path), encoding="utf-8", errors="surrogateescape"
    ) as text:
        for line in text:
            yield line.rstrip("\r\n")
