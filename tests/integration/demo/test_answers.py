"""The demo study through parser, index and engine: the answers must be those of the plan.

Without Orthanc; `tests/orthanc` does the same through a running one.
"""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from orthanc_cohorts.cohort.canonical import canonical
from orthanc_cohorts.cohort.definition import parse
from orthanc_cohorts.cohort.engine import Engine
from orthanc_cohorts.convert.demo.expected import expected_counts
from orthanc_cohorts.convert.demo.questions import QUESTIONS
from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.store import Batch, Index

PATIENTS = 40
EXPECTED = expected_counts(PATIENTS)


@pytest.fixture(scope="module")
def rows() -> list[Rows]:
    """The rows of every object of the study."""
    flattened = []
    for _, ds in demo_objects(PATIENTS):
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        name = orthanc_id(ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        flattened.append(flatten_bytes(buffer.getvalue(), Stored(name)))
    return flattened


@pytest.fixture(scope="module")
def index(rows: list[Rows], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of the whole study."""
    index = Index.open(tmp_path_factory.mktemp("index"), threads=1, memory_limit="512MB")
    index.apply(Batch.of(rows))
    yield index
    index.close()


def count(index: Index, definition: dict[str, Any]) -> int:
    """Return how many units the definition holds for."""
    with index.read() as snapshot:
        return Engine().answer(snapshot, canonical(parse(definition))).count


def patients(where: dict[str, Any]) -> dict[str, Any]:
    """Return the definition of the patients for whom a clause holds."""
    return {"version": 1, "unit": "patient", "where": where}


def measured(concept: str, **more: Any) -> dict[str, Any]:
    """Return a measurement clause."""
    return {"op": "measurement", "concept": [concept], **more}


CLAUSES: dict[str, dict[str, Any]] = {
    "patients": {"op": "study"},
    "CT": {"op": "series", "modality": ["CT"]},
    "native CT": {"op": "series", "modality": ["CT"], "missing": ["contrast_agent"]},
    "SEG": {"op": "series", "modality": ["SEG"]},
    "segmented calcium": {"op": "segment", "property_type": ["SRT|M-55420"]},
    "ECG": {"op": "waveform", "channels": {"eq": 12}},
    "two ECGs or more": {"op": "waveform", "count": {"ge": 2}},
    "CT without ECG": {
        "op": "and",
        "args": [
            {"op": "study", "modality": ["CT"]},
            {"op": "not", "arg": {"op": "study", "modality": ["ECG"]}},
        ],
    },
    "ECG report": {"op": "document", "title": ["LN|11524-0"]},
    "measurement report": {"op": "document", "title": ["DCM|126000"]},
    "superseded report": {"op": "document", "current": False},
    "history": {"op": "document", "title": ["LN|11329-0"]},
    "pacemaker": {"op": "evaluation", "concept": ["SCT|387713003"], "value": ["SCT|307280005"]},
    "women of 80 or older": {"op": "patient", "sex": ["F"], "age": {"ge": 80}},
    "BMI >= 30": {"op": "patient", "bmi": {"ge": 30}},
    "latest QTc > 450 ms": measured("MDC|2:15876", value={"gt": 0.45, "unit": "s"}, pick="latest"),
    "annulus >= 25 mm": measured("SRT|M-02550", value={"ge": 25, "unit": "mm"}, derivation=["SCT|373098007"]),
    "calcium >= 300 mm3": measured("SCT|118565006", value={"ge": 0.3, "unit": "cm3"}),
    "area failed": measured("SCT|42798000", qualifier=["DCM|114006"]),
    "atrial fibrillation": {"op": "evaluation", "value": ["SCT|49436004"]},
    "left bundle branch block": {"op": "evaluation", "value": ["SCT|63467002"]},
    "diabetes": {"op": "evaluation", "value": ["SCT|73211009"]},
}


@pytest.mark.parametrize("number", range(1, len(QUESTIONS) + 1))
def test_a_question_of_the_demo_is_answered_as_the_plan_says(index, number):
    assert count(index, QUESTIONS[number - 1].definition) == EXPECTED[f"question {number}"]


@pytest.mark.parametrize("name", CLAUSES)
def test_a_clause_is_answered_as_the_plan_says(index, name):
    assert count(index, patients(CLAUSES[name])) == EXPECTED[name]


def test_the_index_holds_as_many_objects_as_the_plan(index):
    with index.read() as snapshot:
        found = {
            name: snapshot.cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for name, table in {
                "patients": "patient",
                "studies": "study",
                "series": "series",
                "instances": "live_instance",
                "documents": "live_document",
            }.items()
        }

    assert found == {name: EXPECTED[name] for name in found}


def test_nothing_of_the_study_is_a_problem_to_the_flattener(rows):
    assert [problem for one in rows for problem in one.dicts("problem")] == []
