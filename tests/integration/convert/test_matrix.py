"""The table of docs/conversion.md: each kind of object is checked by what can check it, as the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from convert_checks import CHECKS
from ecg_made import KINDS as ECG
from nifti_series import KINDS as NIFTI
from orthanc_cohorts.convert.table import convert_table, mapping_of
from points_made import KINDS as POINTS
from table_made import FULL, MAPPING, SPARSE, write, write_mapping
from texts_made import KINDS as TEXTS

PAGE = Path(__file__).parents[3] / "docs" / "conversion.md"


def _table(name: str) -> Callable[[Path], list[Path]]:
    def made(folder: Path) -> list[Path]:
        text = MAPPING + DIAGNOSIS
        convert_table(write(folder, FULL, SPARSE), mapping_of(write_mapping(folder, text)), folder / "out")
        return sorted((folder / "out").rglob(f"*-{name}.dcm"))

    return made


DIAGNOSIS = """\
  - name: diagnosis
    kind: diagnosis
    observations:
      - column: diabetes
        concept: SCT|73211009|Diabetes mellitus
        values: {"yes": SCT|52101004|Present, "no": SCT|2667000|Absent}
        section: conclusions
"""
KINDS: dict[str, Callable[[Path], list[Path]]] = {
    "table: measurements": _table("annulus"),
    "table: history": _table("history"),
    "table: diagnosis": _table("diagnosis"),
    "table: narrative": _table("note"),
    **ECG,
    **NIFTI,
    **POINTS,
    **TEXTS,
}
"""Kinds of objects, as the page calls them, and what writes some of each into a folder."""


def _matrix() -> dict[str, dict[str, str]]:
    """Return kind -> check -> what the page says of it: yes, no (n), or nothing where it does not apply."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| object |"))
    names = [cell.strip(" `") for cell in lines[start].strip("|").split("|")][1:]
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        kind, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        found[kind] = dict(zip(names, cells, strict=True))
    return found


def test_the_page_names_every_kind_and_every_check() -> None:
    matrix = _matrix()

    assert set(matrix) == set(KINDS)
    assert {name for row in matrix.values() for name in row} == set(CHECKS)
    notes = set(re.findall(r"^(\d+)\. ", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    named = {cell for row in matrix.values() for cell in row.values()} - {"yes", ""}
    assert all(re.fullmatch(r"no \(\d+\)", cell) for cell in named), named
    assert {cell[4:-1] for cell in named} <= notes


@pytest.mark.parametrize("kind", KINDS)
def test_objects_are_right_by_every_check_but_those_that_the_page_excepts(kind: str, tmp_path: Path) -> None:
    files = KINDS[kind](tmp_path)

    assert files
    for name, said in _matrix()[kind].items():
        if not said:
            continue
        against = [line for file in files for line in CHECKS[name](file)]
        if said == "yes":
            assert against == [], name
        else:
            assert against, f"{name} has nothing against {kind} any more: say `yes` on the page"
