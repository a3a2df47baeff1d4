"""The plugin's routes in a real Orthanc: forwarding, identity, caps and errors. The sidecar is a fake."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest


def test_a_request_reaches_the_sidecar_with_its_path_query_and_body_and_nothing_else(start_with_fake):
    orthanc = start_with_fake()
    orthanc.wait_ready()
    sent = {"If-None-Match": '"7"', "Cookie": "a=b", "X-Cohorts-User": "root", "X-Forwarded-For": "10.0.0.1"}
    sent["X-Cohorts-Role"] = "viewer"

    got = orthanc.get("/cohorts/a b/c%25d?q=x%26y&n=1", headers=sent).json()
    posted = orthanc.post("/cohorts/api/v1/count", json={"a": [1]}).json()

    assert (got["method"], got["path"]) == ("GET", "/cohorts/a%20b/c%25d?q=x%26y&n=1")
    assert set(got["headers"]) == {"host", "accept", "if-none-match", "x-cohorts-role"}
    assert got["headers"]["x-cohorts-role"] == "admin"
    assert (posted["path"], json.loads(posted["body"])) == ("/cohorts/api/v1/count", {"a": [1]})


@pytest.mark.parametrize("path", ["/cohorts", "/cohorts/", "/cohorts/?x=1"])
def test_the_page_is_asked_for_with_its_slash(start_with_fake, path):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    echo = orthanc.get(path).json()

    assert echo["path"].partition("?")[0] == "/cohorts/"


@pytest.mark.parametrize(
    "path", ["/internal/v1/health", "/cohorts/../internal/v1/push", "/cohorts/..%2finternal/x"]
)
def test_the_internal_routes_of_the_sidecar_are_out_of_reach(start_with_fake, path):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    answer = orthanc.get(path)

    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_other_methods_are_forwarded(start_with_fake, method):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    echo = orthanc.put("/cohorts/x", json={}) if method == "PUT" else orthanc.delete("/cohorts/x")

    assert echo.json()["method"] == method


@pytest.mark.parametrize("status", [200, 201, 304, 400, 404, 409, 412, 422, 500, 503])
def test_a_status_of_the_sidecar_reaches_the_caller(start_with_fake, status):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    answer = orthanc.get(f"/cohorts/status/{status}")

    assert answer.status_code == status


def test_a_status_that_orthanc_does_not_know_becomes_502(start_with_fake):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    answer = orthanc.get("/cohorts/status/429")

    assert answer.status_code == 502


def test_an_answer_in_chunks_arrives_whole_and_only_listed_headers_pass(start_with_fake):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    chunked = orthanc.get("/cohorts/chunked")
    headed = orthanc.get("/cohorts/headers")

    assert (chunked.text, chunked.headers["content-type"]) == ("a,b\n" * 3, "text/csv")
    assert headed.headers["etag"] == '"1"' and headed.headers["cache-control"] == "no-store"
    assert "set-cookie" not in headed.headers


def test_with_authentication_no_route_answers_without_credentials(start_with_fake):
    orthanc = start_with_fake(credentials=("reader", "secret"))
    orthanc.wait_ready()
    base = f"http://127.0.0.1:{orthanc.http_port}"

    refused = [
        httpx.get(f"{base}{path}", auth=auth, trust_env=False).status_code
        for path in ("/cohorts", "/cohorts/api/v1/status", "/plugins/cohorts/status")
        for auth in (None, ("reader", "wrong"))
    ]

    assert refused == [401] * 6


def test_the_user_is_told_only_when_orthanc_authenticates(start_with_fake):
    open_one = start_with_fake()
    open_one.wait_ready()
    closed_one = start_with_fake(credentials=("reader", "secret"))
    closed_one.wait_ready()

    believed = closed_one.get("/cohorts/x").json()["headers"]
    not_believed = open_one.get("/cohorts/x", auth=("reader", "secret")).json()["headers"]

    assert believed["x-cohorts-user"] == "reader"
    assert "x-cohorts-user" not in not_believed
    assert "authorization" not in believed and "secret" not in closed_one.log()


def test_a_body_that_nests_10_000_deep_is_refused_and_orthanc_lives(start_with_fake):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    refused = [
        orthanc.post("/cohorts/api/v1/count", content=body, headers={"Content-Type": "application/json"})
        for body in (
            b"[" * 10_000 + b"]" * 10_000,
            b'{"a":' * 10_000,
            b'"' + b'\\"' * 400_000 + b"[" * 10_000,
        )
    ]

    assert [answer.status_code for answer in refused[:2]] == [400, 400]
    assert orthanc.get("/system").status_code == 200


def test_a_body_over_the_cap_is_refused(start_with_fake):
    orthanc = start_with_fake(cohorts={"MaxBodyBytes": 2048})
    orthanc.wait_ready()

    fits = orthanc.post("/cohorts/x", content=b" " * 2048)
    too_large = orthanc.post("/cohorts/x", content=b" " * 2049)

    assert (fits.status_code, too_large.status_code) == (200, 413)
    assert too_large.json()["status"] == 413


@pytest.mark.parametrize("mode", ["deaf", "crash"])
def test_a_dead_sidecar_gives_503_with_retry_after_and_the_reason(start_with_fake, mode):
    orthanc = start_with_fake(mode)

    answer = orthanc.get("/cohorts/api/v1/status")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "sidecar" in answer.json()["detail"] and "Traceback" not in answer.text


def test_a_sidecar_that_hangs_up_gives_503(start_with_fake):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    answer = orthanc.get("/cohorts/hang-up")

    assert answer.status_code == 503


@pytest.mark.alone
def test_an_answer_that_takes_too_long_gives_504(start_with_fake):
    orthanc = start_with_fake(cohorts={"RequestTimeoutSeconds": 1})
    orthanc.wait_ready()

    started = time.monotonic()
    answer = orthanc.get("/cohorts/slow?seconds=5")

    assert answer.status_code == 504
    assert time.monotonic() - started < 2.5


@pytest.mark.alone
def test_slow_requests_block_no_other_route_and_those_beyond_the_limit_get_503(start_with_fake):
    orthanc = start_with_fake(cohorts={"MaxRequests": 16})
    orthanc.wait_ready()

    with ThreadPoolExecutor(20) as pool:
        slow = [pool.submit(_get, orthanc, "/cohorts/slow?seconds=2") for _ in range(20)]
        time.sleep(0.5)
        started = time.monotonic()
        system = orthanc.get("/system").status_code
        status = orthanc.get("/plugins/cohorts/status").status_code
        elapsed = time.monotonic() - started
        answers = sorted(future.result() for future in slow)

    assert (system, status) == (200, 200)
    assert elapsed < 0.5
    assert answers == [200] * 16 + [503] * 4


def _get(orthanc: Any, path: str) -> int:
    url = f"http://127.0.0.1:{orthanc.http_port}{path}"
    return httpx.get(url, timeout=30, trust_env=False).status_code
