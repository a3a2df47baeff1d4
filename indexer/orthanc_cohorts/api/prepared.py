"""Snapshots for questions while objects arrive: of the last generation that is prepared for them.

After each transaction a thread brings up to date what questions need of any generation, on snapshots that
they take over then. Until it is done, they are answered on the generation before; nobody is answered on an
older one than anybody was told of, nor on one that has been outdated for long. Knows no cohorts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from orthanc_cohorts.cohort import Snapshot

LOG = logging.getLogger(__name__)
MOST_BEHIND_SECONDS = 1.0
"""For how long a generation is asked once there is another."""
LATELY_SECONDS = 60.0
"""For how long after a question generations are prepared for the next."""
REST_SECONDS = 2.0
"""Once nothing has come for so long, no snapshot is kept open."""


class Followed(Protocol):
    """The index, as far as it is needed here."""

    def read(self) -> AbstractContextManager[Snapshot]:
        """Open the newest generation for reading; never waits for the writer."""

    def follow(self, committed: Callable[[int], None], release: Callable[[], None]) -> None:
        """Have these called by the writer; see `store.Index.follow`."""


@dataclass(slots=True)
class _Open:
    """A snapshot that is held open."""

    snapshot: Snapshot
    opened: ExitStack

    def close(self) -> None:
        self.opened.close()


@dataclass(slots=True)
class _View:
    """A generation that is prepared, and snapshots of it that nobody uses at the moment."""

    generation: int
    free: list[_Open] = field(default_factory=list)


class Prepared:
    """Reads an index as `read` of the index does. Safe among threads; start it once, and stop it."""

    def __init__(self, index: Followed, readers: int) -> None:
        """readers: how many may ask at once without opening a snapshot of their own."""
        self._index = index
        self._readers = readers
        self._prepare: Callable[[Snapshot], None] = lambda snapshot: None
        self._lock = threading.Lock()
        self._view: _View | None = None
        self._newest = self._told = -1
        self._outdated = 0.0
        self._asked = -LATELY_SECONDS
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prepare", daemon=True)

    def start(self, prepare: Callable[[Snapshot], None]) -> None:
        """Prepare each generation from now on, while questions are asked.

        prepare: reads ahead what questions on a snapshot will need.
        """
        self._prepare = prepare
        self._index.follow(self._committed, self._release)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close what is held open; before the index is closed."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._show(None)

    @property
    def ready(self) -> int:
        """The generation that is prepared, -1 while there is none."""
        view = self._view
        return -1 if view is None else view.generation

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        """Give a snapshot for the length of the block. Raises what the index does."""
        taken = self._take()
        if taken is None:
            with self._index.read() as snapshot:
                self._tell(snapshot.generation)
                yield snapshot
            return
        view, held = taken
        try:
            yield held.snapshot
        except BaseException:
            # A statement that failed, or was interrupted, has ended its transaction.
            held.close()
            raise
        with self._lock:
            kept = self._view is view
            if kept:
                view.free.append(held)
        if not kept:
            held.close()

    @contextmanager
    def newest(self) -> Iterator[Snapshot]:
        """Give a snapshot of the newest generation; whoever asks afterwards is answered on no older one."""
        with self._index.read() as snapshot:
            self._tell(snapshot.generation)
            yield snapshot

    def _take(self) -> tuple[_View, _Open] | None:
        with self._lock:
            now, view = monotonic(), self._view
            self._asked = now
            if view is None or not view.free or view.generation < self._told:
                return None
            if view.generation < self._newest and now - self._outdated > MOST_BEHIND_SECONDS:
                return None
            self._told = view.generation
            return view, view.free.pop()

    def _tell(self, generation: int) -> None:
        with self._lock:
            self._told = max(self._told, generation)

    def _committed(self, generation: int) -> None:
        """Note that there is another generation; called by the writer, so that nothing is done here."""
        with self._lock:
            if self._view is None or self._view.generation == self._newest:
                self._outdated = monotonic()
            self._newest = generation
        self._wake.set()

    def _release(self) -> None:
        """Let go of all snapshots, as far as nobody uses them; called by the writer."""
        self._show(None)

    def _show(self, view: _View | None) -> None:
        with self._lock:
            before, self._view = self._view, view
            if view is not None and view.generation < self._newest:
                self._outdated = monotonic()
        for held in before.free if before is not None else ():
            held.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            came = self._wake.wait(REST_SECONDS)
            self._wake.clear()
            if self._stop.is_set():
                return
            if not came or monotonic() - self._asked > LATELY_SECONDS:
                self._show(None)
                continue
            try:
                self._show(self._prepared())
            except Exception:
                # Questions then do for themselves what would have been prepared.
                LOG.exception("a generation could not be prepared for questions")
                self._show(None)

    def _prepared(self) -> _View:
        view = self._opened()
        try:
            self._prepare(view.free[0].snapshot)
        except BaseException:
            for held in view.free:
                held.close()
            raise
        return view

    def _opened(self) -> _View:
        """Open snapshots, all of one generation."""
        held: list[_Open] = []
        try:
            while len(held) < self._readers:
                with ExitStack() as stack:
                    snapshot = stack.enter_context(self._index.read())
                    if held and _state(snapshot) != _state(held[0].snapshot):
                        while held:
                            held.pop().close()
                    held.append(_Open(snapshot, stack.pop_all()))
        except BaseException:
            for one in held:
                one.close()
            raise
        return _View(held[0].snapshot.generation, held)


def _state(snapshot: Snapshot) -> tuple[int, int | None]:
    return snapshot.generation, snapshot.arrangement
