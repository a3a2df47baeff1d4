"""A small table and its mapping, for tests that change one thing of it."""

from __future__ import annotations

from pathlib import Path

MAPPING = """\
mapping: 1
name: ward
institution: A clinic
missing: ["?", "-9"]
patient:
  id: {column: pid}
  issuer: WARD
  sex: {column: sex, values: {"1": M, "0": F}}
  birth_date: {column: born, format: "%d.%m.%Y"}
study:
  time: {column: seen}
  age: {column: age}
documents:
  - name: annulus
    kind: measurements
    groups:
      annulus: {finding: SCT|77583004|Aortic Valve Ring, site: SCT|34202007|Aortic valve}
    observations:
      - column: diameter
        concept: SCT|81827009|Diameter
        unit: mm
        low: 5
        high: 60
        group: annulus
        derivation: SCT|56851009|Maximum
      - column: grade
        concept: SCT|246112005|Severity
        values: {"1": SCT|255604002|Mild, "2": SCT|24484000|Severe, "0": null}
        laterality: SCT|7771000|Left
  - name: history
    kind: history
    observations:
      - column: chol
        concept: LN|2093-3|Cholesterol
        unit: mg/dL
        section: laboratory
        missing: ["0"]
        date: {column: drawn}
      - column: diabetes
        concept: SCT|64572001|Condition
        values: {"yes": SCT|73211009|Diabetes mellitus, "no": null}
        section: problems
      - column: pacemaker
        concept: SCT|387713003|Surgical procedure
        values: {"yes": SCT|307280005|Implantation of cardiac pacemaker, "no": null}
        section: procedures
        date: {column: implanted}
  - name: note
    kind: narrative
    observations:
      - {column: note, concept: DCM|121071|Finding, text: true, section: findings}
"""
COLUMNS = (
    "pid", "sex", "born", "seen", "age", "diameter", "grade", "chol", "drawn", "diabetes", "pacemaker",
    "implanted", "note",
)  # fmt: skip
FULL = (
    "P1", "1", "02.05.1950", "2024-05-02", "73.9", "24.10", "2", "233", "2024-05-01", "yes", "yes",
    "2019-03-01", "Calcium, severe",
)  # fmt: skip
SPARSE = ("P2", "0", "", "2024-06-01T08:30:00", "?", "-9", "0", "0.0", "", "no", "?", "", "")


def write(
    folder: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS, delimiter: str = ","
) -> Path:
    """Write a table and return its path."""
    path = folder / "ward.csv"
    lines = [
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in (columns, *rows)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_mapping(folder: Path, text: str = MAPPING) -> Path:
    """Write a mapping and return its path."""
    path = folder / "ward.yaml"
    path.write_text(text, encoding="utf-8")
    return path
