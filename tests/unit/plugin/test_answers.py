"""Answers, callers and targets: what passes between Orthanc and the sidecar, and what does not."""

from __future__ import annotations

import base64
import json

import pytest

from orthanc_cohorts_plugin.identity import Callers
from orthanc_cohorts_plugin.proxy import target
from orthanc_cohorts_plugin.reply import problem, send
from unit.plugin.hosts import Output


@pytest.mark.parametrize("arity", [2, 3])
def test_an_error_is_told_in_the_form_that_the_host_knows(arity):
    output = Output(arity)

    problem(output, 503, "Später", retry_after=2)

    assert output.status == 503
    assert json.loads(output.body)["detail"] == "Später"
    assert output.headers == {"Retry-After": "2", "Content-Type": "application/problem+json"}


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a\nb", "ä", "a\0b"])
def test_a_header_that_could_smuggle_another_is_left_out(value):
    output = Output()

    send(output, 200, b"", "text/plain", {"ETag": value})

    assert "ETag" not in output.headers


def test_a_status_unknown_to_orthanc_becomes_502():
    output = Output()

    send(output, 429, b"{}", "application/json")

    assert (output.status, json.loads(output.body)["status"]) == (502, 502)


def basic(credentials: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


USERS = {"AuthenticationEnabled": True, "RegisteredUsers": {"reader": "se:cret"}}


@pytest.mark.parametrize(
    ("configuration", "headers", "name"),
    [
        (USERS, basic("reader:se:cret"), "reader"),
        (USERS, basic("reader:wrong"), None),
        (USERS, basic("other:se:cret"), None),
        (USERS, {"authorization": "Bearer reader"}, None),
        (USERS, {}, None),
        ({**USERS, "AuthenticationEnabled": False}, basic("reader:se:cret"), None),
        ({"RegisteredUsers": {"reader": "x"}}, basic("reader:x"), None),
        ({"RegisteredUsers": {"reader": "x"}, "RemoteAccessAllowed": True}, basic("reader:x"), "reader"),
    ],
)
def test_only_a_user_that_orthanc_authenticates_has_a_name(configuration, headers, name):
    assert Callers(configuration).name(headers) == name


@pytest.mark.parametrize(
    ("uri", "query", "expected"),
    [
        ("/cohorts", {}, "/cohorts/"),
        ("/cohorts/api/v1/count", {}, "/cohorts/api/v1/count"),
        ("/cohorts/a b\r\nHost: x", {}, "/cohorts/a%20b%0D%0AHost:%20x"),
        ("/cohorts/é?x", {}, "/cohorts/%C3%A9%3Fx"),
        (
            "/cohorts/c",
            {"q": "a%26b", "n": "100%", "t": "a&b=c d"},
            "/cohorts/c?q=a%26b&n=100%25&t=a%26b%3Dc%20d",
        ),
    ],
)
def test_a_target_is_encoded_again_and_cannot_break_the_request(uri, query, expected):
    assert target(uri, query) == expected
