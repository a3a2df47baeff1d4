"""Who may ask, in a real Orthanc with a real sidecar: users, roles, forged headers and the audit log."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

import build
from orthanc import states
from orthanc.harness import Orthanc

USERS = {"ada": "watch", "ben": "list", "eve": "nothing"}
ROLES = {"ada": "viewer", "ben": "analyst", "root": "admin"}
ALL = {"version": 1, "unit": "patient"}
API = "/cohorts/api/v1"
FORGED = {
    "X-Cohorts-Role": "admin",
    "X-Cohorts-User": "root",
    "x_cohorts_role": "admin",
    "X-Remote-User": "root",
    "X-Forwarded-User": "root",
}
ROUTES = ("status", "fields", "count", "patients", "studies", "conformance", "problems")


def ask(
    orthanc: Orthanc, user: str | None, route: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Ask a route as one of the users, on a connection of its own."""
    method, body = ("POST", ALL) if route in ("count", "patients", "studies") else ("GET", None)
    return httpx.request(
        method,
        f"http://127.0.0.1:{orthanc.http_port}{API}/{route}",
        json=body,
        auth=None if user is None else (user, USERS[user]),
        headers=headers,
        trust_env=False,
        timeout=30,
    )


def report() -> bytes:
    length = build.num("SCT|410668003|Length", 42, "mm")
    return build.to_bytes(build.sr([length], title="DCM|126000|Imaging Measurement Report"))


def audited(orthanc: Orthanc) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (orthanc.data_directory / "audit.log").read_text().splitlines()]


@pytest.mark.parametrize("headers", [{}, FORGED], ids=["honest", "forged"])
def test_each_user_gets_what_the_role_allows_and_a_forged_header_changes_nothing(start_orthanc, headers):
    orthanc = start_orthanc(
        credentials=("eve", USERS["eve"]),
        config={"RegisteredUsers": USERS},
        cohorts={**states.FAST, "Roles": ROLES, "AnonymousRole": "none"},
    )
    orthanc.wait_ready()
    orthanc.store(report())
    states.pushed(orthanc)

    answers = {user: [ask(orthanc, user, route, headers) for route in ROUTES] for user in USERS}

    assert {user: [answer.status_code for answer in found] for user, found in answers.items()} == {
        "ada": [200, 200, 200, 403, 403, 403, 403],
        "ben": [200, 200, 200, 200, 200, 200, 403],
        "eve": [403] * 7,
    }
    refused = answers["ada"][3].json()
    assert refused["status"] == 403 and "role analyst" in refused["detail"]
    lines = audited(orthanc)
    assert {(line["user"], line["role"]) for line in lines} == {
        ("ada", "viewer"), ("ben", "analyst"), ("eve", "none")
    }  # fmt: skip
    assert len(lines) == 3 * (len(ROUTES) - 1)
    counted = [line["count"] for line in lines if line["route"] == f"{API}/count" and line["status"] == 200]
    assert counted == [1, 1]
    log = (orthanc.data_directory / "audit.log").read_text()
    [patient] = answers["ben"][3].json()["patients"]
    texts = [*patient["identities"][0].values(), *patient["study_instance_uids"]]
    assert patient["identities"][0]["patient_id"] and not any(text in log for text in texts if text)
    assert not any(password in log for password in USERS.values())
    assert (orthanc.data_directory / "audit.log").stat().st_mode & 0o777 == 0o600


def test_without_authentication_nobody_has_a_role_but_the_machine_itself(start_orthanc):
    orthanc = start_orthanc(cohorts={**states.FAST, "Roles": ROLES, "AnonymousRole": "none"})
    status = orthanc.wait_ready()
    socket = status["sidecar"]["socket"]

    answers = [ask(orthanc, user, route, FORGED) for user in (None, "ben") for route in ROUTES]
    told = answers[0].json()["detail"]
    command = [sys.executable, "-m", "orthanc_cohorts", "count", "-"]
    counted = subprocess.run(
        [*command, "--socket", socket], input=json.dumps(ALL), text=True, capture_output=True, timeout=60
    )
    refused = subprocess.run(
        [*command, "--url", f"http://127.0.0.1:{orthanc.http_port}"],
        input=json.dumps(ALL), text=True, capture_output=True, timeout=60,
    )  # fmt: skip

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert "Cohorts.AnonymousRole" in told and "AuthenticationEnabled" in told
    assert counted.returncode == 0 and counted.stdout.startswith("0 patients")
    assert refused.returncode != 0 and "Cohorts.AnonymousRole" in refused.stderr
    last = audited(orthanc)[-2]
    assert (last["user"], last["role"], last["count"]) == (None, "admin", 0)


def test_a_header_is_believed_once_it_is_configured_and_only_that_one(start_orthanc):
    orthanc = start_orthanc(
        cohorts={**states.FAST, "Roles": ROLES, "AnonymousRole": "none", "TrustedUserHeader": "X-Remote-User"}
    )
    orthanc.wait_ready()

    trusted = ask(orthanc, None, "patients", {"X-Remote-User": "ben"})
    unknown = ask(orthanc, None, "count", {"X-Remote-User": "nobody", "X-Cohorts-User": "root"})
    other = ask(orthanc, None, "count", {"X-Forwarded-User": "ben", "X-Cohorts-Role": "admin"})
    nobody = ask(orthanc, "ben", "count")

    assert [a.status_code for a in (trusted, unknown, other, nobody)] == [200, 403, 403, 403]
    assert [line["user"] for line in audited(orthanc)] == ["ben", "nobody", None, None]


@pytest.mark.parametrize(("cohorts", "status"), [({}, 403), ({"LabelRestriction": "ignore"}, 200)])
def test_where_labels_may_restrict_users_nobody_is_answered_unless_the_site_says_so(
    start_orthanc, cohorts, status
):
    """Only the configuration of the authorization plugin is there: that alone decides."""
    orthanc = start_orthanc(
        config={"Authorization": {"WebServiceRootUrl": "http://127.0.0.1:9/"}},
        cohorts={**states.FAST, "AnonymousRole": "admin", **cohorts},
    )
    orthanc.wait_ready()

    answers = [ask(orthanc, None, route) for route in ROUTES]

    assert [answer.status_code for answer in answers] == [status] * len(answers)
    if status == 403:
        assert "Cohorts.LabelRestriction" in answers[0].json()["detail"]
