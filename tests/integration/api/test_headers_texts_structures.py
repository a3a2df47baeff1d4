"""Header values, texts and structures asked of built objects, through flattening, index and engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import build
from flattened import stored
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.store import Batch, Index, Observed


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    opened = Index.open(tmp_path)
    yield opened
    opened.close()


def count(index: Index, **where: Any) -> int:
    with index.read() as snapshot:
        return (
            Engine()
            .answer(snapshot, canonical(parse({"version": 1, "unit": "patient", "where": where})))
            .count
        )


def private(patient: str, before: str | None = None) -> Dataset:
    """Return a slice with element 01 of VENDOR, in the first block or behind that of another creator."""
    ds = build.ct(PatientID=patient, GantryDetectorTilt="-12.50", DateOfLastCalibration="20240131")
    if before is not None:
        ds.private_block(0x0029, before, create=True).add_new(0x01, "DS", "9")
    ds.private_block(0x0029, "VENDOR", create=True).add_new(0x01, "DS", "1.5")
    code = Dataset()
    code.CodeValue = f"code of {patient}"
    ds.ProcedureCodeSequence = Sequence([code])
    return ds


def test_header_values_are_found_by_keyword_path_and_creator(index: Index):
    index.apply(Batch.of([stored(private("A")), stored(private("B", "OTHER"))]))

    assert count(index, op="attribute", tag="GantryDetectorTilt", value={"lt": 0}) == 2
    assert count(index, op="attribute", tag="DateOfLastCalibration", date={"eq": "2024-01-31"}) == 2
    assert count(index, op="attribute", tag="0008,1032.CodeValue", text="code of A") == 1
    assert count(index, op="attribute", tag="00291001", creator="VENDOR", value={"eq": 1.5}) == 2
    assert count(index, op="attribute", tag="00291001", creator="OTHER") == 1
    assert count(index, op="attribute", tag="00291001", missing=["creator"]) == 0


def test_a_value_of_a_series_is_there_until_its_last_instance_is_gone(index: Index):
    slices = [stored(build.ct(InstanceNumber=str(n), GantryDetectorTilt="5")) for n in (1, 2, 3)]
    index.apply(Batch.of(slices[:2]))
    index.apply(Batch.of(slices[2:]))
    leaf: dict[str, Any] = {"op": "attribute", "tag": "GantryDetectorTilt", "count": {"eq": 1}}

    found = []
    for rows in slices:
        found.append(count(index, **leaf))
        index.apply(Batch(gone=[Observed(name(rows), 0)]))

    assert found == [1, 1, 1]
    assert count(index, op="attribute", tag="GantryDetectorTilt", count={"ge": 1}) == 0


def name(rows: Rows) -> str:
    return str(rows["instance"][0][0])


def test_texts_and_structures_are_found_as_reports_and_structure_sets_state_them(index: Index):
    said = build.text("DCM|121071|Finding", "Aneurysm of the AORTA")
    report = build.sr([build.container("DCM|121070|Findings", said)], PatientID="A")
    structures = build.ct(PatientID="B", Modality="RTSTRUCT")
    heart = Dataset()
    heart.ROINumber, heart.ROIName, heart.ROIVolume = "1", "Heart", "650"
    structures.StructureSetROISequence = Sequence([heart])
    index.apply(Batch.of([stored(report), stored(structures)]))

    assert count(index, op="text", concept="DCM|121071", section="DCM|121070", contains="aorta") == 1
    assert count(index, op="text", contains=["thrombus", "%"]) == 0
    assert count(index, op="roi", name="Heart", volume={"ge": 0.6, "unit": "L"}) == 1
    assert count(index, op="roi", contours={"ge": 1}) == 0
