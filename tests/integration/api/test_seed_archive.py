"""Cohorts of the seed archive: real reports and segmentations, through flattening, index and engine.

Expected numbers were counted in the files with pydicom, independently of this software.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.cohort.content_tree import document
from orthanc_cohorts.cohort.facets import Facet, Facets, questions
from orthanc_cohorts.flatten import Stored, flatten_file
from orthanc_cohorts.store import Batch, Index

SEED = "Cardio-AI_fl-multi-modal-dataset-creation"
FINDING = "DCM|121071"
DILATED, HYPERTROPHIC, HYPERTENSIVE = "SCT|399020009", "SCT|418038007", "SCT|64715002"
REPORT = {"op": "document"}
SEGMENTED = {"op": "segment"}
MALE, FEMALE = ({"op": "patient", "sex": sex} for sex in "MF")
OF_60 = {"op": "patient", "age": {"ge": 60}}
SEX = {"op": "patient", "field": "sex"}
HEAVY = {"op": "patient", "bmi": {"ge": 30}}


def said(code: str) -> dict[str, Any]:
    return {"op": "evaluation", "concept": FINDING, "value": code}


def both(*args: dict[str, Any]) -> dict[str, Any]:
    return {"op": "and", "args": list(args)}


def no(arg: dict[str, Any]) -> dict[str, Any]:
    return {"op": "not", "arg": arg}


@pytest.fixture(scope="module")
def reports(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    yield from opened(
        tmp_path_factory.mktemp("reports"), sorted((corpus / SEED / "mm2_reports").rglob("*.dcm"))
    )


@pytest.fixture(scope="module")
def ecg(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    yield from opened(tmp_path_factory.mktemp("ecg"), sorted((corpus / SEED).glob("*.dcm")))


def opened(folder: Path, files: list[Path]) -> Iterator[Index]:
    index = Index.open(folder)
    rows = [flatten_file(str(file), stored(file)) for file in files]
    index.apply(Batch.of(rows))
    yield index
    index.close()


def stored(file: Path) -> Stored:
    """What Orthanc would say of a file: its ids are the SHA-1 of the identifiers in the header."""
    ds = pydicom.dcmread(file, stop_before_pixels=True)
    parts = (ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
    digest = hashlib.sha1("|".join(map(str, parts)).encode()).hexdigest()
    name = "-".join(digest[start : start + 8] for start in range(0, 40, 8))
    return Stored(name, f"uuid-{name}", None, file.stat().st_size)


def count(index: Index, where: dict[str, Any], unit: str = "patient") -> int:
    with index.read() as snapshot:
        return Engine().answer(snapshot, canonical(parse({"version": 1, "unit": unit, "where": where}))).count


@pytest.mark.parametrize(
    ("expected", "where"),
    [
        (54, both(REPORT, SEGMENTED)),
        (13, both(SEGMENTED, no(REPORT))),
        (6, both(REPORT, no(SEGMENTED))),
        (25, both(said(DILATED), SEGMENTED)),
        (21, both(said(HYPERTROPHIC), SEGMENTED)),
        (8, both(said(HYPERTENSIVE), SEGMENTED)),
        (4, both(said(DILATED), no(SEGMENTED))),
        (2, both(said(HYPERTROPHIC), no(SEGMENTED))),
        (47, MALE),
        (26, FEMALE),
        (20, both(said(DILATED), MALE)),
        (9, both(said(DILATED), FEMALE)),
        (17, both(said(HYPERTROPHIC), MALE)),
        (6, both(said(HYPERTROPHIC), FEMALE)),
        (3, both(said(HYPERTENSIVE), MALE)),
        (5, both(said(HYPERTENSIVE), FEMALE)),
        (33, OF_60),
        (15, {"op": "patient", "age": {"lt": 40}}),
        (25, {"op": "patient", "age": {"ge": 40, "lt": 60}}),
        (15, both(said(HYPERTROPHIC), MALE, SEGMENTED)),
        (2, both(said(DILATED), FEMALE, OF_60, SEGMENTED)),
        (11, HEAVY),
        (4, both(said(DILATED), HEAVY, SEGMENTED)),
        (7, both(MALE, no(REPORT))),
        (6, both(FEMALE, no(REPORT))),
        (
            67,
            {"op": "segment", "category": "SCT|91723000", "property_type": "SRT|T-32600", "count": {"eq": 1}},
        ),
        (73, both(OF_60 | {"age": {"ge": 0}}, {"op": "study", "modality": ["SR", "SEG"]})),
    ],
)
def test_the_seed_archive_answers_as_counted_in_its_files(
    reports: Index, expected: int, where: dict[str, Any]
) -> None:
    assert count(reports, where) == expected


@pytest.mark.parametrize(
    "where",
    [
        {"op": "measurement", "concept": "MDC|2:16160", "value": {"eq": 0.4, "unit": "s"}},
        {"op": "measurement", "concept": "MDC|2:16016", "value": {"eq": 75}},
        {"op": "measurement", "value": {"ge": 0}, "count": {"eq": 3}},
        {"op": "evaluation", "value": "SCT|232717009", "count": {"eq": 2}},
        {"op": "waveform", "modality": "ECG", "channels": {"eq": 12}, "duration": {"ge": 10, "unit": "s"}},
        {"op": "waveform", "sampling_frequency": {"ge": 1, "unit": "kHz"}, "count": {"eq": 2}},
        {
            "op": "document",
            "title": "LN|11524-0",
            "completion": "PARTIAL",
            "n_items": {"eq": 43},
            "n_num": {"eq": 10},
        },
    ],
)
def test_the_ecg_and_its_report_are_found(ecg: Index, where: dict[str, Any]) -> None:
    assert count(ecg, where) == 1


def test_a_report_comes_back_as_its_tree(ecg: Index) -> None:
    with ecg.read() as snapshot:
        row = snapshot.cursor.execute(
            "SELECT sop_instance_uid FROM live_instance SEMI JOIN live_document USING (instance_key)"
        ).fetchone()
        assert row is not None
        found = document(snapshot, row[0])

    assert found is not None
    todo, seen = [json.loads(found)["content"]], 0
    while todo:
        seen += 1
        todo += todo.pop()["children"]
    assert seen == 43


@pytest.mark.parametrize("unit", ["patient", "study"])
@pytest.mark.parametrize("facet", [{"op": "evaluation", "field": "value", "concept": FINDING}, SEX])
def test_a_facet_of_real_reports_counts_what_each_of_its_values_finds(
    reports: Index, unit: str, facet: dict[str, Any]
) -> None:
    engine = Engine()

    with reports.read() as snapshot:
        cohort = canonical(parse({"version": 1, "unit": unit, "where": both(OF_60, REPORT)}))
        wanted = questions([Facet(**facet)])
        ((found,), _, _) = Facets(engine).count(snapshot, cohort, wanted, lambda: None)

        assert found.values
        for one in found.values:
            clause = {name: value for name, value in facet.items() if name != "field"}
            where = both(OF_60, REPORT, {**clause, facet["field"]: one.value})
            alone = engine.answer(snapshot, canonical(parse({"version": 1, "unit": unit, "where": where})))
            assert one.count == alone.count > 0
