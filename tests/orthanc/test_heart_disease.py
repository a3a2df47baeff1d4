"""Four hospitals' tables through DICOM, Orthanc and the index: what is counted is what the files say.

What the files say is counted here from their text alone, without the converter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from orthanc import states
from orthanc.harness import Orthanc
from orthanc_cohorts.convert.table import convert_table, mapping_of

CHECKOUT = Path(__file__).parents[2]
TABLES = CHECKOUT.parent / "shared" / "heart-disease"
MAPPINGS = CHECKOUT / "examples" / "heart-disease"
COLUMNS = [
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca",
    "thal", "num",
]  # fmt: skip
HOSPITALS = {
    "cleveland": "Cleveland Clinic Foundation",
    "hungarian": "Hungarian Institute of Cardiology, Budapest",
    "switzerland": "University Hospitals, Zurich and Basel",
    "va": "V.A. Medical Center, Long Beach",
}
PATIENTS = {"cleveland": 303, "hungarian": 294, "switzerland": 123, "va": 200}
ZERO_IS_MISSING = {"chol": {"switzerland", "va"}, "trestbps": {"va"}}
CAD, PRESENT, ABSENT = "SCT|53741008", "SCT|52101004", "SCT|2667000"
NUMBERS = {
    "trestbps": "SCT|271649006", "chol": "LN|2093-3", "thalach": "LN|8867-4", "oldpeak": "SCT|429622005",
    "ca": "99UCIHEART|ca",
}  # fmt: skip
CODES = {
    "cp": "SCT|29857009", "fbs": "99UCIHEART|fbs", "restecg": "LN|18844-1", "exang": "SCT|300995000",
    "slope": "SCT|365416000", "thal": "99UCIHEART|thal", "num": CAD,
}  # fmt: skip
BOUNDS = {"trestbps": (140, "mm[Hg]"), "chol": (240, "mg/dL"), "thalach": (150, "/min"), "oldpeak": (1, "mm")}
AGES = ((0, 40), (40, 50), (50, 60), (60, 70), (70, 120))

Clause = dict[str, Any]
Row = dict[str, str]


def _rows(hospital: str) -> list[Row]:
    lines = (TABLES / f"processed.{hospital}.data").read_text(encoding="ascii").split()
    return [dict(zip(COLUMNS, line.split(","), strict=True)) for line in lines]


def _value(row: Row, column: str, hospital: str) -> float | None:
    text = row[column]
    if text == "?" or float(text) == -9:
        return None
    if float(text) == 0 and hospital in ZERO_IS_MISSING.get(column, ()):
        return None
    return float(text)


def _measured(concept: str, **asked: Any) -> Clause:
    return {"op": "measurement", "concept": concept, **asked}


def _found(concept: str, *values: str) -> Clause:
    asked: Clause = {"op": "evaluation", "concept": concept}
    return {**asked, "value": list(values)} if values else asked


def _questions(hospital: str, rows: list[Row]) -> Iterator[tuple[str, int, Clause]]:
    """Yield what is asked of a hospital, the count by its file, and the clause."""

    def counted(holds: Callable[[Row], bool]) -> int:
        return sum(map(holds, rows))

    diseased = counted(lambda row: float(row["num"]) > 0)
    yield "diseased", diseased, _found(CAD, PRESENT)
    yield "not diseased", len(rows) - diseased, _found(CAD, ABSENT)
    yield "men", counted(lambda row: float(row["sex"]) == 1), {"op": "patient", "sex": "M"}
    yield "women", counted(lambda row: float(row["sex"]) == 0), {"op": "patient", "sex": "F"}
    for low, high in AGES:
        wanted = sum(low <= float(row["age"]) < high for row in rows)
        yield f"from {low} to {high}", wanted, {"op": "patient", "age": {"ge": low, "lt": high}}
    for column, concept in {**NUMBERS, **CODES}.items():
        values = [_value(row, column, hospital) for row in rows]
        missing = values.count(None)
        stated = _measured(concept) if column in NUMBERS else _found(concept)
        yield f"{column} stated", len(rows) - missing, stated
        if column in NUMBERS:
            unknown = _measured(concept, qualifier="DCM|114010", missing=["value"])
            yield f"{column} unknown", missing, unknown
        if column in BOUNDS:
            bound, unit = BOUNDS[column]
            high_ones = sum(value is not None and value >= bound for value in values)
            clause = _measured(concept, value={"ge": bound, "unit": unit})
            yield f"{column} from {bound}", high_ones, clause
    yield "cholesterol about 0", 0, _measured("LN|2093-3", value={"le": 50, "unit": "mg/dL"})


def _count(orthanc: Orthanc, hospital: str, clause: Clause) -> int:
    where = {"op": "and", "args": [{"op": "study", "institution": [HOSPITALS[hospital]]}, clause]}
    answer = orthanc.post("/cohorts/api/v1/count", json={"version": 1, "unit": "patient", "where": where})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["count"])


@pytest.mark.slow
def test_what_is_counted_of_four_hospitals_is_what_their_files_say(
    start_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    if not TABLES.is_dir():
        pytest.skip("the four hospitals' tables (../shared/heart-disease) are not beside this checkout")
    tables = {hospital: _rows(hospital) for hospital in HOSPITALS}
    for hospital in HOSPITALS:
        table = TABLES / f"processed.{hospital}.data"
        convert_table(table, mapping_of(MAPPINGS / f"{hospital}.yaml"), tmp_path / "dicom" / hospital)
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(orthanc.store, sorted((tmp_path / "dicom").glob("*/*/*.dcm"))))
    states.pushed(orthanc)

    asked = {
        (hospital, name): (wanted, clause)
        for hospital, rows in tables.items()
        for name, wanted, clause in _questions(hospital, rows)
    }
    answers = {key: _count(orthanc, key[0], clause) for key, (_, clause) in asked.items()}

    assert {hospital: len(rows) for hospital, rows in tables.items()} == PATIENTS
    assert answers == {key: wanted for key, (wanted, _) in asked.items()}
    zeros = [row for rows in tables.values() for row in rows if row["chol"] == "0"]
    assert len(zeros) == 123 + 49
