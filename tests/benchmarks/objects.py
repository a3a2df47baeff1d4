"""DICOM objects of the stated mix, as bytes with UIDs of their own, made before anything is measured.

Knows what a store is fed with; no Orthanc and no clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

from pydicom.dataset import Dataset

import build

_UID_DIGITS = 24
_ROOT = "1.2.826.0.1.3680043.10.999."
_PATIENT = "P0000000"
MIX = (("CT", 8), ("ECG", 4), ("SEG", 4), ("SR", 4))
"""Kind and number per patient: one study, one series of each kind."""
MIX_TEXT = (
    "of 20 objects 8 CT slices (512 x 512, 16 bit, 525 kB), 4 twelve-lead ECGs (10 s, 500 Hz, 125 kB), "
    "4 segmentations (2 segments, 16 frames of 512 x 512, 535 kB), 4 reports of 40 items (10 kB); "
    "one patient with one study and four series each"
)
BATCH = sum(number for _, number in MIX)
THICKNESSES = ("0.75", "1.25", "2.5", "5")


def patients(first: int, count: int, seed: str) -> Iterator[list[bytes]]:
    """Yield for each patient the bytes of its objects, in a fixed mixed order; no UID occurs twice.

    first: number of the first patient. seed: another seed gives other UIDs.
    """
    templates = {kind: _template(kind) for kind, _ in MIX}
    order = [kind for kind, number in MIX for _ in range(number)]
    Random(1).shuffle(order)
    for patient in range(first, first + count):
        yield [
            _individual(templates[kind], seed, patient, kind, instance) for instance, kind in enumerate(order)
        ]


def small(first: int, step: int, seed: str) -> Iterator[list[bytes]]:
    """Yield without end the small objects of patients first, first + step, ...; no UID occurs twice.

    Each has one study: three CT slices of 8 x 8 pixels, a report of 40 items for every second, a segmentation
    for every third, an ECG of 100 samples for every fifth. Sex and slice thickness differ between patients.
    """
    templates = {
        (kind, sex, thickness): _template(kind, small=True, PatientSex=sex, thickness=thickness)
        for kind in ("CT", "SR", "SEG", "ECG")
        for sex in "FM"
        for thickness in (THICKNESSES if kind == "CT" else THICKNESSES[:1])
    }
    for patient in count(first, step):
        kinds = ["CT"] * 3 + [kind for kind, of in (("SR", 2), ("SEG", 3), ("ECG", 5)) if patient % of == 0]
        # Not in step with the kinds above.
        sex, thickness = "FM"[patient // 30 % 2], THICKNESSES[patient // 7 % len(THICKNESSES)]
        yield [
            _individual(
                templates[kind, sex, thickness if kind == "CT" else THICKNESSES[0]],
                seed,
                patient,
                kind,
                number,
            )
            for number, kind in enumerate(kinds)
        ]


def report(n_items: int, **header: str) -> Dataset:
    """Return a report of exactly that many content items, the root included, shaped as real ones are.

    Groups of ten: a container, tracking identifier, finding, site, and measurements with units.
    """
    groups = []
    left = n_items - 1
    while left:
        size = min(left, 10)
        groups.append(build.container("DCM|125007|Measurement Group", *_group(len(groups), size - 1)))
        left -= size
    return build.sr(groups, template="1500", **header)


def _group(number: int, size: int) -> list[Dataset]:
    heads = [
        build.text("DCM|112039|Tracking Identifier", f"Lesion {number}", rel="HAS OBS CONTEXT"),
        build.code("DCM|121071|Finding", "SCT|4147007|Mass"),
        build.code("SCT|363698007|Finding Site", "SCT|39607008|Lung", rel="HAS CONCEPT MOD"),
    ]
    numbers = [
        build.num(f"SCT|{410668003 + at}|Length {at}", value=f"{number % 90 + at}.5", unit="mm")
        for at in range(max(0, size - len(heads)))
    ]
    return (heads + numbers)[:size]


def marker(number: int, concept: str) -> bytes:
    """Return a small report of a patient of its own that states a NUM of this concept."""
    items = [build.num(concept, value=str(number), unit="mm")]
    return build.to_bytes(build.sr(items, PatientID=f"MARK{number:06d}", StudyID=f"M{number}"))


def _template(kind: str, small: bool = False, thickness: str = "1.25", **header: Any) -> bytes:
    series = {"CT": 1, "ECG": 2, "SEG": 3, "SR": 4}[kind]
    uids = {
        "PatientID": _PATIENT,
        "StudyInstanceUID": _ROOT + "8" * _UID_DIGITS,
        "SeriesInstanceUID": _ROOT + "7" * _UID_DIGITS,
        "SOPInstanceUID": _ROOT + "6" * _UID_DIGITS,
        "SeriesNumber": series,
        **header,
    }
    if small and kind == "CT":
        return build.to_bytes(build.ct(SliceThickness=thickness, **uids))
    if small and kind != "SR":
        return build.to_bytes(
            build.ecg(**uids) if kind == "ECG" else build.seg([("Aorta", "SCT|15825003|Aorta")], **uids)
        )
    noise = Random(7)
    if kind == "CT":
        pixels = noise.randbytes(2 * 512 * 512)
        return build.to_bytes(build.ct(pixels, Rows=512, Columns=512, **uids))
    if kind == "ECG":
        return build.to_bytes(build.ecg(samples=5_000, **uids))
    if kind == "SEG":
        segments = [("Aorta", "SCT|15825003|Aorta"), ("Valve", "SCT|34202007|Aortic valve")] * 8
        frames = noise.randbytes(len(segments) * 512 * 512 // 8)
        ds = build.seg(segments, Rows=512, Columns=512, PixelData=frames, **uids)
        ds.SegmentSequence = ds.SegmentSequence[:2]
        for number, frame in enumerate(ds.PerFrameFunctionalGroupsSequence):
            frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber = number % 2 + 1
        return build.to_bytes(ds)
    return build.to_bytes(report(40, **uids))


def _individual(template: bytes, seed: str, patient: int, kind: str, instance: int) -> bytes:
    """Replace the template's identifiers by others of the same length."""
    changes = {
        _PATIENT: f"P{patient:07d}",
        _ROOT + "8" * _UID_DIGITS: _uid(seed, patient, "study"),
        _ROOT + "7" * _UID_DIGITS: _uid(seed, patient, kind),
        _ROOT + "6" * _UID_DIGITS: _uid(seed, patient, kind, instance),
    }
    for old, new in changes.items():
        template = template.replace(old.encode(), new.encode())
    return template


def _uid(*parts: object) -> str:
    digits = build.uid(*parts).rpartition(".")[2].rjust(_UID_DIGITS, "1")[-_UID_DIGITS:]
    return _ROOT + "1" + digits[1:]
