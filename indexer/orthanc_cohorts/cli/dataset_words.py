"""Frozen datasets in words.

Knows answers of the routes; asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000


def lines(version: Mapping[str, Any]) -> list[str]:
    """Return what people want to see of a version: name, number, rows, parts, files to fetch, hashes."""
    parts = ", ".join(f"{part} {rows}" for part, rows in version["parts"].items())
    return [
        f"{version['name']} version {version['version']}",
        f"{version['rows']} rows" + (f": {parts}" if parts else ""),
        f"{version['instances']} instances to fetch, {size(version['size_bytes'])}",
        f"definition {version['hash']}",
        f"content    {version['content_hash']}",
        f"generation {version['generation']}",
    ]


def table(versions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line per version."""
    return [
        f"{one['name']}  {one['version']}  {one['created'][:10]}  {one['rows']} rows, "
        f"{one['instances']} instances, {size(one['size_bytes'])}"
        + (f"  erased; version {one['successor']} follows" if one["state"] == "erased" else "")
        for one in versions
    ]


def erased(datasets: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what became of every dataset that held a patient."""
    found = [
        f"{one['name']}: version {', '.join(map(str, one['erased']))} erased; "
        f"version {one['successor']} follows"
        for one in datasets
    ]
    return found or ["no dataset held this patient"]


def size(number: float) -> str:
    """Return a number of bytes as people read it, in decimal units."""
    step = 0
    while number >= _STEP and step < len(_UNITS) - 1:
        number, step = number / _STEP, step + 1
    return f"{number:.0f} {_UNITS[step]}" if step == 0 else f"{number:.1f} {_UNITS[step]}"
