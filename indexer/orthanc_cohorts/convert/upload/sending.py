"""The work of an upload: one thread asks what is there, others send, each over one connection.

Knows threads, patience and when to give up; nothing of protocols.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from orthanc_cohorts.convert.upload.files import named
from orthanc_cohorts.convert.upload.outcome import Outcome
from orthanc_cohorts.convert.upload.rest import Rest
from orthanc_cohorts.convert.upload.stow import Stow
from orthanc_cohorts.convert.upload.target import Broken, Connection, Refused, Target
from orthanc_cohorts.convert.upload.way import Sent, Unreadable, Way

JOBS = 4
PATIENCE_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How long is waited before each further try of a file."""
POLL_SECONDS = 0.1
_AHEAD = 256
"""Files that are known to be missing, and wait for a thread."""
Advance = Callable[[int, int], None]


class Upload:
    """An upload of files. It stores what is missing: interrupted and run again, it goes on where it stopped.

    Orthanc itself is asked what it holds, since no record beside the files knows of deletions, of other
    machines, or of another Orthanc. jobs: files that are sent at once. again: send what is there too, for
    files that were changed under their old UID; what Orthanc does then is its option OverwriteInstances.
    """

    def __init__(
        self,
        target: Target,
        files: Sequence[Path],
        jobs: int = JOBS,
        again: bool = False,
        patience_seconds: Sequence[float] = PATIENCE_SECONDS,
    ) -> None:
        """Raises ConfigurationError: the address of the target is none."""
        self._target, self._files, self._again, self._patience = target, files, again, patience_seconds
        self._way: Way = Rest() if target.dicomweb is None else Stow(target.dicomweb)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._missing: queue.Queue[Path | None] = queue.Queue(_AHEAD)
        self._jobs = jobs
        self._settled: set[Path] = set()
        self.outcome = Outcome()
        Connection(target).close()

    def check(self) -> None:
        """Look whether anybody is there. Raises Refused: nobody, or not for this user."""
        connection = Connection(self._target)
        try:
            if not self._way.is_there(connection):
                raise Refused(f"{self._target.url}: it does not answer as Orthanc does")
        except Broken as error:
            raise Refused(f"{self._target.url} does not answer ({error}): is Orthanc running?") from error
        except Refused as error:
            raise Refused(f"{self._target.url}: {error}") from error
        finally:
            connection.close()

    def run(self, advance: Advance, check: Callable[[], None] = lambda: None) -> Outcome:
        """Send, and return what became of every file; a file that is refused stops nothing.

        check: called now and then; what it raises ends the upload, as an interrupt does. `outcome` then
        says how far it came.
        """
        threads = [threading.Thread(target=self._ask, name="upload-ask", daemon=True)]
        threads += [
            threading.Thread(target=self._send, name=f"upload-{number}", daemon=True)
            for number in range(self._jobs)
        ]
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                check()
                advance(self.outcome.done, len(self._files))
                time.sleep(POLL_SECONDS)
        except BaseException:
            self._end("interrupted")
            raise
        finally:
            self._stop.set()
            self._finish(threads)
        advance(self.outcome.done, len(self._files))
        return self.outcome

    def _finish(self, threads: Iterable[threading.Thread]) -> None:
        """Wait for what is on its way, and note what was not sent."""
        for thread in threads:
            thread.join(5.0)
        with self._lock:
            self.outcome.refused.sort()
            self.outcome.unsent = [path for path in self._files if path not in self._settled]

    def _end(self, why: str) -> None:
        with self._lock:
            self.outcome.ended = self.outcome.ended or why
        self._stop.set()

    def _settle(self, path: Path, sent: Sent) -> None:
        with self._lock:
            self._settled.add(path)
            if sent.became == "refused":
                self.outcome.refused.append((path, sent.refusal))
            elif sent.became == "already":
                self.outcome.already += 1
            else:
                self.outcome.stored += 1

    # --- asking

    def _ask(self) -> None:
        """Hand on the files that are missing."""
        connection = Connection(self._target)
        try:
            for at in range(0, len(self._files), self._way.batch):
                some = self._files[at : at + self._way.batch]
                held = set() if self._again else self._held(connection, some)
                for path in some:
                    if path in held:
                        self._settle(path, Sent("already"))
                    elif not self._put(path):
                        return
        finally:
            connection.close()
            for _ in range(self._jobs):
                self._put(None)

    def _held(self, connection: Connection, some: Sequence[Path]) -> set[Path]:
        known = [one for one in map(named, some) if one is not None]
        try:
            return self._way.held(connection, known)
        except (Broken, Refused):
            return set()  # those who send meet the same, and say so

    def _put(self, path: Path | None) -> bool:
        while not self._stop.is_set():
            try:
                self._missing.put(path, timeout=POLL_SECONDS)
                return True
            except queue.Full:
                continue
        return False

    # --- sending

    def _send(self) -> None:
        connection = Connection(self._target)
        try:
            while not self._stop.is_set():
                try:
                    path = self._missing.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                if path is None:
                    return
                sent = self._tried(connection, path)
                if sent is not None:
                    self._settle(path, sent)
        finally:
            connection.close()

    def _tried(self, connection: Connection, path: Path) -> Sent | None:
        """Send a file, again and again while that may help; None: the upload has ended."""
        why = ""
        for wait in (0.0, *self._patience):
            if self._stop.wait(wait):
                return None
            try:
                sent = self._way.send(connection, path)
            except Unreadable as error:
                return Sent("refused", str(error))
            except Refused as error:
                self._end(str(error))
                return None
            except Broken as error:
                why = f"the connection broke each time ({error})"
                continue
            if not sent.again:
                return sent
            why = sent.refusal
        return self._given_up(connection, why)

    def _given_up(self, connection: Connection, why: str) -> Sent | None:
        """Tell a file that breaks connections from an Orthanc that is gone."""
        try:
            if self._way.is_there(connection):
                return Sent("refused", why)
        except (Broken, Refused):
            pass
        self._end(f"{self._target.url} no longer answers")
        return None
