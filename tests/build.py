"""Small DICOM objects for tests, built item by item in plain pydicom.

Knows nothing of the code under test: no import of orthanc_cohorts, so that a test never checks us with us.

Codes are written `SCHEME|code|meaning` (the meaning may be left out); a bare text such as `Volume` is a
private code of that name. UIDs are hashes of text (`uid`), so every run builds the same bytes.
Keyword arguments of `sr`, `ct`, `ecg`, `seg` are DICOM keywords and override the header; None removes one.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    ComprehensiveSRStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SegmentationStorage,
    TwelveLeadECGWaveformStorage,
)

from build_items import (
    by_reference,
    code,
    concept,
    container,
    date,
    datetime,
    image,
    num,
    pname,
    references,
    scoord,
    sop_reference,
    template_item,
    text,
    time,
    uidref,
    waveform,
)

__all__ = [
    "by_reference", "code", "concept", "container", "ct", "date", "datetime", "ecg", "image", "num", "pname",
    "raw_element", "references", "scoord", "seg", "sop_reference", "sr", "template_item", "text", "time",
    "to_bytes", "uid", "uidref", "waveform",
]  # fmt: skip

EXPLICIT = str(ExplicitVRLittleEndian)
IMPLICIT = str(ImplicitVRLittleEndian)
BIG_ENDIAN = str(ExplicitVRBigEndian)
DEFLATED = str(DeflatedExplicitVRLittleEndian)
LEADS = {
    "I": "1", "II": "2", "III": "61", "aVR": "62", "aVL": "63", "aVF": "64",
    "V1": "3", "V2": "4", "V3": "5", "V4": "6", "V5": "7", "V6": "8",
}  # fmt: skip
"""The twelve leads and the second half of their MDC codes 2:n (CID 3001)."""


def uid(*parts: object) -> str:
    """Return a UID derived from the parts alone: 2.25 and a 128-bit integer."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def sr(
    items: Iterable[Dataset],
    title: str = "DCM|126000|Imaging Measurement Report",
    template: str | None = None,
    sop_class: str = str(ComprehensiveSRStorage),
    evidence: Sequence[tuple[str, str, str, str]] = (),
    predecessors: Sequence[tuple[str, str, str, str]] = (),
    **header: Any,
) -> Dataset:
    """Return a report whose root holds the items; evidence and predecessors as `references` takes them."""
    ds = _header("SR", sop_class, header)
    ds.CompletionFlag = "COMPLETE"
    ds.VerificationFlag = "UNVERIFIED"
    ds.ValueType = "CONTAINER"
    ds.ConceptNameCodeSequence = [concept(title)]
    ds.ContinuityOfContent = "SEPARATE"
    if template is not None:
        ds.ContentTemplateSequence = [template_item(template)]
    if evidence:
        ds.CurrentRequestedProcedureEvidenceSequence = references(*evidence)
    if predecessors:
        ds.PredecessorDocumentsSequence = references(*predecessors)
    children = list(items)
    if children:
        ds.ContentSequence = children
    return _override(ds, header)


def ct(pixels: bytes | None = None, **header: Any) -> Dataset:
    """Return a CT slice of 8 x 8 pixels, 1.25 mm thick."""
    ds = _header("CT", str(CTImageStorage), header)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.BodyPartExamined = "HEART"
    ds.SliceThickness, ds.KVP, ds.PixelSpacing = "1.25", "100", ["0.5", "0.5"]
    ds.ImagePositionPatient, ds.ImageOrientationPatient = ["0", "0", "0"], ["1", "0", "0", "0", "1", "0"]
    ds.FrameOfReferenceUID = uid("frame", ds.SeriesInstanceUID)
    ds.Rows = ds.Columns = 8
    _pixel_format(ds, 16)
    ds.PixelRepresentation = 1
    ds.RescaleIntercept, ds.RescaleSlope = "0", "1"
    ds.add_new("PixelData", "OW", bytes(128) if pixels is None else pixels)
    return _override(ds, header)


def ecg(
    channels: int = 12, samples: int = 100, frequency: float = 500, groups: int = 1, **header: Any
) -> Dataset:
    """Return an ECG of `groups` multiplex groups, 16 bit, 4.88 microvolt per bit, all samples 0."""
    ds = _header("ECG", str(TwelveLeadECGWaveformStorage), header)
    ds.AcquisitionDateTime = f"{ds.StudyDate}{ds.StudyTime}"
    ds.WaveformSequence = []
    for number in range(1, groups + 1):
        group = Dataset()
        group.MultiplexGroupLabel = "RHYTHM" if number == 1 else "MEDIAN BEAT"
        group.WaveformOriginality = "ORIGINAL" if number == 1 else "DERIVED"
        group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = channels, samples
        group.SamplingFrequency = frequency
        group.ChannelDefinitionSequence = [_channel(*lead) for lead in list(LEADS.items())[:channels]]
        group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
        group.add_new("WaveformData", "OW", bytes(2 * channels * samples))
        ds.WaveformSequence.append(group)
    return _override(ds, header)


def seg(
    segments: Sequence[tuple[str, str]] = (("Aorta", "SCT|15825003|Aorta"),),
    source: Dataset | None = None,
    region: str | None = None,
    category: str = "SCT|91723000|Anatomical Structure",
    **header: Any,
) -> Dataset:
    """Return a BINARY segmentation with one 8 x 8 frame per (label, property type); source: the image."""
    ds = _header("SEG", str(SegmentationStorage), header)
    ds.ImageType, ds.SegmentationType = ["DERIVED", "PRIMARY"], "BINARY"
    ds.ContentLabel = "SEGMENTATION"
    ds.SegmentSequence, ds.PerFrameFunctionalGroupsSequence = [], []
    for number, (label, property_type) in enumerate(segments, 1):
        segment, frame, which = Dataset(), Dataset(), Dataset()
        segment.SegmentNumber, segment.SegmentLabel = number, label
        segment.SegmentedPropertyCategoryCodeSequence = [concept(category)]
        segment.SegmentedPropertyTypeCodeSequence = [concept(property_type)]
        segment.SegmentAlgorithmType = "MANUAL"
        if region is not None:
            segment.AnatomicRegionSequence = [concept(region)]
        ds.SegmentSequence.append(segment)
        which.ReferencedSegmentNumber = number
        frame.SegmentIdentificationSequence = [which]
        ds.PerFrameFunctionalGroupsSequence.append(frame)
    if source is not None:
        series = Dataset()
        series.SeriesInstanceUID = source.SeriesInstanceUID
        series.ReferencedInstanceSequence = [sop_reference(source.SOPClassUID, source.SOPInstanceUID)]
        ds.ReferencedSeriesSequence = [series]
    ds.NumberOfFrames, ds.Rows, ds.Columns = len(segments), 8, 8
    _pixel_format(ds, 1)
    ds.add_new("PixelData", "OB", bytes(8 * len(segments)))
    return _override(ds, header)


def to_bytes(ds: Dataset, transfer_syntax: str = EXPLICIT, preamble: bool = True) -> bytes:
    """Return the file of ds; preamble False leaves out preamble and meta header."""
    buffer = io.BytesIO()
    ds = Dataset(ds)
    if preamble:
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = transfer_syntax
        dcmwrite(buffer, ds, enforce_file_format=True)
    else:
        implicit, little = transfer_syntax == IMPLICIT, transfer_syntax != BIG_ENDIAN
        dcmwrite(buffer, ds, implicit_vr=implicit, little_endian=little)
    return buffer.getvalue()


def raw_element(group: int, element: int, vr: str, value: bytes) -> bytes:
    """Return one explicit VR little endian element as it would stand in a file, for broken files."""
    head = struct.pack("<HH2s", group, element, vr.encode())
    if vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"):
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def _header(modality: str, sop_class: str, header: dict[str, Any]) -> Dataset:
    """Patient, study, series, instance; UIDs follow from PatientID, StudyID, SeriesNumber, InstanceNumber."""
    ds = Dataset()
    ds.PatientID = header.get("PatientID", "P1")
    ds.PatientName, ds.PatientBirthDate, ds.PatientSex = "Test^Patient", "19500102", "F"
    ds.StudyID = header.get("StudyID", "1")
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber, ds.ReferringPhysicianName = "20240131", "101112", "", ""
    ds.Modality, ds.Manufacturer = modality, "Test"
    ds.SeriesNumber = header.get("SeriesNumber", {"CT": 1, "ECG": 2, "SEG": 3}.get(modality, 4))
    ds.InstanceNumber = header.get("InstanceNumber", 1)
    ds.ContentDate, ds.ContentTime = ds.StudyDate, ds.StudyTime
    ds.SOPClassUID = sop_class
    ds.StudyInstanceUID = uid("study", ds.PatientID, ds.StudyID)
    ds.SeriesInstanceUID = uid("series", ds.StudyInstanceUID, modality, ds.SeriesNumber)
    ds.SOPInstanceUID = uid("instance", ds.SeriesInstanceUID, ds.InstanceNumber)
    return _override(ds, header)


def _override(ds: Dataset, header: dict[str, Any]) -> Dataset:
    for keyword, value in header.items():
        if value is None:
            if keyword in ds:
                delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def _channel(label: str, number: str) -> Dataset:
    channel = Dataset()
    channel.ChannelLabel = label
    channel.ChannelSourceSequence = [concept(f"MDC|2:{number}|Lead {label}")]
    channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = "4.88", "1"
    channel.ChannelSensitivityUnitsSequence = [concept("UCUM|uV|microvolt")]
    channel.ChannelBaseline, channel.ChannelSampleSkew, channel.WaveformBitsStored = "0", "0", 16
    channel.FilterLowFrequency, channel.FilterHighFrequency = "0.05", "150"
    return channel


def _pixel_format(ds: Dataset, bits: int) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 0
