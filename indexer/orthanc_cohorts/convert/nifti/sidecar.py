"""Sidecars of BIDS: what dcm2niix kept of a DICOM header beside the NIfTI, as attributes again.

Knows keys, units and terms; nothing of images. Times of BIDS are seconds, those of DICOM milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from orthanc_cohorts.convert.nifti.kind import Attributes, Modality
from orthanc_cohorts.convert.nifti.stored import decimal
from orthanc_cohorts.convert.problem import Problem, raise_any, shown

_SEQUENCES = ("SE", "IR", "GR", "EP", "RM")
_VARIANTS = ("SK", "MTC", "SS", "TRSS", "SP", "MP", "OSP", "NONE")
_POSITIONS = ("HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL")
_Reader = Callable[[object], object]


class Sidecar(NamedTuple):
    """attributes: keyword -> value, as pydicom takes it. left_out: keys without a place in images here."""

    attributes: Attributes
    left_out: tuple[str, ...]


def _number(factor: float = 1.0) -> _Reader:
    def read(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
            raise ValueError("no number that is 0 or more")
        return decimal(round(value * factor, 9))

    return read


def _count(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("no whole number that is 0 or more")
    return value


def _text(longest: int) -> _Reader:
    def read(value: object) -> object:
        if not isinstance(value, str) or len(value) > longest or "\\" in value:
            raise ValueError(f"no text of at most {longest} characters")
        return value

    return read


def _terms(known: Iterable[str], most: int | None = None) -> _Reader:
    """Read one term or more; dcm2niix writes an underscore between them, DICOM a backslash."""
    terms = tuple(known)

    def read(value: object) -> object:
        found = str(value).replace("\\", "_").split("_") if isinstance(value, str) else []
        if not found or set(found) - set(terms) or (most is not None and len(found) > most):
            raise ValueError(f"none of {', '.join(terms)}")
        return found if len(found) > 1 else found[0]

    return read


_ANY: dict[str, _Reader] = {
    "ProtocolName": _text(64),
    "PatientPosition": _terms(_POSITIONS, 1),
    "SliceThickness": _number(),
}
_MR: dict[str, _Reader] = {
    "ScanningSequence": _terms(_SEQUENCES),
    "SequenceVariant": _terms(_VARIANTS),
    "SequenceName": _text(16),
    "MRAcquisitionType": _terms(("1D", "2D", "3D"), 1),
    "MagneticFieldStrength": _number(),
    "RepetitionTime": _number(1000),
    "EchoTime": _number(1000),
    "InversionTime": _number(1000),
    "FlipAngle": _number(),
    "EchoTrainLength": _count,
    "ImagingFrequency": _number(),
    "PixelBandwidth": _number(),
}
"""Keys of BIDS that are keywords of DICOM, and how each is read."""


def sidecar(path: Path, modality: Modality) -> Sidecar:
    """Return what a sidecar says of an image.

    Raises ConversionError: it is no JSON object, is of another modality, or says what DICOM does not take.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        held = error
    if not isinstance(held, dict):
        raise_any([Problem(path.name, "it is no JSON object that can be read")])
    problems = []
    if held.get("Modality", modality) != modality:
        problems.append(Problem(path.name, f"Modality: {held['Modality']!r}, not {modality}"))
    attributes: dict[str, object] = {}
    readers = _ANY | _MR if modality == "MR" else _ANY
    for key, value in held.items():
        if key in readers and value is not None:
            try:
                attributes[key] = readers[key](value)
            except ValueError as error:
                problems.append(Problem(path.name, f"{key}: {shown(str(value))} is {error}"))
    raise_any(problems)
    return Sidecar(attributes, tuple(key for key in held if key not in readers and key != "Modality"))
