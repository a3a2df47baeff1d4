"""The rule file of a site: what is kept or removed against the tables, in YAML.

Knows the form of the file and what it means for a tag, a code or a private element; no data set.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydicom.datadict import tag_for_keyword

from orthanc_cohorts.convert.problem import Problem, raise_any, shown

Where = tuple[int, str, int]
"""Group, private creator and last two digits of the element."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PrivateRule(_Rule):
    """A private element that is kept: by group, creator, and the last two digits of its element."""

    group: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{3}[13579BDFbdf]$", description="Such as '0019'.")]
    creator: Annotated[str, Field(min_length=1, max_length=64)]
    element: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{2}$", description="Such as '0C'.")]
    vr: Annotated[
        str, Field(pattern=r"^[A-Z]{2}$", description="What it is read as where the file states UN.")
    ]


class TextRule(_Rule):
    """What happens to the texts of a content item (TEXT) by its concept."""

    concept: Annotated[str, Field(pattern=r"^[^|]+\|[^|]+$", description="SCHEME|code")]
    action: Annotated[
        Literal["keep", "key", "replace"],
        Field(description="key: the same text everywhere where it was the same."),
    ]


class CodeRule(_Rule):
    """Codes of a private scheme that are kept whatever they look like."""

    scheme: Annotated[str, Field(min_length=1, max_length=16)]
    code: Annotated[str, Field(min_length=1, description="One code, or * for all.")] = "*"


class AttributeRule(_Rule):
    """What happens to an attribute against table E.1-1, at the root and in every item."""

    attribute: Annotated[str, Field(min_length=1, description="Keyword, such as SeriesDescription.")]
    action: Annotated[
        Literal["keep", "clean", "empty", "replace", "remove"],
        Field(description="clean: kept unless it seems to name somebody."),
    ]


class RuleFile(_Rule):
    """Rules of a site for `orthanc-cohorts convert pseudonymise`."""

    private: list[PrivateRule] = []
    texts: list[TextRule] = []
    codes: list[CodeRule] = []
    attributes: list[AttributeRule] = []


class Rules:
    """The rules, asked by what they are about."""

    def __init__(self, file: RuleFile | None = None) -> None:
        """Raises ValueError: an attribute has no such keyword."""
        file = file or RuleFile()
        self.private: dict[Where, str] = {
            (int(rule.group, 16), rule.creator, int(rule.element, 16)): rule.vr for rule in file.private
        }
        self.texts = {rule.concept: rule.action for rule in file.texts}
        self.attributes = {_tag(rule.attribute): rule.action for rule in file.attributes}
        self._codes = {(rule.scheme, rule.code) for rule in file.codes}

    def keeps_code(self, scheme: str, code: str) -> bool:
        """Whether a code is kept whatever it looks like."""
        return (scheme, "*") in self._codes or (scheme, code) in self._codes


def read_rules(path: Path) -> Rules:
    """Return the rules of a file. Raises ConversionError: lists every problem, with its line."""
    try:
        text = path.read_text(encoding="utf-8")
        # Every value is a text: to YAML 0043 would be the number 35.
        read, node = yaml.load(text, Loader=yaml.BaseLoader), yaml.compose(text, Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise_any([Problem(path.name, f"cannot be read: {error}")])
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise_any([Problem(path.name, f"is no YAML: {error.problem}", line)])
    try:
        file = RuleFile.model_validate(read or {})
    except ValidationError as error:
        raise_any(
            Problem(path.name, f"{'.'.join(map(str, one['loc']))}: {one['msg']}", _line(node, one["loc"]))
            for one in error.errors()
        )
    raise_any(
        Problem(path.name, f"{shown(rule.attribute)} is no keyword of an attribute", _line(node, where))
        for number, rule in enumerate(file.attributes)
        if tag_for_keyword(rule.attribute) is None
        for where in [("attributes", number, "attribute")]
    )
    return Rules(file)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of rule files, for editors."""
    found = RuleFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "Rules of a site"}


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"{keyword} is no keyword of an attribute")
    return int(tag)


def _line(node: yaml.Node | None, where: tuple[int | str, ...]) -> int | None:
    """Return the line, counted from 1, of what a path of names and numbers leads to, or nearest to it."""
    for step in where:
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        else:
            found = None
        if found is None:
            break
        node = found
    return None if node is None else node.start_mark.line + 1
