"""A mapping: a YAML file that says how an input is to be read, checked against a pydantic model.

Knows lines of YAML and codes; nothing of what any mapping says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from orthanc_cohorts.convert.coding import Coding, coding
from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def _coding(value: object) -> Coding:
    if isinstance(value, Coding):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no code; write SCHEME|code|meaning")
    return coding(value)


Code = Annotated[
    Coding,
    PlainValidator(_coding),
    WithJsonSchema({"type": "string", "pattern": r"^[^|]+\|[^|]+(\|.+)?$", "examples": ["SCT|81827009"]}),
]
"""A code as a mapping writes it: `SCHEME|code|meaning`, or `SCHEME|code` where PS3.16 knows the meaning."""


class Strict(BaseModel):
    """What a mapping is made of: it has no unknown keys, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """YAML of which nothing is lost: a key stands once, and `no` and `2024-05-02` are texts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_BOOL, _TIMESTAMP = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"
_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != _TIMESTAMP and (one[0] != _BOOL or first in "tTfF")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _counted(path: tuple[int | str, ...]) -> str:
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in path) or "mapping"


Place = Callable[[tuple[int | str, ...]], str]
"""What a message calls a place, from the keys and numbers that lead to it."""


def load(
    model: type[M],
    name: str,
    data: bytes,
    translated: Callable[[Any], Any] = lambda held: held,
    place: Place = _counted,
) -> M:
    """Return the mapping of a YAML file; an empty file says nothing.

    name: of the file, for messages. translated: what is held, in the words of the model. Raises
    ConversionError: it is no YAML or says what the model does not take; every problem with its line.
    """
    try:
        # The same text twice: as values, and as nodes that know their lines.
        node = yaml.compose(data, _Loader)
        value = yaml.load(data, _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        what = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ConversionError(Problem(name, f"is no YAML: {what}", mark and mark.line + 1)) from error
    held = {} if value is None else translated(value)
    # What was said in other words has its places in no line of the file.
    lines = node if held is value else None
    try:
        return model.model_validate(held)
    except ValidationError as error:
        raise ConversionError(*(_problem(name, lines, one, place) for one in error.errors())) from error


def schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Return the JSON Schema of a mapping, as an editor takes it."""
    return {"$schema": DRAFT, **model.model_json_schema(), "title": title}


def _problem(name: str, node: yaml.Node | None, error: ErrorDetails, place: Place) -> Problem:
    what = error["msg"].removeprefix("Value error, ")
    return Problem(name, f"{place(error['loc'])}: {what}", _line(node, error["loc"]))


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int | None:
    """Return the line, counted from 1, of the deepest node on a path that is there."""
    if node is None:
        return None
    line = node.start_mark.line + 1
    for step in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = (node.value[step], node.value[step])
        if found is None:
            return line
        line, node = found[0].start_mark.line + 1, found[1]
    return line
