"""The questions of `questions` for the two ways in which such data is usually kept in PostgreSQL.

`Rows`: an entity-attribute-value table. `Documents`: JSONB. Knows their layout (sql/peers); values are
parameters, paths of JSON included.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Tree = dict[str, Any]
Asked = tuple[str, list[Any]]
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def ways(people: list[Asked]) -> list[Asked]:
    """Return a conjunction of subqueries of `patient` in two ways, as statements that return one count."""
    parameters = [value for _, values in people for value in values]
    parts = [sql for sql, _ in people]
    first, *others = parts
    conditions = "".join(f" AND patient IN ({part})" for part in others)
    return [
        (f"SELECT count(*) FROM ({' INTERSECT '.join(parts)}) AS both_of", parameters),
        (f"SELECT count(DISTINCT patient) FROM ({first}) AS one WHERE TRUE{conditions}", parameters),
    ]


def _paired(first: Asked, second: Asked, days: Tree) -> Asked:
    """Return the patients of two subqueries of (patient, day) that lie `days` apart."""
    return (
        f"SELECT a.patient FROM ({first[0]}) AS a JOIN ({second[0]}) AS b "
        "ON b.patient = a.patient AND b.day - a.day BETWEEN %s AND %s",
        [*first[1], *second[1], days["ge"], days["le"]],
    )


class Rows:
    """Asks the entity-attribute-value table.

    attributes: number of (kind, concept, unit); codes: number of a text. What does not occur has number 0.
    """

    def __init__(self, attributes: Mapping[tuple[str, str, str], int], codes: Mapping[str, int]) -> None:
        self._attributes = attributes
        self._codes = codes

    def ways(self, definition: Tree) -> list[Asked]:
        """Return the ways to write a definition."""
        return ways([self._people(clause) for clause in definition["where"]["args"]])

    def _people(self, clause: Tree) -> Asked:
        if clause["op"] == "temporal":
            days = [self._selected(clause[side], "DISTINCT patient, moment::date AS day") for side in _SIDES]
            return _paired(days[0], days[1], clause["days"])
        if clause["op"] == "same":
            return self._same(clause)
        if clause.get("pick") == "latest":
            attribute, bounds = self._measured(clause), _bounds("value", clause["value"])
            return (
                "SELECT patient FROM (SELECT DISTINCT ON (patient) patient, value FROM fact "
                "WHERE attribute = %s AND place IS NOT NULL ORDER BY patient, moment DESC, place DESC) "
                f"AS latest WHERE {bounds[0]}",
                [attribute, *bounds[1]],
            )
        return self._selected(clause, "patient")

    def _selected(self, clause: Tree, columns: str) -> Asked:
        condition, values = self._condition(clause)
        return f"SELECT {columns} FROM fact WHERE {condition}", values

    def _condition(self, clause: Tree) -> Asked:
        op = clause["op"]
        if op == "measurement":
            bounds = _bounds("value", clause["value"])
            return f"attribute = %s AND value IS NOT NULL AND {bounds[0]}", [
                self._measured(clause),
                *bounds[1],
            ]
        if op == "evaluation":
            return self._coded("evaluation", clause["concept"][0], clause["value"][0])
        if op == "document":
            return self._coded("verification", "", clause["verification"][0])
        if op == "patient":
            return self._beside(self._coded("sex", "", clause["sex"][0]), "age", clause["age"])
        if op == "series":
            coded = self._coded("modality", "", clause["modality"][0])
            thickness = clause.get("slice_thickness")
            return coded if thickness is None else self._beside(coded, "slice_thickness", thickness)
        bounds = _bounds("moment", clause["date"])
        values = [self._attributes["date", "", ""], *bounds[1]]
        return f"attribute = %s AND value IS NULL AND code IS NULL AND {bounds[0]}", values

    def _measured(self, clause: Tree) -> int:
        return self._attributes.get(("measurement", clause["concept"][0], clause["value"]["unit"]), 0)

    def _coded(self, kind: str, concept: str, value: str) -> Asked:
        attribute = self._attributes.get((kind, concept, ""), 0)
        return "attribute = %s AND code = %s", [attribute, self._codes.get(value, 0)]

    def _beside(self, coded: Asked, kind: str, asked: Tree) -> Asked:
        """Return a condition with another on a value of the same entity."""
        bounds = _bounds("value", asked)
        return (
            f"{coded[0]} AND entity IN (SELECT entity FROM fact WHERE attribute = %s AND value IS NOT NULL "
            f"AND {bounds[0]})",
            [*coded[1], self._attributes[kind, "", ""], *bounds[1]],
        )

    def _same(self, clause: Tree) -> Asked:
        one, other = (self._condition(arg) for arg in clause["args"])
        return (
            f"SELECT patient FROM fact WHERE {one[0]} AND (entity, group_number) IN "
            f"(SELECT entity, group_number FROM fact WHERE {other[0]} AND group_number > 0)",
            [*one[1], *other[1]],
        )


class Documents:
    """Asks the JSON documents."""

    def ways(self, definition: Tree) -> list[Asked]:
        """Return the ways to write a definition."""
        # Sets alone: PostgreSQL guesses the rows of a JSON path so badly that it picks nested loops for
        # semi-joins (minutes for one question on 27,000 documents).
        return ways([self._people(clause) for clause in definition["where"]["args"]])[:1]

    def _people(self, clause: Tree) -> Asked:
        if clause["op"] == "temporal":
            days = [self._days(clause[side]) for side in _SIDES]
            return _paired(days[0], days[1], clause["days"])
        if clause.get("pick") == "latest":
            return self._latest(clause)
        return "SELECT patient FROM document WHERE content @? %s::jsonpath", [_path(clause)]

    def _latest(self, clause: Tree) -> Asked:
        item = f"$.Groups[*].Quantitative[*] ? ({_filter(clause, value=False)})"
        within = f"$.Reports[*].Groups[*].Quantitative[*] ? ({_filter(clause, value=False)})"
        bounds = _bounds("value", clause["value"])
        return (
            "SELECT patient FROM (SELECT DISTINCT ON (patient) patient, (item->>'Value')::float8 AS value "
            "FROM document, jsonb_path_query(content, '$.Reports[*]') AS report, "
            "jsonb_path_query(report, %s::jsonpath) AS item WHERE content @? %s::jsonpath "
            "ORDER BY patient, report->>'Time' DESC, (item->>'Place')::bigint DESC) AS latest "
            f"WHERE {bounds[0]}",
            [item, within, *bounds[1]],
        )

    def _days(self, clause: Tree) -> Asked:
        if clause["op"] == "series":
            [modality] = clause["modality"]
            time = "content->>'StudyTime'" if modality == "SR" else "content->>'Time'"
            source = "document"
            if modality == "SEG":
                source, time = (
                    "document, jsonb_path_query(content, '$.Segmentations[*]') AS seg",
                    "seg->>'Time'",
                )
            return (
                f"SELECT DISTINCT patient, ({time})::date AS day FROM {source} WHERE content @? %s::jsonpath",
                [_path(clause)],
            )
        name = "Quantitative" if clause["op"] == "measurement" else "Qualitative"
        report = f"$.Reports[*] ? (exists(@.Groups[*].{name}[*] ? ({_filter(clause)})))"
        return (
            "SELECT DISTINCT patient, (report->>'Time')::date AS day FROM document, "
            "jsonb_path_query(content, %s::jsonpath) AS report WHERE content @? %s::jsonpath",
            [report, _path(clause)],
        )


_SIDES = ("first", "second")


def _bounds(column: str, asked: Tree) -> Asked:
    names = [name for name in asked if name in _COMPARE]
    return " AND ".join(f"{column} {_COMPARE[name]} %s" for name in names), [asked[name] for name in names]


def _path(clause: Tree) -> str:
    """Return the JSON path that exists in the documents for which a clause is true."""
    op = clause["op"]
    if op == "measurement":
        return f"$.Reports[*].Groups[*].Quantitative[*] ? ({_filter(clause)})"
    if op == "evaluation":
        return f"$.Reports[*].Groups[*].Qualitative[*] ? ({_filter(clause)})"
    if op == "same":
        names = {"measurement": "Quantitative", "evaluation": "Qualitative"}
        inside = " && ".join(f"exists(@.{names[arg['op']]}[*] ? ({_filter(arg)}))" for arg in clause["args"])
        return f"$.Reports[*].Groups[*] ? (@.Group != null && {inside})"
    if op == "series" and clause["modality"][0] in ("SR", "SEG"):
        where = {"SR": "Reports", "SEG": "Segmentations"}[clause["modality"][0]]
        return f"$.{where}[*] ? ({_filter(clause)})"
    if op == "document":
        return f"$.Reports[*] ? ({_filter(clause)})"
    return f"$ ? ({_filter(clause)})"


def _filter(clause: Tree, value: bool = True) -> str:
    """Return the conditions of a leaf on `@`; value: with the range of a measurement."""
    op = clause["op"]
    if op == "measurement":
        parts = [_equal("Concept", clause["concept"][0]), _equal("Unit", clause["value"]["unit"])]
        parts += _ranges("Value", clause["value"]) if value else []
    elif op == "evaluation":
        parts = [_equal("Concept", clause["concept"][0]), _equal("Value", clause["value"][0])]
    elif op == "document":
        parts = [_equal("VerificationFlag", clause["verification"][0])]
    elif op == "patient":
        parts = [_equal("PatientSex", clause["sex"][0]), *_ranges("PatientAge", clause["age"])]
    elif op == "series":
        parts = [_equal("Modality", clause["modality"][0])]
        parts += _ranges("SliceThickness", clause.get("slice_thickness", {}))
    else:
        parts = _ranges("StudyTime", clause["date"])
    return " && ".join(parts)


def _equal(name: str, value: str) -> str:
    return f"@.{name} == {json.dumps(value)}"


def _ranges(name: str, asked: Tree) -> list[str]:
    return [
        f"@.{name} {_COMPARE[key]} {json.dumps(value)}" for key, value in asked.items() if key in _COMPARE
    ]
