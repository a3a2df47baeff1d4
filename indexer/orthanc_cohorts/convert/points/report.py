"""Reports of measurements (TID 1500) from files of points: all problems of all files, or all reports.

Knows which reader a file needs; writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath

from pydicom.dataset import Dataset
from pydicom.uid import Comprehensive3DSRStorage

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.document import device_observer, document, language, person_observer
from orthanc_cohorts.convert.header import Context, uid
from orthanc_cohorts.convert.points import fcsv, markups, table
from orthanc_cohorts.convert.points.drawing import VOLUMETRIC, Drawing, drawings
from orthanc_cohorts.convert.points.group import group
from orthanc_cohorts.convert.points.image import Image
from orthanc_cohorts.convert.points.mapping import Mapping
from orthanc_cohorts.convert.points.measurement import num
from orthanc_cohorts.convert.points.number import moved
from orthanc_cohorts.convert.points.pointset import CoordinateSystem, Found
from orthanc_cohorts.convert.problem import Problem, raise_any

_PROCEDURE = Coding("DCM", "121058", "Procedure reported")
_MEASUREMENTS = Coding("DCM", "126010", "Imaging Measurements")
_SUFFIXES = (".mrk.json", ".fcsv", ".json", ".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is said of all files alike.

    moment: when the points were set. image: the series they lie on, None where it is not at hand.
    coordinate_system: of files that state none. observer: who set the points, as PN.
    """

    context: Context
    moment: datetime | date
    frame_of_reference_uid: str
    image: Image | None = None
    coordinate_system: CoordinateSystem | None = None
    observer: str | None = None


@dataclass(slots=True)
class Reports:
    """Reports by the name of their file. notes: what was left out or drawn otherwise, one line each.

    moved_mm: how far single precision moved a coordinate at most.
    """

    by_name: dict[str, Dataset] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    moved_mm: float = 0.0


def reports(files: Iterable[tuple[str, bytes]], mapping: Mapping, setting: Setting) -> Reports:
    """Return a report for each file; their SOPInstanceUIDs are given later.

    files: name and content. Raises ConversionError: with all problems of all files.
    """
    problems: list[Problem] = []
    found = Reports()
    for name, data in files:
        if name in found.by_name:
            problems.append(Problem(name, "two files have this name; their reports would be one"))
        before = len(problems)
        sets = _read(name, data, mapping, setting.coordinate_system, problems)
        drawn = [drawing for one in sets.sets for drawing in drawings(one, mapping, sets.notes, problems)]
        if not drawn and len(problems) == before:
            problems.append(Problem(name, "holds no point"))
        groups = [_group(drawing, mapping, setting, problems) for drawing in drawn]
        found.by_name[name] = _report(groups, mapping, setting)
        found.notes += sets.notes
        found.moved_mm = max([found.moved_mm, *map(_moved, drawn)])
    raise_any(problems)
    return found


def stem(name: str) -> str:
    """Return the name of a file without folder and suffix."""
    plain = PurePath(name).name
    suffix = next((one for one in _SUFFIXES if plain.lower().endswith(one)), "")
    return plain[: len(plain) - len(suffix)] or plain


def _read(
    name: str, data: bytes, mapping: Mapping, system: CoordinateSystem | None, problems: list[Problem]
) -> Found:
    lower = name.lower()
    if lower.endswith(".json"):
        found = markups.read(name, stem(name), data, system, problems)
    elif lower.endswith(".fcsv"):
        found = fcsv.read(name, stem(name), data, system, problems)
    elif lower.endswith((".csv", ".tsv", ".txt")):
        found = table.read(name, stem(name), data, mapping.table, system, problems)
    else:
        problems.append(Problem(name, "is of no kind that is read: .csv, .tsv, .txt, .mrk.json, .fcsv"))
        return Found()
    for called, count in Counter(one.name for one in found.sets).items():
        if count > 1:
            problems.append(
                Problem(name, f"holds {count} lists of the name {called!r}; names tell them apart")
            )
    return found


def _group(drawing: Drawing, mapping: Mapping, setting: Setting, problems: list[Problem]) -> Dataset:
    if drawing.template == VOLUMETRIC and setting.image is None:
        what = f"{drawing.label!r} is a volume; those name their image series: say --image"
        problems.append(Problem(drawing.source, what, *drawing.place))
    items = [num(drawing.source, measure, mapping, problems) for measure in drawing.measures]
    measures = [item for item in items if item is not None]
    return group(drawing, setting.context, setting.frame_of_reference_uid, setting.image, measures)


def _moved(drawing: Drawing) -> float:
    return max(moved(point) for _, points in drawing.graphics for point in points)


def _report(groups: Sequence[Dataset], mapping: Mapping, setting: Setting) -> Dataset:
    image = setting.image
    root = content.container(
        mapping.title,
        language(mapping.language),
        *_observers(setting.observer),
        content.code(_PROCEDURE, mapping.procedure, rel="HAS CONCEPT MOD"),
        *([] if image is None else [image.library()]),
        content.container(_MEASUREMENTS, *groups),
        rel=None,
        template="1500",
    )
    evidence = () if image is None else image.instances
    return document(setting.context, Comprehensive3DSRStorage, root, setting.moment, evidence)


def _observers(observer: str | None) -> list[Dataset]:
    device = device_observer(uid("device", "points"), "orthanc-cohorts convert points")
    return [*(person_observer(observer) if observer else []), *device]
