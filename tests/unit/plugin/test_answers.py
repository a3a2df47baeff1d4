"""Answers, callers and targets: what passes between Orthanc and the sidecar, and what does not."""

from __future__ import annotations

import base64
import json

import pytest

from orthanc_cohorts.config import Settings
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts_plugin.client import Answer, Client
from orthanc_cohorts_plugin.identity import Callers
from orthanc_cohorts_plugin.proxy import Proxy, target
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
    callers = Callers(configuration, Settings.from_mapping({"Roles": {"reader": "analyst"}}))

    assert callers.caller(headers) == (name, "none" if name is None else "analyst")


@pytest.mark.parametrize(
    ("section", "headers", "caller"),
    [
        ({"AnonymousRole": "viewer"}, {}, (None, "viewer")),
        ({"AnonymousRole": "viewer"}, basic("reader:se:cret"), ("reader", "viewer")),
        ({"AnonymousRole": "admin", "Roles": "reader:viewer"}, basic("reader:se:cret"), ("reader", "viewer")),
        ({"Roles": {"Reader": "admin"}}, basic("reader:se:cret"), ("reader", "none")),
        ({"Roles": {"boss": "admin"}}, {"x-remote-user": "boss"}, (None, "none")),
        ({"Roles": {"boss": "admin"}}, {"": "boss"}, (None, "none")),
        ({"Roles": {"boss": "admin"}, "TrustedUserHeader": "X-Remote-User"}, {"x-remote-user": " boss "},
         ("boss", "admin")),
        ({"Roles": {"boss": "admin"}, "TrustedUserHeader": "X-Remote-User"},
         {"x-remote-user": "b", **basic("reader:se:cret")}, ("b", "none")),
        ({"Roles": {"reader": "viewer"}, "TrustedUserHeader": "X-Remote-User"}, basic("reader:se:cret"),
         ("reader", "viewer")),
        ({"Roles": {"b\nc": "admin"}, "TrustedUserHeader": "X-Remote-User"}, {"x-remote-user": "b\nc"},
         (None, "none")),
    ],
)  # fmt: skip
def test_a_role_comes_with_a_name_that_somebody_vouches_for_else_it_is_the_anonymous_one(
    section, headers, caller
):
    assert Callers(USERS, Settings.from_mapping(section)).caller(headers) == caller


@pytest.mark.parametrize("header", ["X Remote", "X-User:", "Authorization", "é"])
def test_what_is_no_header_of_its_own_cannot_be_trusted(header):
    with pytest.raises(ConfigurationError, match="TrustedUserHeader"):
        Callers(USERS, Settings.from_mapping({"TrustedUserHeader": header}))


@pytest.mark.parametrize("section", [{}, {"TrustedUserHeader": "X-Remote-User", "Roles": {"é": "viewer"}}])
def test_the_proxy_states_who_asks_whatever_a_client_states(section):
    client = Recorder()
    settings = Settings.from_mapping(section)
    proxy = Proxy(settings, client, Callers(USERS, settings), lambda: "")
    forged = {"x-cohorts-user": "boss", "x-cohorts-role": "admin", "x-remote-user": "é", "accept": "*/*"}

    proxy(Output(), "/cohorts/x", method="GET", headers=forged, get={})

    stated = {"X-Cohorts-User": "é", "X-Cohorts-Role": "viewer"} if section else {"X-Cohorts-Role": "none"}
    assert client.headers == {"Accept": "*/*", **stated}


class Recorder(Client):
    """A sidecar that answers nothing and keeps the headers of what it was asked."""

    def __init__(self) -> None:
        super().__init__("/nowhere")
        self.headers: dict[str, str] = {}

    def request(self, method, path, headers, body, timeout_seconds):
        self.headers = dict(headers)
        return Answer(200, {}, b"")


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


@pytest.mark.parametrize(
    ("authorization", "section", "refused"),
    [
        ({"WebServiceRootUrl": "http://x"}, {}, True),
        ({"WebServiceRootUrl": "http://x"}, {"LabelRestriction": "ignore"}, False),
        ({"Enable": False}, {}, False),
        (None, {}, False),
    ],
)
def test_labels_refuse_everybody_unless_they_restrict_nobody(
    authorization: dict[str, object] | None, section: dict[str, str], refused: bool
) -> None:
    configuration = USERS if authorization is None else {**USERS, "Authorization": authorization}

    assert (Callers(configuration, Settings.from_mapping(section)).refusal is not None) is refused
