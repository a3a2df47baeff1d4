"""The routes that show what refines a cohort: attrition, facets and compare, as a client sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api_client import ALL, API, Client, problem
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import canonical, parse

QT = "MDC|2:16160"
WOMEN = {"op": "patient", "sex": "F"}
CT = {"op": "series", "modality": "CT"}
LONG = {"op": "measurement", "concept": QT, "value": {"ge": 200, "unit": "ms"}}


def archive() -> Rows:
    """Six patients, each with one study: five women, CT and MR in turn, QT 0 to 400 ms, one rate."""
    rows = Rows()
    for number in range(6):
        age = {"patient_age_years_min": 50.0 + number, "patient_age_years_max": 50.0 + number}
        rows.study(number, number, modalities=["CT"], patient_sex="F" if number < 5 else "M", **age)
        rows.series(
            10 + number, number, modality="CT" if number % 2 else "MR", manufacturer=f"Maker {number}"
        )
        if number < 5:
            rows.measured(number, QT, 100.0 * number, "ms")
    rows.series(20, 0, modality="CT")
    rows.measured(5, QT, 60, "/min")
    rows.fact("segment", 1, property_type="SCT|1", property_type_meaning="Ventricle")
    return rows


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex(archive())


@pytest.fixture
def client(index: MemoryIndex) -> Iterator[Client]:
    client = Client(index)
    yield client
    client.close()


def both(*args: Any, op: str = "and") -> dict[str, Any]:
    return {**ALL, "where": {"op": op, "args": list(args)}}


def faceted(
    client: Client, facet: dict[str, Any], where: Any = None, unit: str = "patient"
) -> dict[str, Any]:
    response = client.post("/facets", {**ALL, "unit": unit, "where": where, "facets": [facet]})
    assert response.status_code == 200, response.text
    (found,) = response.json()["facets"]
    return dict(found)


def test_attrition_says_what_each_clause_leaves_in_the_order_sent(client: Client) -> None:
    body = both(WOMEN, LONG, CT)

    answer = client.post("/attrition", body).json()

    assert (answer["total"], answer["unit"], answer["generation"]) == (6, "patient", 1)
    assert answer["hash"] == canonical(parse(body)).hash == client.post("/count", body).json()["hash"]
    assert answer["steps"] == [
        {"pointer": "/where/args/0", "count": 5, "alone": 5},
        {"pointer": "/where/args/1", "count": 3, "alone": 3},
        {"pointer": "/where/args/2", "count": 1, "alone": 4},
    ]
    (warning,) = answer["warnings"]
    assert (warning["unit"], warning["rows"]) == ("s", 1)
    assert answer["elapsed_ms"] >= 0


def test_attrition_in_another_order_has_the_same_hash_but_other_steps_and_etag(client: Client) -> None:
    one, other = client.post("/attrition", both(CT, LONG)), client.post("/attrition", both(LONG, CT))

    assert one.json()["hash"] == other.json()["hash"]
    assert [step["count"] for step in one.json()["steps"]] == [4, 1]
    assert [step["count"] for step in other.json()["steps"]] == [3, 1]
    assert one.headers["etag"] != other.headers["etag"]


def test_attrition_of_a_definition_without_and_is_one_step_and_of_none_no_step(client: Client) -> None:
    one = client.post("/attrition", both(CT, LONG, op="or")).json()
    none = client.post("/attrition", ALL).json()

    assert one["steps"] == [{"pointer": "/where", "count": 6, "alone": 6}]
    assert (none["total"], none["steps"]) == (6, [])


def test_a_nested_and_is_one_step_and_so_is_a_clause_that_is_sent_twice(client: Client) -> None:
    steps = client.post("/attrition", both({"op": "and", "args": [CT, LONG]}, WOMEN, WOMEN)).json()["steps"]

    assert [(step["count"], step["alone"]) for step in steps] == [(1, 1), (1, 5), (1, 5)]


def test_a_facet_counts_units_by_value_and_those_without(client: Client) -> None:
    found = faceted(client, {"op": "series", "field": "modality"})

    assert [(one["value"], one["count"]) for one in found["values"]] == [("CT", 4), ("MR", 3)]
    assert (found["base"], found["missing"], found["other"], found["distinct"]) == (6, 0, 0, 2)
    assert (found["kind"], found["bins"]) == ("text", None)


def test_a_facet_ignores_its_own_clause_and_no_other(client: Client) -> None:
    where = both(CT, LONG)["where"]

    modality = faceted(client, {"op": "series", "field": "modality"}, where)
    maker = faceted(client, {"op": "series", "field": "manufacturer"}, where)

    assert modality["base"] == 3
    assert [(one["value"], one["count"]) for one in modality["values"]] == [("MR", 2), ("CT", 1)]
    assert maker["base"] == 1
    assert [one["value"] for one in maker["values"]] == ["Maker 3"]


def test_a_facet_keeps_what_is_not_a_leaf_at_the_top_and_ignores_missing_of_its_field(client: Client) -> None:
    facet = {"op": "series", "field": "modality"}

    assert faceted(client, facet, {"op": "not", "arg": CT})["base"] == 2
    assert faceted(client, facet, both(CT, {"op": "segment"}, op="or")["where"])["base"] == 4
    assert faceted(client, facet, {"op": "series", "missing": ["modality"]})["base"] == 6


def test_a_facet_counts_units_beyond_its_limit_once(client: Client) -> None:
    found = faceted(client, {"op": "series", "field": "modality", "limit": 1})
    makers = faceted(client, {"op": "series", "field": "manufacturer", "limit": 2})

    assert (len(found["values"]), found["other"], found["distinct"]) == (1, 3, 2)
    assert [one["value"] for one in makers["values"]] == ["Maker 0", "Maker 1"]
    assert (makers["other"], makers["distinct"]) == (4, 6)


def test_a_facet_of_codes_says_what_they_mean_and_how_many_units_have_none(client: Client) -> None:
    found = faceted(client, {"op": "segment", "field": "property_type"}, unit="study")

    assert found["values"] == [{"value": "SCT|1", "meaning": "Ventricle", "count": 1}]
    assert found["missing"] == 5


def test_a_facet_of_a_number_is_a_histogram_of_the_cohort(client: Client) -> None:
    found = faceted(client, {"op": "patient", "field": "age", "bins": 2}, WOMEN)

    assert (found["unit"], found["min"], found["max"], found["values"]) == ("a", 50.0, 54.0, None)
    assert found["bins"] == [{"low": 50.0, "high": 52.0, "count": 2}, {"low": 52.0, "high": 54.0, "count": 3}]


def test_a_number_that_is_the_same_in_all_units_has_one_bin_and_one_that_nobody_states_none(
    client: Client,
) -> None:
    same = faceted(client, {"op": "study", "field": "series"})
    none = faceted(client, {"op": "patient", "field": "bmi"})

    assert same["bins"] == [{"low": 1.0, "high": 1.0, "count": 6}]
    assert (none["bins"], none["min"], none["missing"]) == ([], None, 6)


def test_values_of_a_measurement_are_those_of_its_concept_in_one_unit(client: Client) -> None:
    facet = {"op": "measurement", "field": "value", "concept": QT, "unit": "ms", "bins": 2}

    body = {**both(LONG, WOMEN), "facets": [facet]}
    answer = client.post("/facets", body).json()

    (found,) = answer["facets"]
    assert (found["unit"], found["concept"], found["base"]) == ("s", [QT], 5)
    assert [(one["low"], one["high"], one["count"]) for one in found["bins"]] == [(0, 0.2, 2), (0.2, 0.4, 3)]
    assert answer["count"] == 3
    assert [(one["unit"], one["rows"]) for one in answer["warnings"]] == [("s", 1)]


def test_many_facets_are_answered_in_order_on_one_generation(client: Client, index: MemoryIndex) -> None:
    facets = [{"op": "patient", "field": "sex"}, {"op": "series", "field": "modality"}]
    body = {**both(WOMEN), "facets": facets}

    first = client.post("/facets", body).json()
    index.run("UPDATE study SET patient_sex = 'M' WHERE study_key = 0")
    second = client.post("/facets", body).json()

    assert [(one["op"], one["field"]) for one in first["facets"]] == [
        ("patient", "sex"),
        ("series", "modality"),
    ]
    assert (first["count"], first["generation"], first["hash"]) == (5, 1, canonical(parse(both(WOMEN))).hash)
    assert (second["count"], second["generation"]) == (4, 2)
    assert [one["count"] for one in second["facets"][0]["values"]] == [4, 2]


@pytest.mark.parametrize(
    ("facet", "pointer"),
    [
        ({"op": "nonsense", "field": "sex"}, "/facets/0/op"),
        ({"op": "patient", "field": "nonsense"}, "/facets/0/field"),
        ({"op": "patient", "field": "birth_date"}, "/facets/0/field"),
        ({"op": "study", "field": "accession_number"}, "/facets/0/field"),
        ({"op": "patient"}, "/facets/0/field"),
        ({"op": "patient", "field": "sex", "limit": 0}, "/facets/0/limit"),
        ({"op": "patient", "field": "sex", "limit": 1001}, "/facets/0/limit"),
        ({"op": "patient", "field": "sex", "bins": 3}, "/facets/0/bins"),
        ({"op": "patient", "field": "age", "limit": 3}, "/facets/0/limit"),
        ({"op": "patient", "field": "age", "unit": "a"}, "/facets/0/unit"),
        ({"op": "patient", "field": "age", "colour": 1}, "/facets/0/colour"),
        ({"op": "patient", "field": "sex", "concept": QT}, "/facets/0/concept"),
        ({"op": "measurement", "field": "value"}, "/facets/0/concept"),
        ({"op": "measurement", "field": "concept", "concept": QT}, "/facets/0/concept"),
        ({"op": "measurement", "field": "value", "concept": "nonsense"}, "/facets/0/concept/0"),
        ({"op": "measurement", "field": "value", "concept": QT, "unit": "no/such"}, "/facets/0/unit"),
    ],
)
def test_a_facet_that_cannot_be_answered_is_422_with_a_pointer(
    client: Client, facet: dict[str, Any], pointer: str
) -> None:
    content = problem(client.post("/facets", {**ALL, "facets": [facet]}), 422)

    assert [fault["pointer"] for fault in content["errors"]] == [pointer]


def test_one_to_fifty_facets_are_answered(client: Client) -> None:
    facet = {"op": "patient", "field": "sex"}

    assert client.post("/facets", {**ALL, "facets": [facet] * 50}).status_code == 200
    for body in (ALL, {**ALL, "facets": []}, {**ALL, "facets": [facet] * 51}):
        assert problem(client.post("/facets", body), 422)["errors"][0]["pointer"] == "/facets"


def test_compare_splits_all_units_between_two_cohorts(client: Client) -> None:
    a, b = {**ALL, "where": WOMEN}, {**ALL, "where": CT}

    answer = client.post("/compare", {"a": a, "b": b}).json()

    assert (answer["a"]["count"], answer["b"]["count"]) == (5, 4)
    assert [answer[name] for name in ("both", "only_a", "only_b", "neither")] == [3, 2, 1, 0]
    assert answer["a"]["hash"] == canonical(parse(a)).hash and answer["b"]["hash"] == canonical(parse(b)).hash
    assert (answer["unit"], answer["generation"], answer["warnings"]) == ("patient", 1, [])


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], [""]),
        ({"a": ALL}, ["/b"]),
        ({"a": ALL, "b": ALL, "c/d": ALL}, ["/c~1d"]),
        ({"a": ALL, "b": 1}, ["/b"]),
        ({"a": ALL, "b": {**ALL, "unit": "study"}}, ["/b/unit"]),
        (
            {"a": {**ALL, "where": {"op": "series", "colour": 1}}, "b": {**ALL, "where": {"op": "x"}}},
            ["/a/where/colour", "/b/where"],
        ),
    ],
)
def test_a_comparison_that_cannot_be_made_is_422_with_pointers(
    client: Client, body: Any, pointers: list[str]
) -> None:
    content = problem(client.post("/compare", body), 422)

    assert [fault["pointer"] for fault in content["errors"]] == pointers


@pytest.mark.parametrize("route", ["/attrition", "/facets", "/compare"])
def test_other_errors_of_these_routes_are_problems_too(client: Client, route: str) -> None:
    problem(client.ask("POST", API + route, content=b"{"), 400)
    problem(client.get(route), 405)
    problem(client.post(route, ALL, headers={"accept": "text/csv"}), 406)
    problem(client.ask("POST", API + route, content=b" " * 2_000_000), 413)


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/attrition", both({"op": "segment"})),
        ("/compare", {"a": both({"op": "segment"}), "b": ALL}),
        ("/facets", {**ALL, "facets": [{"op": "segment", "field": "label"}]}),
    ],
)
def test_these_routes_end_at_the_time_limit(index: MemoryIndex, route: str, body: Any) -> None:
    index.run("CREATE TABLE many AS SELECT range AS n FROM range(100000)")
    index.run("DROP VIEW live_segment")
    index.run(
        "CREATE VIEW live_segment AS SELECT s.* FROM segment AS s"
        " WHERE (SELECT count(*) FROM many a, many b, many c WHERE a.n + b.n * c.n % 7 = 3) > 0"
    )
    client = Client(index, time_limit_seconds=0.3)

    problem(client.post(route, body), 504)

    client.close()


def test_the_openapi_document_states_the_bodies_and_answers(client: Client) -> None:
    document = client.get("/openapi.json").json()

    for route, taken, answered in (
        ("attrition", "Definition", "Attrition"),
        ("facets", "FacetsRequest", "FacetsAnswer"),
        ("compare", "CompareRequest", "Comparison"),
    ):
        operation = document["paths"][f"{API}/{route}"]["post"]
        ok = operation["responses"]["200"]["content"]["application/json"]["schema"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert body == {"$ref": f"#/components/schemas/{taken}"}
        assert ok == {"$ref": f"#/components/schemas/{answered}"}
