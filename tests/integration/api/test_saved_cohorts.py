"""The routes of saved cohorts as clients see them: every status, roles, versions, edits that meet, drift.

The application runs on rows in memory and a real file of saved cohorts; no server, no Orthanc.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_client import API, Client, problem
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.cohort import canonical, parse
from orthanc_cohorts.store.saved import SavedCohorts

WOMEN = {"op": "patient", "sex": "F"}
ONE_STUDY = {"op": "study", "study_instance_uid": "1.2.0"}
ANN = {"X-Cohorts-User": "ann", "X-Cohorts-Role": "analyst"}
BEN = {"X-Cohorts-User": "ben", "X-Cohorts-Role": "analyst"}
EVE = {"X-Cohorts-User": "eve", "X-Cohorts-Role": "viewer"}
ROOT = {"X-Cohorts-User": "root", "X-Cohorts-Role": "admin"}


def definition(where: Any = WOMEN, unit: str = "patient") -> dict[str, Any]:
    return {"version": 1, "unit": unit} | ({} if where is None else {"where": where})


def archive() -> Rows:
    """Five patients, the first with two studies; three are women."""
    rows = Rows()
    for study, patient in ((0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 4)):
        rows.study(study, patient, patient_sex="F" if patient < 3 else "M")
    return rows


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex(archive())


@pytest.fixture
def client(index: MemoryIndex, tmp_path: Path) -> Iterator[Client]:
    saved = SavedCohorts.open(tmp_path)
    client = Client(index, saved=saved, audit=AuditLog(tmp_path / "audit.log"))
    yield client
    client.close()
    saved.close()


def save(client: Client, name: str = "women", headers: Any = ANN, **more: Any) -> httpx.Response:
    return client.post("/cohorts", {"name": name, "definition": definition(), **more}, headers=headers)


def replaced(client: Client, headers: Any = ANN, name: str = "women", **more: Any) -> httpx.Response:
    return client.ask(
        "PUT", f"{API}/cohorts/{name}", json={"definition": definition(None), **more}, headers=headers
    )


def deleted(client: Client, headers: Any, name: str = "women") -> httpx.Response:
    return client.ask("DELETE", f"{API}/cohorts/{name}", headers=headers)


def test_a_saved_query_is_answered_with_version_hash_count_and_owner(client: Client) -> None:
    created = save(client, note="pilot")

    got = client.get("/cohorts/women", headers=EVE)

    assert (created.status_code, got.status_code) == (201, 200)
    assert created.headers["etag"] == got.headers["etag"] == '"1"'
    assert created.json() == got.json()
    content = got.json()
    assert content.pop("created").endswith("Z")
    assert content == {
        "name": "women", "version": 1, "kind": "query", "unit": "patient",
        "hash": canonical(parse(definition())).hash, "note": "pilot", "owner": "ann", "author": "ann",
        "count": 3, "generation": 1, "definition": definition(), "members": None,
    }  # fmt: skip
    assert client.get("/cohorts/women", headers={**EVE, "If-None-Match": '"1"'}).status_code == 304


def test_versions_follow_each_other_and_stay(client: Client) -> None:
    save(client)
    by_header = replaced(client, {**ANN, "If-Match": '"1"'}, note="all")
    by_body = replaced(client, ANN, replaces=2, definition=definition(ONE_STUDY))
    save(client, "men", BEN)

    versions = client.get("/cohorts/women/versions", headers=EVE).json()["versions"]
    newest = client.get("/cohorts", headers=EVE).json()["cohorts"]

    assert [answer.status_code for answer in (by_header, by_body)] == [200, 200]
    assert (by_header.headers["etag"], by_body.json()["version"]) == ('"2"', 3)
    assert [(one["version"], one["count"], one["note"]) for one in versions] == [
        (3, 1, ""),
        (2, 5, "all"),
        (1, 3, ""),
    ]
    assert [(one["name"], one["version"], one["owner"]) for one in newest] == [
        ("men", 1, "ben"),
        ("women", 3, "ann"),
    ]
    assert client.get("/cohorts/women?version=2", headers=ANN).json()["note"] == "all"
    assert client.get("/cohorts/women?version=2", headers=ANN).headers["etag"] == '"2"'


def test_what_can_never_be_saved_is_refused_whatever_it_is_to_replace(client: Client) -> None:
    save(client)
    body = {"definition": {**definition(None), "unit": "ward"}}

    answers = [
        client.ask("PUT", f"{API}/cohorts/women", json={**body, **replaces}, headers=ANN)
        for replaces in ({}, {"replaces": 1}, {"replaces": 7})
    ]

    assert {problem(answer, 422)["errors"][0]["pointer"] for answer in answers} == {"/definition/unit"}


def test_conflicts_are_told_by_status_and_change_nothing(client: Client) -> None:
    save(client)
    replaced(client, ANN, replaces=1)

    assert "already" in problem(save(client, headers=BEN), 409)["detail"]
    assert "version 2 is the newest" in problem(replaced(client, ANN, replaces=1), 412)["detail"]
    problem(replaced(client, {**ANN, "If-Match": '"1"'}), 412)
    problem(replaced(client, {**ANN, "If-Match": '"3"'}), 412)
    assert "replaces" in problem(replaced(client, ANN), 412)["detail"]
    problem(replaced(client, {**ANN, "If-Match": '"2"'}, replaces=1), 412)
    for header in ("*", "2", 'W/"2"', '"2", "1"', '"x"'):
        problem(replaced(client, {**ANN, "If-Match": header}), 412)
        problem(deleted(client, {**ANN, "If-Match": header}), 412)
    problem(deleted(client, ANN), 412)
    problem(deleted(client, {**ANN, "If-Match": '"1"'}), 412)

    assert client.get("/cohorts/women", headers=EVE).json()["version"] == 2


def test_only_owner_and_admin_change_and_a_viewer_never(client: Client) -> None:
    save(client)
    first, second = {"If-Match": '"1"'}, {"If-Match": '"2"'}

    assert "owner" in problem(replaced(client, {**BEN, **first}), 403)["detail"]
    problem(deleted(client, {**BEN, **first}), 403)
    assert "role analyst" in problem(save(client, "mine", EVE), 403)["detail"]
    problem(replaced(client, {**EVE, **first}), 403)
    problem(deleted(client, {**EVE, **first}), 403)
    by_root = replaced(client, {**ROOT, **first})
    gone = deleted(client, {**ANN, **second})

    assert (by_root.json()["owner"], by_root.json()["author"]) == ("ann", "root")
    assert (gone.status_code, gone.json()) == (200, {"name": "women", "version": 2})
    problem(client.get("/cohorts/women", headers=EVE), 404)
    assert client.get("/cohorts", headers=EVE).json() == {"cohorts": []}


def test_what_nobody_owns_only_an_admin_changes(client: Client) -> None:
    nameless = {"X-Cohorts-Role": "analyst"}
    created = save(client, headers=nameless)

    assert created.json()["owner"] is None
    problem(replaced(client, nameless, replaces=1), 403)
    assert replaced(client, ROOT, replaces=1).status_code == 200


def test_unknown_names_and_versions_are_404(client: Client) -> None:
    save(client)

    for path in (
        "/men",
        "/men/versions",
        "/men/drift",
        "/women?version=2",
        "/women/drift?version=2",
        "/wom%2Fen",
    ):
        problem(client.get(f"/cohorts{path}", headers=ANN), 404)
    problem(replaced(client, ANN, "men", replaces=1), 404)
    problem(deleted(client, {**ANN, "If-Match": '"1"'}, "men"), 404)
    problem(client.get("/cohorts/women?version=0", headers=ANN), 422)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], [""]),
        ({"name": "x"}, ["/definition"]),
        ({"name": "a/b", "definition": definition()}, ["/name"]),
        ({"name": ".hidden", "definition": definition()}, ["/name"]),
        ({"name": "x" * 65, "definition": definition()}, ["/name"]),
        ({"name": "x\n", "definition": definition()}, ["/name"]),
        ({"name": "x", "definition": definition(), "kind": "rows", "no/te": ""}, ["/kind", "/no~1te"]),
        ({"name": "x", "definition": definition(), "note": "n" * 4001}, ["/note"]),
        ({"name": "x", "definition": definition({"op": "rows"})}, ["/definition/where"]),
        ({"name": "x", "definition": {**definition(), "limit": 3}}, ["/definition/limit"]),
        ({"name": "x", "definition": "women"}, ["/definition"]),
        (
            {"name": "x", "definition": definition({"op": "not", "arg": {"op": "cohort", "name": "men"}})},
            ["/definition/where/arg/name"],
        ),
    ],
)
def test_a_bad_body_is_422_with_pointers_and_saves_nothing(
    client: Client, body: Any, pointers: list[str]
) -> None:
    content = problem(client.post("/cohorts", body, headers=ANN), 422)

    assert [fault["pointer"] for fault in content["errors"]] == pointers
    assert client.get("/cohorts", headers=ANN).json() == {"cohorts": []}


def test_a_change_needs_json_and_says_so(client: Client) -> None:
    body = json.dumps({"name": "women", "definition": definition()})

    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", None):
        headers = ANN if kind is None else {**ANN, "Content-Type": kind}
        problem(client.ask("POST", f"{API}/cohorts", content=body, headers=headers), 415)
        problem(client.ask("PUT", f"{API}/cohorts/women", content=body, headers=headers), 415)
    json_kind = {**ANN, "Content-Type": "application/json; charset=utf-8"}
    assert client.ask("POST", f"{API}/cohorts", content=body, headers=json_kind).status_code == 201
    problem(client.ask("POST", f"{API}/cohorts", content=b"{", headers=json_kind), 400)
    problem(client.get("/cohorts", headers={**ANN, "Accept": "text/csv"}), 406)


def test_a_saved_cohort_is_asked_wherever_a_definition_is(client: Client) -> None:
    save(client)
    named = definition({"op": "and", "args": [{"op": "cohort", "name": "women"}, ONE_STUDY]})
    plain = definition({"op": "and", "args": [WOMEN, ONE_STUDY]})

    counted = [client.post("/count", body, headers=EVE).json() for body in (named, plain)]
    faceted = client.post("/facets", {**named, "facets": [{"op": "patient", "field": "sex"}]}, headers=EVE)
    compared = client.post("/compare", {"a": named, "b": definition()}, headers=EVE).json()
    listed = client.post("/patients", named, headers=ANN).json()
    stepped = client.post("/attrition", named, headers=EVE)

    assert counted[0]["hash"] == counted[1]["hash"] and counted[0]["count"] == counted[1]["count"] == 1
    assert faceted.json()["count"] == 1
    assert (compared["both"], compared["only_b"]) == (1, 2)
    assert listed["count"] == 1
    assert [(step["pointer"], step["count"]) for step in stepped.json()["steps"]] == [
        ("/where/args/0", 3),
        ("/where/args/1", 1),
    ]
    replaced(client, ANN, replaces=1)
    assert client.post("/attrition", named, headers=EVE).headers["etag"] != stepped.headers["etag"]
    fault = client.post("/compare", {"a": definition(), "b": definition({"op": "cohort", "name": "men"})})
    assert problem(fault, 422)["errors"][0]["pointer"] == "/b/where/name"


def test_pages_of_a_cohort_that_was_replaced_meanwhile_are_not_mixed(client: Client) -> None:
    save(client)
    body = definition({"op": "cohort", "name": "women"})
    first = client.post("/patients", {**body, "limit": 2}, headers=ANN).json()
    replaced(client, ANN, replaces=1)

    answer = client.post("/patients", {**body, "limit": 2, "cursor": first["next"]}, headers=ANN)

    assert problem(answer, 422)["errors"][0]["pointer"] == "/cursor"


def test_a_list_keeps_its_members_and_tells_who_joined_left_and_is_gone(
    client: Client, index: MemoryIndex
) -> None:
    created = save(client, kind="list").json()
    index.run("UPDATE study SET patient_sex = 'M' WHERE study_key = 2")
    index.run("UPDATE study SET patient_sex = 'F' WHERE study_key IN (4, 5)")
    index.run("DELETE FROM study WHERE study_key IN (0, 3)")
    index.run("DELETE FROM patient WHERE patient_key = 2")

    drift = client.get("/cohorts/women/drift", headers=EVE).json()
    counted = client.post("/count", definition({"op": "cohort", "name": "women"}), headers=EVE).json()

    assert created["members"] == [["1.2.0", "1.2.1"], ["1.2.2"], ["1.2.3"]]
    assert (counted["count"], counted["hash"]) == (2, created["hash"])
    assert (drift["saved_count"], drift["saved_generation"], drift["generation"]) == (3, 1, 5)
    assert drift["hash"] == created["hash"] and drift["created"] == created["created"]
    found = {name: drift[name] for name in ("count", "still_there", "gone", "joined", "left")}
    assert found == {"count": 3, "still_there": 2, "gone": 1, "joined": 2, "left": 1}


def test_a_query_drifts_in_its_count(client: Client, index: MemoryIndex) -> None:
    save(client)
    replaced(client, ANN, replaces=1)
    index.run("DELETE FROM study WHERE study_key = 2")

    first = client.get("/cohorts/women/drift?version=1", headers=EVE).json()
    newest = client.get("/cohorts/women/drift", headers=EVE).json()

    assert (first["version"], first["saved_count"], first["count"]) == (1, 3, 2)
    assert (newest["version"], newest["saved_count"], newest["count"]) == (2, 5, 4)
    assert {first[name] for name in ("still_there", "gone", "joined", "left")} == {None}


def test_a_list_may_be_frozen_from_another_one_and_from_uids(client: Client, index: MemoryIndex) -> None:
    save(client, "base", kind="list", definition=definition(ONE_STUDY, "study"))
    of_it = save(client, "again", definition=definition({"op": "cohort", "name": "base"}, "study")).json()
    index.run("UPDATE study SET patient_sex = 'M'")

    refrozen = save(client, "third", kind="list", definition=of_it["definition"]).json()

    assert of_it["definition"] == definition({**ONE_STUDY, "study_instance_uid": ["1.2.0"]}, "study")
    assert of_it["hash"] == refrozen["hash"] and refrozen["members"] == [["1.2.0"]]


def test_a_viewer_sees_no_members_and_no_definition_that_names_a_study(client: Client) -> None:
    save(client, kind="list")
    save(client, "one", definition=definition(ONE_STUDY))

    shown = {
        name: [client.get(f"/cohorts/{name}", headers=who).json() for who in (EVE, ANN)]
        for name in ("women", "one")
    }

    assert [(one["definition"], one["members"]) for one in shown["women"]] == [
        (definition(), None),
        (definition(), [["1.2.0", "1.2.1"], ["1.2.2"], ["1.2.3"]]),
    ]
    assert [one["definition"] for one in shown["one"]] == [None, definition(ONE_STUDY)]
    assert (
        client.post("/count", definition({"op": "cohort", "name": "one"}), headers=EVE).json()["count"] == 1
    )


def test_of_two_editors_at_once_exactly_one_wins(client: Client) -> None:
    save(client)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda note: replaced(client, ANN, replaces=1, note=note), "abcd"))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    [winner] = [answer.json() for answer in answers if answer.status_code == 200]
    assert client.get("/cohorts/women", headers=EVE).json() == winner


def test_every_request_leaves_a_line_without_names_and_definitions(client: Client, tmp_path: Path) -> None:
    hash = save(client, note="SECRET").json()["hash"]
    save(client)
    client.get("/cohorts", headers=EVE)
    client.get("/cohorts/women", headers=EVE)
    client.get("/cohorts/women/drift", headers=EVE)
    replaced(client, BEN, replaces=1)
    deleted(client, {**ANN, "If-Match": '"1"'})

    text = (tmp_path / "audit.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["route"] for line in lines} == {f"{API}/cohorts"}
    assert [(line["user"], line["status"], line["hash"], line["count"]) for line in lines] == [
        ("ann", 201, hash, 3),
        ("ann", 409, None, None),
        ("eve", 200, None, 1),
        ("eve", 200, hash, 3),
        ("eve", 200, hash, 3),
        ("ben", 403, None, None),
        ("ann", 200, None, None),
    ]
    assert "women" not in text and "SECRET" not in text and "1.2.0" not in text


def test_the_schema_knows_the_clause_and_the_openapi_document_the_routes(client: Client) -> None:
    schema = client.get("/schema/cohort.json").json()
    document = client.get("/openapi.json").json()

    clause = schema["$defs"]["Cohort"]
    assert clause["required"] == ["op", "name"] and not clause["additionalProperties"]
    assert "Inlined" not in schema["$defs"]
    paths = {path: set(found) for path, found in document["paths"].items() if "/cohorts" in path[len(API) :]}
    assert paths == {
        f"{API}/cohorts": {"get", "post"},
        f"{API}/cohorts/{{name}}": {"get", "put", "delete"},
        f"{API}/cohorts/{{name}}/versions": {"get"},
        f"{API}/cohorts/{{name}}/drift": {"get"},
    }
    assert {"409", "415", "422"} <= set(document["paths"][f"{API}/cohorts"]["post"]["responses"])
    body = document["paths"][f"{API}/cohorts"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"].rpartition("/")[2] in document["components"]["schemas"]


def test_without_saved_cohorts_the_clause_is_refused_and_there_are_no_routes(index: MemoryIndex) -> None:
    client = Client(index)

    problem(client.get("/cohorts"), 404)
    content = problem(client.post("/count", definition({"op": "cohort", "name": "women"})), 422)

    assert content["errors"][0]["pointer"] == "/where"
    client.close()
