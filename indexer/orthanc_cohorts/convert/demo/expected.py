"""The true answers about the demo study, counted in the plan: no parser, no index, no DICOM.

Whatever counts these objects must come to the same numbers, which is how the demo checks itself.
"""

from __future__ import annotations

from collections.abc import Callable

from orthanc_cohorts.convert.demo.plan import CtScan, PatientPlan
from orthanc_cohorts.convert.demo.study import plan_study


def expected_counts(patients: int = 120) -> dict[str, int]:
    """Return the truths about a study of that many patients, by name.

    `question 1` and so on answer `questions.QUESTIONS` in order; `instances`, `series`, `studies` and
    `documents` count objects, everything else counts patients.
    Raises ValueError: patients is less than 1.
    """
    plans = plan_study(patients)
    counts = {name: sum(map(holds, plans)) for name, holds in PATIENTS_WHO.items()}
    counts |= {name: sum(map(number, plans)) for name, number in OBJECTS.items()}
    return counts


def _is_woman_of_80(plan: PatientPlan) -> bool:
    return plan.person.sex == "F" and any((age or 0) >= 80 for age in ages(plan))


def ages(plan: PatientPlan) -> list[int | None]:
    """Return the age at every study of the patient, None where objects state none."""
    days = [ecg.start.date() for ecg in plan.ecgs]
    days += [] if plan.ct is None else [plan.ct.start.date()]
    days += [] if plan.history is None else [plan.history.written.date()]
    return [plan.person.age_at(day) for day in days]


def body_mass_index(plan: PatientPlan) -> float | None:
    """Return kg/m2; None without a CT (only there size and weight are sent) or with a gap in either."""
    person = plan.person
    if plan.ct is None or person.size_m is None or person.weight_kg is None:
        return None
    return person.weight_kg / person.size_m**2


def latest_qtc_ms(plan: PatientPlan) -> int | None:
    """Return the last QTc that a report states, None where none does."""
    stated = [(ecg.start, ecg.qtc_ms) for ecg in plan.ecgs if ecg.reported and ecg.qtc_ms is not None]
    return max(stated)[1] if stated else None


def _has_thin_slices(plan: PatientPlan) -> bool:
    return plan.ct is not None and any(max(series) <= 1.25 for series in _slice_thicknesses(plan.ct))


def _slice_thicknesses(ct: CtScan) -> list[list[float]]:
    """Slice thicknesses of each CT series, mm."""
    return [[ct.slice_mm(at, native) for at in ct.positions(native)] for native in ct.series()]


def _has_segmented_calcium(plan: PatientPlan) -> bool:
    return plan.ct is not None and plan.segmented and bool(plan.ct.calcium_voxels())


def _has_pacemaker(plan: PatientPlan) -> bool:
    return plan.history is not None and plan.history.pacemaker


def _has_ecg(plan: PatientPlan) -> bool:
    return any(ecg.recorded for ecg in plan.ecgs)


def _has_long_qtc(plan: PatientPlan) -> bool:
    qtc = latest_qtc_ms(plan)
    return qtc is not None and qtc > 450


def _has_wide_annulus(plan: PatientPlan) -> bool:
    # Superseded reports count as well: a cohort asks every document unless it says `current`.
    return any(measures.diameter_mm >= 25 for measures in plan.measures)


def _has_much_calcium(plan: PatientPlan) -> bool:
    return any((measures.volume_mm3 or 0) >= 300 for measures in plan.measures)


def _is_obese(plan: PatientPlan) -> bool:
    index = body_mass_index(plan)
    return index is not None and index >= 30


def _has_finding(*findings: str) -> Callable[[PatientPlan], bool]:
    def holds(plan: PatientPlan) -> bool:
        return any(ecg.reported and {ecg.rhythm, ecg.conduction} & set(findings) for ecg in plan.ecgs)

    return holds


PATIENTS_WHO: dict[str, Callable[[PatientPlan], bool]] = {
    "patients": lambda plan: True,
    "CT": lambda plan: plan.ct is not None,
    "native CT": lambda plan: plan.ct is not None and plan.ct.native,
    "SEG": lambda plan: plan.segmented,
    "segmented calcium": _has_segmented_calcium,
    "ECG": _has_ecg,
    "CT and ECG": lambda plan: plan.ct is not None and _has_ecg(plan),
    "CT without ECG": lambda plan: plan.ct is not None and not _has_ecg(plan),
    "ECG without CT": lambda plan: plan.ct is None and _has_ecg(plan),
    "two ECGs or more": lambda plan: sum(ecg.recorded for ecg in plan.ecgs) >= 2,
    "ECG report": lambda plan: any(ecg.reported for ecg in plan.ecgs),
    "measurement report": lambda plan: bool(plan.measures),
    "superseded report": lambda plan: any(one.replaces is not None for one in plan.measures),
    "area failed": lambda plan: any(one.area_mm2 is None for one in plan.measures),
    "history": lambda plan: plan.history is not None,
    "pacemaker": _has_pacemaker,
    "history without pacemaker": lambda plan: plan.history is not None and not plan.history.pacemaker,
    "women": lambda plan: plan.person.sex == "F",
    "men": lambda plan: plan.person.sex == "M",
    "women of 80 or older": _is_woman_of_80,
    "BMI >= 30": _is_obese,
    "latest QTc > 450 ms": _has_long_qtc,
    "annulus >= 25 mm": _has_wide_annulus,
    "calcium >= 300 mm3": _has_much_calcium,
    "atrial fibrillation": _has_finding("atrial fibrillation"),
    "left bundle branch block": _has_finding("LBBB"),
    "diabetes": lambda plan: plan.history is not None and "diabetes" in plan.history.problems,
    "question 1": lambda p: _is_woman_of_80(p) and _has_thin_slices(p) and _has_segmented_calcium(p),
    "question 2": lambda p: _has_long_qtc(p) and _has_wide_annulus(p),
    "question 3": lambda p: _has_ecg(p) and _has_much_calcium(p) and not _has_pacemaker(p),
}
"""What is said of a patient, and whether it holds."""


def _documents(plan: PatientPlan) -> int:
    return len(plan.measures) + sum(ecg.reported for ecg in plan.ecgs) + (plan.history is not None)


def _slices(plan: PatientPlan) -> int:
    return 0 if plan.ct is None else sum(len(plan.ct.positions(native)) for native in plan.ct.series())


def _recordings(plan: PatientPlan) -> int:
    return sum(ecg.recorded for ecg in plan.ecgs)


OBJECTS: dict[str, Callable[[PatientPlan], int]] = {
    "studies": lambda plan: len(ages(plan)),
    "series": lambda plan: (
        (0 if plan.ct is None else len(plan.ct.series()))
        + plan.segmented
        + _recordings(plan)
        + _documents(plan)
    ),
    "instances": lambda plan: _slices(plan) + plan.segmented + _recordings(plan) + _documents(plan),
    "documents": _documents,
}
"""What the archive holds of a patient, as a number."""
