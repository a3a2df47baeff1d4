"""How much a request may take: bytes of body, requests at once, and time, while its caller waits for it.

Knows no routes. Time runs on the event loop, work on a bounded number of threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Protocol, TypeVar

import duckdb
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request
from starlette.exceptions import HTTPException

from orthanc_cohorts.api.problems import BodyTooLarge, CallerGone, OutOfTime
from orthanc_cohorts.errors import IndexBusy

Result = TypeVar("Result")
_AGAIN_SECONDS = 0.1


class Interruptible(Protocol):
    """A DuckDB cursor, as far as it can be stopped from another thread."""

    def interrupt(self) -> None:
        """Make the running statement raise duckdb.InterruptException."""


class Deadline:
    """The time of one request, and whether its caller still waits.

    Once either is over, the running statement is interrupted and no other starts.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._over: type[Exception] | None = None
        self._cursor: Interruptible | None = None
        self._lock = Lock()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(seconds, self._stop, OutOfTime)

    def check(self) -> None:
        """Raise OutOfTime if the time is over, CallerGone if nobody waits any more."""
        if self._over is CallerGone:
            raise CallerGone("nobody waits for the answer any more")
        if self._over is not None:
            raise OutOfTime(f"not answered within {self._seconds:g} s; ask for less, or raise the time limit")

    @contextmanager
    def watching(self, cursor: Interruptible) -> Iterator[None]:
        """Interrupt this cursor when the time is over or the caller gone. Raises OutOfTime, CallerGone."""
        self.check()
        with self._lock:
            self._cursor = cursor
        try:
            yield
        except duckdb.InterruptException:
            self.check()
            raise
        finally:
            with self._lock:
                self._cursor = None

    def close(self) -> None:
        """Stop the clock; on the event loop."""
        self._timer.cancel()

    def abandon(self) -> None:
        """End the work, since its caller is gone; on the event loop."""
        self._timer.cancel()
        self._stop(CallerGone)

    def _stop(self, why: type[Exception]) -> None:
        self._over = why
        with self._lock:
            if self._cursor is not None:
                self._cursor.interrupt()
        # An interrupt between two statements is lost: ask again until the request has ended.
        self._timer = self._loop.call_later(_AGAIN_SECONDS, self._stop, why)


class Limits:
    """The limits of one application."""

    def __init__(self, seconds: float, requests: int, threads: int, body_bytes: int) -> None:
        self._seconds = seconds
        self._requests = requests
        self._body_bytes = body_bytes
        self._running = 0
        self._threads = threads
        self._limiter: CapacityLimiter | None = None

    @property
    def running(self) -> int:
        """How many requests run or wait for a thread."""
        return self._running

    async def run(self, work: Callable[[Deadline], Result], request: Request) -> Result:
        """Return what `work` returns, on a thread, as long as who sent the request stays connected.

        request: its body has been read, or is not wanted.
        Raises IndexBusy: too many requests at once. OutOfTime: it took too long. CallerGone: it hung up.
        """
        if self._running >= self._requests:
            raise IndexBusy(f"{self._requests} requests are being answered already; try again")
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._threads)
        self._running += 1
        deadline = Deadline(self._seconds)
        watch = asyncio.create_task(_abandoned(request, deadline))
        try:
            return await run_sync(work, deadline, limiter=self._limiter)
        finally:
            watch.cancel()
            deadline.close()
            self._running -= 1

    async def stream(
        self, work: Callable[[Deadline], Generator[Result, None, None]]
    ) -> AsyncGenerator[Result, None]:
        """Yield what `work` yields, each item made on a thread; the time counts for all of them together.

        Whoever iterates closes it (`aclose`), which closes the work, wherever it stands. Raises as `run`.
        """
        if self._running >= self._requests:
            raise IndexBusy(f"{self._requests} requests are being answered already; try again")
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._threads)
        self._running += 1
        deadline = Deadline(self._seconds)
        items = work(deadline)
        try:
            while True:
                # Not abandoned when the client goes away: the thread ends its item before the work is closed.
                some = await run_sync(_next, items, limiter=self._limiter)
                if not some:
                    return
                yield some[0]
        finally:
            items.close()
            deadline.close()
            self._running -= 1

    async def body(self, request: Request) -> bytes:
        """Return the body of a request.

        Raises BodyTooLarge: as soon as it is known to be, without reading the rest.
        """
        stated = request.headers.get("content-length", "0")
        parts: list[bytes] = []
        size = int(stated) if stated.isdigit() else 0
        if size <= self._body_bytes:
            size = 0
            async for part in request.stream():
                size += len(part)
                if size > self._body_bytes:
                    break
                parts.append(part)
        if size > self._body_bytes:
            raise BodyTooLarge(
                f"a body takes at most {self._body_bytes} bytes; put long lists into several clauses"
            )
        return b"".join(parts)


def _next(items: Generator[Result, None, None]) -> tuple[Result, ...]:
    """Return the next item alone, nothing at the end: StopIteration cannot pass through a coroutine."""
    for item in items:
        return (item,)
    return ()


def json_sent(request: Request) -> None:
    """Raise 415 unless the body is said to be JSON, which no form of another site can do without asking."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "send Content-Type: application/json; this route changes something")


async def _abandoned(request: Request, deadline: Deadline) -> None:
    # A server has nothing else to say of a request whose body is over. What is left of one comes first.
    while (await request.receive())["type"] != "http.disconnect":
        pass
    deadline.abandon()
