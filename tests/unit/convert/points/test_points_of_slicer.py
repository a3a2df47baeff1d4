"""Markups of 3D Slicer, both formats: coordinate systems, units, kinds, and what is wrong in them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from orthanc_cohorts.convert.points import fcsv, markups
from orthanc_cohorts.convert.points.pointset import CoordinateSystem, Found
from orthanc_cohorts.convert.problem import Problem

HEAD = "# Markups fiducial file version = 4.13\n"
COLUMNS = "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
TURN = [0, -1, 0, 1, 0, 0, 0, 0, 1]
"""A quarter turn around z: the shape's x is the patient's y, its y the patient's -x."""


def _fcsv(text: str, system: CoordinateSystem | None = None) -> tuple[Found, list[str]]:
    problems: list[Problem] = []
    found = fcsv.read("F.fcsv", "F", text.encode(), system, problems)
    return found, list(map(str, problems))


def _markups(*markup: dict[str, Any]) -> tuple[Found, list[str]]:
    problems: list[Problem] = []
    data = json.dumps({"@schema": "markups-schema-v1.0.3.json", "markups": markup}).encode()
    found = markups.read("M.mrk.json", "M", data, None, problems)
    return found, list(map(str, problems))


def _points(*positions: list[float]) -> list[dict[str, Any]]:
    return [{"id": str(n), "label": f"M-{n}", "position": p} for n, p in enumerate(positions, 1)]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("LPS", (1, 2, 3)), ("1", (1, 2, 3)), ("RAS", (-1, -2, 3)), ("0", (-1, -2, 3))],
)
def test_the_older_format_states_its_coordinate_system_as_name_or_number(
    stated: str, expected: tuple[float, ...]
) -> None:
    text = f"{HEAD}# CoordinateSystem = {stated}\n{COLUMNS}1,1,2,3,0,0,0,1,1,1,0,NCC,hinge,\n"

    found, problems = _fcsv(text)

    assert problems == []
    [point] = found.sets[0].points
    assert (found.sets[0].name, point.label, point.description) == ("F", "NCC", "hinge")
    assert point.position == expected


def test_the_older_format_without_coordinate_system_is_asked_about() -> None:
    text = f"{HEAD}{COLUMNS}1,1,2,3\n"

    assert _fcsv(text)[1] == ["F.fcsv, row 1: states no CoordinateSystem; say --coordinate-system LPS or RAS"]
    assert _fcsv(text, "RAS")[0].sets[0].points[0].position == (-1, -2, 3)


def test_mistakes_in_the_older_format_are_told_with_row_and_column() -> None:
    rows = "1,1,2,3,0,0,0,1,1,1,0,a,,\n1,1,x,3,0,0,0,1,1,1,0,b,,\n2;1;2;3\n"

    assert _fcsv(f"{HEAD}# CoordinateSystem = IJK\n{COLUMNS}{rows}")[1] == [
        "F.fcsv, row 2, column CoordinateSystem: 'IJK' is not known; LPS, RAS, 0 (RAS) or 1 (LPS) is",
        "F.fcsv, row 5, column id: '1' stands in row 4 already",
        "F.fcsv, row 5, column y: 'x' is no number",
        "F.fcsv, row 6: has 1 columns, the file 14: is it separated by commas?",
    ]


def test_any_other_text_is_not_the_older_format() -> None:
    assert "is no list of Slicer's markups" in _fcsv("x,y,z\n1,2,3\n")[1][0]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("LPS", (1, 2, 3)), (1, (1, 2, 3)), ("RAS", (-1, -2, 3)), (0, (-1, -2, 3)), (None, (1, 2, 3))],
)
def test_markups_state_their_coordinate_system_or_are_lps(
    stated: object, expected: tuple[float, ...]
) -> None:
    one = {"type": "Fiducial", "controlPoints": _points([1, 2, 3])}
    found, problems = _markups(one | ({} if stated is None else {"coordinateSystem": stated}))

    assert problems == []
    assert found.sets[0].points[0].position == expected


def test_micrometres_become_millimetres_without_an_error_of_binary_arithmetic() -> None:
    found, _ = _markups(
        {"type": "Fiducial", "coordinateUnits": "um", "controlPoints": _points([100, 300, 0])}
    )

    assert found.sets[0].points[0].position == (0.1, 0.3, 0.0)


def test_measurements_are_read_with_their_unit_and_code() -> None:
    measures = [
        {"name": "length", "enabled": True, "value": 5.25, "units": "mm"},
        {"name": "calcium", "value": 12, "units": ["mm3", "UCUM", "mm3"],
         "quantityCode": ["118565006", "SCT", "Volume"]},
        {"name": "area", "enabled": False},
    ]  # fmt: skip
    found, problems = _markups({"type": "Line", "controlPoints": [], "measurements": measures})

    assert problems == []
    length, calcium = found.sets[0].measures
    assert (length.name, length.value, length.unit, length.quantity) == (
        "length",
        Decimal("5.25"),
        "mm",
        None,
    )
    assert (calcium.unit, calcium.quantity) == ("mm3", ("118565006", "SCT", "Volume"))


def test_a_point_that_has_not_been_placed_yet_is_left_out_and_said() -> None:
    unset = {"id": "2", "label": "LCC", "position": "", "positionStatus": "undefined"}
    found, problems = _markups({"type": "Fiducial", "controlPoints": [*_points([1, 2, 3]), unset]})

    assert problems == []
    assert len(found.sets[0].points) == 1
    assert found.notes == ["M.mrk.json: point 'LCC' of 'M' has no position yet; it is left out"]


def test_a_plane_is_its_four_corners() -> None:
    shape = {"center": [10, 20, 30], "size": [4, 2, 0], "orientation": TURN}
    found, problems = _markups({"type": "Plane", "coordinateSystem": "LPS", **shape})

    assert problems == []
    assert found.sets[0].corners == [(11, 18, 30), (11, 22, 30), (9, 22, 30), (9, 18, 30)]


def test_a_box_is_its_eight_corners_whatever_the_coordinate_system() -> None:
    shape = {"center": [-10, -20, 30], "size": [2, 4, 6], "orientation": [1, 0, 0, 0, 1, 0, 0, 0, 1]}
    found, problems = _markups({"type": "ROI", "coordinateSystem": "RAS", **shape})

    assert problems == []
    assert set(found.sets[0].corners) == {(x, y, z) for x in (9, 11) for y in (18, 22) for z in (27, 33)}


def test_mistakes_in_markups_are_told_with_their_place_at_once() -> None:
    points = [
        {"id": "1", "position": [1, 2]},
        {"id": "1", "position": [1, 2, "3"]},
        {"id": "3", "label": 7},
    ]
    found = _markups({"type": "Fiducial", "controlPoints": points}, {"type": "Spline"}, {"type": "Plane"})

    points_at = "M.mrk.json, column markups[0].controlPoints"
    kinds = "Fiducial, Line, Angle, Curve, ClosedCurve, Plane, ROI"
    assert found[1] == [
        f"{points_at}[0].position: '[1, 2]' is no list of 3 numbers",
        f"{points_at}[1].id: '1' stands at markups[0].controlPoints[0] already",
        f"{points_at}[1].position: '[1, 2, \"3\"]' is no list of 3 numbers",
        f"{points_at}[2].label: '7' is not a text",
        f"{points_at}[2].position: is missing, and positionStatus does not say `undefined`",
        f"M.mrk.json, column markups[1].type: 'Spline' is not known; {kinds} are",
        "M.mrk.json, column markups[2]: states no center and no size and no orientation, so that its corners "
        "are not known",
    ]


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b'{"markups": 3}', b'{"markups": [{"type": "Line", "controlPoints": [1]}]}',
             b'{"markups": [NaN]}', b"\xff\xfe", b'{"markups": ["Line"]}',
             b'{"markups": [{"type": "Line", "measurements": [3]}]}']
)  # fmt: skip
def test_what_is_no_file_of_markups_is_said(data: bytes) -> None:
    problems: list[Problem] = []
    markups.read("M.json", "M", data, None, problems)

    assert problems
