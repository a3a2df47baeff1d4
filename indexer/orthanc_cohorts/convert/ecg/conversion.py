"""A recorded ECG becomes a waveform and its report in a folder.

Knows which objects there are; each makes itself.
"""

from __future__ import annotations

from dataclasses import replace

from orthanc_cohorts.convert.ecg.recording import Recording
from orthanc_cohorts.convert.ecg.report import report, says_anything
from orthanc_cohorts.convert.ecg.shape import Wanted, kind_of
from orthanc_cohorts.convert.ecg.waveform import waveform
from orthanc_cohorts.convert.header import Context, Equipment, Series, series_uid
from orthanc_cohorts.convert.outbox import Outbox, file_name
from orthanc_cohorts.convert.problem import Problem, raise_any

_AGE_LETTERS = {"a": "Y", "mo": "M", "wk": "W", "d": "D"}


def write(recording: Recording, context: Context, outbox: Outbox, source: str, kind: Wanted = "auto") -> None:
    """Write the waveform of an ECG and, where its header says anything, its report.

    recording: of leads that all can be written (`selection.selected`). context: of patient and study; its
    series is replaced. source: what messages call the file.
    Raises ConversionError: no SOP class takes it, or its header speaks of somebody else.
    """
    raise_any(_contradictions(recording, context, source))
    chosen = kind_of(recording, source, kind)
    about = _completed(context, recording)
    key = ("ecg", *about.patient.key, about.study.uid, recording.name)
    # Records of one name, such as `ecg`, are told apart by their study.
    folder = f"{file_name(about.patient.patient_id)}/{file_name(recording.name, about.study.uid[-8:])}"
    made = outbox.put(
        (*key, "waveform"),
        f"{folder}/ecg.dcm",
        waveform(recording, chosen, _of_series(about, "ECG", recording.name, 1, "ECG")),
    )
    if says_anything(recording):
        told = report(recording, made, _of_series(about, "SR", f"{recording.name} report", 2, "ECG report"))
        outbox.put((*key, "report"), f"{folder}/report.dcm", told)


def _contradictions(recording: Recording, context: Context, source: str) -> list[Problem]:
    """Return where the header says another sex or birth date than the patient has."""
    subject, patient = recording.subject, context.patient
    found = []
    if subject.sex and patient.sex and subject.sex != patient.sex:
        found.append(Problem(source, f"its header says sex {subject.sex}, the patient has {patient.sex}"))
    if subject.birth_date and patient.birth_date and subject.birth_date != patient.birth_date:
        found.append(Problem(source, "its header says another birth date than the patient has"))
    return found


def _completed(context: Context, recording: Recording) -> Context:
    """Return the context with what only the header knows: sex, age, body, device; nothing that identifies."""
    subject, device = recording.subject, recording.device
    patient = replace(context.patient, sex=context.patient.sex or subject.sex)
    study = replace(
        context.study,
        moment=context.study.moment or recording.moment,
        age=context.study.age or _age(recording),
        size_m=context.study.size_m or (float(subject.height_cm) / 100 if subject.height_cm else None),
        weight_kg=context.study.weight_kg or (float(subject.weight_kg) if subject.weight_kg else None),
    )
    equipment = context.equipment
    if device.manufacturer or device.model:
        equipment = Equipment(
            device.manufacturer,
            device.model,
            device.serial,
            device.software,
            context.equipment.institution,
        )
    return replace(context, patient=patient, study=study, equipment=equipment)


def _age(recording: Recording) -> str:
    """Return the age as AS, "" where it is not known or takes more than three digits."""
    if recording.subject.age is None:
        return ""
    value, unit = recording.subject.age
    letter = _AGE_LETTERS.get(unit)
    return f"{int(value):03d}{letter}" if letter and 0 <= value < 1000 else ""


def _of_series(context: Context, modality: str, key: str, number: int, description: str) -> Context:
    uid = series_uid(context.study.uid, f"ecg {key}")
    return replace(context, series=Series(uid, modality, number, description))
