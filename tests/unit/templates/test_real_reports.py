"""Reports by other software: the real files of the corpus."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from flattened import ANYWHERE
from orthanc_cohorts.dicom import pydicom_adapter
from orthanc_cohorts.errors import UnsupportedEncoding
from orthanc_cohorts.flatten import flatten, flatten_file
from orthanc_cohorts.harmonise.concepts import canonical_concept
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.templates import Finding, check, items_of

SEED = "Cardio-AI_fl-multi-modal-dataset-creation"


def of(rows: Rows) -> list[Finding]:
    return check(items_of(rows["content_item"]), canonical_concept)


def read(path: Path) -> Rows:
    try:
        return flatten_file(str(path), ANYWHERE)
    except UnsupportedEncoding:
        return flatten(pydicom_adapter.read_bytes(path.read_bytes()), ANYWHERE)


@pytest.fixture(scope="module")
def real(corpus: Path) -> dict[str, list[Finding]]:
    """The findings of every object of the corpus with a content tree, by path."""
    with (corpus / "index.csv").open() as index:
        paths = [row["path"] for row in csv.DictReader(index) if int(row["content_items"] or 0)]
    return {path: of(read(corpus / path)) for path in paths}


def test_every_real_report_is_checked(real: dict[str, list[Finding]]):
    assert len(real) > 90
    assert all(one.expected and one.found for found in real.values() for one in found)


def test_the_seeds_ecg_report_breaks_its_template_as_known(real: dict[str, list[Finding]]):
    found = real[f"{SEED}/example_ecg_sr.dcm"]

    assert {(one.path, one.rule) for one in found} == {
        ("1", "TID3700-quantitative-analysis-missing"),
        ("1.7", "TID3708-row1-too-many"),
        ("1.7", "TID3708-time-missing"),
        ("1.7.1", "TID3713-row1-misplaced"),
        ("1.7.1.1", "TID3713-ventricular-rate-unit"),
        ("1.8.3.1", "TID3830-row1-relationship"),
        ("1.8.3.2", "TID3830-row1-relationship"),
        ("1.8.4.1", "TID3802-hdl-unit"),
        ("1.8.4.2", "TID3802-ldl-unit"),
        ("1.9.1", "TID3704-age-unit"),
        ("1.9.2", "TID3704-sex-value-type"),
        ("1.9.3", "TID3704-systolic-unit"),
        ("1.9.4", "TID3704-diastolic-unit"),
    }
    assert {one.found for one in found if one.rule.startswith("TID3704") and one.severity == "warning"} == {
        "CID|7456",
        "CID|3500",
    }


def test_the_seeds_diagnoses_are_measurement_reports_by_title_only(real: dict[str, list[Finding]]):
    kinds = Counter(
        tuple(one.rule for one in found) for path, found in real.items() if path.startswith(f"{SEED}/mm2")
    )

    wrong = ("template-other", "TID1204-row1-missing", "TID1500-row4-missing", "TID1500-row6-missing")
    assert kinds == {wrong: 60}


def test_reports_of_careful_software_follow_their_template(real: dict[str, list[Finding]]):
    careful = (
        "QIICR_dcmqi/data/sr-example/sr.dcm",
        "ImagingDataCommons_highdicom/data/test_files/sr_document_with_multiple_groups.dcm",
        "dcmjs-org_dcmjs/test/sample-sr.dcm",
    )

    assert {path: real[path] for path in careful} == {path: [] for path in careful}
