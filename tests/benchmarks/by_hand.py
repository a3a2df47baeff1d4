"""The same questions as SQL that a DuckDB expert would write by hand on the same tables.

Knows the clauses that `questions` draws, and no other. Semi-joins, sets of distinct patients, values as
parameters; no masks and nothing kept from one question to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

Tree = dict[str, Any]
Asked = tuple[str, dict[str, Any]]
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_LIVE = "ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key"
_PERSON = "JOIN study AS s ON s.study_key = f.study_key"
_TIME = "LEFT JOIN subject AS t ON t.instance_key = f.instance_key AND t.subject = f.subject"


def by_hand(definition: Tree) -> list[Asked]:
    """Return the ways in which one would write a definition, each a statement with its parameters.

    The statements return one row with the number of patients. The first chains semi-joins, the second
    intersects sets; which is faster depends on the question.
    """
    written = _Writer()
    people = [written.people(clause) for clause in definition["where"]["args"]]
    conditions = " AND ".join(f"p.patient_key IN ({one})" for one in people)
    chained = f"SELECT count(*) FROM patient AS p WHERE {conditions}"
    intersected = f"SELECT count(*) FROM ({' INTERSECT '.join(people)})"
    return [(chained, written.parameters), (intersected, written.parameters)]


class _Writer:
    """Writes clauses, and keeps their parameters under names of their own."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self._names: Iterator[int] = count()

    def people(self, clause: Tree) -> str:
        """Return a subquery of the patient_key of those for whom a clause is true."""
        written: dict[str, Callable[[Tree], str]] = {
            "measurement": self._latest if clause.get("pick") == "latest" else self._measurement,
            "evaluation": self._evaluation,
            "series": self._series,
            "patient": self._patient,
            "study": self._study,
            "document": self._document,
            "same": self._same,
            "temporal": self._temporal,
        }
        return written[clause["op"]](clause)

    def _value(self, value: Any) -> str:
        name = f"p{next(self._names)}"
        self.parameters[name] = value
        return f"${name}"

    def _within(self, column: str, bounds: Tree) -> str:
        return " AND ".join(
            f"{column} {_COMPARE[name]} {self._value(bound)}"
            for name, bound in bounds.items()
            if name != "unit"
        )

    def _measured(self, clause: Tree) -> str:
        [concept] = clause["concept"]
        unit = self._value(clause["value"]["unit"])
        return f"f.concept = {self._value(concept)} AND f.unit_canonical = {unit}"

    def _stated(self, clause: Tree) -> str:
        [concept], [value] = clause["concept"], clause["value"]
        return f"f.concept = {self._value(concept)} AND f.value = {self._value(value)}"

    def _measurement(self, clause: Tree) -> str:
        within = self._within("f.value_canonical", clause["value"])
        return (
            f"SELECT s.patient_key FROM measurement AS f {_PERSON} {_LIVE} "
            f"WHERE {self._measured(clause)} AND {within}"
        )

    def _latest(self, clause: Tree) -> str:
        # Ties are rare: the time decides first, and only what is left is compared by UID and place.
        read = (
            "SELECT s.patient_key, coalesce(f.own_time, t.event_time) AS moment, f.value_canonical AS v, "
            f"f.instance_key, f.path, f.value_index FROM measurement AS f {_PERSON} {_TIME} {_LIVE} "
            f"WHERE {self._measured(clause)} AND f.value IS NOT NULL"
        )
        return (
            f"SELECT patient_key FROM (SELECT l.patient_key, arg_max(l.v, "
            "ROW(i.sop_instance_uid, string_split(l.path, '.')::INTEGER[], l.value_index)) AS v "
            f"FROM (SELECT * FROM ({read}) "
            "QUALIFY moment = max(moment) OVER (PARTITION BY patient_key)) AS l "
            "JOIN instance AS i ON i.instance_key = l.instance_key GROUP BY l.patient_key) "
            f"WHERE {self._within('v', clause['value'])}"
        )

    def _evaluation(self, clause: Tree) -> str:
        return f"SELECT s.patient_key FROM evaluation AS f {_PERSON} {_LIVE} WHERE {self._stated(clause)}"

    def _series(self, clause: Tree) -> str:
        return f"SELECT s.patient_key FROM series AS f {_PERSON} WHERE {self._of_series(clause)}"

    def _of_series(self, clause: Tree) -> str:
        [modality] = clause["modality"]
        conditions = [f"f.modality = {self._value(modality)}"]
        if "slice_thickness" in clause:
            conditions.append(self._within("f.slice_thickness_mm_max", clause["slice_thickness"]))
        return " AND ".join(conditions)

    def _patient(self, clause: Tree) -> str:
        [sex], age = clause["sex"], clause["age"]
        return (
            f"SELECT s.patient_key FROM study AS s WHERE s.patient_sex = {self._value(sex)} "
            f"AND s.patient_age_years_min >= {self._value(age['ge'])} "
            f"AND s.patient_age_years_max < {self._value(age['lt'])}"
        )

    def _study(self, clause: Tree) -> str:
        low, high = (f"{self._value(clause['date'][name])}::DATE" for name in ("ge", "lt"))
        return f"SELECT s.patient_key FROM study AS s WHERE s.study_time >= {low} AND s.study_time < {high}"

    def _document(self, clause: Tree) -> str:
        [verification] = clause["verification"]
        return (
            f"SELECT s.patient_key FROM document AS f {_PERSON} {_LIVE} "
            f"WHERE f.verification_flag = {self._value(verification)}"
        )

    def _same(self, clause: Tree) -> str:
        measurement, evaluation = sorted(clause["args"], key=lambda arg: str(arg["op"]), reverse=True)
        stated = f"SELECT f.instance_key, f.group_path FROM evaluation AS f WHERE {self._stated(evaluation)}"
        within = self._within("f.value_canonical", measurement["value"])
        return (
            f"SELECT s.patient_key FROM measurement AS f SEMI JOIN ({stated}) AS e "
            f"ON e.instance_key = f.instance_key AND e.group_path = f.group_path {_PERSON} {_LIVE} "
            f"WHERE {self._measured(measurement)} AND {within}"
        )

    def _temporal(self, clause: Tree) -> str:
        first, second = self._days(clause["first"]), self._days(clause["second"])
        low, high = self._value(clause["days"]["ge"]), self._value(clause["days"]["le"])
        return (
            f"SELECT a.patient_key FROM ({first}) AS a JOIN ({second}) AS b "
            f"ON b.patient_key = a.patient_key AND b.day - a.day BETWEEN {low} AND {high}"
        )

    def _days(self, clause: Tree) -> str:
        """Return a subquery of the distinct patients and days of a clause's matches."""
        if clause["op"] == "series":
            return (
                "SELECT DISTINCT s.patient_key, "
                "coalesce(f.first_acquisition_time, s.study_time)::DATE AS day "
                f"FROM series AS f {_PERSON} WHERE {self._of_series(clause)}"
            )
        if clause["op"] == "measurement":
            within = self._within("f.value_canonical", clause["value"])
            table, conditions = "measurement", f"{self._measured(clause)} AND {within}"
        else:
            table, conditions = "evaluation", self._stated(clause)
        return (
            "SELECT DISTINCT s.patient_key, coalesce(f.own_time, t.event_time)::DATE AS day "
            f"FROM {table} AS f {_PERSON} {_TIME} {_LIVE} WHERE {conditions}"
        )
