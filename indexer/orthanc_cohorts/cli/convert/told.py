"""What the options of a converter say together: patient, study and series.

Knows nothing of what is converted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from orthanc_cohorts.convert.header import Context, Equipment, Patient, Series, Study, beside
from orthanc_cohorts.convert.header import series_uid as series_uid_of
from orthanc_cohorts.convert.header import study_uid as study_uid_of
from orthanc_cohorts.errors import ConversionError


@dataclass(frozen=True, slots=True)
class Told:
    """What `options` say, in their words."""

    patient_id: str | None = None
    issuer: str | None = None
    name: str = ""
    sex: str = ""
    birth_date: str | None = None
    study: str | None = None
    time: str | None = None
    description: str = ""
    beside: Path | None = None

    def context(
        self,
        modality: str,
        series: str,
        description: str = "",
        number: int = 1,
        image: Dataset | None = None,
    ) -> Context:
        """Return the context of a series; series: what tells it from others of the study.

        image: what the data is of; its patient and study hold where no other is named. Raises
        ConversionError: neither a patient nor an object is named, or a value is none.
        """
        there = image if self.patient_id is None else None
        if self.beside is not None:
            there = _read(self.beside)
        if there is not None:
            found = beside(there, Series("", modality, number, description))
            return replace(found, series=replace(found.series, uid=series_uid_of(found.study.uid, series)))
        if self.patient_id is None:
            raise ConversionError(
                "name the patient with --patient-id, or an object of the study with --beside"
            )
        if self.sex not in ("", "M", "F", "O"):
            raise ConversionError(f"--sex {self.sex}: write M, F or O, or leave it out")
        born = moment("--birth-date", self.birth_date)
        patient = Patient(self.patient_id, self.issuer, self.name, self.sex, born)
        begun = moment("--time", self.time)
        study = study_uid_of(patient, self.study or self.time or "")
        return Context(
            patient,
            Study(study, begun, self.description),
            Series(series_uid_of(study, series), modality, number, description),
            Equipment(),
        )


def _read(path: Path) -> Dataset:
    try:
        return dcmread(path, stop_before_pixels=True)
    except InvalidDicomError as error:
        raise ConversionError(f"--beside {path}: is no DICOM file") from error


def moment(option: str, text: str | None) -> datetime | date | None:
    """Return the moment that an option names, None without it. Raises ConversionError: it is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if len(text) == len("YYYY-MM-DD") else datetime.fromisoformat(text)
    except ValueError as error:
        raise ConversionError(f"{option} {text}: write 2024-05-02 or 2024-05-02T07:08:09") from error
