"""Patients and studies in every format: the same rows as in JSON, page by page.

The application runs on rows in memory; no server, no Orthanc.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api_client import ALL, Client, problem
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.api.members import PATIENTS, STUDIES
from orthanc_cohorts.cohort.listing import PatientRow, StudyRow

ROUTES = ("patients", "studies")
SCHEMAS = {"patients": PATIENTS, "studies": STUDIES}
Row = dict[str, Any]


def archive() -> Rows:
    rows = Rows()
    for number in range(5):
        rows.study(
            number,
            number,
            modalities=["CT", "SR"],
            orthanc_id=f"orthanc-{number}",
            study_time="2020-02-03 04:05:06",
            study_description="=SUM(A1)",
        )
    rows.study(5, 4)
    return rows


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(MemoryIndex(archive()))
    yield client
    client.close()


def of_csv(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def of_ndjson(content: bytes) -> list[Row]:
    return [orjson.loads(line) for line in content.splitlines()]


def of_table(table: pa.Table) -> list[Row]:
    rows: list[Row] = orjson.loads(orjson.dumps(table.to_pylist()))
    return rows


READERS: dict[str, tuple[str, Callable[[bytes], list[Row]]]] = {
    "ndjson": ("application/x-ndjson", of_ndjson),
    "arrow": (
        "application/vnd.apache.arrow.stream",
        lambda content: of_table(pa.ipc.open_stream(content).read_all()),
    ),
    "parquet": (
        "application/vnd.apache.parquet",
        lambda content: of_table(pq.read_table(io.BytesIO(content))),
    ),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("format", READERS)
def test_a_format_asked_by_header_or_by_body_holds_the_rows_of_json(
    client: Client, route: str, format: str
) -> None:
    media_type, read = READERS[format]
    expected = client.post(f"/{route}", ALL).json()[route]

    by_header = client.post(f"/{route}", ALL, headers={"accept": media_type})
    by_body = client.post(f"/{route}", {**ALL, "format": format}, headers={"accept": "application/json"})

    assert len(expected) >= 5
    assert read(by_header.content) == read(by_body.content) == expected
    assert by_header.headers["content-type"] == by_body.headers["content-type"] == media_type


@pytest.mark.parametrize("route", ROUTES)
def test_csv_holds_the_rows_of_json_with_lists_as_json_in_a_cell(client: Client, route: str) -> None:
    expected = client.post(f"/{route}", ALL).json()[route]

    rows = of_csv(client.post(f"/{route}", {**ALL, "format": "csv"}).content)

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f"'{value}" if value.startswith("=") else value
        return "" if value is None else json.dumps(value, separators=(",", ":"))

    assert rows == [{name: cell(value) for name, value in row.items()} for row in expected]


@pytest.mark.parametrize("route", ROUTES)
def test_pages_of_a_table_are_followed_by_header_or_by_the_metadata_of_the_schema(
    client: Client, route: str
) -> None:
    expected = client.post(f"/{route}", ALL).json()
    seen: list[Row] = []
    body: Row = {**ALL, "limit": 2, "format": "arrow"}
    for _ in range(3):
        page = client.post(f"/{route}", body)
        table = pa.ipc.open_stream(page.content).read_all()
        seen += of_table(table)
        next = page.headers.get("x-cohorts-next")
        assert table.schema.metadata.get(b"next", b"").decode() == (next or "")
        assert (page.headers["x-cohorts-count"], table.schema.metadata[b"hash"].decode()) == (
            str(expected["count"]),
            expected["hash"],
        )
        body["cursor"] = next

    assert next is None and seen == expected[route]


def test_a_format_that_there_is_not_is_refused_and_named(client: Client) -> None:
    by_header = problem(client.post("/patients", ALL, headers={"accept": "image/png"}), 406)
    by_body = problem(client.post("/patients", {**ALL, "format": "xlsx"}), 422)

    assert "text/csv" in by_header["detail"] and "application/vnd.apache.parquet" in by_header["detail"]
    assert by_body["errors"][0]["pointer"] == "/format"


def test_a_definition_that_is_wrong_is_a_problem_in_every_format(client: Client) -> None:
    answer = client.post("/patients", {"version": 1, "format": "parquet"}, headers={"accept": "text/csv"})

    problem(answer, 422)


def test_the_format_does_not_change_the_cohort(client: Client) -> None:
    cursor = client.post("/patients", {**ALL, "limit": 2}).json()["next"]

    rest = client.post("/patients", {**ALL, "limit": 10, "cursor": cursor, "format": "csv"})

    assert [json.loads(row["identities"])[0]["patient_id"] for row in of_csv(rest.content)] == [
        "P2", "P3", "P4"
    ]  # fmt: skip


@pytest.mark.parametrize(("schema", "model"), [(PATIENTS, PatientRow), (STUDIES, StudyRow)])
def test_a_table_has_the_columns_of_its_json(schema: pa.Schema, model: Any) -> None:
    assert schema.names == list(model.model_fields)


def test_the_openapi_document_names_every_format(client: Client) -> None:
    document = client.get("/openapi.json").json()

    content = document["paths"]["/cohorts/api/v1/patients"]["post"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/csv", *(media for media, _ in READERS.values())}
