"""Rows in the format that a caller wants: JSON, NDJSON, CSV, an Arrow stream or Parquet (RFC 9110 12.5.1).

Knows media types and headers; neither routes nor what the rows mean. How a format is written is in `writing`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from orthanc_cohorts.api.answering import CALLER
from orthanc_cohorts.formats import ARROW, FORMATS, JSON, PARQUET, Format, FormatName
from orthanc_cohorts.writing import Facts, written

_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_FACT = "X-Cohorts-"


def chosen(
    accept: str | None, named: FormatName | None = None, offered: Sequence[Format] = FORMATS
) -> Format:
    """Return the format to answer in.

    accept: the Accept header; none accepts everything. named: `format` of the body, which is stronger, since
    some clients of Orthanc cannot set headers. Highest q first, then the most specific range, then the
    first in the header; one that accepts everything gets the first of `offered`.
    Raises HTTPException: 406, with what there is.
    """
    if named is not None:
        accept = next((format.media_type for format in FORMATS if format.name == named), named)
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",")]
    best: tuple[tuple[float, int, int], Format] | None = None
    for format in offered:
        weight = _weight(ranges, format.media_type)
        if weight is not None and weight[0] > 0 and (best is None or weight > best[0]):
            best = (weight, format)
    if best is None:
        known = ", ".join(format.media_type for format in offered)
        raise HTTPException(406, f"this route answers {known}; accept one of them")
    return best[1]


def json_accepted(request: Request) -> None:
    """Raise 406 when the caller does not accept JSON: for routes that answer nothing else."""
    chosen(request.headers.get("accept"), offered=(JSON,))


def rendered(format: Format, table: pa.Table, facts: Facts, *, name: str, etag: str) -> Response:
    """Return a response with the rows of a table; on a thread, it may be work. name, etag: as for `sent`.

    facts: they stand in JSON beside `rows`, in Arrow and Parquet in the metadata, and always in headers.
    """
    body = b"".join(written(format.name, table, facts))
    return sent(format, body, facts, name=name, etag=etag)


def sent(format: Format, body: bytes, facts: Facts, *, name: str, etag: str) -> Response:
    """Return a response with rows that are written already.

    facts: in headers `X-Cohorts-*`. name: of the file that a browser saves.
    """
    headers = {
        **CALLER,
        "vary": "accept",
        "etag": f'"{etag}-{format.name}"',
        **{f"{_FACT}{key.title()}": str(value) for key, value in facts.items() if value is not None},
    }
    if format is not JSON:
        headers["content-disposition"] = f'attachment; filename="{name}.{format.suffix}"'
    # Without the class's own charset: only CSV has one.
    return Response(body, headers={**headers, "content-type": format.media_type + format.parameters})


def documented(*formats: Format) -> dict[str, Any]:
    """Return what the OpenAPI document says of an answer in these formats, beside JSON."""
    binary: dict[str, Any] = {}
    text = {"schema": {"type": "string"}}
    return {
        format.media_type: binary if format in (ARROW, PARQUET) else text
        for format in formats
        if format is not JSON
    }


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (word.strip().lower() for word in part.split(";"))
    for parameter in parameters:
        key, _, value = (word.strip() for word in parameter.partition("="))
        if key == "q" and _QUALITY.fullmatch(value):
            return kind, float(value)
    return kind, 1.0


def _weight(ranges: Sequence[tuple[str, float]], media_type: str) -> tuple[float, int, int] | None:
    """Return (q, how specific, minus the place in the header) by the most specific range that fits."""
    of_type = media_type.partition("/")[0] + "/*"
    for specific, wanted in ((2, media_type), (1, of_type), (0, "*/*")):
        for place, (kind, quality) in enumerate(ranges):
            if kind == wanted:
                return quality, specific, -place
    return None
