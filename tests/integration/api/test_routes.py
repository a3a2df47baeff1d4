"""The routes as a client sees them: answers, pages, problems and limits.

The application runs on rows in memory; no server, no Orthanc.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import duckdb
import pytest

from api_client import ALL, API, Client, problem
from cohort_rows import MemoryIndex, MemorySnapshot, Rows
from orthanc_cohorts.cohort import canonical, parse


def archive() -> Rows:
    rows = Rows()
    for number in range(5):
        rows.study(number, number, modalities=["CT"], orthanc_id=f"orthanc-{number}", patient_sex="F")
        rows.measured(number, "MDC|2:16160", 100.0 * number, "ms")
    rows.study(5, 4, modalities=["SR"])
    rows.fact("document", 5, title="LN|18748-4", sop_instance_uid="1.2.3")
    return rows


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex(archive())


@pytest.fixture
def client(index: MemoryIndex) -> Iterator[Client]:
    client = Client(index)
    yield client
    client.close()


def test_count_answers_with_unit_hash_generation_and_time(client: Client) -> None:
    body = {
        **ALL,
        "where": {"op": "measurement", "concept": "MDC|2:16160", "value": {"ge": 0.2, "unit": "s"}},
    }

    response = client.post("/count", body)

    answer = response.json()
    assert (response.status_code, answer["count"], answer["unit"], answer["generation"]) == (
        200,
        3,
        "patient",
        1,
    )
    assert answer["hash"] == canonical(parse(body)).hash
    assert response.headers["etag"] == f'"{answer["hash"]}-1"'
    assert 0 <= answer["elapsed_ms"] < 60_000 and answer["warnings"] == []


def test_count_names_rows_of_another_dimension(client: Client) -> None:
    body = {**ALL, "where": {"op": "measurement", "concept": "MDC|2:16160", "value": {"ge": 1, "unit": "mm"}}}

    answer = client.post("/count", body).json()

    assert answer["count"] == 0
    (warning,) = answer["warnings"]
    assert (warning["code"], warning["unit"], warning["rows"]) == ("other-dimension", "mm", 5)


def test_pages_join_to_the_whole_list_without_repetition(client: Client) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = client.post("/patients", {**ALL, "limit": 2, "cursor": cursor}).json()
        seen += [patient["identities"][0]["patient_id"] for patient in page["patients"]]
        cursor = page["next"]

    assert seen == ["P0", "P1", "P2", "P3", "P4"]
    assert cursor is None and page["count"] == 5 and page["gone"] == 0


def test_pages_show_the_list_of_their_generation_and_say_what_is_gone(
    client: Client, index: MemoryIndex
) -> None:
    first = client.post("/patients", {**ALL, "limit": 3}).json()
    index.run("DELETE FROM patient WHERE patient_key = 3")
    index.run("DELETE FROM study WHERE patient_key = 3")

    second = client.post("/patients", {**ALL, "limit": 3, "cursor": first["next"]}).json()

    assert second["generation"] == first["generation"] == 1
    assert (second["count"], len(second["patients"]), second["gone"]) == (5, 1, 1)


def test_a_cursor_whose_list_is_no_longer_kept_says_so(client: Client, index: MemoryIndex) -> None:
    cursor = client.post("/patients", {**ALL, "limit": 3}).json()["next"]
    index.generation = 7
    fresh = Client(index)

    content = problem(fresh.post("/patients", {**ALL, "limit": 3, "cursor": cursor}), 410)

    fresh.close()
    assert "start without cursor" in content["detail"]


def test_a_cursor_of_another_definition_is_refused(client: Client) -> None:
    cursor = client.post("/patients", {**ALL, "limit": 1}).json()["next"]
    other = {**ALL, "where": {"op": "segment"}, "cursor": cursor}

    assert problem(client.post("/patients", other), 422)["errors"][0]["pointer"] == "/cursor"
    assert (
        problem(client.post("/studies", {**ALL, "cursor": cursor}), 422)["errors"][0]["pointer"] == "/cursor"
    )
    assert problem(client.post("/studies", {**ALL, "cursor": "é!"}), 422)["errors"][0]["pointer"] == "/cursor"


def test_studies_of_a_cohort_of_patients_are_all_of_theirs(client: Client) -> None:
    where = {"op": "measurement", "value": {"eq": 400, "unit": "ms"}}

    of_patients = client.post("/studies", {**ALL, "where": where}).json()
    of_studies = client.post("/studies", {**ALL, "unit": "study", "where": where}).json()

    assert [study["study_instance_uid"] for study in of_patients["studies"]] == ["1.2.4", "1.2.5"]
    assert [study["study_instance_uid"] for study in of_studies["studies"]] == ["1.2.4"]
    assert of_studies["studies"][0]["orthanc_id"] == "orthanc-4"


def test_fields_say_what_the_archive_holds(client: Client) -> None:
    found = client.get("/fields").json()

    sex = next(field for field in found["fields"] if field["op"] == "patient" and field["name"] == "sex")
    (measured,) = found["measurements"]
    assert sex["values"] == [{"value": "F", "meaning": None, "rows": 5, "patients": 5}]
    assert measured["concept"] == "MDC|2:16160"
    assert measured["units"] == [{"unit": "s", "low": 0.0, "high": 0.4, "rows": 5, "patients": 5}]


def test_fields_of_one_clause_come_alone(client: Client) -> None:
    found = client.post("/fields", {"op": "study", "values": 1}).json()

    assert {field["op"] for field in found["fields"]} == {"study"}
    assert found["measurements"] == []
    assert problem(client.post("/fields", {"op": "nonsense"}), 422)["errors"][0]["pointer"] == "/op"
    assert problem(client.post("/fields", {"values": -1}), 422)["errors"][0]["pointer"] == "/values"
    assert problem(client.post("/fields", []), 422)


def test_concepts_are_found_by_words_of_a_meaning_in_any_language(client: Client, index: MemoryIndex) -> None:
    rows = Rows()
    for number, meaning in enumerate(("QT interval global", "QT-Intervall", "QT-Intervall"), 100):
        rows.study(number, number)
        rows.measured(number, "MDC|2:16160", 0.4, "s", concept_meaning=meaning)
    index.insert(rows)
    index.generation += 1

    found = client.get("/concepts?q=intervall%20qt").json()

    assert found["found"] == 1 and found["generation"] == 2
    [concept] = found["concepts"]
    assert (concept["concept"], concept["roles"], concept["rows"]) == ("MDC|2:16160", ["name"], 8)
    assert (concept["patients"], concept["completeness"]) == (8, 1.0)
    assert [(m["meaning"], m["rows"]) for m in concept["meanings"]] == [
        (None, 5),
        ("QT-Intervall", 2),
        ("QT interval global", 1),
    ]
    assert [(u["unit"], u["low"], u["high"]) for u in concept["units"]] == [("s", 0.0, 0.4)]
    assert client.get("/concepts?q=intervall%20st").json()["found"] == 0


def test_concepts_come_most_used_first_and_no_more_than_asked(client: Client) -> None:
    found = client.get("/concepts?limit=1").json()

    assert found["found"] == 2 and [c["concept"] for c in found["concepts"]] == ["MDC|2:16160"]
    problem(client.get("/concepts?limit=0"), 422)
    problem(client.get(f"/concepts?q={'x' * 300}"), 422)


def test_problems_name_rule_device_and_examples(client: Client, index: MemoryIndex) -> None:
    rows = Rows()
    rows.instances = 500  # their keys come behind those of the archive
    rows.study(200, 200)
    for number in range(7):
        keys = rows.instance(200, uid=f"1.7.{number}", manufacturer="M")
        for path in ("1.1", "1.2"):
            stated = {"rule": "num-not-a-number", "severity": "warning", "action": "kept as text"}
            rows.add("problem", **keys, path=path, tag="0040A30A", **stated)
    index.insert(rows)

    [found] = client.get("/problems").json()["deviations"]

    assert (found["rule"], found["tag"], found["manufacturer"]) == ("num-not-a-number", "0040A30A", "M")
    assert (found["objects"], found["problems"]) == (7, 14)
    assert found["examples"] == [f"1.7.{number}" for number in range(5)]


def test_a_repeated_get_with_its_etag_is_not_modified(client: Client) -> None:
    etag = client.get("/fields").headers["etag"]

    assert client.get("/fields", headers={"if-none-match": etag}).status_code == 304


def test_a_document_is_a_tree_of_any_depth(client: Client, index: MemoryIndex) -> None:
    rows = Rows()
    own = {"instance_key": 6, "series_key": 0, "study_key": 5}
    path = "1"
    rows.add(
        "content_item", **own, path=path, value_type="CONTAINER", concept_scheme="LN", concept_code="18748-4"
    )
    for _ in range(300):
        path += ".1"
        rows.add("content_item", **own, path=path, value_type="CONTAINER")
    rows.add(
        "content_item", **own, path="1.2", value_type="NUM", value=0.0, unit_scheme="UCUM", unit_code="ms"
    )
    index.insert(rows)

    tree = client.get("/documents/1.2.3").json()["content"]

    assert tree["concept"] == {"scheme": "LN", "code": "18748-4"}
    assert [child["path"] for child in tree["children"]] == ["1.1", "1.2"]
    assert tree["children"][1]["value"] == 0.0 and tree["children"][1]["unit"]["code"] == "ms"
    depth = 0
    while tree["children"]:
        tree, depth = tree["children"][0], depth + 1
    assert depth == 300


def test_a_document_that_is_not_there_is_404(client: Client) -> None:
    problem(client.get("/documents/9.9.9"), 404)


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"[" * 10_000, b'{"a": NaN}', b"\xff\xfe"])
def test_a_body_that_is_no_json_is_400(client: Client, body: bytes) -> None:
    problem(client.ask("POST", API + "/count", content=body), 400)


def test_a_bad_definition_is_422_with_a_pointer_to_every_fault(client: Client) -> None:
    where = {"op": "and", "args": [{"op": "series", "colour": 1}, {"op": "patient", "age": {"ge": "old"}}]}

    content = problem(client.post("/count", {**ALL, "where": where}), 422)

    assert [fault["pointer"] for fault in content["errors"]] == [
        "/where/args/0/colour",
        "/where/args/1/age/ge",
    ]


def test_other_errors_are_problems_too(client: Client) -> None:
    problem(client.get("/nothing"), 404)
    problem(client.get("/count"), 405)
    problem(client.post("/count", ALL, headers={"accept": "text/csv"}), 406)
    problem(client.post("/count", ALL, headers={"accept": "application/json;q=0"}), 406)
    problem(client.ask("POST", API + "/count", content=b" " * 2_000_000), 413)


def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_large(client: Client) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    problem(client.ask("POST", API + "/count", content=endless()), 413)


def test_a_failure_tells_the_caller_nothing(index: MemoryIndex) -> None:
    index.run("DROP VIEW live_segment")
    client = Client(index)

    content = problem(client.post("/count", {**ALL, "where": {"op": "segment"}}), 500)

    client.close()
    assert "live_segment" not in str(content)


def test_a_query_over_the_time_limit_is_interrupted_and_504(index: MemoryIndex) -> None:
    index.run("CREATE TABLE many AS SELECT range AS n FROM range(100000)")
    index.run("DROP VIEW live_segment")
    index.run(
        "CREATE VIEW live_segment AS SELECT s.* FROM segment AS s"
        " WHERE (SELECT count(*) FROM many a, many b, many c WHERE a.n + b.n * c.n % 7 = 3) > 0"
    )
    client = Client(index, time_limit_seconds=0.3)

    content = problem(client.post("/count", {**ALL, "where": {"op": "segment"}}), 504)

    assert client.post("/count", ALL).status_code == 200
    client.close()
    assert "0.3 s" in content["detail"]


class BlockedIndex(MemoryIndex):
    """An index whose readers wait until they are let go."""

    def __init__(self) -> None:
        super().__init__(Rows())
        self.arrived = threading.Semaphore(0)
        self.go = threading.Event()

    @contextmanager
    def read(self) -> Iterator[MemorySnapshot]:
        self.arrived.release()
        assert self.go.wait(30)
        with super().read() as snapshot:
            yield snapshot


def test_more_requests_than_allowed_are_503_with_retry_after() -> None:
    index = BlockedIndex()
    client = Client(index, max_requests=2, threads=2)
    with ThreadPoolExecutor(2) as others:
        waiting = [others.submit(client.post, "/count", ALL) for _ in range(2)]
        for _ in range(2):
            assert index.arrived.acquire(timeout=30)

        refused = client.post("/count", ALL)

        index.go.set()
        assert [future.result().status_code for future in waiting] == [200, 200]
    problem(refused, 503)
    assert refused.headers["retry-after"] == "1"
    client.close()


def test_the_openapi_document_resolves_and_names_bodies_and_problems(client: Client) -> None:
    document = client.get("/openapi.json").json()

    schemas = document["components"]["schemas"]
    references = set(_references(document))
    assert references and {ref.rpartition("/")[2] for ref in references} <= set(schemas)
    count = document["paths"][f"{API}/count"]["post"]
    body = count["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Definition"}
    assert count["responses"]["422"]["content"].keys() == {"application/problem+json"}
    assert not any(path.startswith("/internal") for path in document["paths"])


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_status_and_schema_and_page_are_served(client: Client) -> None:
    assert client.get("/status").json() == {"ready": True, "generation": 1}
    assert client.get("/schema/cohort.json").json()["title"] == "Definition"
    page = client.ask("GET", "/cohorts/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text and "http://" not in page.text


def test_a_database_that_broke_ends_the_process_with_a_clear_answer(index: MemoryIndex) -> None:
    """DuckDB refuses everything after a fatal error until the database is opened again."""

    class Broken:
        def read(self) -> Any:
            raise duckdb.FatalException("FATAL Error: database has been invalidated")

    ended: list[bool] = []
    client = Client(Broken(), broken=lambda: ended.append(True))
    try:
        answer = problem(client.post("/count", ALL), 503)
    finally:
        client.close()

    assert ended == [True] and "opened again" in answer["detail"]
