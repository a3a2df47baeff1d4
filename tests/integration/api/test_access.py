"""Who may ask what, and the audit log: every role at every route of the application.

The application runs on rows in memory; no server, no Orthanc.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.api import access, create_app
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.cohort import canonical, parse
from orthanc_cohorts.config import ROLES

API = "/cohorts/api/v1"
ALL = {"version": 1, "unit": "patient"}
CALLERS = ("none", *ROLES)
LEAST: list[tuple[str, str, str]] = [
    ("GET", "/cohorts/", "viewer"),
    ("GET", f"{API}/status", "viewer"),
    ("GET", f"{API}/openapi.json", "viewer"),
    ("GET", f"{API}/schema/cohort.json", "viewer"),
    ("GET", f"{API}/docs", "viewer"),
    ("GET", f"{API}/fields", "viewer"),
    ("POST", f"{API}/fields", "viewer"),
    ("POST", f"{API}/count", "viewer"),
    ("POST", f"{API}/facets", "viewer"),
    ("POST", f"{API}/attrition", "viewer"),
    ("POST", f"{API}/compare", "viewer"),
    ("GET", f"{API}/cohorts", "viewer"),
    ("GET", f"{API}/cohorts/pilot/drift", "viewer"),
    ("POST", f"{API}/cohorts", "analyst"),
    ("PUT", f"{API}/cohorts/pilot", "analyst"),
    ("DELETE", f"{API}/cohorts/pilot", "analyst"),
    ("POST", f"{API}/patients", "analyst"),
    ("POST", f"{API}/studies", "analyst"),
    ("GET", f"{API}/documents/1.2.3", "analyst"),
    ("GET", f"{API}/conformance", "analyst"),
    ("POST", f"{API}/table", "analyst"),
    ("GET", f"{API}/datasets", "analyst"),
    ("POST", f"{API}/datasets", "analyst"),
    ("GET", f"{API}/datasets/hearts", "analyst"),
    ("GET", f"{API}/datasets/hearts/1/table.parquet", "analyst"),
    ("POST", f"{API}/sql", "analyst"),
    ("GET", f"{API}/crosswalks/hearts/1", "admin"),
    ("POST", f"{API}/reidentify", "admin"),
    ("POST", f"{API}/erase", "admin"),
    ("GET", f"{API}/problems", "admin"),
    ("GET", f"{API}/metrics", "viewer"),
    ("POST", f"{API}/reconcile", "admin"),
    ("GET", f"{API}/countless", "admin"),
    ("GET", f"{API}//patients", "admin"),
    ("GET", f"{API}/%70roblems", "admin"),
    ("GET", "/internal/v1/health", "admin"),
    ("GET", "/docs", "admin"),
    ("GET", "/", "admin"),
]


def archive() -> Rows:
    rows = Rows()
    for number in range(3):
        rows.study(number, number, modalities=["CT"], orthanc_id=f"orthanc-{number}", patient_sex="F")
    rows.fact("document", 2, title="LN|18748-4", sop_instance_uid="1.2.3")
    own = {"instance_key": 1, "series_key": 0, "study_key": 2}
    rows.add(
        "content_item", **own, path="1", value_type="CONTAINER", concept_scheme="LN", concept_code="18748-4"
    )
    return rows


class Client:
    """Requests to an application in this process that keeps an audit log."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.app = create_app(
            MemoryIndex(archive()), internal=None, status=lambda: {"ready": True}, audit=AuditLog(log)
        )
        self._portal = start_blocking_portal()
        self.portal = self._portal.__enter__()

    def close(self) -> None:
        self._portal.__exit__(None, None, None)

    def ask(self, method: str, path: str, role: str | None, **more: Any) -> httpx.Response:
        headers = more.pop("headers", {} if role is None else {"X-Cohorts-Role": role})
        if method == "POST":
            more.setdefault("json", ALL)

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://sidecar") as client:
                return await client.request(method, path, headers=headers, **more)

        return self.portal.call(send)

    def lines(self) -> list[dict[str, Any]]:
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    client = Client(tmp_path / "audit.log")
    yield client
    client.close()


@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize(("method", "path", "least"), LEAST)
def test_a_route_answers_the_roles_from_its_least_on(
    client: Client, method: str, path: str, least: str, role: str
) -> None:
    answer = client.ask(method, path, role)

    if CALLERS.index(role) >= CALLERS.index(least):
        assert answer.status_code != 403 and answer.status_code < 500
    else:
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert f"needs the role {least}" in answer.json()["detail"]


def test_every_route_of_the_application_has_a_row_in_the_table(client: Client) -> None:
    paths = list(client.ask("GET", f"{API}/openapi.json", None).json()["paths"])

    assert len(paths) >= 9
    assert [path for path in paths if access.access(path) is access.OTHER] == []


def test_a_refusal_tells_a_nameless_caller_which_options_there_are_and_a_named_one_whom_to_ask(
    client: Client,
) -> None:
    nameless = client.ask("POST", f"{API}/count", "none").json()["detail"]
    named = {"X-Cohorts-Role": "viewer", "X-Cohorts-User": "eve<b>"}
    refused = client.ask("POST", f"{API}/patients", None, headers=named).json()["detail"]

    assert "Cohorts.AnonymousRole" in nameless and "AuthenticationEnabled" in nameless
    assert "Cohorts.Roles" in refused and "eve" not in refused


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Cohorts-User", "boss")],
        [("X-Cohorts-Role", "none"), ("X-Cohorts-Role", "admin")],
        [("X-Cohorts-Role", "admin"), ("X-Cohorts-Role", "none")],
        [("X-Cohorts-Role", "")],
        [("X-Cohorts-Role", "Admin")],
        [("X-Cohorts-Role", "root")],
        [("X-Cohorts-Role", "admin, none")],
        [("X-Cohorts-User", "a"), ("X-Cohorts-User", "b"), ("X-Cohorts-Role", "admin")],
    ],
)
def test_what_the_plugin_never_states_gives_no_role(client: Client, headers: list[tuple[str, str]]) -> None:
    assert client.ask("GET", f"{API}/status", None, headers=headers).status_code == 403


@pytest.mark.parametrize("header", ["X-Remote-User", "Authorization", "X-Forwarded-User", "X-Cohorts-Roles"])
def test_no_other_header_changes_a_role(client: Client, header: str) -> None:
    forged = {header: "admin", "X-Cohorts-Role": "none"}

    assert client.ask("POST", f"{API}/count", None, headers=forged).status_code == 403


def test_who_comes_over_the_socket_without_the_plugin_is_the_admin_of_the_machine(client: Client) -> None:
    assert client.ask("POST", f"{API}/patients", None).status_code == 200
    assert client.lines()[-1]["role"] == "admin" and client.lines()[-1]["user"] is None


def test_every_query_leaves_one_line_that_says_who_asked_what_and_how_much_came_back(client: Client) -> None:
    bodies = [ALL, {**ALL, "limit": 2}, ALL]
    headers = {"X-Cohorts-User": "Jörg".encode(), "X-Cohorts-Role": "analyst"}

    for path, body in zip(("count", "patients", "studies"), bodies, strict=True):
        client.ask("POST", f"{API}/{path}", None, json=body, headers=headers)
    client.ask("GET", f"{API}/conformance", None, headers=headers)
    client.ask("GET", f"{API}/documents/1.2.3", None, headers=headers)
    client.ask("GET", f"{API}/documents/1.2.99", None, headers=headers)

    lines = client.lines()
    hash = canonical(parse(ALL)).hash
    assert [(line["route"], line["hash"], line["status"], line["count"]) for line in lines] == [
        (f"{API}/count", hash, 200, 3),
        (f"{API}/patients", hash, 200, 2),
        (f"{API}/studies", hash, 200, 3),
        (f"{API}/conformance", None, 200, 0),
        (f"{API}/documents", None, 200, 1),
        (f"{API}/documents", None, 404, None),
    ]
    for line in lines:
        assert set(line) == {"time", "user", "role", "route", "hash", "status", "count", "elapsed_ms"}
        assert (line["user"], line["role"]) == ("Jörg", "analyst")
        assert line["time"].endswith("Z") and 0 <= line["elapsed_ms"] < 60_000


def test_refusals_and_mistakes_leave_a_line_too(client: Client) -> None:
    client.ask("POST", f"{API}/patients", "viewer")
    client.ask("POST", f"{API}/count", "viewer", json={"version": 9})
    client.ask("GET", f"{API}/nothing/of/P1?patient=P1", "viewer")

    found = [(line["route"], line["status"]) for line in client.lines()]
    assert found == [(f"{API}/patients", 403), (f"{API}/count", 422), ("other", 403)]


def test_the_log_holds_nothing_of_what_was_asked_or_answered(client: Client) -> None:
    where = {"op": "study", "study_description": "SECRET WORD"}
    answers = [
        client.ask("POST", f"{API}/patients", "analyst"),
        client.ask("POST", f"{API}/studies", "analyst"),
        client.ask("POST", f"{API}/count", "viewer", json={**ALL, "where": where}),
        client.ask("GET", f"{API}/documents/1.2.3", "analyst"),
        client.ask("GET", f"{API}/P1", "admin"),
    ]

    log = client.log.read_text()
    assert len(client.lines()) == len(answers)
    handed_out = answers[0].json()["patients"] + answers[1].json()["studies"]
    texts = {text for row in handed_out for text in strings(row) if len(text) > 1}
    assert {"P0", "P1", "P2"} <= texts
    assert [text for text in texts | {"SECRET", "1.2.3", "P1"} if text in log] == []


def strings(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def test_status_and_documents_of_the_api_leave_no_line(client: Client) -> None:
    for path in ("/cohorts/", f"{API}/status", f"{API}/openapi.json", f"{API}/schema/cohort.json"):
        assert client.ask("GET", path, "viewer").status_code == 200

    assert client.lines() == []


def test_without_its_line_no_answer_goes_out(client: Client) -> None:
    client.log.mkdir()

    answer = client.ask("POST", f"{API}/patients", "analyst")
    refusal = client.ask("POST", f"{API}/patients", "viewer")
    status = client.ask("GET", f"{API}/status", "viewer")

    assert (answer.status_code, refusal.status_code, status.status_code) == (503, 503, 200)
    assert (
        "audit log" in answer.json()["detail"]
        and "P1" not in answer.text
        and str(client.log) not in answer.text
    )


def test_an_answer_that_fails_inside_leaves_a_line_with_500(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("orthanc_cohorts.api.asking.Desk.count", lambda *_: 1 / 0)

    answer = client.ask("POST", f"{API}/count", "viewer")

    assert answer.status_code == 500
    assert [line["status"] for line in client.lines()] == [500]


def test_the_log_is_private_and_begins_anew_when_it_was_moved_away(client: Client) -> None:
    before = os.umask(0)
    try:
        client.ask("POST", f"{API}/count", "viewer")
    finally:
        os.umask(before)
    mode = client.log.stat().st_mode & 0o777
    client.log.rename(client.log.with_suffix(".1"))
    client.ask("POST", f"{API}/count", "viewer")

    assert mode == 0o600
    assert len(client.lines()) == 1


def test_after_a_line_that_was_cut_off_the_next_one_stands_alone(client: Client, monkeypatch: Any) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20]))
    torn = client.ask("POST", f"{API}/count", "viewer")
    monkeypatch.setattr(os, "write", write)

    client.ask("POST", f"{API}/count", "viewer")

    first, second = client.log.read_text().splitlines()
    assert torn.status_code == 503 and len(first) == 20
    assert json.loads(second)["status"] == 200
