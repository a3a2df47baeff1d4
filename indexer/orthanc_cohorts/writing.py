"""Rows written as JSON, NDJSON, CSV, an Arrow stream or Parquet, piece by piece.

Knows Arrow tables; neither HTTP nor what the rows mean.
"""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from orthanc_cohorts.formats import FormatName

Facts = Mapping[str, Any]
"""What belongs to an answer as a whole (count, generation, ...); None where there is none."""
_BATCH_ROWS = 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def written(format: FormatName, table: pa.Table, facts: Facts) -> Iterator[bytes]:
    """Yield the rows of a table in a format, piece by piece; all pieces together are one answer.

    facts: in JSON they stand beside `rows`, in Arrow and Parquet in the metadata of the schema; NDJSON and
    CSV have no place for them. Raises what pyarrow and orjson raise of values that a format cannot hold.
    """
    return _WRITERS[format](table, facts)


def _json(table: pa.Table, facts: Facts) -> Iterator[bytes]:
    head = orjson.dumps(dict(facts), default=_plain)[:-1]
    yield head + (b',"rows":[' if facts else b'"rows":[')
    for number, row in enumerate(_rows(table)):
        yield (b"," if number else b"") + orjson.dumps(row, default=_plain)
    yield b"]}"


def _ndjson(table: pa.Table, facts: Facts) -> Iterator[bytes]:
    for row in _rows(table):
        yield orjson.dumps(row, default=_plain, option=orjson.OPT_APPEND_NEWLINE)


def _csv(table: pa.Table, facts: Facts) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(_cell, table.column_names))
    for row in _rows(table):
        yield _taken(text)
        writer.writerow([_cell(value) for value in row.values()])
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    """Return what was written since the last call."""
    content = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return content


def _arrow(table: pa.Table, facts: Facts) -> Iterator[bytes]:
    described = _described(table, facts)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, described.schema) as writer:
        writer.write_table(described)
    yield sink.getvalue().to_pybytes()


def _parquet(table: pa.Table, facts: Facts) -> Iterator[bytes]:
    sink = pa.BufferOutputStream()
    pq.write_table(_described(table, facts), sink, compression="zstd")
    yield sink.getvalue().to_pybytes()


def _described(table: pa.Table, facts: Facts) -> pa.Table:
    return table.replace_schema_metadata({k: str(v) for k, v in facts.items() if v is not None})


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        yield from batch.to_pylist()


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


_WRITERS: Mapping[FormatName, Callable[[pa.Table, Facts], Iterator[bytes]]] = {
    "json": _json,
    "ndjson": _ndjson,
    "csv": _csv,
    "arrow": _arrow,
    "parquet": _parquet,
}
