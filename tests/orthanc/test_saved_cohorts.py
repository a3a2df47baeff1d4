"""Saved cohorts through a real Orthanc: what a client may rely on there is status and body."""

from __future__ import annotations

from typing import Any

import httpx

import build
from orthanc import states
from orthanc.harness import Orthanc

USERS = {"ada": "watch", "ben": "list", "cyd": "list too"}
ROLES = {"ada": "viewer", "ben": "analyst", "cyd": "analyst"}
API = "/cohorts/api/v1"
REPORTED = {"version": 1, "unit": "study", "where": {"op": "measurement", "concept": "SCT|410668003"}}
ALL = {"version": 1, "unit": "study"}
NAMED = {**ALL, "where": {"op": "cohort", "name": "reported"}}


def ask(
    orthanc: Orthanc, user: str, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """Ask as one of the users, on a connection of its own."""
    return httpx.request(
        method,
        f"http://127.0.0.1:{orthanc.http_port}{API}{path}",
        json=body,
        auth=(user, USERS[user]),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        trust_env=False,
        timeout=30,
    )


def report(study: str) -> bytes:
    length = build.num("SCT|410668003|Length", 42, "mm")
    ds = build.sr([length], title="DCM|126000|Imaging Measurement Report", StudyInstanceUID=study)
    return build.to_bytes(ds)


def test_a_cohort_is_saved_asked_replaced_and_deleted_and_outlives_its_index(start_orthanc) -> None:
    orthanc = start_orthanc(
        credentials=("ada", USERS["ada"]),
        config={"RegisteredUsers": USERS},
        cohorts={**states.FAST, "Roles": ROLES, "AnonymousRole": "none"},
    )
    orthanc.wait_ready()
    orthanc.store(report("1.2.3"))
    states.pushed(orthanc)
    draft = {"name": "reported", "definition": REPORTED, "kind": "list", "note": "Größe"}

    created = ask(orthanc, "ben", "POST", "/cohorts", draft)
    taken = ask(orthanc, "cyd", "POST", "/cohorts", draft)
    untyped = ask(orthanc, "ben", "POST", "/cohorts", None, Content_Type="text/plain")
    watched = ask(orthanc, "ada", "POST", "/cohorts", {**draft, "name": "mine"})
    assert [a.status_code for a in (created, taken, untyped, watched)] == [201, 409, 415, 403]
    assert (created.json()["version"], created.json()["members"]) == (1, [["1.2.3"]])
    assert created.json()["note"] == "Größe" and created.json()["owner"] == "ben"

    orthanc.store(report("1.2.4"))
    states.pushed(orthanc)
    counted = [ask(orthanc, "ada", "POST", "/count", body).json()["count"] for body in (NAMED, REPORTED)]
    drift = ask(orthanc, "ada", "GET", "/cohorts/reported/drift").json()
    assert counted == [1, 2]
    assert (drift["saved_count"], drift["count"], drift["joined"], drift["gone"]) == (1, 2, 1, 0)

    foreign = ask(orthanc, "cyd", "PUT", "/cohorts/reported", {"definition": ALL, "replaces": 1})
    unsaid = ask(orthanc, "ben", "PUT", "/cohorts/reported", {"definition": ALL})
    by_body = ask(orthanc, "ben", "PUT", "/cohorts/reported", {"definition": REPORTED, "replaces": 1})
    stale = ask(orthanc, "ben", "PUT", "/cohorts/reported", {"definition": ALL}, If_Match='"1"')
    by_header = ask(orthanc, "ben", "PUT", "/cohorts/reported", {"definition": ALL}, If_Match='"2"')
    answers = (foreign, unsaid, by_body, stale, by_header)
    assert [answer.status_code for answer in answers] == [403, 412, 200, 412, 200]
    assert stale.json()["status"] == 412 and "version 2 is the newest" in stale.json()["detail"]
    assert by_header.json()["version"] == 3

    orthanc.terminate()
    for file in orthanc.data_directory.glob("index.duckdb*"):
        file.unlink()
    orthanc.start()
    orthanc.wait_ready()
    first = ask(orthanc, "ada", "GET", "/cohorts/reported?version=1").json()
    versions = ask(orthanc, "ada", "GET", "/cohorts/reported/versions").json()["versions"]
    assert (first["hash"], first["members"]) == (created.json()["hash"], None)
    assert [one["version"] for one in versions] == [3, 2, 1]

    kept = ask(orthanc, "ben", "DELETE", "/cohorts/reported", If_Match='"1"')
    gone = ask(orthanc, "ben", "DELETE", "/cohorts/reported", If_Match='"3"')
    after = ask(orthanc, "ben", "GET", "/cohorts/reported")
    assert [answer.status_code for answer in (kept, gone, after)] == [412, 200, 404]
    assert gone.json() == {"name": "reported", "version": 3}
    assert ask(orthanc, "ada", "GET", "/cohorts").json() == {"cohorts": []}
    assert (orthanc.data_directory / "cohorts.sqlite").stat().st_mode & 0o777 == 0o600
