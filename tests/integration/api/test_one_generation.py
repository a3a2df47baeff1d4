"""That answers of one generation fit together, and that torn ones would be noticed.

The application runs on rows in memory, which change between two statements of one answer, or do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import one_generation
from api_client import Client
from cohort_rows import MemoryIndex, MemorySnapshot, Rows
from orthanc_cohorts.cohort import Engine

UNITS = ("patient", "study")


def archive() -> Rows:
    rows = Rows()
    for number in range(20):
        rows.study(number, number, modalities=["CT"] if number % 2 else ["MR"], patient_sex="FM"[number % 2])
        rows.series(number, number, modality="CT" if number % 2 else "MR")
        if number % 3 == 0:
            rows.fact("segment", number, series_key=number)
    return rows


class ChangingIndex(MemoryIndex):
    """An index that loses a study with every answer, at its start, or (torn) after its first statements."""

    def __init__(self, torn: bool) -> None:
        super().__init__(archive())
        self.torn = torn
        self.left = 19

    @contextmanager
    def read(self) -> Iterator[Any]:
        if not self.torn:
            self.generation += 1
            self.lose()
            with super().read() as snapshot:
                yield snapshot
            return
        self.generation += 1
        with self._connection.cursor() as cursor:
            yield MemorySnapshot(self.generation, None, Between(cursor, self.lose))

    def lose(self) -> None:
        for table in ("series", "study", "patient", "patient_identity"):
            key = "patient_key" if table.startswith("patient") else "study_key"
            self._connection.execute(f"DELETE FROM {table} WHERE {key} = ?", [self.left])
        self._connection.execute("INSERT INTO touched_study VALUES (?, ?)", [self.left, self.generation])
        self.left -= 1


class Between:
    """A cursor before whose third statement something happens."""

    def __init__(self, cursor: Any, happens: Any) -> None:
        self._cursor, self._happens, self._statements = cursor, happens, 0

    def execute(self, *asked: Any) -> Any:
        self._count()
        return self._cursor.execute(*asked)

    def sql(self, *asked: Any, **more: Any) -> Any:
        self._count()
        return self._cursor.sql(*asked, **more)

    def _count(self) -> None:
        self._statements += 1
        if self._statements == 3:
            self._happens()

    def interrupt(self) -> None:
        self._cursor.interrupt()


def asked(index: MemoryIndex, unit: str, times: int = 1) -> list[one_generation.Fact]:
    client = Client(index)

    def ask(route: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = client.post(f"/{route}", body)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    found = [fact for _ in range(times) for fact in one_generation.facts(ask, unit)]
    client.close()
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_answers_fit_together_while_nothing_changes(unit: str) -> None:
    found = asked(MemoryIndex(archive()), unit, times=2)

    assert one_generation.torn(found) == []
    assert {fact.name: fact.number for fact in found} | {"ct": 10, "not ct": 10, "all": 20} == {
        fact.name: fact.number for fact in found
    }


@pytest.mark.parametrize("unit", UNITS)
def test_answers_fit_together_when_the_rows_change_between_them(unit: str) -> None:
    assert one_generation.torn(asked(ChangingIndex(torn=False), unit)) == []


@pytest.mark.parametrize("unit", UNITS)
def test_answers_that_read_two_generations_are_noticed(unit: str) -> None:
    assert one_generation.torn(asked(ChangingIndex(torn=True), unit)) != []


@pytest.mark.parametrize("unit", UNITS)
def test_units_of_another_generation_than_the_clauses_are_noticed(unit: str, monkeypatch: Any) -> None:
    honest = Engine.universe

    def first_known(self: Engine, snapshot: Any) -> Any:
        return self._universes[0] if self._universes else honest(self, snapshot)

    monkeypatch.setattr(Engine, "universe", first_known)

    assert one_generation.torn(asked(ChangingIndex(torn=False), unit)) != []
