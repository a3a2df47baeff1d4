"""Rows as records: whose they are, of which study, and what each observation states.

Knows rows and mappings; no DICOM objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.header import Patient, Study, study_uid
from orthanc_cohorts.convert.problem import Problem, shown
from orthanc_cohorts.convert.table import cells
from orthanc_cohorts.convert.table.cells import Markers, Wrong, columns_of, moment_of, plain, said
from orthanc_cohorts.convert.table.mapping import Cell, DocumentRule, Mapping, Observation
from orthanc_cohorts.convert.table.reading import Row

Value = Decimal | Coding | str | None
_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
T = TypeVar("T")
_SEXES = ("M", "F", "O", "")


class Stated(NamedTuple):
    """What a row states of one observation. value: None: it is stated that the number is not known."""

    rule: Observation
    value: Value
    moment: datetime | date | None


class Record(NamedTuple):
    """A row. key: of its study among those of the patient. documents: of those that state anything."""

    row: int
    patient: Patient
    study: Study
    key: str
    moment: datetime | date
    documents: list[tuple[DocumentRule, list[Stated]]]


class Reader:
    """Makes records of rows, and keeps what is wrong."""

    def __init__(self, source: str, mapping: Mapping) -> None:
        self.problems: list[Problem] = []
        self._source, self._mapping = source, mapping
        self._missing = Markers(mapping.missing)
        self._decimal = mapping.source.decimal
        self._cells = {
            (document.name, number): _of(rule, mapping)
            for document in mapping.documents
            for number, rule in enumerate(document.observations)
        }
        self._seen: dict[tuple[str, str, str], int] = {}
        self._persons: dict[tuple[str, str], tuple[Patient, int]] = {}

    def record(self, row: Row) -> Record | None:
        """Return the record of a row, None where something is wrong with it."""
        before = len(self.problems)
        patient = self._patient(row)
        moment = self._read(row, self._mapping.study.time, lambda text: self._moment(text), "has no time")
        study = None if patient is None or moment is None else self._study(row, patient, moment)
        documents = [(rule, self._stated(row, rule)) for rule in self._mapping.documents]
        if len(self.problems) > before or patient is None or moment is None or study is None:
            return None
        self._check_once(row, patient, study[1])
        if len(self.problems) > before:
            return None
        return Record(row.number, patient, *study, moment, [one for one in documents if one[1]])

    def _problem(self, row: Row, column: str | None, what: str) -> None:
        self.problems.append(Problem(self._source, what, row.number, column))

    def _moment(self, text: str) -> datetime | date:
        return cells.moment(text, self._mapping.study.time.format)

    def _read(
        self, row: Row, cell: Cell | None, parse: Callable[[str], T], lacking: str | None = None
    ) -> T | None:
        """Return what a cell states; lacking: what is wrong where it is missing, None: nothing."""
        text = None if cell is None else said(row, cell, self._missing)
        column = ", ".join(columns_of(cell)) or None
        if text is None:
            if lacking is not None:
                self._problem(row, column, lacking)
            return None
        try:
            return parse(text)
        except Wrong as error:
            self._problem(row, column, str(error))
            return None

    def _patient(self, row: Row) -> Patient | None:
        rule = self._mapping.patient
        name = self._read(row, rule.id, _patient_id, "has no patient id")
        sexes = {plain(value): sex for value, sex in (rule.sex.values if rule.sex else {}).items()}
        sex = self._read(row, rule.sex, lambda text: _sex(text, sexes))
        form = None if rule.birth_date is None else rule.birth_date.format
        born = self._read(row, rule.birth_date, lambda text: cells.moment(text, form))
        called = self._read(row, rule.name, str)
        if name is None:
            return None
        day = born.date() if isinstance(born, datetime) else born
        return Patient(name, rule.issuer, called or "", sex or "", day)

    def _study(self, row: Row, patient: Patient, moment: datetime | date) -> tuple[Study, str]:
        rule = self._mapping.study
        key = self._read(row, rule.key, str) or moment.isoformat()
        given = self._read(row, rule.uid, _uid)
        age = None if rule.age is None else rule.age
        study = Study(
            given or study_uid(patient, key),
            moment,
            rule.description,
            self._read(row, rule.accession_number, str) or "",
            self._read(row, age, lambda text: cells.age(text, age)) or "" if age else "",
            _float(self._read(row, rule.size_m, self._number)),
            _float(self._read(row, rule.weight_kg, self._number)),
        )
        return study, key

    def _number(self, text: str) -> Decimal:
        return cells.number(text, self._decimal)

    def _stated(self, row: Row, document: DocumentRule) -> list[Stated]:
        return [
            found
            for number, rule in enumerate(document.observations)
            for found in self._observed(row, rule, *self._cells[document.name, number])
        ]

    def _observed(
        self, row: Row, rule: Observation, missing: Markers, values: dict[str, Coding | None]
    ) -> Iterator[Stated]:
        text = row.cells[rule.column]
        try:
            moment = moment_of(row, rule.date, self._missing)
            if text in missing:
                if rule.states_unknown:
                    yield Stated(rule, None, moment)
                return
            value = self._value(text, rule, values)
        except Wrong as error:
            self._problem(row, rule.column, str(error))
            return
        if value is not None:
            yield Stated(rule, value, moment)

    def _value(self, text: str, rule: Observation, values: dict[str, Coding | None]) -> Value:
        if rule.values is not None:
            return cells.chosen(text, values)
        if rule.text:
            return text
        found = self._number(text)
        if (rule.low is not None and found < rule.low) or (rule.high is not None and found > rule.high):
            low, high = ("any" if bound is None else f"{bound:g}" for bound in (rule.low, rule.high))
            raise Wrong(f"{shown(text)} is not from {low} to {high}; is it a marker of what is missing?")
        return found

    def _check_once(self, row: Row, patient: Patient, key: str) -> None:
        """Note whom and what study a row is of; it must be the only one, and agree on the person."""
        first = self._seen.setdefault((*patient.key, key), row.number)
        column = ", ".join(columns_of(self._mapping.patient.id)) or None
        if first != row.number:
            self._problem(row, column, f"is the same patient and study as row {first}")
        known, where = self._persons.setdefault(patient.key, (patient, row.number))
        if known != patient:
            self._problem(row, column, f"has another name, sex or birth date than row {where}, by its id")


def lacking(mapping: Mapping, source: str, columns: list[str]) -> list[Problem]:
    """Return a problem for each column that a mapping names and the table has not."""
    known = set(columns)
    wanted = dict.fromkeys(name for name in used(mapping) if name not in known)
    has = f"the table has {', '.join(columns)}"
    return [Problem(source, f"is named in the mapping, but {has}", column=name) for name in wanted]


def used(mapping: Mapping) -> list[str]:
    """Return the columns that a mapping reads, in its order."""
    patient, study = mapping.patient, mapping.study
    of_row = (
        *(patient.id, patient.name, patient.sex, patient.birth_date),
        *(study.time, study.key, study.uid, study.accession_number, study.age, study.size_m, study.weight_kg),
    )
    found = [name for cell in of_row for name in columns_of(cell)]
    for document in mapping.documents:
        for rule in document.observations:
            found += [rule.column, *columns_of(rule.date)]
    return list(dict.fromkeys(found))


def _of(rule: Observation, mapping: Mapping) -> tuple[Markers, dict[str, Coding | None]]:
    values = {plain(value): code for value, code in (rule.values or {}).items()}
    return Markers([*mapping.missing, *rule.missing]), values


def _patient_id(text: str) -> str:
    if len(text) > 64 or "\\" in text:
        raise Wrong(f"{shown(text)} is no patient id: at most 64 characters, no backslash (PS3.5 6.2, LO)")
    return text


def _sex(text: str, sexes: dict[str, str]) -> str:
    found = cells.chosen(text, sexes) if sexes else text
    if found not in _SEXES:
        raise Wrong(f"{shown(found)} is no sex: M, F or O (PS3.3 C.7.1.1)")
    return found


def _uid(text: str) -> str:
    if len(text) > 64 or _UID.fullmatch(text) is None:
        raise Wrong(f"{shown(text)} is no UID (PS3.5 9.1)")
    return text


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
