"""Markups of 3D Slicer's older format (.fcsv): lines of comments, then a point in each row.

Knows its comments and columns; nothing of codes.
"""

from __future__ import annotations

import csv
from decimal import Decimal

from orthanc_cohorts.convert.points.number import number
from orthanc_cohorts.convert.points.pointset import CoordinateSystem, Found, Point, PointSet, lps
from orthanc_cohorts.convert.problem import Problem, shown

SYSTEMS: dict[str, CoordinateSystem] = {"LPS": "LPS", "RAS": "RAS", "0": "RAS", "1": "LPS"}
"""Coordinate systems as Slicer writes them; numbers until version 4.10."""
_COLUMNS = [
    "id", "x", "y", "z", "ow", "ox", "oy", "oz", "vis", "sel", "lock", "label", "desc", "associatedNodeID",
]  # fmt: skip
_NEEDED = 4
"""Columns that every row has: id and position. Rows may end before the others."""


def read(
    source: str, stem: str, data: bytes, system: CoordinateSystem | None, problems: list[Problem]
) -> Found:
    """Return the one list of points, named by its file.

    system: said by the caller, where the file says none. problems: gets all that is wrong.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        problems.append(Problem(source, "is not in UTF-8", data[: error.start].count(b"\n") + 1))
        return Found()
    comments = [(row, *_comment(line)) for row, line in enumerate(lines, 1)]
    said = {key: (row, value) for row, key, value in comments if key}
    if "Markups fiducial file version" not in said:
        problems.append(
            Problem(source, "is no list of Slicer's markups: `# Markups fiducial file version` is missing", 1)
        )
        return Found()
    stated = _system(source, said.get("CoordinateSystem"), system, problems)
    columns = [name.strip() for name in said["columns"][1].split(",")] if "columns" in said else _COLUMNS
    for name in ("id", "x", "y", "z"):
        if name not in columns:
            problems.append(Problem(source, "is missing", said["columns"][0], name))
            return Found()
    points: list[Point] = []
    ids: dict[str, int] = {}
    for row, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            point = _point(source, row, line, columns, stated or "LPS", ids, problems)
            points += [] if point is None else [point]
    return Found([PointSet(source, stem, "Fiducial", points)])


def _comment(line: str) -> tuple[str, str]:
    """Return key and value of a comment that says something, else two empty texts."""
    key, sign, value = line.removeprefix("#").partition("=")
    return (key.strip(), value.strip()) if line.startswith("#") and sign else ("", "")


def _system(
    source: str,
    stated: tuple[int, str] | None,
    said: CoordinateSystem | None,
    problems: list[Problem],
) -> CoordinateSystem | None:
    if stated is None:
        if said is None:
            what = "states no CoordinateSystem; say --coordinate-system LPS or RAS"
            problems.append(Problem(source, what, 1))
        return said
    row, text = stated
    found = SYSTEMS.get(text)
    if found is None:
        what = f"{shown(text)} is not known; LPS, RAS, 0 (RAS) or 1 (LPS) is"
        problems.append(Problem(source, what, row, "CoordinateSystem"))
    return found


def _point(
    source: str,
    row: int,
    line: str,
    columns: list[str],
    system: CoordinateSystem,
    ids: dict[str, int],
    problems: list[Problem],
) -> Point | None:
    [values] = csv.reader([line])
    if not _NEEDED <= len(values) <= len(columns):
        what = f"has {len(values)} columns, the file {len(columns)}: is it separated by commas?"
        problems.append(Problem(source, what, row))
        return None
    named = dict(zip(columns, values, strict=False))
    first = ids.setdefault(named["id"], row)
    if named["id"] and first != row:
        problems.append(Problem(source, f"{shown(named['id'])} stands in row {first} already", row, "id"))
    position: list[Decimal] = []
    for name in ("x", "y", "z"):
        try:
            position.append(number(named[name]))
        except ValueError as error:
            problems.append(Problem(source, str(error), row, name))
    if len(position) < 3:
        return None
    label, description = named.get("label", "").strip(), named.get("desc", "").strip()
    return Point(lps(position, system), label, description, (), (row, "label"))
