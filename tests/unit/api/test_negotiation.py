"""Which format an Accept header asks for, and that rows come back from each format as they were."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import Response
from starlette.exceptions import HTTPException

from orthanc_cohorts.api.negotiation import chosen, rendered
from orthanc_cohorts.formats import ARROW, CSV, FORMATS, JSON, NDJSON, PARQUET

ROWS: list[dict[str, Any]] = [
    {
        "text": 'a "quoted", line\r\nand another: Ж',
        "number": -0.1,
        "whole": 2**53 + 1,
        "flag": True,
        "day": date(1950, 2, 28),
        "time": datetime(2020, 1, 1, 12, 30),
        "exact": Decimal("1.50"),
        "names": ["=1+1", "b"],
        "ids": [{"patient_id": "P1", "issuer": None}],
    },
    dict.fromkeys(("text", "number", "whole", "flag", "day", "time", "exact", "names", "ids")),
]
TABLE = pa.Table.from_pylist(
    ROWS,
    schema=pa.schema(
        {
            "text": pa.string(),
            "number": pa.float64(),
            "whole": pa.int64(),
            "flag": pa.bool_(),
            "day": pa.date32(),
            "time": pa.timestamp("us"),
            "exact": pa.decimal128(10, 2),
            "names": pa.list_(pa.string()),
            "ids": pa.list_(pa.struct({"patient_id": pa.string(), "issuer": pa.string()})),
        }
    ),
)
FACTS = {"count": 7, "generation": 3, "next": None}


def answer(name: str, table: pa.Table = TABLE) -> Response:
    format = next(one for one in FORMATS if one.name == name)
    return rendered(format, table, FACTS, name="things", etag="abc")


def cells(table: pa.Table) -> list[list[str]]:
    text = bytes(answer("csv", table).body).decode()
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("text/*", "csv"),
        ("text/csv", "csv"),
        ("TEXT/CSV; charset=utf-8", "csv"),
        ("application/x-ndjson", "ndjson"),
        ("application/vnd.apache.arrow.stream", "arrow"),
        ("application/vnd.apache.parquet, */*", "parquet"),
        ("application/json;q=0.5, text/csv;q=0.6", "csv"),
        ("application/json;q=0.9, text/csv;q=0.6", "json"),
        ("application/*;q=0.1, application/vnd.apache.parquet;q=0.2", "parquet"),
        ("application/json;q=0, */*", "ndjson"),
        ("application/json;q=0, application/*;q=0, */*;q=0.1", "csv"),
        ("text/csv, application/json", "csv"),
        ("application/json, text/csv", "json"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "json"),
        ("text/csv; q = 1.000", "csv"),
        ("text/csv;q=often, application/json;q=0.9", "csv"),
    ],
)
def test_the_format_is_the_one_the_caller_likes_best(accept: str | None, expected: str) -> None:
    assert chosen(accept).name == expected


@pytest.mark.parametrize(
    "accept", ["image/png", "text/csv;q=0", "*/*;q=0", "application", ",", "text/csv;q=0.000"]
)
def test_what_there_is_not_is_406_and_says_what_there_is(accept: str) -> None:
    with pytest.raises(HTTPException) as caught:
        chosen(accept)

    assert caught.value.status_code == 406
    assert all(format.media_type in caught.value.detail for format in FORMATS)


def test_a_format_named_in_the_body_is_stronger_than_the_header() -> None:
    assert chosen("application/json", "parquet") is PARQUET
    assert chosen("image/png", "csv") is CSV


def test_a_format_that_a_route_does_not_offer_is_406_even_when_it_is_named() -> None:
    with pytest.raises(HTTPException):
        chosen(None, "arrow", offered=(JSON, CSV))
    with pytest.raises(HTTPException):
        chosen("text/csv", offered=(JSON,))


def test_arrow_and_parquet_give_the_same_table_back_with_what_belongs_to_it() -> None:
    stream = pa.ipc.open_stream(bytes(answer("arrow").body)).read_all()
    file = pq.read_table(io.BytesIO(bytes(answer("parquet").body)))

    for found in (stream, file):
        assert found.schema.remove_metadata() == TABLE.schema
        assert found.to_pylist() == ROWS
        assert found.schema.metadata[b"count"] == b"7" and b"next" not in found.schema.metadata


def test_json_and_ndjson_hold_dates_as_iso_8601_and_lists_as_lists() -> None:
    expected = {
        **ROWS[0],
        "day": "1950-02-28",
        "time": "2020-01-01T12:30:00",
        "exact": "1.50",
    }

    lines = bytes(answer("ndjson").body).split(b"\n")
    document = orjson.loads(bytes(answer("json").body))

    assert [orjson.loads(line) for line in lines[:-1]] == [expected, ROWS[1]] and lines[-1] == b""
    assert document == {"count": 7, "generation": 3, "next": None, "rows": [expected, ROWS[1]]}


def test_csv_is_rfc_4180_with_lists_as_json_and_nothing_for_null() -> None:
    header, first, second = cells(TABLE)

    assert header == TABLE.column_names
    assert first == [
        'a "quoted", line\r\nand another: Ж',
        "-0.1",
        "9007199254740993",
        "true",
        "1950-02-28",
        "2020-01-01T12:30:00",
        "1.50",
        '["=1+1","b"]',
        '[{"patient_id":"P1","issuer":null}]',
    ]
    assert second == [""] * 9
    assert bytes(answer("csv").body).endswith(b"\r\n")


@pytest.mark.parametrize("hostile", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_text_in_csv_is_no_formula(hostile: str) -> None:
    _, row = cells(pa.table({"patient_id": [hostile], "number": [-1]}))

    assert row == [f"'{hostile}", "-1"]


def test_every_format_says_what_it_is_and_whom_it_is_for() -> None:
    types = {format.name: answer(format.name).headers for format in FORMATS}

    assert {name: headers["content-type"] for name, headers in types.items()} == {
        "json": "application/json",
        "ndjson": "application/x-ndjson",
        "csv": "text/csv; charset=utf-8; header=present",
        "arrow": "application/vnd.apache.arrow.stream",
        "parquet": "application/vnd.apache.parquet",
    }
    assert {headers["vary"] for headers in types.values()} == {"accept"}
    assert {headers["x-cohorts-generation"] for headers in types.values()} == {"3"}
    assert len({headers["etag"] for headers in types.values()}) == len(FORMATS)
    assert types["csv"]["content-disposition"] == 'attachment; filename="things.csv"'
    assert "content-disposition" not in types["json"] and "x-cohorts-next" not in types["csv"]


@pytest.mark.parametrize("format", [NDJSON, CSV, ARROW, PARQUET], ids=lambda format: format.name)
def test_no_rows_are_an_answer_with_its_columns_too(format: Any) -> None:
    body = bytes(answer(format.name, TABLE.slice(0, 0)).body)

    expected = {"ndjson": b"", "csv": ",".join(TABLE.column_names).encode() + b"\r\n"}
    if format.name in expected:
        assert body == expected[format.name]
    else:
        found = pa.ipc.open_stream(body).read_all() if format is ARROW else pq.read_table(io.BytesIO(body))
        assert found.schema.remove_metadata() == TABLE.schema and found.num_rows == 0
