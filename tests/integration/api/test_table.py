"""The route `table` on rows in memory: columns, windows, pages and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from api_client import Client, problem
from cohort_rows import MemoryIndex, Rows

EF = {"op": "measurement", "concept": "SCT|10230-1"}
CT = {"op": "series", "modality": "CT", "as": "ct"}


@pytest.fixture
def index() -> MemoryIndex:
    rows = Rows()
    for study, patient in ((0, 0), (1, 0), (2, 1), (3, 2)):
        rows.study(
            study,
            patient,
            patient_sex="FM"[patient % 2],
            study_time=datetime(2020, 1, 1 + study, 9),
            patient_age_years_min=60,
            patient_age_years_max=60 + study,
        )
    rows.series(0, 0, modality="CT", slice_thickness_mm_min=1, slice_thickness_mm_max=2)
    rows.measured(0, "SCT|10230-1", 35.0, "%", event_time=datetime(2019, 12, 30))
    rows.measured(1, "SCT|10230-1", 0.5, "1", event_time=datetime(2020, 1, 20))
    rows.measured(2, "SCT|10230-1", 3, "mm")
    rows.fact("evaluation", 0, concept="DCM|121071", value="SCT|399020009", value_meaning="DCM")
    return MemoryIndex(rows)


@pytest.fixture
def client(index: MemoryIndex) -> Iterator[Client]:
    found = Client(index)
    yield found
    found.close()


def asked(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 1, "unit": "patient", "columns": list(columns), **more}


def values(client: Client, body: dict[str, Any]) -> dict[str, list[Any]]:
    response = client.post("/table", body)
    assert response.status_code == 200, response.text
    return {column["name"]: column["values"] for column in response.json()["columns"]}


def column(client: Client, **column: Any) -> list[Any]:
    where = {"op": "or", "args": [CT, {"op": "study"}]}
    found = values(client, asked({"name": "c", **column}, where=where, anchor={"of": "ct"}))
    assert found["patient_id"] == ["P0", "P1", "P2"]
    return found["c"]


def test_a_value_is_the_latest_in_the_unit_asked(client: Client) -> None:
    assert column(client, of=EF, unit="%") == [50.0, None, None]
    assert column(client, of=EF, unit="%", pick="first") == [35.0, None, None]
    assert column(client, of=EF, unit="%", pick="list") == [[35.0, 50.0], [], []]
    assert column(client, of=EF, unit="cm") == [None, 0.3, None]


def test_a_window_and_the_nearest_are_told_from_the_anchor(client: Client) -> None:
    assert column(client, of=EF, unit="%", days={"ge": -30, "le": 0}) == [35.0, None, None]
    assert column(client, of=EF, unit="%", pick="nearest") == [35.0, None, None]
    assert column(client, of=EF, field="days", pick="list") == [[-2, 19], [], []]


def test_rows_may_be_those_of_a_named_clause_of_the_cohort(client: Client) -> None:
    assert column(client, of="ct", field="time") == ["2020-01-01T09:00:00", None, None]
    assert column(client, of="ct", field="slice_thickness", pick="max") == [2.0, None, None]


def test_a_property_that_differs_between_instances_is_no_single_value(client: Client) -> None:
    assert column(client, of="ct", field="slice_thickness") == [None, None, None]
    assert column(client, of="ct", field="slice_thickness", pick="count") == [1, 0, 0]


def test_rows_are_counted_and_clauses_are_flags(client: Client) -> None:
    assert column(client, of={"op": "measurement"}, pick="count") == [2, 1, 0]
    assert column(client, of={"op": "measurement"}, pick="exists") == [True, True, False]
    assert column(client, where={"op": "not", "arg": {"op": "patient", "sex": "F"}}) == [False, True, False]


def test_codes_come_with_their_meaning(client: Client) -> None:
    body = asked({"name": "finding", "of": {"op": "evaluation", "concept": "DCM|121071"}})

    [*_, finding] = client.post("/table", body).json()["columns"]

    assert finding["values"] == ["SCT|399020009", None, None]
    assert finding["meanings"] == {"SCT|399020009": "DCM"}


def test_a_table_of_studies_may_look_into_all_studies_of_the_patient(client: Client) -> None:
    own, wide = (
        {"name": f"of_{scope}", "of": EF, "unit": "%", "scope": scope, "pick": "list"}
        for scope in ("study", "patient")
    )

    found = values(client, asked(own, wide, per="study"))

    assert found["study_instance_uid"] == ["1.2.0", "1.2.1", "1.2.2", "1.2.3"]
    assert found["of_study"] == [[35.0], [50.0], [], []]
    assert found["of_patient"] == [[35.0, 50.0], [35.0, 50.0], [], []]


def test_values_of_another_dimension_are_counted_in_the_warnings(client: Client) -> None:
    answer = client.post("/table", asked({"name": "ef", "of": EF, "unit": "%"})).json()

    assert [(one["unit"], one["rows"]) for one in answer["warnings"]] == [("%", 1)]


def test_pages_follow_one_list_while_the_index_changes(client: Client, index: MemoryIndex) -> None:
    body = asked({"name": "sex", "of": {"op": "patient"}, "field": "sex"}, limit=2)
    first = client.post("/table", body).json()
    index.run("DELETE FROM study WHERE patient_key = 2")

    second = client.post("/table", {**body, "cursor": first["next"]}).json()

    assert (first["count"], second["count"]) == (3, 3)
    assert second["generation"] == first["generation"] < second["read_at"]
    assert (second["gone"], second["next"]) == (1, None)
    assert all(column["values"] == [] for column in second["columns"])


@pytest.mark.parametrize(
    ("column", "pointer"),
    [
        ({"of": "mr"}, "/columns/0/of"),
        ({"of": {"op": "series"}}, "/columns/0/field"),
        ({"of": {"op": "series"}, "field": "colour"}, "/columns/0/field"),
        ({"of": {"op": "series"}, "field": "modality", "pick": "max"}, "/columns/0/pick"),
        ({"of": {"op": "series"}, "field": "modality", "unit": "mm"}, "/columns/0/unit"),
        ({"of": EF, "unit": "furlong"}, "/columns/0/unit"),
        ({"of": EF, "days": {"ge": 0}}, "/columns/0/days"),
        ({"of": EF, "pick": "nearest"}, "/columns/0/pick"),
        ({"of": EF, "field": "days"}, "/columns/0/field"),
        ({"of": EF, "scope": "study"}, "/columns/0/scope"),
        ({"of": {**EF, "count": {"ge": 2}}}, "/columns/0/of/count"),
        ({"of": {**EF, "pick": "latest", "value": {"ge": 1}}}, "/columns/0/of"),
        ({"of": {"op": "study"}, "field": "sop_instance_uid"}, "/columns/0/field"),
        ({"of": {"op": "nothing"}}, "/columns/0/of"),
        ({"where": {"op": "and", "args": []}}, "/columns/0/where/args"),
        ({"where": {"op": "measurement", "change": {"ge": 1}}}, "/columns/0/where/change"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_pointer(
    client: Client, column: dict[str, Any], pointer: str
) -> None:
    faults = problem(client.post("/table", asked({"name": "c", **column})), 422)["errors"]

    assert pointer in [fault["pointer"] for fault in faults], faults


def test_names_of_columns_differ_and_are_free(client: Client) -> None:
    sex = {"name": "sex", "of": {"op": "patient"}, "field": "sex"}

    assert "'sex'" in problem(client.post("/table", asked(sex, sex)), 422)["errors"][0]["detail"]
    assert (
        "'split'"
        in problem(client.post("/table", asked({**sex, "name": "split"})), 422)["errors"][0]["detail"]
    )


def test_a_clause_of_a_column_may_not_be_too_deep(client: Client) -> None:
    deep: dict[str, Any] = {"op": "study"}
    for _ in range(40):
        deep = {"op": "not", "arg": deep}

    faults = problem(client.post("/table", asked({"name": "c", "where": deep})), 422)["errors"]

    assert faults[0]["pointer"] == "/columns/0/where"


def test_a_named_clause_under_not_matched_nothing(client: Client) -> None:
    body = asked({"name": "c", "of": "ct", "field": "modality"}, where={"op": "not", "arg": CT})

    faults = problem(client.post("/table", body), 422)["errors"]

    assert faults[0]["pointer"] == "/columns/0/of" and "not" in faults[0]["detail"]
