"""Patient, study, series and equipment of what is converted, as attributes of its objects.

Knows nothing of pixels, samples or content trees. No clock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import DA, TM

from orthanc_cohorts import __version__

UTF_8 = "ISO_IR 192"


def uid(*parts: object) -> str:
    """Return the UID that belongs to these parts: 2.25 and 128 bits of their SHA-256 (PS3.5 B.2)."""
    digest = hashlib.sha256("\x1f".join(("orthanc-cohorts", *map(str, parts))).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


@dataclass(frozen=True, slots=True)
class Patient:
    """A person (PS3.3 C.7.1.1).

    issuer: whose the id is, None where nobody says. name: as PN. sex: M, F, O, or "" for not known.
    birth_date: None for not known.
    """

    patient_id: str
    issuer: str | None = None
    name: str = ""
    sex: str = ""
    birth_date: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells this person from every other one."""
        return self.issuer or "", self.patient_id


@dataclass(frozen=True, slots=True)
class Study:
    """A study (PS3.3 C.7.2).

    moment: when it began; a date where the time of day is not known, None where nothing is. age: of the
    patient, as AS, "" for not known. size_m, weight_kg: None for not known.
    """

    uid: str
    moment: datetime | date | None = None
    description: str = ""
    accession_number: str = ""
    age: str = ""
    size_m: float | None = None
    weight_kg: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A series (PS3.3 C.7.3.1)."""

    uid: str
    modality: str
    number: int = 1
    description: str = ""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What made an object (PS3.3 C.7.5.1); of a converter, that is this software."""

    manufacturer: str = "orthanc-cohorts"
    model: str = "convert"
    serial: str = "0"
    software: str = __version__
    institution: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What all objects of one series share."""

    patient: Patient
    study: Study
    series: Series
    equipment: Equipment = Equipment()


def study_uid(patient: Patient, key: str) -> str:
    """Return the UID of a study of a patient; key: what tells it from the patient's other studies."""
    return uid("study", *patient.key, key)


def series_uid(study_instance_uid: str, key: str) -> str:
    """Return the UID of a series of a study; key: what tells it from the study's other series."""
    return uid("series", study_instance_uid, key)


def beside(ds: Dataset, series: Series, equipment: Equipment | None = None) -> Context:
    """Return the context of a new series in the study of an object."""
    birth_date = from_date(ds.get("PatientBirthDate"))
    patient = Patient(
        str(ds.get("PatientID") or ""),
        ds.get("IssuerOfPatientID") or None,
        str(ds.get("PatientName") or ""),
        str(ds.get("PatientSex") or ""),
        birth_date,
    )
    study = Study(
        str(ds.StudyInstanceUID),
        from_date(ds.get("StudyDate"), ds.get("StudyTime")),
        str(ds.get("StudyDescription") or ""),
        str(ds.get("AccessionNumber") or ""),
        str(ds.get("PatientAge") or ""),
        None if ds.get("PatientSize") is None else float(ds.PatientSize),
        None if ds.get("PatientWeight") is None else float(ds.PatientWeight),
    )
    return Context(patient, study, series, equipment or Equipment())


def from_date(day: object, at: object = None) -> datetime | date | None:
    """Return the moment that a DA and a TM name; a date without a time of day; None without a date.

    Raises ValueError: one of them is none.
    """
    if not day:
        return None
    found = DA(str(day))
    moment = TM(str(at)) if at else None
    if found is None:
        return None
    return date.fromordinal(found.toordinal()) if moment is None else datetime.combine(found, moment)


def header(context: Context, sop_class_uid: str, number: int = 1) -> Dataset:
    """Return an object with all attributes but those of its kind; its SOPInstanceUID is given later.

    number: of the instance within its series.
    """
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = sop_class_uid
    ds.SpecificCharacterSet = UTF_8
    ds.SOPClassUID = sop_class_uid
    _add_patient(ds, context.patient)
    _add_study(ds, context.study)
    ds.Modality, ds.SeriesInstanceUID = context.series.modality, context.series.uid
    ds.SeriesNumber, ds.InstanceNumber = context.series.number, number
    if context.series.description:
        ds.SeriesDescription = context.series.description
    _add_equipment(ds, context.equipment)
    return ds


def dicom_date(moment: datetime | date) -> str:
    """Return DA."""
    return f"{moment:%Y%m%d}"


def dicom_time(moment: datetime) -> str:
    """Return TM, with a fraction of a second where there is one."""
    return f"{moment:%H%M%S.%f}" if moment.microsecond else f"{moment:%H%M%S}"


def dicom_datetime(moment: datetime | date) -> str:
    """Return DT; of a date without a time of day, that precise and no more (PS3.5 6.2)."""
    return dicom_date(moment) + (dicom_time(moment) if isinstance(moment, datetime) else "")


def _add_patient(ds: Dataset, patient: Patient) -> None:
    ds.PatientName, ds.PatientID, ds.PatientSex = patient.name, patient.patient_id, patient.sex
    ds.PatientBirthDate = "" if patient.birth_date is None else dicom_date(patient.birth_date)
    if patient.issuer:
        ds.IssuerOfPatientID = patient.issuer


def _add_study(ds: Dataset, study: Study) -> None:
    ds.StudyInstanceUID, ds.StudyID, ds.AccessionNumber = study.uid, "", study.accession_number
    ds.StudyDate = "" if study.moment is None else dicom_date(study.moment)
    ds.StudyTime = dicom_time(study.moment) if isinstance(study.moment, datetime) else ""
    ds.ReferringPhysicianName = ""
    if study.description:
        ds.StudyDescription = study.description
    if study.age:
        ds.PatientAge = study.age
    if study.size_m is not None:
        ds.PatientSize = f"{study.size_m:.6g}"
    if study.weight_kg is not None:
        ds.PatientWeight = f"{study.weight_kg:.6g}"


def _add_equipment(ds: Dataset, equipment: Equipment) -> None:
    ds.Manufacturer, ds.ManufacturerModelName = equipment.manufacturer, equipment.model
    ds.DeviceSerialNumber, ds.SoftwareVersions = equipment.serial, equipment.software
    if equipment.institution:
        ds.InstitutionName = equipment.institution
