"""JSON with comments, as Orthanc's configuration files are: read, and one top-level text replaced in place.

Knows no option of Orthanc. Comments, order and white space of what is not replaced stay as they are.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])')
_SPACE = re.compile(r"\s*")


class Member(NamedTuple):
    """A top-level value, and where it stands in the text."""

    value: Any
    start: int
    end: int


def members(text: str) -> dict[str, Member]:
    """Return the members of the object that a text holds. Raises ValueError: the text is no JSON object."""
    plain = _without_comments(text)
    json.loads(plain)
    decoder = json.JSONDecoder()
    found: dict[str, Member] = {}
    at = _skip(plain, 0)
    if plain[at] != "{":
        raise ValueError("no JSON object")
    at = _skip(plain, at + 1)
    while plain[at] != "}":
        key, at = decoder.raw_decode(plain, at)
        start = _skip(plain, _skip(plain, at) + 1)
        value, end = decoder.raw_decode(plain, start)
        found[key] = Member(value, start, end)
        at = _skip(plain, end)
        at = _skip(plain, at + 1) if plain[at] == "," else at
    return found


def parse(text: str) -> dict[str, Any]:
    """Return the object that a text holds. Raises ValueError: the text is no JSON object."""
    return {name: member.value for name, member in members(text).items()}


def with_member(text: str, name: str, value: str) -> str:
    """Return the text with the top-level member `name` set. Raises ValueError: the text is no JSON object."""
    known = members(text)
    if name in known:
        return text[: known[name].start] + json.dumps(value) + text[known[name].end :]
    opening = _without_comments(text).index("{") + 1
    comma = "," if known else ""
    return f"{text[:opening]}\n  {json.dumps(name)}: {json.dumps(value)}{comma}{text[opening:]}"


def _without_comments(text: str) -> str:
    """Return a text of the same length that a strict parser takes: comments and last commas are blanks."""
    return _TRAILING_COMMA.sub(_blank_unless_string, _COMMENT.sub(_blank_unless_string, text))


def _blank_unless_string(found: re.Match[str]) -> str:
    text = found.group()
    return text if text.startswith('"') else re.sub(r"[^\n]", " ", text)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
