"""Every question of sql/examples on the lake of the demo study: it answers what was planned.

Knows the plan; no rows of the index.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from statistics import mean, median
from typing import Any

import duckdb
import pytest
from orthanc_cohorts_sql import load, names
from pydicom.dataset import Dataset

import build
from demo_lake import published
from orthanc_cohorts.convert.demo.codes import CODES
from orthanc_cohorts.convert.demo.expected import body_mass_index, latest_qtc_ms
from orthanc_cohorts.convert.demo.plan import Ecg, Measures, PatientPlan
from orthanc_cohorts.convert.demo.seg import CALCIUM, VALVE

Row = tuple[Any, ...]
Plans = list[PatientPlan]


def answer(snapshot: Path, name: str) -> list[Row]:
    """Return the rows of an example, asked in the catalog of a snapshot."""
    with duckdb.connect(str(snapshot / "catalog.duckdb"), read_only=True) as connection:
        return connection.execute(load(f"examples/{name}")).fetchall()


def as_planned(rows: Iterable[Row]) -> list[Row]:
    """Return rows without their first column, a pseudonym, in an order that a plan can have too.

    That no pseudonym occurs twice is asserted.
    """
    rows = list(rows)
    assert len({row[0] for row in rows}) == len(rows)
    return in_order(row[1:] for row in rows)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows sorted, numbers to nine digits: a mean depends on the order in which it is taken."""
    return sorted(
        (
            tuple(float(f"{value:.9g}") if isinstance(value, float) else value for value in row)
            for row in rows
        ),
        key=repr,
    )


def code(name: str) -> str:
    """Return a code of the demo as the lake writes it."""
    return "|".join(CODES[name][:2])


def ecg_series(plan: PatientPlan) -> list[Ecg]:
    """Return the ECGs that are in the archive."""
    return [ecg for ecg in plan.ecgs if ecg.recorded]


def current(plan: PatientPlan) -> list[Measures]:
    """Return the measurement reports that none replaces."""
    replaced = {one.replaces for one in plan.measures}
    return [one for number, one in enumerate(plan.measures) if number not in replaced]


def test_patients_with_ct_and_ecg(snapshot: Path, plans: Plans) -> None:
    planned = [
        (plan.person.sex or None, len(plan.ct.series()), len(ecg_series(plan)))
        for plan in plans
        if plan.ct is not None and ecg_series(plan)
    ]

    assert as_planned(answer(snapshot, "patients_with_ct_and_ecg")) == in_order(planned)


def test_qt_of_women_by_age(snapshot: Path, plans: Plans) -> None:
    women = defaultdict(list)
    for plan in plans:
        for ecg in plan.ecgs:
            age = plan.person.age_at(ecg.start.date())
            if plan.person.sex == "F" and ecg.reported and age is not None:
                women[age // 10 * 10].append((plan.person.number, ecg.qt_ms, ecg.qtc_ms))
    planned = []
    for age, said in women.items():
        qtc = [value for _, _, value in said if value is not None]
        qt = mean(value for _, value, _ in said)
        planned.append(
            (age, len({who for who, *_ in said}), len(said), len(qtc), float(qt), float(mean(qtc)))
        )

    assert in_order(answer(snapshot, "qt_of_women_by_age")) == in_order(planned)


def test_calcium_by_grade(snapshot: Path, plans: Plans) -> None:
    volumes = defaultdict(list)
    for one in (one for plan in plans for one in current(plan)):
        if one.severity is not None and one.volume_mm3 is not None:
            volumes[code(one.severity)].append(one.volume_mm3)
    planned = [(grade, len(found), min(found), median(found), max(found)) for grade, found in volumes.items()]

    rows = answer(snapshot, "calcium_by_grade")

    # A grade without any stated volume has a row of no volumes.
    assert in_order(rows) == in_order(planned)


def test_diagnoses_together(snapshot: Path, plans: Plans) -> None:
    pairs = Counter(
        pair
        for plan in plans
        if plan.history is not None
        for pair in combinations(sorted({code(name) for name in plan.history.problems}), 2)
    )

    rows = answer(snapshot, "diagnoses_together")

    assert in_order((one, other, count) for one, _, other, _, count in rows) == in_order(
        (*pair, count) for pair, count in pairs.items()
    )
    assert [row[4] for row in rows] == sorted(pairs.values(), reverse=True)
    assert all(row[1] and row[3] for row in rows)


def test_diagnoses_that_two_reports_name_are_those_of_one_patient(tmp_path: Path) -> None:
    concept = "SCT|418799008|Finding reported by subject or history provider"
    diagnoses = [build.code(concept, f"SCT|{number}|Diagnosis") for number in (1, 2)]
    lake = published([build.sr(diagnoses, InstanceNumber=number) for number in (1, 2)], tmp_path)

    rows = answer(lake / "current", "diagnoses_together")

    assert rows == [("SCT|1", "Diagnosis", "SCT|2", "Diagnosis", 1)]


def test_segments_with_their_images(snapshot: Path, plans: Plans) -> None:
    planned = []
    for plan in plans:
        if plan.ct is not None and plan.segmented:
            thickest = max(plan.ct.slice_mm(at, False) for at in plan.ct.positions(False))
            images = (plan.ct.scanner.model, thickest)
            planned.append((code("aortic valve"), None, "MANUAL", VALVE, *images))
            if plan.ct.calcium_voxels():
                kind = (code("calcification"), code("aortic valve"), "SEMIAUTOMATIC", CALCIUM)
                planned.append((*kind, *images))

    rows = answer(snapshot, "segments_with_their_images")

    assert in_order((*row[:4], *row[6:]) for row in rows) == in_order(planned)
    segmented = sum(plan.segmented for plan in plans)
    assert len({row[4] for row in rows}) == len({row[5] for row in rows}) == segmented


def test_days_from_ct_to_ecg(snapshot: Path, plans: Plans) -> None:
    planned = []
    for plan in plans:
        if plan.ct is not None:
            ct = plan.ct.start
            days = [(ecg.start.date() - ct.date()).days for ecg in ecg_series(plan)]
            after = [ecg.start > ct for ecg in ecg_series(plan)]
            since = [-day for day, later in zip(days, after, strict=True) if not later]
            until = [day for day, later in zip(days, after, strict=True) if later]
            planned.append((min(since, default=None), min(until, default=None)))

    assert as_planned(answer(snapshot, "days_from_ct_to_ecg")) == in_order(planned)
    assert any(since is not None for since, _ in planned) and any(until is not None for _, until in planned)


def test_units_of_each_concept(snapshot: Path, plans: Plans) -> None:
    stated = defaultdict(list)
    for plan in plans:
        for ecg in plan.ecgs:
            if ecg.reported:
                stated[code("heart rate"), "/min" if "/" in ecg.rate_unit else "1"].append(plan.person.number)
                unit = None if ecg.qtc_ms is None else "s" if ecg.in_seconds else "ms"
                stated[code("QTc"), unit].append(plan.person.number)
        for one in plan.measures:
            unit = None if one.area_mm2 is None else "cm2" if one.in_cm else "mm2"
            stated[code("area"), unit].append(plan.person.number)
    areas = [one.area_mm2 for plan in plans for one in plan.measures if one.area_mm2 is not None]

    rows = answer(snapshot, "units_of_each_concept")

    asked = {concept for concept, _ in stated}
    found = {(row[0], row[1]): row[3:5] for row in rows if row[0] in asked}
    assert found == {name: (len(said), len(set(said))) for name, said in stated.items()}
    of_area = [row for row in rows if row[0] == code("area") and row[1] is not None]
    assert {row[2] for row in of_area} == {"mm2"}
    assert min(row[5] for row in of_area) == pytest.approx(min(areas))
    assert max(row[6] for row in of_area) == pytest.approx(max(areas))


def test_lesion_trend(snapshot: Path, plans: Plans) -> None:
    planned = []
    for plan in plans:
        if plan.measures:
            # Two reports on one CT are one point in time; of two of one moment it does not matter which.
            last = max(plan.measures, key=lambda one: one.written)
            values = (
                ("diameter", "mean", last.diameter_mm),
                ("diameter", "maximum", last.largest_mm),
                ("area", None, last.area_mm2),
                ("volume", None, last.volume_mm3),
            )
            planned += [
                (code(name), derivation and code(derivation), 1, 0, value, value)
                for name, derivation, value in values
                if value is not None
            ]

    rows = answer(snapshot, "lesion_trend")

    assert in_order(row[1:7] for row in rows) == in_order(planned)


def test_a_lesion_of_three_visits_is_followed_from_the_first_to_the_latest(tmp_path: Path) -> None:
    def visit(year: int, value: int) -> Dataset:
        tracking = build.uidref("DCM|112040|Tracking Unique Identifier", "1.2.3", rel="HAS OBS CONTEXT")
        length = build.num("SCT|410668003|Length", value)
        group = build.container("DCM|125007|Measurement Group", tracking, length)
        return build.sr([group], StudyID=str(year), StudyDate=f"{year}0101")

    lake = published([visit(2024, 12), visit(2022, 10), visit(2023, 11)], tmp_path)

    [row] = answer(lake / "current", "lesion_trend")

    assert row[1:] == ("SCT|410668003", None, 3, 730, 10.0, 12.0, "mm", pytest.approx(20))


def test_annulus_of_finished_reports(snapshot: Path, plans: Plans) -> None:
    planned = []
    for plan in plans:
        finished = [one for one in current(plan) if one.final]
        if finished:
            last = max(finished, key=lambda one: one.written)
            planned.append((last.diameter_mm, not last.legacy_codes))

    assert as_planned(answer(snapshot, "annulus_of_finished_reports")) == in_order(planned)
    assert any(len(current(plan)) < len(plan.measures) for plan in plans)


def test_one_row_per_patient(snapshot: Path, plans: Plans) -> None:
    planned = []
    for plan in plans:
        reported = [ecg for ecg in plan.ecgs if ecg.reported]
        rates = [ecg.heart_rate for ecg in reported if ecg.rate_unit != "1"]
        last = max(current(plan), key=lambda one: one.written, default=None)
        qtc = latest_qtc_ms(plan)
        planned.append(
            (
                plan.person.sex or None,
                plan.ct is not None,
                bool(ecg_series(plan)),
                plan.segmented,
                None if qtc is None else float(qtc),
                float(rates[-1]) if rates else None,
                None if last is None else last.diameter_mm,
                None if last is None else last.volume_mm3,
                None if plan.history is None else "diabetes" in plan.history.problems,
                any(ecg.rhythm == "atrial fibrillation" for ecg in reported) if reported else None,
            )
        )

    rows = answer(snapshot, "one_row_per_patient")

    assert as_planned((*row[:2], *row[4:]) for row in rows) == in_order(planned)
    bmi = [row[3] for row in rows if row[3] is not None]
    assert sorted(bmi) == pytest.approx(
        sorted(index for index in map(body_mass_index, plans) if index is not None), rel=1e-6
    )
    assert sum(row[2] is None for row in rows) == sum(
        not (plan.person.sends_birth_date or plan.person.sends_age) for plan in plans
    )


def test_new_conduction_disorder(snapshot: Path, plans: Plans) -> None:
    planned = []
    for plan in plans:
        stated = [one for one in current(plan) if one.volume_mm3 is not None]
        if stated:
            reported = sorted((ecg for ecg in plan.ecgs if ecg.reported), key=lambda ecg: ecg.start)
            shown = [ecg.conduction == "LBBB" or ecg.rhythm == "paced rhythm" for ecg in reported]
            known = (any(some) if some else None for some in (shown[:1], shown[1:]))
            planned.append((max(stated, key=lambda one: one.written).volume_mm3, *known))

    assert as_planned(answer(snapshot, "new_conduction_disorder")) == in_order(planned)
    assert {(False, True), (True, False), (False, None)} <= {row[1:] for row in planned}


def test_every_example_says_what_it_asks_and_is_tried_here() -> None:
    examples = [name.removeprefix("examples/") for name in names("examples")]

    assert len(examples) >= 10
    assert [name for name in examples if f"test_{name}" not in globals()] == []
    for name in examples:
        [question, *header] = [line for line in load(f"examples/{name}").splitlines() if line[:2] == "--"]
        assert question.endswith("?"), name
        assert [line[:8] for line in header if line[3] != " "] == ["-- know:", "-- out: "], name
