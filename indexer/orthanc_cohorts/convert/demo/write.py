"""The objects of the demo study in the order in which a clinic makes them, and their files.

Knows nothing of Orthanc; `demo_objects` can be sent anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.demo.ecg import recording
from orthanc_cohorts.convert.demo.ecg_report import ecg_report
from orthanc_cohorts.convert.demo.history import history_report
from orthanc_cohorts.convert.demo.image import contrast_series, native_series
from orthanc_cohorts.convert.demo.plan import PatientPlan
from orthanc_cohorts.convert.demo.report import measurement_reports
from orthanc_cohorts.convert.demo.seg import segmentation
from orthanc_cohorts.convert.demo.study import plan_study


def write_demo_study(
    directory: Path, patients: int = 120, progress: Callable[[int, int], None] | None = None
) -> list[Path]:
    """Write the study as DICOM files and return their paths, in order.

    directory: is made where missing; files of the same name are overwritten.
    progress: called with (patients done, patients in all) after each patient.
    The bytes depend on the number of patients and the version of highdicom only.
    Raises ValueError: patients is less than 1. Raises OSError.
    """
    paths = []
    for done, plan in enumerate(plan_study(patients), 1):
        for name, ds in patient_objects(plan):
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            ds.save_as(path, enforce_file_format=True)
            paths.append(path)
        if progress is not None:
            progress(done, patients)
    return paths


def demo_objects(patients: int = 120) -> Iterator[tuple[str, Dataset]]:
    """Yield (relative file name, object) of the study, patient by patient.

    Raises ValueError: patients is less than 1.
    """
    for plan in plan_study(patients):
        yield from patient_objects(plan)


def patient_objects(plan: PatientPlan) -> Iterator[tuple[str, Dataset]]:
    """Yield (relative file name, object) of one patient."""
    folder = f"patient{plan.person.number:04d}"
    for name, ds in (*_ct_study(plan), *_ecg_studies(plan)):
        yield f"{folder}/{name}.dcm", ds
    if plan.history is not None:
        yield f"{folder}/history.dcm", history_report(plan.person, plan.history)


def _ct_study(plan: PatientPlan) -> Iterator[tuple[str, Dataset]]:
    if plan.ct is None:
        return
    if plan.ct.native:
        for number, ds in enumerate(native_series(plan.person, plan.ct), 1):
            yield f"ct/native{number:02d}", ds
    images = list(contrast_series(plan.person, plan.ct))
    for number, ds in enumerate(images, 1):
        yield f"ct/cta{number:02d}", ds
    mask = segmentation(plan.person, plan.ct, images) if plan.segmented else None
    if mask is not None:
        yield "ct/seg", mask
    reports = measurement_reports(plan.person, plan.ct, plan.measures, images, mask)
    for number, ds in enumerate(reports, 1):
        yield f"ct/measurements{number}", ds


def _ecg_studies(plan: PatientPlan) -> Iterator[tuple[str, Dataset]]:
    for number, ecg in enumerate(plan.ecgs, 1):
        trace = recording(plan.person, ecg, number)
        if ecg.recorded:
            yield f"ecg{number}/ecg", trace
        if ecg.reported:
            yield f"ecg{number}/report", ecg_report(plan.person, ecg, number, trace if ecg.recorded else None)
