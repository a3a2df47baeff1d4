"""Markups of 3D Slicer (.mrk.json): lists of points, lines, angles, curves, planes and boxes.

Knows the format (schema 1.0.0 to 1.0.4); nothing of codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import get_args

from orthanc_cohorts.convert.points.branch import Branch, parsed
from orthanc_cohorts.convert.points.fcsv import SYSTEMS
from orthanc_cohorts.convert.points.pointset import (
    CoordinateSystem,
    Found,
    Kind,
    Measure,
    Point,
    PointSet,
    Position,
    lps,
)
from orthanc_cohorts.convert.problem import Problem, shown

KINDS: tuple[Kind, ...] = get_args(Kind)
_UNITS = ("mm", "um")


def read(
    source: str, stem: str, data: bytes, system: CoordinateSystem | None, problems: list[Problem]
) -> Found:
    """Return a set for each markup. A name that the file does not give is the file's.

    system: said by the caller, where the file says none. problems: gets all that is wrong.
    """
    found = Found()
    root = parsed(source, data, problems)
    if root is None:
        return found
    if "markups" not in root:
        root.wrong("is no file of Slicer's markups: `markups` is missing")
        return found
    markups = list(root.objects("markups"))
    for number, markup in enumerate(markups, 1):
        name = markup.text("name") or (stem if len(markups) == 1 else f"{stem} {number}")
        one = _set(source, name, markup, system, found.notes)
        found.sets += [] if one is None else [one]
    return found


def _set(
    source: str, name: str, markup: Branch, said: CoordinateSystem | None, notes: list[str]
) -> PointSet | None:
    kind = next((one for one in KINDS if one == markup.child("type").value), None)
    if kind is None:
        what = f"{shown(str(markup.child('type').value))} is not known; {', '.join(KINDS)} are"
        markup.child("type").wrong(what)
        return None
    system, unit = _system(markup, said), _unit(markup)
    if system is None or unit is None:
        return None
    points = _points(source, name, markup, system, unit, notes)
    corners: Sequence[Position] = ()
    if kind in ("Plane", "ROI"):
        corners = _corners(markup, kind, system, unit)
        labelled = [one.label for one in points if one.label]
        if labelled:
            notes.append(
                f"{source}: of {kind} {shown(name)} the corners are written; its control points "
                f"({', '.join(map(shown, labelled))}) are left out"
            )
    measures = _measures(source, name, markup, notes)
    return PointSet(source, name, kind, points, measures, corners, (None, markup.path))


def _system(markup: Branch, said: CoordinateSystem | None) -> CoordinateSystem | None:
    # Slicer's schema and its reader both take LPS where nothing is said.
    place = markup.child("coordinateSystem")
    found = SYSTEMS.get(str(place.value)) if place.value is not None else said or "LPS"
    if found is None:
        place.wrong(f"{shown(str(place.value))} is not known; LPS, RAS, 0 (RAS) or 1 (LPS) is")
    return found


def _unit(markup: Branch) -> str | None:
    if "coordinateUnits" not in markup:
        return "mm"
    place = markup.child("coordinateUnits")
    value = place.value[0] if isinstance(place.value, list) and place.value else place.value
    if value not in _UNITS:
        place.wrong(f"{shown(str(value))} is not known; mm and um are")
        return None
    return str(value)


def _points(
    source: str, name: str, markup: Branch, system: CoordinateSystem, unit: str, notes: list[str]
) -> list[Point]:
    points: list[Point] = []
    ids: dict[str, str] = {}
    for one in markup.objects("controlPoints"):
        label, status = one.text("label"), one.text("positionStatus", "defined")
        identifier = one.text("id")
        first = ids.setdefault(identifier, one.path)
        if identifier and first != one.path:
            one.child("id").wrong(f"{shown(identifier)} stands at {first} already")
        if status in ("undefined", "preview"):
            notes.append(
                f"{source}: point {shown(label)} of {shown(name)} has no position yet; it is left out"
            )
            continue
        if status != "defined":
            one.child("positionStatus").wrong(f"{shown(status)} is not known; defined and undefined are")
        position = one.vector("position", 3)
        if position is not None:
            place = (None, f"{one.path}.label")
            points.append(Point(lps(position, system, unit), label, one.text("description"), (), place))
        elif "position" not in one:
            one.child("position").wrong("is missing, and positionStatus does not say `undefined`")
    return points


def _corners(markup: Branch, kind: str, system: CoordinateSystem, unit: str) -> list[Position]:
    """Return the corners of a plane, in order, or of a box: those of its lower face, then of its upper."""
    center, size = markup.vector("center", 3), markup.vector("size", 3)
    turned = markup.vector("orientation", 9)
    missing = [name for name in ("center", "size", "orientation") if name not in markup]
    if missing:
        markup.wrong(f"states no {' and no '.join(missing)}, so that its corners are not known")
    if center is None or size is None or turned is None:
        return []
    if any(length <= 0 for length in size[: 3 if kind == "ROI" else 2]):
        markup.child("size").wrong("has a side that is not longer than 0")
        return []
    if kind == "ROI" and markup.text("roiType", "Box") not in ("Box", "BoundingBox"):
        markup.child("roiType").wrong(
            f"{shown(markup.text('roiType'))} is not known; Box and BoundingBox are"
        )
    levels = (-1, 1) if kind == "ROI" else (0,)
    around = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [
        lps(_corner(center, size, turned, (across, along, level)), system, unit)
        for level in levels
        for across, along in around
    ]


def _corner(
    center: Sequence[Decimal], size: Sequence[Decimal], turned: Sequence[Decimal], signs: tuple[int, int, int]
) -> list[Decimal]:
    # Rows of the matrix are axes of the coordinate system, its columns those of the shape.
    halves = [sign * length / 2 for sign, length in zip(signs, size, strict=True)]
    return [
        center[row] + sum(turned[3 * row + column] * halves[column] for column in range(3))
        for row in range(3)
    ]


def _measures(source: str, name: str, markup: Branch, notes: list[str]) -> list[Measure]:
    measures = []
    for one in markup.objects("measurements"):
        called, value = one.text("name"), one.number("value")
        if not called:
            one.child("name").wrong("is missing")
        if one.value.get("controlPointValues"):
            notes.append(
                f"{source}: the values of {shown(called)} at each point of {shown(name)} are left out"
            )
        if value is None:
            continue
        if one.value.get("enabled") is False:
            notes.append(f"{source}: {shown(called)} of {shown(name)} is not kept up to date; it is left out")
            continue
        unit = one.child("units").value
        measures.append(
            Measure(
                called,
                value,
                unit[0] if isinstance(unit, list) else unit,
                _code(one, "quantityCode"),
                _code(one, "derivationCode"),
                _code(one, "methodCode"),
                (None, one.path),
            )
        )
    return measures


def _code(measure: Branch, name: str) -> tuple[str, str, str] | None:
    place = measure.child(name)
    if place.value in (None, []):
        return None
    if (
        isinstance(place.value, list)
        and len(place.value) == 3
        and all(isinstance(x, str) for x in place.value)
    ):
        value, scheme, meaning = place.value
        return value, scheme, meaning
    place.wrong("is no list of value, scheme and meaning")
    return None
