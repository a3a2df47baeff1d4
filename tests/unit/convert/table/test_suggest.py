"""Drafts of mappings: what is guessed of a table, and that a completed draft is a mapping."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orthanc_cohorts.convert.table import Source, convert_table, mapping_of, suggest
from orthanc_cohorts.convert.table.profile import profile
from orthanc_cohorts.errors import ConversionError


@pytest.mark.parametrize(
    ("header", "unit", "words"),
    [
        ("Hb [g/dL]", "g/dL", ("hb",)),
        ("weight (kg)", "kg", ("weight",)),
        ("height_cm", "cm", ("height",)),
        ("SystolicPressure (mmHg)", "mm[Hg]", ("systolic", "pressure")),
        ("grade (0-4)", None, ("grade",)),
        ("patient_id", None, ("patient", "id")),
    ],
)
def test_units_are_found_in_headers(header: str, unit: str | None, words: tuple[str, ...]) -> None:
    found = profile(header, ["1.5", "2"])

    assert found.unit == unit
    assert found.words[: len(words)] == words


@pytest.mark.parametrize(
    ("cells", "sentinels"),
    [
        (["0"] * 9 + ["210", "180", "233", "300"], ("0",)),
        (["-9"] + ["0.5", "2.5", "0", "3"] * 9, ("-9",)),
        (["999"] * 5 + ["60.5", "71", "88", "93"] * 9, ("999",)),
        (["0"] * 9 + ["0.5", "1.5", "-0.5", "3"], ()),
        (["99"] * 5 + ["95.5", "98", "97", "102"] * 9, ()),
    ],
)
def test_numbers_that_may_stand_for_nothing_lie_apart(cells: list[str], sentinels: tuple[str, ...]) -> None:
    assert profile("x [mm]", cells).sentinels == sentinels


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", "", "1"], "codes"),
        (["yes", "no", "n/a"], "codes"),
        (["1.25", "2"], "number"),
        ([str(number) for number in range(40)], "number"),
        (["02.05.2024", "03.12.1950"], "date"),
        ([f"free text {number}" for number in range(40)], "text"),
        (["", "?", "NA"], "empty"),
    ],
)
def test_kinds_are_told_by_the_values(cells: list[str], kind: str) -> None:
    assert profile("x", cells).kind == kind


def test_a_draft_that_is_completed_is_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    rows = [
        f"P{n},{'mw'[n % 2]},{40 + n},{n + 1:02}.05.2024,{0 if n % 3 else 180 + n},{n % 3}" for n in range(30)
    ]
    path.write_text("\n".join(["PatientID,Sex,Age,Date,Cholesterol [mg/dL],Heart rate grade", *rows]))

    draft = suggest(path, Source())

    assert '"Cholesterol [mg/dL]"' in draft
    assert 'missing: ["0"]' in draft
    assert 'values: {"m": M, "w": F}' in draft
    assert '{column: "Date", format: "%d.%m.%Y"}' in draft
    completed = re.sub(r"concept: (TODO|\".*\").*", "concept: 99X|c|Concept", draft)
    completed = re.sub(r'("\d"): TODO', r"\1: 99X|v|Value", completed).replace("issuer: TODO", "issuer: LAB")
    (tmp_path / "lab.yaml").write_text(completed)
    counts = convert_table(path, mapping_of(tmp_path / "lab.yaml"), tmp_path / "out")
    assert counts.new == 30


def test_a_draft_that_is_not_completed_is_none(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text("id,x\nA,1.5\nB,2.5\n")
    (tmp_path / "lab.yaml").write_text(suggest(path, Source()))

    with pytest.raises(ConversionError, match="TODO"):
        mapping_of(tmp_path / "lab.yaml")


def test_headers_find_codes_of_the_standard(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,Heart rate (bpm)\nA,61.5\nB,72.5\n")

    draft = suggest(path, Source())

    assert 'concept: "LN|8867-4|Heart rate"' in draft
    assert 'unit: "/min"' in draft
