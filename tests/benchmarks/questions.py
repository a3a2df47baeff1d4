"""Cohort definitions drawn at random: concepts as often as they occur, ranges between quantiles.

Knows the cohort language and what the reports of an archive state; asks nobody. One seed gives one list.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from benchmarks.statements import statement
from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.store.statements import run

Tree = dict[str, Any]
REPORTS_READ = 20_000
"""Reports whose statements tell how often concepts occur; the archive is alike throughout."""
COMMON_MEASURED, COMMON_BESIDE = 10, 40
"""How many of the commonest are `common`: concepts measured, and codes stated beside them."""


class Measured(NamedTuple):
    """A measured concept. quantiles: 21 values, from the 0th to the 100th percentile, in `unit`."""

    concept: str
    unit: str
    rows: int
    quantiles: Sequence[float]


class Stated(NamedTuple):
    """A code stated as the answer to a concept; measured: a concept measured in the same group, or ""."""

    measured: str
    concept: str
    value: str
    rows: int


class Questions:
    """Draws clauses and whole definitions; `unit` is patient throughout."""

    def __init__(self, snapshot: Snapshot, seed: int) -> None:
        self._random = Random(seed)
        cursor = snapshot.cursor
        [(last,)] = run(cursor, statement("questions/first_reports"), {"reports": REPORTS_READ})
        read = {"last": last}
        self._measured = [Measured(*row) for row in cursor.execute(_MEASURED, read).fetchall()]
        self._stated = [Stated("", *row) for row in cursor.execute(_EVALUATED, read).fetchall()]
        self._beside = [Stated(*row) for row in cursor.execute(_BESIDE, read).fetchall()]
        self._modalities = cursor.execute(_MODALITIES).fetchall()

    def plain(self) -> Tree:
        """Return a definition of three clauses: a measurement, a code, and something of person or series."""
        return _cohort(self.measurement(), self.evaluation(), self.other())

    def latest(self) -> Tree:
        """Return the same with the latest value of each patient."""
        return _cohort({**self.measurement(), "pick": "latest"}, self.evaluation(), self.other())

    def same(self) -> Tree:
        """Return a definition with a value and a code in one group, both common, and a third clause."""
        common = self._measured[:COMMON_MEASURED]
        beside = [one for one in self._beside if one.measured in {m.concept for m in common}][:COMMON_BESIDE]
        stated = self._drawn(beside)
        measured = next(one for one in common if one.concept == stated.measured)
        args = [self._measurement(measured), _evaluation(stated)]
        return _cohort({"op": "same", "scope": "group", "args": args}, self.other())

    def temporal(self) -> Tree:
        """Return a definition with a common value and, within weeks, a series or a common code."""
        first = self._measurement(self._drawn(self._measured[:COMMON_MEASURED]))
        second = (
            self._series()
            if self._random.random() < 0.5
            else _evaluation(self._drawn(self._stated[:COMMON_MEASURED]))
        )
        days = {"ge": 0, "le": self._random.choice((0, 7, 30, 90, 365))}
        return _cohort({"op": "temporal", "first": first, "second": second, "days": days}, self.other())

    def measurement(self) -> Tree:
        """Return a clause on a value, its concept drawn as often as it occurs."""
        return self._measurement(self._drawn(self._measured))

    def evaluation(self) -> Tree:
        """Return a clause on a code, drawn as often as it occurs."""
        return _evaluation(self._drawn(self._stated))

    def other(self) -> Tree:
        """Return a clause on something that is not said in reports."""
        kind = self._random.randrange(4)
        if kind == 0:
            return self._series()
        if kind == 1:
            low = self._random.randrange(20, 80)
            age = {"ge": low, "lt": low + self._random.choice((10, 20, 40))}
            return {"op": "patient", "sex": [self._random.choice("FM")], "age": age}
        if kind == 2:
            year = self._random.randrange(2014, 2025)
            return {"op": "study", "date": {"ge": f"{year}-01-01", "lt": f"{year + 2}-01-01"}}
        return {"op": "document", "verification": [self._random.choice(("VERIFIED", "UNVERIFIED"))]}

    def moved(self, definition: Tree) -> Tree:
        """Return a definition whose one range begins or ends elsewhere."""
        args = [dict(arg) for arg in definition["where"]["args"]]
        place = next(number for number, arg in enumerate(args) if arg["op"] == "measurement")
        known = next(one for one in self._measured if one.concept == args[place]["concept"][0])
        args[place] = {
            **self._measurement(known),
            **({"pick": args[place]["pick"]} if "pick" in args[place] else {}),
        }
        return _cohort(*args)

    def further(self, definition: Tree) -> Tree:
        """Return a definition with one more clause."""
        more = self._random.choice((self.measurement, self.evaluation, self.other))()
        return _cohort(*definition["where"]["args"], more)

    def facets(self, definition: Tree) -> Tree:
        """Return a request for ten facets of a definition: persons, series, reports, codes and values."""
        of_concepts = [
            {"op": "evaluation", "field": "value", "concept": ["DCM|121071"]},
            *(
                {"op": "measurement", "field": "value", "concept": [one.concept], "unit": one.unit}
                for one in (self._measured[0], self._measured[5])
            ),
        ]
        plain = ("patient sex", "patient age", "study institution", "series modality", "series manufacturer",
                 "series slice_thickness", "document title")  # fmt: skip
        named = [dict(zip(("op", "field"), name.split(), strict=True)) for name in plain]
        return {**definition, "facets": [*named, *of_concepts]}

    def _measurement(self, known: Measured) -> Tree:
        # Narrow ranges as often as wide ones, anywhere.
        width = self._random.choice((1, 2, 4, 8, 16))
        low = self._random.randrange(0, 21 - width)
        bounds: Tree = {"ge": known.quantiles[low], "lt": known.quantiles[low + width], "unit": known.unit}
        if bounds["ge"] == bounds["lt"]:
            bounds["le"] = bounds.pop("lt")
        return {"op": "measurement", "concept": [known.concept], "value": bounds}

    def _series(self) -> Tree:
        [modality] = self._random.choices(
            [name for name, _ in self._modalities], [rows for _, rows in self._modalities]
        )
        clause: Tree = {"op": "series", "modality": [modality]}
        if modality in ("CT", "MR") and self._random.random() < 0.5:
            clause["slice_thickness"] = {"le": self._random.choice((1.0, 1.5, 2.0, 3.0)), "unit": "mm"}
        return clause

    def _drawn(self, known: Sequence[Any]) -> Any:
        return self._random.choices(known, [one.rows for one in known])[0]


def _cohort(*args: Tree) -> Tree:
    return {"version": 1, "unit": "patient", "where": {"op": "and", "args": list(args)}}


def _evaluation(stated: Stated) -> Tree:
    return {"op": "evaluation", "concept": [stated.concept], "value": [stated.value]}


_MEASURED, _EVALUATED = statement("questions/measured"), statement("questions/evaluated")
_BESIDE, _MODALITIES = statement("questions/beside"), statement("questions/modalities")
