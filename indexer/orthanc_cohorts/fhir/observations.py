"""What an object states as FHIR Observations: measurements, evaluations, texts, and the groups around them.

Knows rows of statements and how they refer to each other; reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from orthanc_cohorts.fhir.codes import (
    NOT_STATED,
    Json,
    Row,
    absent,
    codeable,
    coding,
    evaluated,
    number,
    plain_text,
)
from orthanc_cohorts.fhir.covering import EXTENSIONS, Covering
from orthanc_cohorts.fhir.people import Person

_GROUP: Json = {"coding": [coding("DCM|125007", "Measurement Group")]}
_DERIVATION: Json = {"coding": [coding("DCM|121401", "Derivation")]}
_LATERALITY: Json = {"coding": [coding("SCT|272741003", "Laterality")]}
_CATEGORY: Json = {"coding": [coding("SCT|276214006", "Finding category")]}
"""Names of components: what DICOM calls these modifiers (PS3.16 TID 300, 1411, 1501)."""

QUALIFIER = f"{EXTENSIONS}:numeric-value-qualifier"
"""Of a value that is there: Numeric Value Qualifier (0040,A301)."""

_CONCLUSIONS = frozenset({"DCM|121071", "DCM|121073", "DCM|121077", "SCT|439401001"})
"""Questions whose answers conclude a report: Finding, Impression, Conclusion, Diagnosis."""


@dataclass(slots=True)
class Statements:
    """The rows of one object."""

    groups: list[Row] = field(default_factory=list)
    measurements: list[Row] = field(default_factory=list)
    evaluations: list[Row] = field(default_factory=list)
    texts: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where statements stand. id: of their object. study: reference to its study. status: of each of them."""

    covering: Covering
    person: Person
    id: str
    study: Json
    status: str


@dataclass(slots=True)
class Stated:
    """The Observations of an object in the order of its content.

    top: ids of those in no group. conclusions: answers that conclude the report.
    """

    observations: list[Json]
    top: list[str]
    conclusions: list[Json]


def observations(place: Place, rows: Statements) -> Stated:
    """Return what an object states."""
    writer = _Writer(place, rows)
    for row in rows.groups:
        if row["path"] in writer.groups:
            writer.group(row)
    for row in rows.measurements:
        writer.measurement(row)
    for row in rows.evaluations:
        writer.evaluation(row)
    if place.covering.open:
        for row in rows.texts:
            writer.text(row)
    return writer.stated()


class _Writer:
    """Writes the Observations of one object."""

    def __init__(self, place: Place, rows: Statements) -> None:
        self._place = place
        self._subject = {"reference": f"Patient/{place.person.id}"}
        self._parents = {row["path"]: row["parent_group_path"] for row in rows.groups}
        self.groups = {row["path"] for row in rows.groups if _says_something(row, place.covering)}
        self._numbers = {row["path"]: row["value_index"] for row in reversed(rows.measurements)}
        self._members: dict[str, list[tuple[tuple[int, ...], str]]] = {}
        self._found: list[tuple[tuple[int, ...], Json]] = []
        self._top: list[tuple[tuple[int, ...], str]] = []
        self._conclusions: list[tuple[tuple[int, ...], Json]] = []

    def group(self, row: Row) -> None:
        """Write a group that says something of its own."""
        covering = self._place.covering
        found = self._start("group", row, 0, self._parents[row["path"]])
        if row["tracking_uid"]:
            found |= covering.identifier(row["tracking_uid"])
        if covering.open and plain_text(row["tracking_identifier"]):
            found.setdefault("identifier", []).append({"value": plain_text(row["tracking_identifier"])})
        found |= self._common(row, _GROUP, codeable(row, "finding"))
        found |= _site(row)
        method, category = codeable(row, "method"), codeable(row, "finding_category")
        found |= {} if method is None else {"method": method}
        _components(found, (_CATEGORY, category), (_LATERALITY, codeable(row, "laterality")))

    def measurement(self, row: Row) -> None:
        """Write one value of a NUM item."""
        found = self._start("value", row, row["value_index"] or 1, row["group_path"])
        found |= self._common(row, codeable(row, "concept"), None)
        found |= number(row) | _site(row) | self._qualified(row)
        method, derivation = codeable(row, "method"), codeable(row, "derivation")
        found |= {} if method is None else {"method": method}
        qualifier = codeable(row, "qualifier")
        if row["value"] is not None and qualifier is not None:
            found["extension"] = [{"url": QUALIFIER, "valueCodeableConcept": qualifier}]
        _components(found, (_DERIVATION, derivation), (_LATERALITY, codeable(row, "laterality")))

    def evaluation(self, row: Row) -> None:
        """Write a coded answer."""
        found = self._start("code", row, 0, row["group_path"])
        answer = evaluated(row)
        found |= self._common(row, codeable(row, "concept"), answer)
        found |= (absent("unknown") if answer is None else {}) | _site(row) | self._qualified(row)
        _components(found, (_LATERALITY, codeable(row, "laterality")))
        if answer is not None and row["group_path"] is None and row["concept"] in _CONCLUSIONS:
            self._conclusions.append((_order(row["path"]), answer))

    def text(self, row: Row) -> None:
        """Write a text."""
        told = plain_text(row["text"])
        if told is not None:
            found = self._start("text", row, 0, row["group_path"])
            found |= self._common(row, codeable(row, "concept"), None) | {"valueString": told}

    def stated(self) -> Stated:
        """Return everything, groups with their members."""
        for _, one in self._found:
            members = self._members.get(one["id"])
            if members:
                one["hasMember"] = [{"reference": f"Observation/{id}"} for _, id in sorted(members)]
        return Stated(
            [one for _, one in sorted(self._found, key=lambda pair: (pair[0], pair[1]["id"]))],
            [id for _, id in sorted(self._top)],
            [answer for _, answer in sorted(self._conclusions, key=lambda pair: pair[0])],
        )

    def _start(self, kind: str, row: Row, index: int, group: str | None) -> Json:
        """Begin an Observation, and put it into the nearest group around it that is written."""
        id, order = self._id(kind, row["path"], index), (*_order(row["path"]), index)
        while group is not None and group not in self.groups:
            group = self._parents.get(group)
        holder = self._top if group is None else self._members.setdefault(self._id("group", group, 0), [])
        holder.append((order, id))
        found: Json = {"resourceType": "Observation", "id": id}
        self._found.append((order, found))
        return found

    def _id(self, kind: str, path: str, index: int) -> str:
        return self._place.covering.id("observation", self._place.id, kind, path, index)

    def _common(self, row: Row, code: Json | None, value: Json | None) -> Json:
        place = self._place
        found: Json = {"partOf": [place.study], "status": place.status}
        found |= {"code": NOT_STATED if code is None else code, "subject": self._subject}
        found |= place.covering.moment(
            "effectiveDateTime", row["event_time"], row["event_time_precision"], place.person.days
        )
        return found | ({} if value is None else {"valueCodeableConcept": value})

    def _qualified(self, row: Row) -> Json:
        """Return the number that a statement says more of, where there is one."""
        path = row["property_of"]
        if path not in self._numbers:
            return {}
        return {"focus": [{"reference": f"Observation/{self._id('value', path, self._numbers[path] or 1)}"}]}


def _says_something(row: Row, covering: Covering) -> bool:
    """Whether a group tells more than that its members belong together."""
    stated = ("finding", "finding_category", "site", "tracking_uid")
    return any(row[name] for name in stated) or (covering.open and bool(row["tracking_identifier"]))


def _site(row: Row) -> Json:
    site = codeable(row, "site")
    return {} if site is None else {"bodySite": site}


def _components(found: Json, *pairs: tuple[Json, Json | None]) -> None:
    parts = [{"code": name, "valueCodeableConcept": value} for name, value in pairs if value is not None]
    if parts:
        found["component"] = parts


def _order(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in path.split("."))


def by_object(rows: Iterable[Row], into: dict[int, Statements], name: str) -> None:
    """Sort rows of one table under the objects that state them."""
    for row in rows:
        statements = into.setdefault(row["instance_key"], Statements())
        getattr(statements, name).append(row)
