"""Points of a CSV table: to the same millimetres, and every mistake with its row and column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orthanc_cohorts.convert.points.mapping import Columns, Table
from orthanc_cohorts.convert.points.pointset import Found, Point
from orthanc_cohorts.convert.points.table import read
from orthanc_cohorts.convert.problem import Problem

LPS = Table(coordinate_system="LPS")


def _read(text: str, table: Table = LPS) -> tuple[Found, list[str]]:
    problems: list[Problem] = []
    found = read("p.csv", "p", text.encode(), table, None, problems)
    return found, list(map(str, problems))


def test_a_row_is_a_point_of_the_list_that_the_file_names() -> None:
    found, problems = _read("label,x,y,z\nNCC,1.25,-2.5,3\nRCC,4,5,6e1\n")

    assert problems == []
    [one] = found.sets
    assert one.name == "p"
    assert [(point.label, point.position) for point in one.points] == [
        ("NCC", (1.25, -2.5, 3.0)),
        ("RCC", (4.0, 5.0, 60.0)),
    ]


def test_right_anterior_superior_becomes_left_posterior_superior() -> None:
    found, _ = _read("label,x,y,z\na,1,2,3\n", Table(coordinate_system="RAS"))

    assert found.sets[0].points[0].position == (-1.0, -2.0, 3.0)


def test_a_european_table_in_centimetres_is_the_same_as_one_in_millimetres() -> None:
    table = Table(coordinate_system="LPS", delimiter=";", decimal=",", unit="cm", encoding="latin-1")

    problems: list[Problem] = []
    found = read("p.csv", "p", "label;x;y;z\nä;0,1;0,2;-0,3\n".encode("latin-1"), table, None, problems)

    assert problems == []
    assert found.sets[0].points[0] == Point((1.0, 2.0, -3.0), "ä", place=(2, "label"))


def test_a_column_of_lists_and_measurements_of_each_point_are_read() -> None:
    table = Table(
        coordinate_system="LPS",
        columns=Columns(list="lesion", label=None),
        measurements=("volume",),
        ignore=("reader",),
    )

    found, problems = _read(
        "lesion,x,y,z,volume,reader\nA,1,2,3,12.50,me\nB,4,5,6,,me\nA,7,8,9,1,me\n", table
    )

    assert problems == []
    assert [(one.name, len(one.points)) for one in found.sets] == [("A", 2), ("B", 1)]
    [volume] = found.sets[0].points[0].measures
    assert (volume.name, volume.value, volume.place) == ("volume", Decimal("12.50"), (2, "volume"))
    assert found.sets[1].points[0].measures == ()


def test_every_mistake_is_told_with_row_and_column_at_once() -> None:
    text = "label,x,y,z\na,1,2\nb,one,2,3\nc,1,,nan\nd,1,2,3\n"

    _, problems = _read(text)

    assert problems == [
        "p.csv, row 2: has 3 columns, the header 4",
        "p.csv, row 3, column x: 'one' is no number",
        "p.csv, row 4, column y: is empty; a number is needed",
        "p.csv, row 4, column z: 'nan' is no number",
    ]


def test_another_delimiter_is_named() -> None:
    assert _read("label;x;y;z\na;1;2;3\n")[1] == [
        "p.csv, row 1: is separated by ';', not ','; say `delimiter` in the mapping"
    ]


def test_columns_that_are_missing_double_or_of_no_meaning_are_told() -> None:
    assert _read("label,x,x,why\na,1,2,3\n")[1] == [
        "p.csv, row 1, column x: stands more than once in the header",
        "p.csv, row 1, column y: is missing in the header",
        "p.csv, row 1, column z: is missing in the header",
        "p.csv, row 1, column why: nothing says what it is; name it under `measurements` or `ignore` of the "
        "mapping's table",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"label,x,y,z\na,1,2,3\n\xe4,1,2,3\n", "row 3: is not in utf-8"),
        (b'label,x,y,z\n"a,1,2,3\n', "is no such table"),
    ],
)
def test_what_is_no_table_of_points_is_said(data: bytes, said: str) -> None:
    problems: list[Problem] = []
    read("p.csv", "p", data, LPS, None, problems)

    assert len(problems) == 1
    assert said in str(problems[0])


def test_a_table_does_not_guess_its_coordinate_system() -> None:
    assert _read("label,x,y,z\na,1,2,3\n", Table())[1] == [
        "p.csv: a table states no coordinate system; say --coordinate-system LPS or RAS"
    ]
