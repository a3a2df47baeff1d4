"""What an engine remembers while rows come and go: the same answers as one that remembers nothing."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import build
from flattened import stored
from orthanc import states
from orthanc_cohorts.cohort import Engine, Snapshot, canonical, parse
from orthanc_cohorts.cohort.changes import Changes
from orthanc_cohorts.cohort.facets import Facet, Facets, questions
from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.cohort.universe import Universe
from orthanc_cohorts.store import Batch, Index, Observed, writer

LENGTH = {"op": "measurement", "concept": "SCT|410668003"}
FOUND = {"op": "evaluation", "concept": "DCM|121071", "value": "SCT|27925004"}
RANGE = {"ge": 5, "unit": "mm"}
CLAUSES: list[dict[str, Any]] = [
    LENGTH,
    FOUND,
    {**LENGTH, "value": RANGE},
    {**LENGTH, "value": RANGE, "count": {"ge": 2}},
    {**LENGTH, "value": RANGE, "pick": "latest"},
    {**LENGTH, "value": RANGE, "pick": "first"},
    {**LENGTH, "value": RANGE, "pick": "max"},
    {"op": "not", "arg": {**LENGTH, "value": RANGE}},
    {"op": "same", "scope": "document", "args": [{**LENGTH, "value": RANGE}, FOUND]},
    {"op": "temporal", "first": FOUND, "second": {**LENGTH, "value": RANGE}, "days": {"ge": 0}},
    {"op": "temporal", "first": FOUND, "second": {"op": "series", "modality": "CT"}, "days": {"le": 3}},
    {
        "op": "temporal",
        "first": {"op": "patient", "sex": "F"},
        "second": {"op": "series", "slice_thickness": {"le": 1, "unit": "mm"}},
        "days": {"ge": -3, "le": 3},
    },
    {"op": "series", "modality": "CT"},
    {"op": "series", "slice_thickness": {"le": 1, "unit": "mm"}},
    {"op": "series", "manufacturer": "A"},
    {"op": "series", "manufacturer": ["A", "C"], "slice_thickness": {"ge": 1, "lt": 2, "unit": "mm"}},
    {"op": "series", "acquisition_date": {"ge": "2020-01-03", "le": "2020-01-06"}},
    {"op": "series", "instances": {"eq": 1}},
    {"op": "patient", "sex": "F"},
    {"op": "patient", "sex": ["F", "M"], "age": {"gt": 30, "unit": "a"}},
    {"op": "study", "date": {"ge": "2020-01-01"}},
    {"op": "document", "verification": "VERIFIED"},
    {"op": "document", "verification": "UNVERIFIED", "n_items": {"le": 2}},
    {**LENGTH, "value": {"lt": 0.4, "unit": "cm"}},
    {**LENGTH, "value": {"gt": 2, "le": 5, "unit": "s"}},
    {**LENGTH, "value": {"eq": 3, "unit": "mm"}},
    {"op": "measurement", "concept": ["SCT|410668003", "SCT|81827009"], "value": RANGE},
    {"op": "document", "current": True},
]
FACETS = questions(
    [
        Facet(op="patient", field="sex"),
        Facet(op="series", field="modality"),
        Facet(op="series", field="slice_thickness"),
        Facet(op="document", field="title"),
        Facet(op="study", field="date"),
        Facet(op="evaluation", field="value"),
        Facet(op="measurement", field="concept"),
        Facet(op="measurement", field="value", concept="SCT|410668003", unit="mm"),
    ]
)
COHORTS = [
    canonical(parse({"version": 1, "unit": unit, "where": clause}))
    for clause in CLAUSES
    for unit in ("patient", "study")
]


def nothing() -> None:
    """No limit of time."""


def made(number: int, dice: random.Random) -> Any:
    """An image or a report about it, of a few persons, with random contents; the same UIDs for a number."""
    place, study = number % 8, number % 5
    uids = {
        "SOPInstanceUID": f"1.2.{number}",
        "SeriesInstanceUID": f"1.3.{place}",
        "StudyInstanceUID": f"1.4.{study}",
        "PatientID": dice.choice(["A", "B", ""]),
        "PatientSex": dice.choice(["F", "M"]),
        "PatientAge": dice.choice(["020Y", "040Y", ""]),
        "StudyDate": dice.choice(["20200101", "20191231"]),
    }
    if place < 3:
        taken = f"2020010{dice.randrange(1, 9)}120000"
        return build.ct(
            **uids,
            AcquisitionDateTime=dice.choice([taken, None]),
            Manufacturer=dice.choice(["A", "B"]),
            SliceThickness=dice.choice(["1", "2"]),
        )
    image = dice.randrange(24)
    about = build.image("1.2.840.10008.5.1.4.1.1.2", f"1.2.{image - image % 8 + dice.randrange(3)}")
    items = [
        build.num(
            dice.choice(["SCT|410668003|Length", "SCT|410668003|Length", "SCT|81827009|Diameter"]),
            str(dice.randrange(9)),
            dice.choice(["mm", "mm", "cm", "s"]),
            about,
        )
        for _ in range(dice.randrange(3))
    ]
    if dice.random() < 0.6:
        items.append(build.code("DCM|121071|Finding", dice.choice(["SCT|27925004|Nodule", "SCT|1|Other"])))
    return build.sr(items, VerificationFlag=dice.choice(["VERIFIED", "UNVERIFIED"]), **uids)


def batch(dice: random.Random, clock: int) -> Batch:
    numbers = dice.sample(range(24), dice.randrange(1, 5))
    rows = [stored(made(number, dice), f"{clock}") for number in numbers]
    whole = Batch.of(rows, observed_ns=clock)
    if dice.random() < 0.4:
        gone = stored(made(dice.randrange(24), random.Random(1)))["instance"][0][0]
        whole.gone.append(Observed(gone, clock + 1))
    return whole


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_is_remembered_answers_as_what_is_asked_anew(seed: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        index, engine, held = Index.open(Path(folder)), Engine(), Held(2**20)
        facets = Facets(engine)
        for clock in range(12):
            # What is arranged or purged between two questions changes no generation.
            if clock == 0 or dice.random() < 0.7:
                index.apply(batch(dice, 10 * clock))
            if dice.random() < 0.3:
                index.arrange()
            if dice.random() < 0.3:
                index.purge()
            with index.read() as snapshot:
                for cohort in dice.sample(COHORTS, 12):
                    remembered, anew = engine.answer(snapshot, cohort), Engine().answer(snapshot, cohort)
                    told = Engine(held=held).answer(snapshot, cohort)

                    assert remembered.keys.tolist() == anew.keys.tolist(), cohort.content
                    assert told.keys.tolist() == anew.keys.tolist(), cohort.content
                    assert remembered.warnings == told.warnings == anew.warnings
                assert modalities(engine, snapshot) == modalities_of_series(snapshot)
                for cohort in dice.sample(COHORTS, 2):
                    kept, _, warned = facets.count(snapshot, cohort, FACETS, nothing)
                    fresh, _, warned_anew = Facets(Engine()).count(snapshot, cohort, FACETS, nothing)

                    assert kept == fresh and warned == warned_anew
                if dice.random() < 0.4:
                    held.renew(snapshot)
            if dice.random() < 0.6:
                continue
            with index.read() as before:
                index.apply(batch(dice, 10 * clock + 5))
                with index.read() as after:
                    facets.renew(after)
                    # Whoever still asks on the generation before is told of that one.
                    for snapshot in (before, after, before):
                        cohort = dice.choice(COHORTS)
                        kept, _, _ = facets.count(snapshot, cohort, FACETS, nothing)
                        fresh, _, _ = Facets(Engine()).count(snapshot, cohort, FACETS, nothing)

                        assert kept == fresh
        index.close()
        assert states.flaws(Path(folder)) == []


def test_generations_that_are_listed_no_more_are_asked_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LISTED", 4)
    index, dice, seen = Index.open(tmp_path), random.Random(1), []

    for clock in range(12):
        index.apply(batch(dice, 10 * clock))
        with index.read() as snapshot:
            seen.append(Universe.of(snapshot))
    with index.read() as snapshot:
        touched = [Changes().since(snapshot, universe.generation) for universe in seen]
        fresh = Universe.of(snapshot)
        renewed = [
            universe.renewed(snapshot, studies)
            for universe, studies in zip(seen, touched, strict=True)
            if studies is not None
        ]
    index.close()

    # The mark of generation 12 says that those up to 8 are not listed.
    assert [studies is not None for studies in touched] == [False] * 7 + [True] * 5
    for universe in renewed:
        assert units(universe) == units(fresh)


def modalities(engine: Engine, snapshot: Snapshot) -> dict[str, list[int]]:
    known = engine.universe(snapshot).modalities
    of_each = {name: np.flatnonzero(known.studies([name])).tolist() for name in known.bits}
    return {name: studies for name, studies in of_each.items() if studies}


def modalities_of_series(snapshot: Snapshot) -> dict[str, list[int]]:
    return dict(
        snapshot.cursor.execute(
            "SELECT modality, list_sort(list(DISTINCT study_key)) FROM series "
            "WHERE modality IS NOT NULL GROUP BY modality"
        ).fetchall()
    )


def units(universe: Universe) -> tuple[list[int], list[int], list[int]]:
    studies, patients = (np.flatnonzero(universe.live[unit]) for unit in ("study", "patient"))
    return studies.tolist(), universe.patient_of[studies].tolist(), patients.tolist()
