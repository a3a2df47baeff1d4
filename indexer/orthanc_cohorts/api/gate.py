"""What every request passes: whether its caller may ask, and that its answer is in the audit log.

Knows no routes of its own and no answers; it stands before the application, and counts what passes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import perf_counter

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orthanc_cohorts.api.access import Access, Caller, access, caller, refusal
from orthanc_cohorts.api.audit import AuditLog, Entry
from orthanc_cohorts.api.metrics import Requests
from orthanc_cohorts.api.problems import problem

LOG = logging.getLogger("orthanc_cohorts")
_FACTS = "orthanc_cohorts.facts"


@dataclass(slots=True)
class Facts:
    """What a route tells the audit log of its answer, before it sends the first byte."""

    hash: str | None = None
    count: int | None = None


def note(request: Request, hash: str | None = None, count: int | None = None) -> None:
    """Tell the audit log which definition was answered, and the count or how many rows are handed out."""
    facts: Facts = request.scope[_FACTS]
    facts.hash, facts.count = hash, count


class Gate:
    """An ASGI middleware."""

    def __init__(self, app: ASGIApp, audit: AuditLog | None, requests: Requests) -> None:
        """audit: None for no log. requests: where each is counted."""
        self._app = app
        self._audit = audit
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, row, who, facts = (
            perf_counter(),
            access(scope["path"], scope["method"]),
            caller(scope["headers"]),
            Facts(),
        )
        scope[_FACTS] = facts
        answered = lost = False

        async def audited(message: Message) -> None:
            nonlocal answered, lost
            if message["type"] == "http.response.start":
                answered = True
                lost = not self._written(row, who, facts, message["status"], began)
                self._requests.took(row.path, 503 if lost else message["status"], perf_counter() - began)
                if lost:
                    unaudited = problem(503, "the audit log cannot be written; see the log of the sidecar")
                    await unaudited(scope, receive, send)
            if not lost:
                await send(message)

        if not who.may(row):
            await problem(403, refusal(who, row))(scope, receive, audited)
            return
        try:
            await self._app(scope, receive, audited)
        except Exception:
            # Answered with 500 further out.
            if not answered:
                self._written(row, who, facts, 500, began)
                self._requests.took(row.path, 500, perf_counter() - began)
            raise

    def _written(self, row: Access, who: Caller, facts: Facts, status: int, began: float) -> bool:
        """Whether an answer may go out: its line is in the log, or it needs none."""
        if self._audit is None or not row.audited:
            return True
        elapsed_ms = round((perf_counter() - began) * 1000, 3)
        try:
            self._audit.write(
                Entry(who.name, who.role, row.path, facts.hash, status, facts.count, elapsed_ms)
            )
        except OSError as error:
            LOG.error("the audit log cannot be written: %s", error)
            return False
        return True
