"""Rows as reports: what is stated of whom, what is left out, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from flattened import ANYWHERE
from orthanc_cohorts.convert.outbox import Counts
from orthanc_cohorts.convert.table import convert_table, look, mapping_of
from orthanc_cohorts.errors import ConversionError
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.harmonise import canonical_concept
from orthanc_cohorts.templates import check, items_of
from table_made import COLUMNS, FULL, MAPPING, SPARSE, write, write_mapping


def _convert(folder: Path, *rows: tuple[str, ...], text: str = MAPPING) -> Counts:
    return convert_table(write(folder, *rows), mapping_of(write_mapping(folder, text)), folder / "out")


def _report(folder: Path, patient: str, name: str) -> Dataset:
    [path] = (folder / "out" / f"WARD-{patient}").glob(f"*{name}*.dcm")
    return dcmread(path)


def _items(ds: Dataset, meaning: str) -> list[Dataset]:
    """Return all items of a tree whose concept has a meaning."""
    found = []
    for item in ds.get("ContentSequence", []):
        if "ConceptNameCodeSequence" in item and item.ConceptNameCodeSequence[0].CodeMeaning == meaning:
            found.append(item)
        found += _items(item, meaning)
    return found


def _problems(folder: Path, *rows: tuple[str, ...], text: str = MAPPING) -> list[str]:
    with pytest.raises(ConversionError) as caught:
        _convert(folder, *rows, text=text)
    assert not list((folder / "out").rglob("*.dcm"))
    return [str(problem) for problem in caught.value.problems]


def test_a_row_states_what_its_cells_say(tmp_path: Path) -> None:
    counts = _convert(tmp_path, FULL)

    assert counts == Counts(new=3, changed=0, unchanged=0)
    report = _report(tmp_path, "P1", "annulus")
    assert (report.PatientID, report.IssuerOfPatientID, report.PatientSex) == ("P1", "WARD", "M")
    assert (report.PatientBirthDate, report.PatientAge) == ("19500502", "073Y")
    assert (report.StudyDate, report.ContentDate, report.InstitutionName) == (
        "20240502",
        "20240502",
        "A clinic",
    )
    [diameter] = _items(report, "Diameter")
    assert str(diameter.MeasuredValueSequence[0].NumericValue.original_string) == "24.10"
    assert diameter.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert _items(report, "Derivation")[0].ConceptCodeSequence[0].CodeMeaning == "Maximum"
    [grade] = _items(report, "Severity")
    assert grade.ConceptCodeSequence[0].CodeMeaning == "Severe"
    assert grade.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning == "Left"


def test_a_history_has_its_sections_and_the_days_of_what_it_says(tmp_path: Path) -> None:
    _convert(tmp_path, FULL)

    report = _report(tmp_path, "P1", "history")
    [cholesterol] = _items(report, "Cholesterol")
    assert cholesterol.ObservationDateTime == "20240501"
    [concern] = _items(report, "Concern")
    assert _items(concern, "Condition")[0].ConceptCodeSequence[0].CodeMeaning == "Diabetes mellitus"
    [procedure] = _items(report, "Surgical procedure")
    assert _items(procedure, "Procedure DateTime")[0].DateTime == "20190301"


def test_what_is_missing_is_unknown_or_not_stated_and_never_a_number(tmp_path: Path) -> None:
    _convert(tmp_path, SPARSE)

    report = _report(tmp_path, "P2", "annulus")
    [diameter] = _items(report, "Diameter")
    assert len(diameter.MeasuredValueSequence) == 0
    assert diameter.NumericValueQualifierCodeSequence[0].CodeValue == "114010"
    assert _items(report, "Severity") == []
    [cholesterol] = _items(_report(tmp_path, "P2", "history"), "Cholesterol")
    assert len(cholesterol.MeasuredValueSequence) == 0
    assert not list((tmp_path / "out").rglob("*note*"))
    assert (report.PatientAge if "PatientAge" in report else "", report.StudyTime) == ("", "083000")


def test_every_report_keeps_to_its_template(tmp_path: Path) -> None:
    _convert(tmp_path, FULL, SPARSE)

    files = sorted((tmp_path / "out").rglob("*.dcm"))
    assert len(files) == 5
    for file in files:
        rows = flatten_bytes(file.read_bytes(), ANYWHERE)
        assert check(items_of(rows["content_item"]), canonical_concept) == [], file.name


def test_several_processes_write_the_same_as_one(tmp_path: Path) -> None:
    rows = [(f"P{number}", *FULL[1:]) for number in range(120)]
    path, mapping = write(tmp_path, *rows), mapping_of(write_mapping(tmp_path))

    convert_table(path, mapping, tmp_path / "one", jobs=1)
    convert_table(path, mapping, tmp_path / "two", jobs=2)

    one, two = (
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).rglob("*.dcm")}
        for name in ("one", "two")
    )
    assert len(one) == 360
    assert one == two


def test_a_changed_cell_gives_a_new_version_of_one_report(tmp_path: Path) -> None:
    _convert(tmp_path, FULL, SPARSE)

    counts = _convert(tmp_path, (*FULL[:5], "25.0", *FULL[6:]), SPARSE)

    assert counts == Counts(new=0, changed=1, unchanged=4)


def test_every_problem_of_a_table_is_told_at_once_with_row_and_column(tmp_path: Path) -> None:
    problems = _problems(
        tmp_path,
        FULL,
        ("P3", "2", "2.5.50", "yesterday", "-4", "2,4", "7", "high", "", "maybe", "", "", ""),
        FULL,
        ("", "1", "", "2024-05-02", "", "99", "1", "", "", "", "", "", ""),
        ("P4", "1"),
    )

    assert [problem.split(":")[0] for problem in problems] == [
        "ward.csv, row 3, column sex",
        "ward.csv, row 3, column born",
        "ward.csv, row 3, column seen",
        "ward.csv, row 3, column diameter",
        "ward.csv, row 3, column grade",
        "ward.csv, row 3, column chol",
        "ward.csv, row 3, column diabetes",
        "ward.csv, row 4, column pid",
        "ward.csv, row 5, column pid",
        "ward.csv, row 5, column diameter",
        "ward.csv, row 6",
    ]
    assert "'2' is none of its values (1, 0)" in problems[0]
    assert "'2.5.50' is no date as %d.%m.%Y" in problems[1]
    assert "'2,4' is no number" in problems[3]
    assert "the same patient and study as row 2" in problems[7]
    assert "has no patient id" in problems[8]
    assert "'99' is not from 5 to 60" in problems[9]
    assert "has 2 cells, not 13" in problems[10]


def test_a_person_who_is_two_people_is_told(tmp_path: Path) -> None:
    [problem] = _problems(tmp_path, FULL, ("P1", "0", *FULL[2:3], "2024-07-01", *FULL[4:]))

    assert "row 3, column pid" in problem
    assert "another name, sex or birth date than row 2" in problem


def test_another_delimiter_is_told_once(tmp_path: Path) -> None:
    path = write(tmp_path, FULL, SPARSE, delimiter=";")

    with pytest.raises(ConversionError, match=r"one column with the delimiter ',', but ';' occurs") as caught:
        look(path, mapping_of(write_mapping(tmp_path)))

    assert len(caught.value.problems) == 1


def test_columns_that_the_table_has_not_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, FULL[:-2], columns=COLUMNS[:-2])

    found = look(path, mapping_of(write_mapping(tmp_path)))

    assert [str(problem).split(":")[0] for problem in found.problems] == [
        "ward.csv, column implanted",
        "ward.csv, column note",
    ]


def test_a_look_says_what_would_be_written_and_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, (*FULL, "x"), (*SPARSE, "y"), columns=(*COLUMNS, "bed"))

    found = look(path, mapping_of(write_mapping(tmp_path)))

    assert (found.rows, found.patients, found.problems) == (2, 2, [])
    assert found.reports == {"annulus": 2, "history": 2, "note": 1}
    diameter = ("annulus", "diameter", "SCT|81827009")
    assert found.stated[diameter] == found.unknown[diameter] == 1
    assert found.left_out == ["bed"]


def test_a_report_is_read_by_highdicom(tmp_path: Path) -> None:
    import highdicom as hd

    _convert(tmp_path, FULL)

    report = hd.sr.srread(io.BytesIO(_bytes(tmp_path, "annulus")))
    groups = report.content.get_image_measurement_groups()
    assert [group.get_measurements()[0].value for group in groups if group.get_measurements()] == [24.1]


def _bytes(folder: Path, name: str) -> bytes:
    [path] = (folder / "out" / "WARD-P1").glob(f"*{name}*.dcm")
    return path.read_bytes()
