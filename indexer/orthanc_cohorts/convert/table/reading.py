"""Rows of CSV, Excel and Parquet files as texts, with the numbers that a user sees beside them.

Knows files; nothing of what columns mean.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.convert.table.mapping import Source
from orthanc_cohorts.errors import ConversionError

_ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".data": "csv", ".xlsx": "excel", ".xlsm": "excel",
    ".parquet": "parquet",
}  # fmt: skip
_DELIMITERS = ",;\t|"


class Row(NamedTuple):
    """A row: its number as in the file, and its cells as texts without spaces around, by column."""

    number: int
    cells: dict[str, str]


class Table(NamedTuple):
    """A table whose rows are read once. source: name of its file."""

    source: str
    columns: list[str]
    rows: Iterator[Row | Problem]


def read(path: Path, source: Source) -> Table:
    """Open a table; a row that cannot be read comes as a problem.

    Raises ConversionError: no row can be read; OSError.
    """
    form = source.format or _ENDINGS.get(path.suffix.lower())
    if form is None:
        raise ConversionError(Problem(path.name, "is of no known format; say which as `source.format`"))
    lines = {"csv": _csv, "excel": _excel, "parquet": _parquet}[form](path, source)
    try:
        columns, first, lines = _begun(path.name, source, lines)
    except (UnicodeDecodeError, LookupError) as error:
        what = f"is not {source.encoding}; say how it is encoded as `source.encoding`"
        raise ConversionError(Problem(path.name, what)) from error
    except csv.Error as error:
        raise ConversionError(Problem(path.name, f"is no CSV: {error}")) from error
    if form == "csv":
        _check_delimiter(path.name, source, [str(cell) for cell in first])
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        raise ConversionError(*(Problem(path.name, "is there twice", column=name) for name in twice))
    return Table(path.name, columns, _rows(path.name, columns, lines))


def _rows(source: str, columns: list[str], lines: Iterable[tuple[int, list[Any]]]) -> Iterator[Row | Problem]:
    lines = iter(lines)
    while True:
        try:
            number, cells = next(lines)
        except StopIteration:
            return
        except UnicodeDecodeError as error:
            yield Problem(source, f"is not {error.encoding}; say how it is encoded as `source.encoding`")
            return
        except csv.Error as error:
            yield Problem(source, f"is no CSV: {error}")
            return
        if not any(cell not in (None, "") for cell in cells):
            continue
        if len(cells) != len(columns):
            yield Problem(source, f"has {len(cells)} cells, not {len(columns)} as there are columns", number)
        else:
            yield Row(number, {name: _text(cell) for name, cell in zip(columns, cells, strict=True)})


def _csv(path: Path, source: Source) -> Iterator[tuple[int, list[Any]]]:
    with path.open(encoding=source.encoding, newline="") as file:
        reader = csv.reader(file, delimiter=source.delimiter, strict=True)
        before = 0
        for cells in reader:
            # A quoted cell may hold lines: the row is where it begins.
            yield before + 1, cells
            before = reader.line_num


def _begun(
    name: str, source: Source, lines: Iterator[tuple[int, list[Any]]]
) -> tuple[list[str], list[Any], Iterator[tuple[int, list[Any]]]]:
    """Return the names of the columns, the cells of the first line, and the lines that follow the names."""
    first = next(lines, None)
    if first is None:
        raise ConversionError(Problem(name, "is empty"))
    if source.header:
        return [_text(cell) for cell in first[1]], first[1], lines
    return source.columns, first[1], chain([first], lines)


def _check_delimiter(name: str, source: Source, cells: list[str]) -> None:
    """Raise ConversionError where another delimiter is plainly meant."""
    others = [mark for mark in _DELIMITERS if mark != source.delimiter and mark in cells[0]]
    if len(cells) == 1 and others:
        what = f"has one column with the delimiter {source.delimiter!r}, but {others[0]!r} occurs in it"
        raise ConversionError(Problem(name, f"{what}; say which as `source.delimiter`", 1))


def _excel(path: Path, source: Source) -> Iterator[tuple[int, list[Any]]]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
        raise ConversionError(Problem(path.name, f"is no Excel file: {error}")) from error
    try:
        if source.sheet is not None and source.sheet not in book.sheetnames:
            raise ConversionError(
                Problem(path.name, f"has no sheet {source.sheet!r}, but {', '.join(book.sheetnames)}")
            )
        sheet = book[source.sheet or book.sheetnames[0]]
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            yield number, list(cells)
    finally:
        book.close()


def _parquet(path: Path, source: Source) -> Iterator[tuple[int, list[Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise ConversionError(Problem(path.name, f"is no Parquet file: {error}")) from error
    with opened:
        if source.header:
            yield 0, list(opened.schema_arrow.names)
        number = 0
        for batch in opened.iter_batches():
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield number, list(cells)


def _text(cell: Any) -> str:
    """Return a cell as the text that a CSV file would have."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        # Excel knows no dates: midnight is one.
        return cell.isoformat() if cell.time() != datetime.min.time() else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()
