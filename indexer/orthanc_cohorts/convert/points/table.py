"""Tables of points (CSV): a row is a point, its column names are the mapping's.

Knows rows and columns; nothing of codes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol

from orthanc_cohorts.convert.points.mapping import Table
from orthanc_cohorts.convert.points.number import number
from orthanc_cohorts.convert.points.pointset import CoordinateSystem, Found, Measure, Point, PointSet, lps
from orthanc_cohorts.convert.problem import Problem, shown

_DELIMITERS = ",;\t|"
Row = dict[str, str]


def read(
    source: str,
    stem: str,
    data: bytes,
    table: Table,
    system: CoordinateSystem | None,
    problems: list[Problem],
) -> Found:
    """Return the sets of a table, one for each name in its column of lists; else one, named by its file.

    source, stem: name of the file, and the same without its suffix. system: where the mapping says none.
    problems: gets all that is wrong.
    """
    coordinates = table.coordinate_system or system
    if coordinates is None:
        problems.append(
            Problem(source, "a table states no coordinate system; say --coordinate-system LPS or RAS")
        )
    text = _decoded(source, data, table.encoding, problems)
    if text is None:
        return Found()
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter, strict=True)
    before = len(problems)
    header = next(_counted(source, rows, problems), (1, []))[1]
    _check_header(source, header, table, problems)
    if len(problems) > before or coordinates is None:
        return Found()
    lists: dict[str, list[Point]] = {}
    for row, values in _rows(source, rows, header, problems):
        point = _point(source, row, values, table, coordinates, problems)
        name = values[table.columns.list].strip() if table.columns.list else stem
        if not name:
            problems.append(
                Problem(source, "is empty; the name of a list is needed", row, table.columns.list)
            )
        elif point is not None:
            lists.setdefault(name, []).append(point)
    return Found([PointSet(source, name, "Fiducial", points) for name, points in lists.items()])


def _decoded(source: str, data: bytes, encoding: str, problems: list[Problem]) -> str | None:
    try:
        return data.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        problems.append(Problem(source, f"is not in {encoding}; say its encoding in the mapping", row))
    except LookupError:
        problems.append(Problem(source, f"the mapping names an unknown encoding {shown(encoding)}"))
    return None


class _Lines(Protocol):
    """What `csv.reader` gives."""

    line_num: int

    def __next__(self) -> list[str]: ...


def _counted(source: str, rows: _Lines, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that are not empty with the line they end in; a table that ends in the middle ends it."""
    while True:
        try:
            values = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(source, f"is no such table: {error}", rows.line_num))
            return
        if any(value.strip() for value in values):
            yield rows.line_num, values


def _check_header(source: str, header: Sequence[str], table: Table, problems: list[Problem]) -> None:
    if not header:
        problems.append(Problem(source, "is empty"))
        return
    columns = table.columns
    needed = [columns.x, columns.y, columns.z]
    needed += [name for name in (columns.label, columns.list, columns.description) if name is not None]
    needed += table.measurements
    others = [sign for sign in _DELIMITERS if sign != table.delimiter and sign in header[0]]
    if len(header) == 1 and others:
        what = f"is separated by {others[0]!r}, not {table.delimiter!r}; say `delimiter` in the mapping"
        problems.append(Problem(source, what, 1))
        return
    for name in sorted({name for name in header if header.count(name) > 1}):
        problems.append(Problem(source, "stands more than once in the header", 1, name))
    for name in needed:
        if name not in header:
            problems.append(Problem(source, "is missing in the header", 1, name))
    for name in dict.fromkeys(header):
        if name not in (*needed, *table.ignore):
            what = "nothing says what it is; name it under `measurements` or `ignore` of the mapping's table"
            problems.append(Problem(source, what, 1, name))


def _rows(
    source: str, rows: _Lines, header: Sequence[str], problems: list[Problem]
) -> Iterator[tuple[int, Row]]:
    for row, values in _counted(source, rows, problems):
        if len(values) != len(header):
            problems.append(Problem(source, f"has {len(values)} columns, the header {len(header)}", row))
        else:
            yield row, dict(zip(header, values, strict=True))


def _point(
    source: str, row: int, values: Row, table: Table, system: CoordinateSystem, problems: list[Problem]
) -> Point | None:
    columns = table.columns
    position = [
        _number(source, row, name, values, table, problems) for name in (columns.x, columns.y, columns.z)
    ]
    measures: tuple[Measure, ...] = ()
    for name in table.measurements:
        if values[name].strip():
            value = _number(source, row, name, values, table, problems)
            measures += () if value is None else (Measure(name, value, place=(row, name)),)
    x, y, z = position
    if x is None or y is None or z is None:
        return None
    label = values[columns.label].strip() if columns.label else ""
    description = values[columns.description].strip() if columns.description else ""
    return Point(lps((x, y, z), system, table.unit), label, description, measures, (row, columns.label))


def _number(
    source: str, row: int, name: str, values: Row, table: Table, problems: list[Problem]
) -> Decimal | None:
    try:
        return number(values[name], table.decimal)
    except ValueError as error:
        problems.append(Problem(source, str(error), row, name))
        return None
