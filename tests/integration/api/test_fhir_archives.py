"""Exports of the demo study and of the seed archive's report: what the objects state is in the resources.

Numbers and codes are read from the objects with pydicom, independently of this software.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from fhir_rows import Resource, exported, resources, unresolved
from orthanc_cohorts.cohort import Engine
from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.datasets import Archive, Pseudonyms, freeze, parse_dataset
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.harmonise import canonical_concept
from orthanc_cohorts.store import Batch, Index

PATIENTS = 24
KEY = Pseudonyms(b"k" * 32)
EVERYBODY = {
    "version": 1, "name": "all", "cohort": {"version": 1, "unit": "patient"},
    "columns": [{"name": "sex", "of": {"op": "patient"}, "field": "sex"}],
}  # fmt: skip
LANGUAGE, PERSON_OBSERVER = "121049", "121006"


def indexed(folder: Path, objects: Iterable[Dataset]) -> Index:
    index = Index.open(folder, threads=1, memory_limit="512MB")
    rows = []
    for ds in objects:
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        name = orthanc_id(ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        rows.append(flatten_bytes(buffer.getvalue(), Stored(name)))
    index.apply(Batch.of(rows))
    return index


def everything(index: Index, root: Path, policy: Policy = "pseudonymise") -> bytes:
    with index.read() as snapshot:
        frozen = freeze(snapshot, Engine(), parse_dataset(EVERYBODY), policy, KEY, lambda: None)
    store = Archive(root)
    return exported(index, store, store.add("all", frozen, None)[0])


def items(ds: Dataset) -> Iterator[Dataset]:
    """Every content item of a report, the root excepted."""
    for item in ds.get("ContentSequence", ()):
        yield item
        yield from items(item)


def name_of(item: Dataset) -> str:
    [code] = item.ConceptNameCodeSequence
    return str(canonical_concept(code.CodingSchemeDesignator, code.CodeValue)).partition("|")[2]


def stated_numbers(reports: Iterable[Dataset]) -> Counter[tuple[str, float]]:
    found: Counter[tuple[str, float]] = Counter()
    for ds in reports:
        for item in items(ds):
            if item.get("ValueType") == "NUM" and item.get("MeasuredValueSequence"):
                found[name_of(item), float(item.MeasuredValueSequence[0].NumericValue)] += 1
    return found


def exported_numbers(found: Iterable[Resource]) -> Counter[tuple[str, float]]:
    return Counter(
        (one["code"]["coding"][0]["code"], float(one["valueQuantity"]["value"]))
        for one in found
        if "valueQuantity" in one
    )


@pytest.fixture(scope="module")
def demo() -> list[Dataset]:
    return [ds for _, ds in demo_objects(PATIENTS)]


@pytest.fixture(scope="module")
def study(demo: list[Dataset], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    index = indexed(tmp_path_factory.mktemp("demo"), demo)
    yield index
    index.close()


def test_every_number_of_the_demo_study_is_an_observation(
    demo: list[Dataset], study: Index, tmp_path: Path
) -> None:
    found = resources(everything(study, tmp_path))

    assert unresolved(found) == []
    reports = [ds for ds in demo if "ContentSequence" in ds]
    assert exported_numbers(found) == stated_numbers(reports) and len(reports) > PATIENTS // 2
    kinds = Counter(one["resourceType"] for one in found)
    assert kinds["Patient"] == len({ds.PatientID or ds.StudyInstanceUID for ds in demo})
    assert kinds["ImagingStudy"] == len({ds.StudyInstanceUID for ds in demo})
    assert kinds["DiagnosticReport"] == len(reports)
    assert all(
        one["valueQuantity"]["system"] == "http://unitsofmeasure.org"
        for one in found
        if "valueQuantity" in one
    )


@pytest.mark.parametrize("policy", ["pseudonymise", "drop"])
def test_no_identifier_of_the_demo_study_goes_out(
    demo: list[Dataset], study: Index, tmp_path: Path, policy: Policy
) -> None:
    lines = everything(study, tmp_path, policy).decode()

    secrets = {
        str(ds.get(name) or "")
        for ds in demo
        for name in ("PatientID", "PatientName", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID",
                     "AccessionNumber")
    } - {""}  # fmt: skip
    assert len(secrets) > 3 * PATIENTS
    assert [one for one in secrets if f'"{one}' in lines or f":{one}" in lines] == []


def test_every_observation_is_a_result_of_its_report_or_a_member_of_one(study: Index, tmp_path: Path) -> None:
    found = resources(everything(study, tmp_path))

    below = Counter(
        one["reference"]
        for resource in found
        for one in (*resource.get("result", ()), *resource.get("hasMember", ()))
    )
    assert set(below.values()) == {1}
    assert set(below) == {f"Observation/{one['id']}" for one in found if one["resourceType"] == "Observation"}


def test_the_seed_report_is_there_as_its_notebook_wants_it(corpus: Path, tmp_path: Path) -> None:
    [file] = corpus.glob("Cardio-AI_*/example_ecg_sr.dcm")
    ds = pydicom.dcmread(file)
    index = indexed(tmp_path / "index", [ds])

    found = resources(everything(index, tmp_path / "sets"))
    index.close()

    assert unresolved(found) == []
    numbers = stated_numbers([ds])
    assert exported_numbers(found) == numbers and sum(numbers.values()) == 10
    answers = Counter(
        (one["code"]["coding"][0]["code"], one["valueCodeableConcept"]["coding"][0]["code"])
        for one in found
        if "valueCodeableConcept" in one and one["resourceType"] == "Observation"
    )
    said = Counter(
        (name_of(item), item.ConceptCodeSequence[0].CodeValue)
        for item in items(ds)
        if item.get("ValueType") == "CODE"
    )
    # Who observed and in which language is context, not a finding.
    context = Counter({pair: n for pair, n in said.items() if pair[0] in (LANGUAGE, "121005")})
    assert answers == said - context and len(answers) > 0
    [report] = [one for one in found if one["resourceType"] == "DiagnosticReport"]
    assert report["code"]["coding"][0] == {
        "system": "http://loinc.org", "code": "11524-0", "display": "ECG Report"
    }  # fmt: skip
