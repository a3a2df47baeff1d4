"""Rows in the format that a caller wants: JSON, NDJSON, CSV, an Arrow stream or Parquet (RFC 9110 12.5.1).

Knows Arrow tables and media types; neither routes nor what the rows mean.
"""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from orthanc_cohorts.api.answering import CALLER

FormatName = Literal["json", "ndjson", "csv", "arrow", "parquet"]
_BATCH_ROWS = 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_FACT = "X-Cohorts-"


@dataclass(frozen=True, slots=True)
class Format:
    """A form that rows can take. media_type: as it is asked for; parameters: what an answer adds to it."""

    name: FormatName
    media_type: str
    suffix: str
    parameters: str = ""


JSON = Format("json", "application/json", "json")
NDJSON = Format("ndjson", "application/x-ndjson", "ndjson")
CSV = Format("csv", "text/csv", "csv", "; charset=utf-8; header=present")
ARROW = Format("arrow", "application/vnd.apache.arrow.stream", "arrows")
PARQUET = Format("parquet", "application/vnd.apache.parquet", "parquet")
FORMATS = (JSON, NDJSON, CSV, ARROW, PARQUET)
"""In the order in which a caller without preference gets them."""


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


def rendered(
    format: Format, table: pa.Table, facts: Mapping[str, str | int | None], *, name: str, etag: str
) -> Response:
    """Return a response with the rows of a table; on a thread, it may be work.

    facts: what belongs to the answer as a whole (count, generation, ...); None where there is none. In JSON
    they stand beside `rows`, in Arrow and Parquet in the metadata of the schema, and always in headers
    `X-Cohorts-*`. name: of the file that a browser saves.
    """
    known = {key: value for key, value in facts.items() if value is not None}
    described = table.replace_schema_metadata({key: str(value) for key, value in known.items()})
    headers = {
        **CALLER,
        "vary": "accept",
        "etag": f'"{etag}-{format.name}"',
        **{f"{_FACT}{key.title()}": str(value) for key, value in known.items()},
    }
    if format is not JSON:
        headers["content-disposition"] = f'attachment; filename="{name}.{format.suffix}"'
    body = _document(table, facts) if format is JSON else _WRITERS[format.name](described)
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


def _document(table: pa.Table, facts: Mapping[str, str | int | None]) -> bytes:
    return orjson.dumps({**facts, "rows": list(_rows(table))}, default=_plain)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        yield from batch.to_pylist()


def _ndjson(table: pa.Table) -> bytes:
    return b"".join(
        orjson.dumps(row, default=_plain, option=orjson.OPT_APPEND_NEWLINE) for row in _rows(table)
    )


def _csv(table: pa.Table) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(_cell, table.column_names))
    for row in _rows(table):
        writer.writerow([_cell(value) for value in row.values()])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return what a cell holds; what a spreadsheet would run as a formula begins with an apostrophe."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return value
    # Lists and records as JSON, dates and truth values as JSON writes them.
    text = orjson.dumps(value, default=_plain).decode()
    return text if isinstance(value, list | dict) else text.strip('"')


def _plain(value: Any) -> Any:
    """Return what JSON can hold for what Arrow can and JSON cannot."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


_WRITERS: dict[FormatName, Callable[[pa.Table], bytes]] = {
    "ndjson": _ndjson,
    "csv": _csv,
    "arrow": _arrow,
    "parquet": _parquet,
}
