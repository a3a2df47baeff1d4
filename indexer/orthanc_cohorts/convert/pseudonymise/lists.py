"""The lists that the tables of PS3.15 leave to the implementer, read from `lists.toml`.

Knows keywords and codes; nothing of data sets.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydicom.datadict import tag_for_keyword


@dataclass(frozen=True, slots=True)
class Lists:
    """See the file for what each is for. Attributes as tags, codes as `SCHEME|code`."""

    keyed: frozenset[int]
    removed: frozenset[int]
    emptied: frozenset[int]
    identifying: frozenset[int]
    texts: frozenset[int]
    bytes: frozenset[int]
    terms: frozenset[int]
    classes: frozenset[int]
    vocabulary_dates: frozenset[int]
    nobody: frozenset[str]
    kept_items: frozenset[str]
    keyed_items: frozenset[str]
    ages: frozenset[str]
    births: frozenset[str]
    patient_names: frozenset[str]
    patient_ids: frozenset[str]
    schemes: dict[str, re.Pattern[str]]
    refused_classes: tuple[str, ...]
    refused_image_types: tuple[str, ...]


@cache
def lists() -> Lists:
    """Return them."""
    read = tomllib.loads(files(__package__).joinpath("lists.toml").read_text(encoding="utf-8"))
    sets: dict[str, Any] = {name: _tags(read, name) for name in _ATTRIBUTES}
    words = {"nobody": read["nobody"], **read["concepts"]}
    words |= {f"{name}_items": codes for name, codes in read["text_items"].items()}
    return Lists(
        **sets,
        **{name: frozenset(texts) for name, texts in words.items()},
        schemes={scheme: re.compile(pattern) for scheme, pattern in read["schemes"].items()},
        refused_classes=tuple(read["refused"]["classes"]),
        refused_image_types=tuple(read["refused"]["image_types"]),
    )


_ATTRIBUTES = (
    "keyed", "removed", "emptied", "identifying", "texts", "bytes", "terms", "classes", "vocabulary_dates",
)  # fmt: skip


def _tags(read: dict[str, Any], name: str) -> frozenset[int]:
    tags = {keyword: tag_for_keyword(keyword) for keyword in read[name]}
    unknown = sorted(keyword for keyword, tag in tags.items() if tag is None)
    if unknown:
        raise ValueError(f"lists.toml, {name}: no keywords: {', '.join(unknown)}")
    return frozenset(tag for tag in tags.values() if tag is not None)
