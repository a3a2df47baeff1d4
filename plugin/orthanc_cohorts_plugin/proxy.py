"""The routes below /cohorts: checked, forwarded to the sidecar, answered.

Runs on Orthanc's HTTP threads, whose stack is small: parses nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from orthanc_cohorts.config import Settings
from orthanc_cohorts.model.callers import ROLE_HEADER, USER_HEADER
from orthanc_cohorts_plugin.client import Answer, AnswerTooLarge, Client, SidecarDown, SidecarSlow
from orthanc_cohorts_plugin.guard import nested_deeper_than
from orthanc_cohorts_plugin.host import RestOutput
from orthanc_cohorts_plugin.identity import Callers
from orthanc_cohorts_plugin.reply import problem, send

_REQUEST_HEADERS = ("Content-Type", "Accept", "If-None-Match", "If-Match")
_ANSWER_HEADERS = (
    "ETag",
    "Cache-Control",
    "Content-Disposition",
    "Content-Security-Policy",
    "Referrer-Policy",
    "Retry-After",
    "Vary",
    "X-Content-Type-Options",
    "X-Cohorts-Count",
    "X-Cohorts-Generation",
    "X-Cohorts-Gone",
    "X-Cohorts-Hash",
    "X-Cohorts-Next",
)


class Proxy:
    """Forwards requests, at most `MaxRequests` at once."""

    def __init__(
        self, settings: Settings, client: Client, callers: Callers, why_down: Callable[[], str]
    ) -> None:
        """why_down: says why the sidecar does not answer, for the error that a client sees."""
        self._settings = settings
        self._client = client
        self._callers = callers
        self._why_down = why_down
        self._slots = threading.BoundedSemaphore(settings["MaxRequests"])

    def __call__(self, output: RestOutput, uri: str, **request: Any) -> None:
        """Answer one request; the signature is the one of Orthanc's REST callbacks."""
        body = request.get("body")
        refusal = self._refusal(body or b"")
        if refusal is not None:
            problem(output, *refusal)
            return
        if not self._slots.acquire(blocking=False):
            problem(output, 503, "Too many requests are being answered; try again.", retry_after=1)
            return
        try:
            self._forward(output, uri, request, body)
        finally:
            self._slots.release()

    def _refusal(self, body: bytes) -> tuple[int, str] | None:
        if self._callers.refusal is not None:
            return 403, self._callers.refusal
        limit, nesting = self._settings["MaxBodyBytes"], self._settings["MaxBodyNesting"]
        if len(body) > limit:
            return 413, f"The body has {len(body)} bytes, at most {limit} are taken (Cohorts.MaxBodyBytes)."
        if nested_deeper_than(body, nesting):
            return 400, f"The body nests deeper than {nesting} levels (Cohorts.MaxBodyNesting)."
        return None

    def _forward(self, output: RestOutput, uri: str, request: dict[str, Any], body: bytes | None) -> None:
        seconds = self._settings["RequestTimeoutSeconds"]
        headers = self._headers(request["headers"])
        if request["method"] in ("POST", "PUT") and body is None:
            body = b""
        try:
            answer = self._client.request(
                request["method"], target(uri, request.get("get") or {}), headers, body, seconds
            )
        except SidecarSlow:
            problem(output, 504, f"No answer within {seconds} s (Cohorts.RequestTimeoutSeconds).")
        except SidecarDown:
            problem(output, 503, self._why_down(), retry_after=2)
        except AnswerTooLarge as error:
            problem(output, 502, f"{error}; ask for less, or read the lake.")
        else:
            _pass_on(output, answer)

    def _headers(self, sent: dict[str, str]) -> dict[str, str]:
        headers = {}
        for name in _REQUEST_HEADERS:
            value = sent.get(name.lower())
            if value is not None and value.isascii() and value.isprintable():
                headers[name] = value
        # These two are ours alone: what a client sends under the same names is never among _REQUEST_HEADERS.
        caller = self._callers.caller(sent)
        headers[ROLE_HEADER] = caller.role
        if caller.name is not None:
            headers[USER_HEADER] = caller.name
        return headers


def target(uri: str, query: dict[str, str]) -> str:
    """Return the request target for the sidecar.

    uri: decoded, without trailing slash; the core strips it, so that the page's own address is restored.
    query: values come undecoded on 1.10.1 (measured) and decoded by the sources of other versions; a
    percent sign with two hexadecimal digits is taken for an encoded character in both.
    """
    path = "/cohorts/" if uri.rstrip("/") == "/cohorts" else quote(uri, safe="/:|,~")
    pairs = [f"{_encoded(name)}={_encoded(value)}" for name, value in query.items()]
    return path + ("?" + "&".join(pairs) if pairs else "")


def _encoded(text: str) -> str:
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(text, safe="%+:|,~/"))


def _pass_on(output: RestOutput, answer: Answer) -> None:
    sent = answer.headers
    headers = {name: sent[name.lower()] for name in _ANSWER_HEADERS if name.lower() in sent}
    content_type = sent.get("content-type", "application/octet-stream")
    if not (content_type.isascii() and content_type.isprintable()):
        content_type = "application/octet-stream"
    send(output, answer.status, answer.body, content_type, headers)
