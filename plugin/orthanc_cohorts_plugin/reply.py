"""Answers to HTTP requests in the two forms that Orthanc's Python plugin had.

Knows nothing of what is answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orthanc_cohorts_plugin.host import RestOutput

PROBLEM = "application/problem+json"

# Orthanc drops the connection on a status outside its enumeration, for example 429 (measured on 1.10.1).
STATUSES = frozenset(
    [*range(200, 207), *range(300, 305), 307, *range(400, 418), 422, 423, 424, 426, *range(500, 506), 507]
)


def send(
    output: RestOutput, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> None:
    """Answer with a status, a body and headers.

    Headers whose value is not plain printable ASCII are left out: Orthanc passes CR and LF through.
    An unknown status becomes 502. A body of another status than 200 must be UTF-8 text.
    """
    for name, value in (headers or {}).items():
        if value.isascii() and value.isprintable():
            output.SetHttpHeader(name, value)
    if status not in STATUSES:
        status, content_type = 502, PROBLEM
        body = _problem(502, "The sidecar answered with a status that Orthanc cannot pass on.")
    if status == 200:
        output.AnswerBuffer(body, content_type)
        return
    output.SetHttpHeader("Content-Type", content_type)
    # The form with three arguments takes a C string: text without NUL, and its length in bytes.
    text = body.decode("utf-8", "replace").replace("\0", "")
    try:
        output.SendHttpStatus(status, text, len(text.encode("utf-8")))
    except TypeError:
        output.SendHttpStatus(status, text.encode("utf-8"))


def problem(output: RestOutput, status: int, detail: str, retry_after: int | None = None) -> None:
    """Answer with an error as problem details (RFC 9457); retry_after in seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    send(output, status, _problem(status, detail), PROBLEM, headers)


def answer_json(output: RestOutput, value: Any, status: int = 200) -> None:
    """Answer with a JSON document."""
    send(output, status, json.dumps(value, indent=1).encode("ascii"), "application/json")


def _problem(status: int, detail: str) -> bytes:
    titles = {400: "Bad Request", 403: "Forbidden", 413: "Content Too Large", 502: "Bad Gateway"}
    titles |= {503: "Service Unavailable", 504: "Gateway Timeout"}
    document = {"type": "about:blank", "title": titles[status], "status": status, "detail": detail}
    return json.dumps(document).encode("ascii")
