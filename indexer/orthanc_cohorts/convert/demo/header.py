"""Patient, study, series and instance attributes that every object of the demo shares, and its UIDs.

Knows nothing of pixels, samples or content trees. No clock: whatever a library stamps is overwritten here.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from orthanc_cohorts.convert.demo.plan import Device, Person
from orthanc_cohorts.convert.header import dicom_date, dicom_time


def uid(*parts: object) -> str:
    """Return the UID that belongs to these parts: 2.25 and 128 bits of their SHA-256 (PS3.5 B.2)."""
    digest = hashlib.sha256("\x1f".join(("orthanc-cohorts demo", *map(str, parts))).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def study_header(person: Person, study: str, start: datetime, description: str) -> Dataset:
    """Return patient and study attributes; `study` names the study among those of the person."""
    ds = Dataset()
    if person.character_set:
        ds.SpecificCharacterSet = list(person.character_set)
    ds.PatientName, ds.PatientID, ds.PatientSex = person.name, person.patient_id, person.sex
    ds.PatientBirthDate = person.birth_date.strftime("%Y%m%d") if person.sends_birth_date else ""
    age = person.age_at(start.date())
    if person.sends_age and age is not None:
        ds.PatientAge = f"{age:03d}Y"
    ds.StudyInstanceUID = uid("study", person.number, study)
    ds.StudyDate, ds.StudyTime = dicom_date(start), dicom_time(start)
    # 16 characters at most (SH): the accession number follows from the UID, so that it is unique as well.
    ds.AccessionNumber = f"A{int(ds.StudyInstanceUID[5:]) % 10**10:010d}"
    ds.StudyID = f"{person.number}-{study}"[:16]
    ds.StudyDescription = description
    ds.ReferringPhysicianName = ""
    return ds


def add_body(ds: Dataset, person: Person) -> None:
    """Add size and weight as the person's site sends them; only CT studies know them."""
    if person.size_text:
        ds.PatientSize = person.size_text
    if person.weight_kg is not None:
        ds.PatientWeight = f"{person.weight_kg:.1f}"


def add_series(
    ds: Dataset, modality: str, sop_class: str, series: str, number: int, instance: int, description: str
) -> None:
    """Add series and instance attributes; `series` names the series within the study."""
    ds.Modality, ds.SOPClassUID = modality, sop_class
    ds.SeriesNumber, ds.InstanceNumber, ds.SeriesDescription = number, instance, description
    ds.SeriesInstanceUID = uid("series", ds.StudyInstanceUID, series)
    ds.SOPInstanceUID = uid("instance", ds.SeriesInstanceUID, instance)


def add_device(ds: Dataset, device: Device, institution: str) -> None:
    """Add what the machine says of itself and where it stands; gaps stay empty as vendors send them."""
    ds.Manufacturer, ds.ManufacturerModelName = device.manufacturer, device.model
    ds.DeviceSerialNumber, ds.SoftwareVersions = device.serial, device.software
    if institution:
        ds.InstitutionName = institution


def stamp(ds: Dataset, moment: datetime) -> None:
    """Set creation, content, contribution and verification time, which highdicom takes from the clock."""
    ds.InstanceCreationDate = ds.ContentDate = dicom_date(moment)
    ds.InstanceCreationTime = ds.ContentTime = dicom_time(moment)
    for equipment in ds.get("ContributingEquipmentSequence", []):
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = dicom_date(moment) + dicom_time(moment)
    for observer in ds.get("VerifyingObserverSequence", []):
        observer.VerificationDateTime = dicom_date(moment) + dicom_time(moment)


def add_meta(ds: Dataset, implicit: bool = False) -> None:
    """Add the file meta header; implicit chooses the transfer syntax, else explicit little endian."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def as_source(ds: Dataset) -> Dataset:
    """Return ds as highdicom takes it: without SpecificCharacterSet, since it refuses an empty first value.

    The values are text already; whoever writes the new object sets the character set of the person again.
    """
    # Dataset(ds) would share its elements with ds (pydicom 3.0).
    source = Dataset()
    for element in ds:
        if element.keyword != "SpecificCharacterSet":
            source[element.tag] = element
    source.file_meta = ds.file_meta
    return source
