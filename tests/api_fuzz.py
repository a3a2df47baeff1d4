"""Requests made by schemathesis from the OpenAPI document of a running sidecar, sent by httpx and checked.

Knows the document and the shape of a problem; nothing of what the routes do. The same cases in every run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from api_client import API, media_type

Send = Callable[[Case], httpx.Response]
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
]


def document(client: httpx.Client) -> dict[str, Any]:
    """Return the OpenAPI document that a sidecar states of itself."""
    found: dict[str, Any] = client.get(f"{API}/openapi.json").raise_for_status().json()
    return found


def routes(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return method and path of every route of a document."""
    for path, item in found["paths"].items():
        for method in item:
            yield method.upper(), path


def varies(found: dict[str, Any], method: str, path: str, mode: GenerationMode) -> bool:
    """Whether a route takes anything that can be varied, or broken: every text is a part of a path."""
    operation = found["paths"][path][method.lower()]
    parameters = operation.get("parameters", ())
    in_path = {one["name"] for one in parameters if one["in"] == "path"}
    if mode is GenerationMode.NEGATIVE and len(in_path) == len(parameters):
        return "requestBody" in operation
    return bool(parameters) or "requestBody" in operation


def sent(client: httpx.Client, case: Case) -> httpx.Response:
    """Send a case; return the answer."""
    return client.send(request(client, case))


def request(client: httpx.Client, case: Case) -> httpx.Request:
    """Return the request of a case as it goes over the wire."""
    told = case.as_transport_kwargs(base_url=str(client.base_url))
    prepared = requests.Request(**told).prepare()
    headers = [(name, value) for name, value in prepared.headers.items() if name.lower() != "connection"]
    body = prepared.body
    content = body.encode() if isinstance(body, str) else body
    assert prepared.method and prepared.url
    return client.build_request(prepared.method, prepared.url, headers=headers, content=content)


def fuzz(
    found: dict[str, Any], method: str, path: str, mode: GenerationMode, examples: int, send: Send
) -> None:
    """Send cases of a route and check each answer. mode: bodies and parameters as documented, or broken."""
    operation = schemathesis.openapi.from_dict(found)[path][method]

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        check(case, send(case))

    one()


def check(case: Case, response: httpx.Response) -> None:
    """Fail when an answer is none that the document states, or an error is no problem+json."""
    assert response.status_code < 500, f"{response.status_code}: {response.text}"
    # The checks would read two Content-Type fields as one value.
    response.headers["content-type"] = media_type(response)
    case.validate_response(response, checks=CHECKS)
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == "application/problem+json"
    content = json.loads(response.content)
    assert (
        {"type", "title", "status", "detail"}
        <= set(content)
        <= {"type", "title", "status", "detail", "errors"}
    )
    assert content["status"] == response.status_code and content["title"] and content["detail"]
    for fault in content.get("errors", ()):
        assert set(fault) == {"pointer", "detail"} and fault["detail"]
        assert fault["pointer"] == "" or fault["pointer"].startswith("/")
