"""Sending files to an Orthanc by POST /instances, several at once, each worker on one connection.

Knows what Orthanc says of a file; nothing of what the files are.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from orthanc_cohorts.cli.connection import Credentials
from orthanc_cohorts.cli.terminal import Advance

WORKERS = 4
POLL_SECONDS = 0.1


@dataclass(slots=True)
class Outcome:
    """What became of the files. already: Orthanc held the same object before, and kept it."""

    stored: int = 0
    already: int = 0
    refused: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Files that were sent or refused so far."""
        return self.stored + self.already + len(self.refused)


def upload(
    url: str, credentials: Credentials, files: list[Path], advance: Advance, check: Callable[[], None]
) -> Outcome:
    """Send every file and return what became of each; a refused file stops nothing.

    check: called now and then; what it raises ends the upload.
    """
    outcome = Outcome()
    waiting = iter(files)
    lock, stop = threading.Lock(), threading.Event()

    def work() -> None:
        with httpx.Client(base_url=url, auth=credentials, timeout=600.0, trust_env=False) as http:
            while not stop.is_set():
                with lock:
                    path = next(waiting, None)
                if path is None:
                    return
                status, reason = send(http, path)
                with lock:
                    if reason:
                        outcome.refused.append((path, reason))
                    elif status == "AlreadyStored":
                        outcome.already += 1
                    else:
                        outcome.stored += 1

    workers = [
        threading.Thread(target=work, name=f"upload-{number}", daemon=True) for number in range(WORKERS)
    ]
    try:
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers):
            check()
            advance(outcome.done, len(files))
            time.sleep(POLL_SECONDS)
    finally:
        stop.set()
    advance(outcome.done, len(files))
    outcome.refused.sort()
    return outcome


def send(http: httpx.Client, path: Path) -> tuple[str, str]:
    """Send one file; return (Orthanc's status, "") or ("", why not)."""
    try:
        with path.open("rb") as file:
            # The open file, not its bytes: httpx then sends it in pieces, whatever its size.
            answer = http.post("/instances", content=file)
    except OSError as error:
        return "", error.strerror or str(error)
    except httpx.HTTPError as error:
        return "", f"the connection broke: {type(error).__name__}"
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.status_code != 200:
        reason = said.get("Details") or said.get("Message") if isinstance(said, dict) else None
        return "", str(reason or f"Orthanc answered {answer.status_code}")
    # A ZIP file is answered with a list, one entry for each file in it.
    return (str(said.get("Status", "")) if isinstance(said, dict) else "Success"), ""
