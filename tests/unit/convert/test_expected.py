"""Truths from the plan, counted again in the files with pydicom alone."""

from collections import Counter, defaultdict

import pytest
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.demo.expected import expected_counts
from orthanc_cohorts.convert.demo.write import demo_objects

PATIENTS = 24
MILLIMETRES = {"mm": 1, "cm": 10}


@pytest.fixture(scope="module")
def archive() -> dict[str, list[Dataset]]:
    """The objects of each patient, by folder."""
    found: dict[str, list[Dataset]] = defaultdict(list)
    for name, ds in demo_objects(PATIENTS):
        found[name[:11]].append(ds)
    return found


@pytest.fixture(scope="module")
def expected() -> dict[str, int]:
    """What the plan says."""
    return expected_counts(PATIENTS)


def code(item: Dataset, keyword: str = "ConceptNameCodeSequence") -> str:
    """Return the code value of an item's concept name or value."""
    return item[keyword].value[0].CodeValue if item.get(keyword) else ""


def items(ds: Dataset) -> list[Dataset]:
    """Return all content items below ds."""
    return [found for item in ds.get("ContentSequence", []) for found in (item, *items(item))]


def numbers(objects: list[Dataset], *concepts: str) -> list[tuple[str, float, str]]:
    """Return (study date and time, value, unit) of the NUM items with these codes."""
    return [
        (
            ds.StudyDate + ds.StudyTime,
            float(measured.NumericValue),
            code(measured, "MeasurementUnitsCodeSequence"),
        )
        for ds in objects
        for item in items(ds)
        if item.ValueType == "NUM" and code(item) in concepts
        for measured in item.MeasuredValueSequence
    ]


def test_objects_are_as_many_as_the_plan_says(archive, expected):
    everything = [ds for objects in archive.values() for ds in objects]

    counted = {
        "patients": len(archive),
        "instances": len(everything),
        "studies": len({ds.StudyInstanceUID for ds in everything}),
        "series": len({ds.SeriesInstanceUID for ds in everything}),
        "documents": sum(ds.Modality == "SR" for ds in everything),
    }

    assert counted == {name: expected[name] for name in counted}


def test_modalities_are_as_the_plan_says(archive, expected):
    modalities = Counter(
        modality for objects in archive.values() for modality in {ds.Modality for ds in objects}
    )

    assert {name: modalities[name] for name in ("CT", "SEG", "ECG")} == {
        name: expected[name] for name in ("CT", "SEG", "ECG")
    }


def test_latest_qtc_is_as_the_plan_says(archive, expected):
    long = 0

    for objects in archive.values():
        found = sorted(
            (when, value * (1000 if unit == "s" else 1)) for when, value, unit in numbers(objects, "2:15876")
        )
        long += bool(found) and found[-1][1] > 450

    assert long == expected["latest QTc > 450 ms"]


def test_wide_annuli_are_as_the_plan_says(archive, expected):
    wide = 0

    for objects in archive.values():
        means = [
            float(item.MeasuredValueSequence[0].NumericValue)
            * MILLIMETRES[code(item.MeasuredValueSequence[0], "MeasurementUnitsCodeSequence")]
            for ds in objects
            for item in items(ds)
            if item.ValueType == "NUM"
            and code(item) in ("81827009", "M-02550")
            and code(item.ContentSequence[0], "ConceptCodeSequence") in ("373098007", "R-00317")
        ]
        wide += any(round(mean, 6) >= 25 for mean in means)

    assert wide == expected["annulus >= 25 mm"]


def test_pacemakers_are_as_the_plan_says(archive, expected):
    paced = sum(
        any(code(item, "ConceptCodeSequence") == "307280005" for ds in objects for item in items(ds))
        for objects in archive.values()
    )

    assert paced == expected["pacemaker"]


def test_obesity_is_as_the_plan_says(archive, expected):
    obese = 0

    for objects in archive.values():
        bodies = {(ds.get("PatientSize"), ds.get("PatientWeight")) for ds in objects}
        obese += any(size and weight and size < 3 and weight / size**2 >= 30 for size, weight in bodies)

    assert obese == expected["BMI >= 30"]
