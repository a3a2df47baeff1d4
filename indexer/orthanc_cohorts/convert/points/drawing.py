"""What is drawn of a set of points: graphics of PS3.3 C.18.9.1.2, and the template that takes each.

Knows kinds of sets and rules of mappings; neither codes nor content items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orthanc_cohorts.convert.points import shape
from orthanc_cohorts.convert.points.mapping import Graphic, Mapping, Rule
from orthanc_cohorts.convert.points.number import MOVED_MM, moved
from orthanc_cohorts.convert.points.pointset import Kind, Measure, PointSet, Position
from orthanc_cohorts.convert.problem import Problem

Template = Literal["1410", "1411", "1501"]
PLANAR: Template = "1410"
VOLUMETRIC: Template = "1411"
GROUP: Template = "1501"
_GRAPHIC: dict[Kind, Graphic] = {
    "Fiducial": "points", "Line": "polyline", "Angle": "polyline", "Curve": "polyline",
    "ClosedCurve": "polygon",
}  # fmt: skip
_EXACTLY = {"Line": 2, "Angle": 3}
_AT_LEAST = {"points": 1, "multipoint": 1, "polyline": 2, "polygon": 3}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What becomes one group of measurements.

    label: of the point, or the name of the list. key: tells it from others of the file. graphics: type and
    points of each; several together are one surface. comment: "" for none.
    """

    source: str
    label: str
    key: tuple[str, ...]
    template: Template
    graphics: Sequence[tuple[str, Sequence[Position]]]
    rule: Rule
    measures: Sequence[Measure] = ()
    comment: str = ""
    place: tuple[int | None, str | None] = (None, None)


def drawings(one: PointSet, mapping: Mapping, notes: list[str], problems: list[Problem]) -> list[Drawing]:
    """Return what is drawn of a set. notes: get what could not be drawn as asked; problems: what is wrong."""
    rule = mapping.rule(one.name)
    before = len(problems)
    _check_places(one, problems)
    if one.kind in ("Plane", "ROI"):
        return [] if len(problems) > before else [_solid(one, rule)]
    if not one.points:
        notes.append(f"{one.source}: {one.kind} {one.name!r} has no point with a position; it is left out")
        return []
    graphic = rule.graphic or _GRAPHIC[one.kind]
    what = _not_so_many(one, graphic)
    if what is not None:
        problems.append(Problem(one.source, what, *_at(one)))
    if len(problems) > before:
        return []
    return (
        _each(one, mapping, problems) if graphic == "points" else _whole(one, rule, graphic, notes, problems)
    )


def _check_places(one: PointSet, problems: list[Problem]) -> None:
    """Note the points that single precision would move visibly."""
    places = [(point.position, point.place, point.label) for point in one.points]
    places += [(corner, one.place, one.name) for corner in one.corners]
    for position, (row, column), label in places:
        by = moved(position)
        if by > MOVED_MM:
            what = (
                f"{label!r} would be moved by {by:.3g} mm, since DICOM holds coordinates in single precision"
            )
            problems.append(Problem(one.source, what, row, column))


def _not_so_many(one: PointSet, graphic: Graphic) -> str | None:
    count = len(one.points)
    exactly = _EXACTLY.get(one.kind)
    if exactly is not None and count != exactly:
        return f"{one.kind} {one.name!r} has {count} points with a position; it takes {exactly}"
    if graphic == "ellipse" or graphic == "ellipsoid":
        why = shape.not_axes([point.position for point in one.points], 2 if graphic == "ellipse" else 3)
        return None if why is None else f"{one.name!r} is no {graphic}: it {why}"
    if count < _AT_LEAST[graphic]:
        return (
            f"{one.name!r} has {count} points with a position; a {graphic} takes {_AT_LEAST[graphic]} or more"
        )
    return None


def _each(one: PointSet, mapping: Mapping, problems: list[Problem]) -> list[Drawing]:
    """Draw each point for itself."""
    if one.measures:
        what = f"{one.name!r} has measurements, but its points are drawn one by one; say `graphic`"
        problems.append(Problem(one.source, what, *_at(one)))
    first: dict[str, int] = {}
    found = []
    for number, point in enumerate(one.points, 1):
        if point.label and first.setdefault(point.label, number) != number:
            what = f"{point.label!r} stands in {one.name!r} already, as point {first[point.label]}"
            problems.append(Problem(one.source, what, *point.place))
        rule = mapping.rule(one.name, point.label)
        found.append(
            Drawing(
                one.source,
                point.label or f"{one.name} {number}",
                (one.name, point.label or str(number)),
                VOLUMETRIC if rule.volumetric else PLANAR,
                [("POINT", [point.position])],
                rule,
                point.measures,
                "; ".join(filter(None, [f"List: {one.name}", point.description])),
                point.place,
            )
        )
    return found


def _whole(
    one: PointSet, rule: Rule, graphic: Graphic, notes: list[str], problems: list[Problem]
) -> list[Drawing]:
    """Draw a set as one graphic."""
    points: Sequence[Position] = [point.position for point in one.points]
    template: Template = {"ellipse": PLANAR, "polygon": PLANAR, "ellipsoid": VOLUMETRIC}.get(graphic, GROUP)
    graphic_type = graphic.upper()
    if graphic == "polygon":
        points = shape.closed(points)
        off = shape.off_plane_mm(points)
        if off > shape.PLANAR_MM:
            graphic_type, template = "POLYLINE", GROUP
            notes.append(
                f"{one.source}: {one.name!r} is up to {off:.3g} mm off its plane: a POLYLINE, no POLYGON"
            )
    if rule.volumetric and template != VOLUMETRIC:
        what = f"{one.name!r} is volumetric in the mapping, but a {graphic} is no volume"
        problems.append(Problem(one.source, what, *_at(one)))
    measures = [*one.measures, *_common(one, problems)]
    return [
        Drawing(
            one.source,
            one.name,
            (one.name,),
            template,
            [(graphic_type, points)],
            rule,
            measures,
            _comment(one),
            one.place,
        )
    ]


def _solid(one: PointSet, rule: Rule) -> Drawing:
    """Draw a plane as its outline, a box as its six faces."""
    if one.kind == "Plane":
        graphics = [("POLYGON", shape.closed(one.corners))]
    else:
        graphics = [("POLYGON", face) for face in shape.faces(one.corners)]
    template = PLANAR if one.kind == "Plane" else VOLUMETRIC
    return Drawing(one.source, one.name, (one.name,), template, graphics, rule, one.measures, "", one.place)


def _common(one: PointSet, problems: list[Problem]) -> list[Measure]:
    """Return the measurements that rows of one set agree on; of one drawn as a whole they are the set's."""
    found: dict[str, Measure] = {}
    for measure in (measure for point in one.points for measure in point.measures):
        if found.setdefault(measure.name, measure).value != measure.value:
            other = found[measure.name]
            what = f"is {measure.value}, but {other.value} in row {other.place[0]}, of {one.name!r} too"
            problems.append(Problem(one.source, what, *measure.place))
    return list(found.values())


def _comment(one: PointSet) -> str:
    """Return labels and descriptions of points that are drawn as one."""
    said = []
    for number, point in enumerate(one.points, 1):
        words = ", ".join(filter(None, [point.label, point.description]))
        said += [f"{number}: {words}"] if words else []
    return f"Points: {'; '.join(said)}" if said else ""


def _at(one: PointSet) -> tuple[int | None, str | None]:
    return one.place if one.place != (None, None) or not one.points else one.points[0].place
