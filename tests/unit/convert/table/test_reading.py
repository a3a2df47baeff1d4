"""CSV, Excel and Parquet give the same rows, and say what cannot be read."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.convert.table.mapping import Source
from orthanc_cohorts.convert.table.reading import Row, read
from orthanc_cohorts.errors import ConversionError

CELLS = [["P1", 24.5, 3, date(2024, 5, 2), True, None], ["P2", 7.0, None, date(1950, 1, 1), False, "ä"]]
NAMES = ["pid", "size", "n", "seen", "flag", "note"]
TEXTS = [
    {"pid": "P1", "size": "24.5", "n": "3", "seen": "2024-05-02", "flag": "1", "note": ""},
    {"pid": "P2", "size": "7", "n": "", "seen": "1950-01-01", "flag": "0", "note": "ä"},
]


def _excel(path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("first", 0).append(NAMES)
    for row in CELLS:
        book["first"].append(row)
    book.save(path)


def _parquet(path: Path) -> None:
    columns = [pa.array(list(column)) for column in zip(*CELLS, strict=True)]
    pq.write_table(pa.table(columns, NAMES), path)


def _csv(path: Path) -> None:
    lines = [NAMES, *([row[name] for name in NAMES] for row in TEXTS)]
    path.write_text("\n".join(map(",".join, lines)), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "write", "first"), [("t.csv", _csv, 2), ("t.xlsx", _excel, 2), ("t.parquet", _parquet, 1)]
)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, write, first: int) -> None:
    write(tmp_path / name)

    table = read(tmp_path / name, Source())

    assert table.columns == NAMES
    assert list(table.rows) == [Row(first, TEXTS[0]), Row(first + 1, TEXTS[1])]


def test_a_row_is_where_it_begins_when_a_cell_has_lines(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n1,"x\ny"\n2,z\n\n3,w\n', encoding="utf-8")

    rows = list(read(tmp_path / "t.csv", Source()).rows)

    assert [row.number for row in rows if isinstance(row, Row)] == [2, 4, 6]


@pytest.mark.parametrize(
    ("data", "source", "said"),
    [
        (b"", Source(), "is empty"),
        (b"a,a\n1,2\n", Source(), "column a: is there twice"),
        (b"\xff\xfe\xff,b\n1,2\n", Source(), "is not utf-8"),
        (b"a,b\n1,2\n", Source(encoding="klingon"), "is not klingon"),
        (b"a;b\n1;2\n", Source(), "has one column with the delimiter ',', but ';' occurs in it"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, data: bytes, source: Source, said: str) -> None:
    (tmp_path / "t.csv").write_bytes(data)

    with pytest.raises(ConversionError) as caught:
        read(tmp_path / "t.csv", source)

    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["t.xlsx", "t.parquet"])
def test_a_file_of_another_kind_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"a,b\n1,2\n")

    with pytest.raises(ConversionError, match=r"is no (Excel|Parquet) file"):
        read(tmp_path / name, Source())


def test_a_format_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"source\.format"):
        read(tmp_path / "t.sav", Source())


def test_a_line_that_breaks_off_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'a,b\n1,2\n3,"4\n')

    rows = list(read(tmp_path / "t.csv", Source()).rows)

    assert rows[0] == Row(2, {"a": "1", "b": "2"})
    assert isinstance(rows[1], Problem)
    assert "is no CSV" in str(rows[1])


def test_a_moment_of_excel_keeps_its_time(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["at"])
    book.active.append([datetime(2024, 5, 2, 7, 8)])
    book.active.append([datetime(2024, 5, 2)])
    book.save(tmp_path / "t.xlsx")

    rows = [row.cells["at"] for row in read(tmp_path / "t.xlsx", Source()).rows if isinstance(row, Row)]

    assert rows == ["2024-05-02T07:08:00", "2024-05-02"]
