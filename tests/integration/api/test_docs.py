"""The page about all routes: whole, valid HTML, nothing from elsewhere, every text escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from api_client import API, Client, problem
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.api.docs_page import docs_page
from orthanc_cohorts.api.schema import EXAMPLES

VOID = {"meta", "br"}
KNOWN = {
    "html", "head", "title", "body", "main", "nav", "section", "h1", "h2", "h3", "p", "ul", "li", "a", "code",
    "pre", "table", "caption", "thead", "tbody", "tr", "th", "td", *VOID,
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a page; fails on tags that are unknown, not closed or closed out of turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.headings: list[str] = []
        self.texts: list[str] = []
        assert page.startswith("<!doctype html>\n")
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN, tag
        assert not (tag == "p" and "p" in self.open)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if "h2" in self.open:
            self.headings.append(data)


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(MemoryIndex(Rows()))
    yield client
    client.close()


def test_every_route_is_on_the_page_with_what_it_takes_and_answers(client: Client) -> None:
    document = client.get("/openapi.json").json()
    answer = client.get("/docs")

    page = Reader(answer.text)
    expected = [f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item]
    assert sorted(page.headings) == sorted([*expected, "Schemas"])
    assert f"GET {API}/docs" in page.headings and len(expected) >= 15
    for item in document["paths"].values():
        for operation in item.values():
            assert operation["description"].partition("\n")[0] in page.texts
            assert {one["name"] for one in operation.get("parameters", [])} <= set(page.texts)
            assert set(operation["responses"]) <= set(page.texts)
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= set(page.ids)


def test_the_page_is_valid_and_needs_nothing_from_elsewhere(client: Client) -> None:
    answer = client.get("/docs")

    page = Reader(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(page.ids) == len(set(page.ids))
    assert [link for link in page.links if link[0] == "#" and link[1:] not in page.ids] == []
    assert [link for link in page.links if link[0] != "#"] == ["openapi.json"]
    assert page.attributes == {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "id",
        "href",
        "scope",
        "aria-label",
    }
    assert "://" not in answer.text


def test_every_body_has_an_example_and_every_example_is_taken(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    bodies = {
        path: item["post"]["requestBody"]["content"]["application/json"]
        for path, item in paths.items()
        if "requestBody" in item.get("post", {})
    }

    statuses = {
        path: client.ask("POST", path, json=body["example"]).status_code for path, body in bodies.items()
    }

    assert len(statuses) >= 7 and set(statuses.values()) == {200}
    assert {body["schema"]["$ref"].rpartition("/")[2] for body in bodies.values()} >= set(EXAMPLES)


def test_a_hostile_text_stays_a_text() -> None:
    evil = "\"><script>alert(1)</script>'&amp;"
    schema: dict[str, Any] = {"type": evil, "description": evil, "pattern": evil, "default": evil}
    operation = {
        "description": evil,
        "parameters": [{"name": evil, "in": evil, "schema": schema}],
        "requestBody": {"content": {evil: {"schema": schema, "example": {evil: evil}}}},
        "responses": {evil: {"description": evil, "content": {evil: {"schema": {"const": evil}}}}},
    }
    document = {
        "info": {"title": evil, "version": evil},
        "paths": {evil: {"get": operation}},
        "components": {
            "schemas": {
                evil: {
                    "description": evil,
                    "properties": {evil: {"enum": [evil], "$ref": f"#/{evil}"}, "x": schema},
                }
            }
        },
    }

    page = docs_page(document).decode()

    assert "<script" not in page and Reader(page).texts.count(evil) > 5


def test_the_page_needs_a_role(client: Client) -> None:
    problem(client.get("/docs", headers={"x-cohorts-role": "none"}), 403)
