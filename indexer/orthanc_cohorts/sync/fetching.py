"""Downloads the files of instances from Orthanc, several at a time; may be killed and run again at any time.

Knows ids, sizes and MD5; nothing of datasets. A file is written beside its place, as `.part`, and gets its
name when its bytes are those that were stated: what has the name is whole, or found damaged by the next run.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from hashlib import file_digest, md5
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self
from urllib.parse import quote

import httpx

from orthanc_cohorts.errors import OrthancUnavailable
from orthanc_cohorts.sync.orthanc_client import LIMITS

TRIES = 3
PAUSE_SECONDS = 0.5
GIVE_UP_AFTER = 10
"""Instances in a row that could not be had since Orthanc does not answer, after which no more are tried."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_SERVER_ERROR = 500


class Wanted(NamedTuple):
    """An instance and where its file is to lie. size_bytes, md5: as stated, None where nobody knows."""

    orthanc_id: str
    paths: tuple[Path, ...]
    size_bytes: int | None
    md5: str | None


class Outcome(NamedTuple):
    """What became of an instance. size_bytes: downloaded. reason: why it failed, else ""."""

    wanted: Wanted
    what: Literal["kept", "fetched", "failed"]
    size_bytes: int = 0
    reason: str = ""
    unreachable: bool = False


class Fetcher:
    """Downloads with `jobs` connections to one Orthanc; in memory is a piece of each file."""

    def __init__(
        self, url: str, credentials: tuple[str, str] | None, jobs: int, timeout_seconds: float = 60.0
    ) -> None:
        self.url, self._jobs = url.rstrip("/"), jobs
        # Orthanc's certificate names the hospital, not the loopback address.
        verify = not url.startswith(("https://127.0.0.1", "https://localhost"))
        self._http = httpx.Client(
            base_url=self.url,
            auth=credentials,
            headers={"Accept-Encoding": "identity"},
            timeout=timeout_seconds,
            trust_env=False,
            verify=verify,
            limits=LIMITS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def fetch(self, wanted: Iterable[Wanted]) -> Iterator[Outcome]:
        """Yield what became of each instance, as they come.

        Raises OrthancUnavailable: many in a row found nobody. OSError: no space, or a read-only file system.
        """
        silent = 0
        for outcome in self._at_once(wanted):
            silent = silent + 1 if outcome.unreachable else 0
            if silent >= GIVE_UP_AFTER:
                raise OrthancUnavailable(
                    f"{self.url} does not answer any more ({outcome.reason}); run this again to go on"
                )
            yield outcome

    def _at_once(self, wanted: Iterable[Wanted]) -> Iterator[Outcome]:
        pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="fetch")
        waiting: set[Future[Outcome]] = set()
        try:
            for one in wanted:
                waiting.add(pool.submit(self._one, one))
                # A window, since a manifest may have millions of rows.
                if len(waiting) >= 2 * self._jobs:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, wanted: Wanted) -> Outcome:
        first, *others = wanted.paths
        try:
            first.parent.mkdir(parents=True, exist_ok=True)
            outcome = Outcome(wanted, "kept")
            if not intact(first, wanted):
                outcome = self._downloaded(wanted, first)
            if outcome.what != "failed":
                for other in others:
                    if not intact(other, wanted):
                        _same_file(first, other)
        except OSError as error:
            if error.errno in _FULL:
                raise
            return Outcome(wanted, "failed", 0, error.strerror or type(error).__name__)
        return outcome

    def _downloaded(self, wanted: Wanted, path: Path) -> Outcome:
        outcome = Outcome(wanted, "failed")
        for attempt in range(TRIES):
            time.sleep(attempt * PAUSE_SECONDS)
            outcome = self._attempt(wanted, path)
            if not outcome.unreachable:
                break
        return outcome

    def _attempt(self, wanted: Wanted, path: Path) -> Outcome:
        part = path.with_name(path.name + ".part")
        digest, size = md5(usedforsecurity=False), 0
        route = f"/instances/{quote(wanted.orthanc_id, safe='')}/file"
        try:
            with self._http.stream("GET", route) as answer:
                if answer.status_code != 200:
                    return _refused(wanted, answer.status_code)
                with part.open("wb") as file:
                    for piece in answer.iter_bytes():
                        file.write(piece)
                        digest.update(piece)
                        size += len(piece)
        except httpx.HTTPError as error:
            return Outcome(wanted, "failed", 0, str(error) or type(error).__name__, unreachable=True)
        other = wanted.md5 is not None and digest.hexdigest() != wanted.md5
        if other or wanted.size_bytes not in (None, size):
            part.unlink()
            return Outcome(
                wanted, "failed", 0, "Orthanc holds other bytes than were frozen: it was overwritten since"
            )
        part.replace(path)
        return Outcome(wanted, "fetched", size)


def intact(path: Path, wanted: Wanted) -> bool:
    """Whether a file is there with the size and MD5 that are stated."""
    try:
        if wanted.size_bytes not in (None, path.stat().st_size):
            return False
        if wanted.md5 is None:
            # Nothing but the size tells; without that either, whatever has the name was whole.
            return path.is_file()
        with path.open("rb") as file:
            return file_digest(file, lambda: md5(usedforsecurity=False)).hexdigest() == wanted.md5
    except FileNotFoundError:
        return False


def _refused(wanted: Wanted, status: int) -> Outcome:
    reason = {
        404: "Orthanc does not hold it any more",
        401: "Orthanc wants credentials",
        403: "Orthanc refuses it",
    }
    told = reason.get(status, f"Orthanc answered {status}")
    return Outcome(wanted, "failed", 0, told, unreachable=status >= _SERVER_ERROR)


def _same_file(source: Path, target: Path) -> None:
    """Put a file at a second place too: by a link, where the file system has links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with suppress(FileNotFoundError):
        part.unlink()
    try:
        os.link(source, part)
    except OSError:
        shutil.copyfile(source, part)
    part.replace(target)
