"""JSON Schemas of what is asked, and the OpenAPI document that holds them.

Knows the models, no data. Bodies are read by hand (to answer 400 and 422 with JSON pointers), so FastAPI
does not see them; they are added here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from orthanc_cohorts.api.problems import Problem
from orthanc_cohorts.cohort.definition import Definition

_BODIES: dict[str, type[BaseModel]] = {}
"""Every model that a route takes, by name."""
_REF = "#/components/schemas/{model}"
_LONG_QT = {
    "op": "measurement",
    "concept": "MDC|2:16160",
    "pick": "latest",
    "value": {"gt": 450, "unit": "ms"},
}
_COHORT = {
    "version": 1,
    "unit": "patient",
    "where": {
        "op": "and",
        "args": [{"op": "patient", "sex": ["F"], "age": {"ge": 60}}, _LONG_QT],
    },
}
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "Definition": _COHORT,
    "PageRequest": {**_COHORT, "limit": 100, "format": "csv"},
    "FacetsRequest": {
        **_COHORT,
        "facets": [{"op": "series", "field": "modality"}, {"op": "patient", "field": "age", "bins": 8}],
    },
    "CompareRequest": {"a": _COHORT, "b": {"version": 1, "unit": "patient", "where": _LONG_QT}},
    "FieldsRequest": {"op": "measurement", "values": 1000},
}
"""A body that can be sent, by the name of its model."""


def takes(
    model: type[BaseModel], example: Mapping[str, Any] | None = None, *, required: bool = True
) -> dict[str, Any]:
    """Return what a route adds to its OpenAPI entry to state its JSON body.

    example: a body that can be sent; one of `EXAMPLES` unless given. required: False where no body will do.
    """
    _BODIES[model.__name__] = model
    content: dict[str, Any] = {"schema": {"$ref": _REF.format(model=model.__name__)}}
    example = EXAMPLES.get(model.__name__) if example is None else example
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


def cohort_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a cohort definition."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Definition.model_json_schema(),
    }


def openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        models: list[type[BaseModel]] = [*_BODIES.values(), Problem]
        for model in models:
            schema = model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        app.openapi_schema = document
    return app.openapi_schema
