"""The page about all routes, made from the OpenAPI document: plain HTML, no script, nothing from elsewhere.

Knows OpenAPI, no route of its own. Every text is escaped, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson

from orthanc_cohorts.api.page import META_POLICY

Schema = Mapping[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "pattern": "pattern {}",
    "format": "format {}",
}


def docs_page(document: Mapping[str, Any]) -> bytes:
    """Return the page of an OpenAPI document: its routes in order, then the schemas that they name."""
    routes = [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    schemas = document.get("components", {}).get("schemas", {})
    title = escape(document["info"]["title"])
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(META_POLICY)}">',
        f'<meta name="viewport" content="width=device-width">\n<title>{title}: routes</title>\n</head>',
        f"<body>\n<main>\n<h1>{title} {escape(document['info']['version'])}: routes</h1>",
        '<p>The same as a document for programs: <a href="openapi.json">openapi.json</a>. Errors are'
        " <code>application/problem+json</code> and say what, where and what to do.</p>",
        '<nav aria-label="Routes">\n<ul>',
        *(
            f'<li><a href="#{_route_id(path, method)}">{_name(path, method)}</a> {_first(operation)}</li>'
            for path, method, operation in routes
        ),
        "</ul>\n</nav>",
        *(part for route in routes for part in _route(*route)),
        '<h2 id="schemas">Schemas</h2>',
        *(part for name in sorted(schemas) for part in _schema(name, schemas[name])),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts).encode()


def _route(path: str, method: str, operation: Schema) -> Iterator[str]:
    yield f'<section>\n<h2 id="{_route_id(path, method)}">{_name(path, method)}</h2>'
    yield _paragraphs(operation.get("description", ""))
    parameters = operation.get("parameters", [])
    if parameters:
        yield _table("Parameters", ("name", "in", "type", "rules"), map(_parameter, parameters))
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        optional = "" if operation["requestBody"].get("required") else ", optional"
        yield f"<p>Body ({escape(media_type)}{optional}): {_type(body['schema'])}</p>"
        if "example" in body:
            yield f"<pre>{escape(orjson.dumps(body['example'], option=orjson.OPT_INDENT_2).decode())}</pre>"
    answers = sorted(operation.get("responses", {}).items())
    yield _table("Answers", ("status", "meaning", "content"), (_answer(*one) for one in answers))
    yield "</section>"


def _parameter(parameter: Schema) -> tuple[str, ...]:
    schema = parameter.get("schema", {})
    rules = [rule for rule in ("required" if parameter.get("required") else "", _rules(schema)) if rule]
    return _code(parameter["name"]), escape(parameter["in"]), _type(schema), "; ".join(rules)


def _answer(status: str, response: Schema) -> tuple[str, ...]:
    contents = [
        f"{escape(media_type)}{': ' + _type(content['schema']) if content.get('schema') else ''}"
        for media_type, content in response.get("content", {}).items()
    ]
    return _code(status), escape(response.get("description", "")), "<br>".join(contents)


def _schema(name: str, schema: Schema) -> Iterator[str]:
    yield f'<section>\n<h3 id="{_schema_id(name)}">{escape(name)}</h3>'
    yield _paragraphs(schema.get("description", ""))
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    rows = [
        (
            _code(key),
            _type(part),
            "; ".join(rule for rule in ("required" if key in required else "", _rules(part)) if rule),
        )
        for key, part in properties.items()
    ]
    yield _table("Fields", ("name", "type", "rules"), rows) if rows else f"<p>{_type(schema)}</p>"
    yield "</section>"


def _type(schema: Schema) -> str:
    """Return what a value is, with links to named schemas."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{_schema_id(name)}">{escape(name)}</a>'
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(map(_type, schema[choice])))
    if "const" in schema:
        return _code(orjson.dumps(schema["const"]).decode())
    if "enum" in schema:
        return " or ".join(_code(orjson.dumps(value).decode()) for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    values = schema.get("additionalProperties")
    if kind == "object" and isinstance(values, Mapping):
        return f"object of {_type(values)}"
    return escape(" or ".join(kind) if isinstance(kind, list) else kind or "anything")


def _rules(schema: Schema) -> str:
    """Return limits and default of a value, those of its choices included."""
    found = [
        form.format(_code(str(part[name])))
        for part in _parts(schema)
        for name, form in _LIMITS.items()
        if name in part
    ]
    if schema.get("default") is not None:
        found.append(f"default {_code(orjson.dumps(schema['default']).decode())}")
    return "; ".join(dict.fromkeys(found))


def _parts(schema: Schema) -> Iterator[Schema]:
    yield schema
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _parts(part)


def _table(caption: str, heads: tuple[str, ...], rows: Any) -> str:
    """Return a table; cells are HTML already."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())


def _first(operation: Schema) -> str:
    return escape(operation.get("description", "").partition("\n")[0])


def _name(path: str, method: str) -> str:
    return _code(f"{method.upper()} {path}")


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _route_id(path: str, method: str) -> str:
    return _id(f"{method}-{path.strip('/')}")


def _schema_id(name: str) -> str:
    return _id(f"schema-{name}")


def _id(text: str) -> str:
    return "".join(character if character.isascii() and character.isalnum() else "-" for character in text)
