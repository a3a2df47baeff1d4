"""Reports of points: other software reads the same coordinates, and each shape is in the template it fits."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from flattened import ANYWHERE
from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.mapping import load
from orthanc_cohorts.convert.points.mapping import Mapping
from orthanc_cohorts.convert.points.report import Reports, Setting, reports
from orthanc_cohorts.errors import ConversionError, UnknownContextGroup
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.harmonise import canonical_concept, context_group
from orthanc_cohorts.templates import check, items_of
from points_made import CALCIUM

BOX = {"center": [0, 0, 0], "size": [2, 4, 6], "orientation": [1, 0, 0, 0, 1, 0, 0, 0, 1]}


def _points(*positions: tuple[float, float, float]) -> list[dict[str, Any]]:
    return [{"label": f"M-{n}", "position": list(p)} for n, p in enumerate(positions, 1)]


def _reports(setting: Setting, text: str = "", **files: str) -> Reports:
    named = [(name.replace("__", "."), data.encode()) for name, data in files.items()]
    return reports(named, load(Mapping, "m.yaml", text.encode()), setting)


def _of_markups(setting: Setting, *markups: dict[str, Any], text: str = "") -> tuple[Dataset, list[str]]:
    found = _reports(setting, text, m__json=json.dumps({"markups": markups}))
    return found.by_name["m.json"], found.notes


def _written(ds: Dataset) -> bytes:
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _read(ds: Dataset) -> hd.sr.MeasurementReport:
    return hd.sr.srread(io.BytesIO(_written(ds))).content


def _graphics(group: Any) -> list[tuple[str, list[list[float]]]]:
    """Return graphic type and points of a group, as highdicom reads them."""
    items = hd.sr.utils.find_content_items(group[0], value_type=hd.sr.ValueTypeValues.SCOORD3D)
    return [(item.graphic_type.value, item.value.tolist()) for item in items]


def _findings(ds: Dataset) -> list[Any]:
    rows = flatten_bytes(_written(ds), ANYWHERE)

    def value_set(cid: int) -> frozenset[str] | None:
        try:
            return context_group(cid)
        except UnknownContextGroup:
            return None

    return check(items_of(rows["content_item"]), canonical_concept, value_set)


def test_points_come_back_to_single_precision_and_under_their_labels(setting: Setting) -> None:
    positions = np.random.default_rng(7).uniform(-400, 400, (50, 3)).round(4)
    rows = [f"P{number},{x},{y},{z}" for number, (x, y, z) in enumerate(positions)]

    found = _reports(setting, p__csv="label,x,y,z\n" + "\n".join(rows))

    groups = _read(found.by_name["p.csv"]).get_planar_roi_measurement_groups()
    assert [group.tracking_identifier for group in groups] == [f"P{number}" for number in range(50)]
    back = np.array([group.roi.value[0] for group in groups])
    assert {group.roi.graphic_type.value for group in groups} == {"POINT"}
    assert np.array_equal(back, positions.astype(np.float32).astype(float))
    assert np.abs(back - positions).max() == found.moved_mm < 2e-5


def test_calcium_lesions_are_volumes_with_finding_site_and_measurement(on_image: Setting) -> None:
    ds = _reports(
        on_image, CALCIUM, p__csv="lesion,label,x,y,z,volume\nCalcium,a,1,2,3,12.50\nOther,NCC,4,5,6,\n"
    )

    report = _read(ds.by_name["p.csv"])
    [lesion] = report.get_volumetric_roi_measurement_groups()
    [hinge] = report.get_planar_roi_measurement_groups()
    assert lesion.roi[0].value.tolist() == [[1, 2, 3]]
    assert (lesion.finding_type.value, lesion.finding_category.value) == ("18115005", "49755003")
    assert lesion.finding_sites[0].value.value == "34202007"
    assert lesion.finding_sites[0].laterality.value == "7771000"
    [volume] = lesion.get_measurements()
    assert (volume.name.value, volume.value, volume.unit.value) == ("118565006", 12.5, "mm3")
    assert hinge.finding_type.value == "77583004"
    assert hinge.get_measurements() == []


def test_each_kind_of_markup_is_the_graphic_that_is_true_of_it(on_image: Setting) -> None:
    square = _points((0, 0, 0), (2, 0, 0), (2, 2, 0), (0, 2, 0))
    length = [{"name": "length", "value": 5, "units": "mm"}]
    ds, notes = _of_markups(
        on_image,
        {"name": "line", "type": "Line", "controlPoints": square[:2], "measurements": length},
        {"name": "angle", "type": "Angle", "controlPoints": square[:3],
         "measurements": [{"name": "angle", "value": 90, "units": "°"}]},
        {"name": "curve", "type": "Curve", "controlPoints": square},
        {"name": "ring", "type": "ClosedCurve", "controlPoints": square},
        {"name": "bent", "type": "ClosedCurve", "controlPoints": [*square, *_points((0, 1, 1))]},
        {"name": "plane", "type": "Plane", **BOX},
        {"name": "box", "type": "ROI", **BOX},
    )  # fmt: skip

    report = _read(ds)
    loose = {one.tracking_identifier: one for one in report.get_image_measurement_groups()}
    planar = {one.tracking_identifier: one for one in report.get_planar_roi_measurement_groups()}
    [box] = report.get_volumetric_roi_measurement_groups()
    assert {name: [kind for kind, _ in _graphics(one)] for name, one in loose.items()} == {
        "line": ["POLYLINE"], "angle": ["POLYLINE"], "curve": ["POLYLINE"], "bent": ["POLYLINE"],
    }  # fmt: skip
    assert _graphics(loose["line"])[0][1] == [[0, 0, 0], [2, 0, 0]]
    assert _graphics(loose["bent"])[0][1][0] == _graphics(loose["bent"])[0][1][-1]
    assert {name: one.roi.graphic_type.value for name, one in planar.items()} == {
        "ring": "POLYGON", "plane": "POLYGON",
    }  # fmt: skip
    assert planar["ring"].roi.value.tolist() == [[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0], [0, 0, 0]]
    assert planar["plane"].roi.value[:, 2].tolist() == [0] * 5
    assert [kind for kind, _ in _graphics(box)] == ["POLYGON"] * 6
    corners = {tuple(point) for _, points in _graphics(box) for point in points}
    assert corners == {(x, y, z) for x in (-1, 1) for y in (-2, 2) for z in (-3, 3)}
    measured = [(one.name.value, one.value, one.unit.value) for one in loose["line"].get_measurements()]
    assert measured == [("410668003", 5, "mm")]
    assert loose["angle"].get_measurements()[0].unit.value == "deg"
    assert len(notes) == 1 and "'bent' is up to" in notes[0]


@pytest.mark.parametrize(
    ("graphic", "points", "template"),
    [
        ("multipoint", [(0, 0, 0), (1, 2, 3)], "1501"),
        ("polyline", [(0, 0, 0), (1, 2, 3)], "1501"),
        ("polygon", [(0, 0, 0), (1, 0, 0), (0, 1, 0)], "1410"),
        ("ellipse", [(-2, 0, 0), (2, 0, 0), (0, -1, 0), (0, 1, 0)], "1410"),
        ("ellipsoid", [(-2, 0, 0), (2, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1)], "1411"),
    ],
)
def test_a_list_is_drawn_as_the_mapping_says(
    on_image: Setting, graphic: str, points: list[tuple[float, float, float]], template: str
) -> None:
    one = {"name": "all", "type": "Fiducial", "controlPoints": _points(*points)}
    ds, _ = _of_markups(on_image, one, text=f"rules: [{{list: all, graphic: {graphic}}}]")

    [group] = _read(ds)._find_measurement_groups()
    assert group.template_id == template
    [(kind, drawn)] = _graphics([group])
    assert kind == graphic.upper()
    assert drawn[: len(points)] == [list(point) for point in points]
    texts = [item.TextValue for item in group.ContentSequence if item.ValueType == "TEXT"]
    assert f"Points: {'; '.join(f'{n}: M-{n}' for n in range(1, len(points) + 1))}" in texts


def test_no_report_breaks_its_templates(on_image: Setting, setting: Setting) -> None:
    line = {"name": "line", "type": "Line", "controlPoints": _points((0, 0, 0), (1, 1, 1)),
            "measurements": [{"name": "length", "value": 5, "units": "mm"}]}  # fmt: skip
    ring = {"name": "ring", "type": "ClosedCurve", "controlPoints": _points((0, 0, 0), (1, 0, 0), (0, 1, 0))}
    box = {"name": "box", "type": "ROI", **BOX}
    table = "lesion,label,x,y,z,volume\nCalcium,a,1,2,3,12.50\n"

    whole = [
        _of_markups(on_image, line, ring, box)[0],
        _of_markups(setting, line, ring)[0],
        _reports(replace(on_image, observer="Doe^Jane"), CALCIUM, p__csv=table).by_name["p.csv"],
    ]

    assert [_findings(ds) for ds in whole] == [[], [], []]


def test_the_rows_of_the_index_can_be_asked_for_coordinates_and_measurements(on_image: Setting) -> None:
    ds = _reports(on_image, CALCIUM, p__csv="lesion,label,x,y,z,volume\nCalcium,a,1,2,3,12.50\n").by_name[
        "p.csv"
    ]

    rows = flatten_bytes(_written(ds), ANYWHERE)

    [volume] = rows.dicts("measurement")
    assert (volume["concept_code"], volume["value"], volume["unit_code"]) == ("118565006", 12.5, "mm3")
    drawn = [row for row in rows.dicts("content_item") if row["graphic_type"]]
    assert [(row["graphic_type"], row["graphic_data"]) for row in drawn] == [("POINT", [1.0, 2.0, 3.0])]


def test_the_image_series_is_evidence_and_library(on_image: Setting) -> None:
    ds = _reports(on_image, p__csv="label,x,y,z\na,1,2,3\n").by_name["p.csv"]

    [study] = ds.CurrentRequestedProcedureEvidenceSequence
    [series] = study.ReferencedSeriesSequence
    named = [one.ReferencedSOPInstanceUID for one in series.ReferencedSOPSequence]
    assert on_image.image is not None
    assert named == [one.SOPInstanceUID for one in on_image.image.instances]
    [library] = [
        one for one in ds.ContentSequence if one.get("ConceptNameCodeSequence")[0].CodeValue == "111028"
    ]
    images = [one for one in library.ContentSequence[0].ContentSequence if one.ValueType == "IMAGE"]
    assert len(images) == len(named)


def test_one_label_is_one_thing_in_its_study_or_where_the_mapping_says_so_in_its_patient(
    on_image: Setting,
) -> None:
    def tracked(text: str, study: str) -> str:
        context = replace(on_image.context, study=replace(on_image.context.study, uid=study))
        found = _reports(replace(on_image, context=context), text, p__csv="label,x,y,z\na,1,2,3\n")
        [group] = _read(found.by_name["p.csv"]).get_planar_roi_measurement_groups()
        return str(group.tracking_uid)

    through = "rules: [{track: patient}]"
    assert tracked("", "1.2") == tracked("", "1.2") != tracked("", "1.3")
    assert tracked(through, "1.2") == tracked(through, "1.3")


def test_a_measurement_says_itself_what_it_is_or_the_mapping_does(setting: Setting) -> None:
    measures = [
        {"name": "mine", "value": 1.5, "units": "cm", "quantityCode": ["81827009", "SCT", "Diameter"],
         "derivationCode": ["255605001", "SCT", "Minimum"]},
        {"name": "curvature mean", "value": 3, "units": "mm-1"},
        {"name": "skipped", "value": 3, "units": "mm"},
    ]  # fmt: skip
    line = {"type": "Line", "controlPoints": _points((0, 0, 0), (1, 1, 1)), "measurements": measures}
    text = "measurements: {curvature mean: {concept: 99X|1|Curvature, unit: mm-1}, skipped: null}"

    ds, _ = _of_markups(setting, line, text=text)

    [group] = _read(ds).get_image_measurement_groups()
    found = group.get_measurements()
    assert [(one.name.value, one.value, one.unit.value) for one in found] == [
        ("81827009", 1.5, "cm"),
        ("1", 3, "mm-1"),
    ]
    assert found[0].derivation.value == "255605001"


def _problems(setting: Setting, text: str = "", **files: str) -> list[str]:
    with pytest.raises(ConversionError) as error:
        _reports(setting, text, **files)
    return list(map(str, error.value.problems))


def test_problems_of_all_files_are_told_at_once(setting: Setting) -> None:
    line = {"markups": [{"type": "Line", "controlPoints": _points((0, 0, 0)),
                         "measurements": [{"name": "depth", "value": 1, "units": "mm"}]}]}  # fmt: skip

    assert _problems(
        setting,
        "rules: [{list: far, volumetric: true}]",
        a__csv="label,x,y,z\na,1,2,3\nb,1,2,3\na,4,5,6\n",
        far__csv="label,x,y,z\na,123456789.1,2,1e39\n",
        l__json=json.dumps(line),
        p__vtk="",
    ) == [
        "a.csv, row 4, column label: 'a' stands in 'a' already, as point 1",
        "far.csv, row 2, column label: 'a' would be moved by inf mm, since DICOM holds coordinates in single "
        "precision",
        "l.json, column markups[0]: Line 'l' has 1 points with a position; it takes 2",
        "p.vtk: is of no kind that is read: .csv, .tsv, .txt, .mrk.json, .fcsv",
    ]


def test_an_empty_list_is_left_out_and_a_file_without_points_refused(setting: Setting) -> None:
    empty = {"name": "empty", "type": "Fiducial", "controlPoints": []}
    full = {"name": "full", "type": "Fiducial", "controlPoints": _points((1, 2, 3))}

    ds, notes = _of_markups(setting, empty, full)

    assert len(_read(ds).get_planar_roi_measurement_groups()) == 1
    assert notes == ["m.json: Fiducial 'empty' has no point with a position; it is left out"]
    assert _problems(
        setting,
        m__json=json.dumps({"markups": [empty]}),
        p__csv="label,x,y,z\n",
        p__fcsv="# Markups fiducial file version = 5.6\n# CoordinateSystem = LPS\n",
    ) == ["m.json: holds no point", "p.csv: holds no point", "p.fcsv: holds no point"]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(0, 0, 0), (1, 0, 0)], "the ends of 2 axes are 4"),
        ([(-2, 0, 0), (2, 0, 0), (1, -1, 0), (1, 1, 0)], "middles lie more than"),
        ([(-2, 0, 0), (2, 0, 0), (-1, -1, 0), (1, 1, 0)], "not at right angles"),
        ([(-1, 0, 0), (1, 0, 0), (0, -2, 0), (0, 2, 0)], "shorter axis first"),
        ([(0, 0, 0), (0, 0, 0), (0, -2, 0), (0, 2, 0)], "without length"),
    ],
)
def test_points_that_are_no_ellipse_are_not_called_one(
    setting: Setting, points: list[tuple[float, float, float]], said: str
) -> None:
    rows = "\n".join(f"{n},{x},{y},{z}" for n, (x, y, z) in enumerate(points))

    [problem] = _problems(setting, "rules: [{graphic: ellipse}]", e__csv="label,x,y,z\n" + rows)

    assert said in problem


def test_a_volume_without_an_image_series_is_refused(setting: Setting) -> None:
    assert _problems(setting, "rules: [{volumetric: true}]", a__csv="label,x,y,z\na,1,2,3\n") == [
        "a.csv, row 2, column label: 'a' is a volume; those name their image series: say --image"
    ]


@pytest.mark.parametrize(
    ("measure", "text", "said"),
    [
        ({"name": "depth", "value": 1, "units": "mm"}, "", "nothing says what the measurement 'depth' is"),
        ({"name": "length", "value": 1}, "", "'length' has no unit"),
        ({"name": "length", "value": 1, "units": "furlong"}, "", "'furlong' is no unit of UCUM"),
        ({"name": "length", "value": 1, "units": "cm"},
         "measurements: {length: {concept: SCT|410668003, unit: mm}}", "is in cm, the mapping says mm"),
    ],
)  # fmt: skip
def test_a_measurement_without_meaning_or_unit_is_refused(
    setting: Setting, measure: dict[str, Any], text: str, said: str
) -> None:
    line = {"type": "Line", "controlPoints": _points((0, 0, 0), (1, 1, 1)), "measurements": [measure]}

    [problem] = _problems(setting, text, l__json=json.dumps({"markups": [line]}))

    assert problem.startswith("l.json, column markups[0].measurements[0]: ")
    assert said in problem


def test_the_title_and_the_language_are_those_of_the_mapping(setting: Setting) -> None:
    text = "title: 99X|t|Annulus\nprocedure: SCT|77477000\nlanguage: RFC5646|de|German"
    ds = _reports(setting, text, p__csv="label,x,y,z\nä,1,2,3\n").by_name["p.csv"]

    [title] = ds.ConceptNameCodeSequence
    assert Coding(title.CodingSchemeDesignator, title.CodeValue, title.CodeMeaning) == ("99X", "t", "Annulus")
    assert ds.ContentSequence[0].ConceptCodeSequence[0].CodeValue == "de"
    again = dcmread(io.BytesIO(_written(ds)))
    assert again.ContentSequence[-1].ContentSequence[0].ContentSequence[0].TextValue == "ä"
