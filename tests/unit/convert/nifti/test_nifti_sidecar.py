"""Sidecars of BIDS: what they say of the acquisition gets into the images, in DICOM's units."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from nifti_made import CONTEXT, numbers, placed, rotation, write
from orthanc_cohorts.convert.nifti.converting import convert_image
from orthanc_cohorts.convert.nifti.kind import Kind, Modality
from orthanc_cohorts.convert.nifti.sidecar import Sidecar, sidecar
from orthanc_cohorts.errors import ConversionError

SAID = {
    "Modality": "MR",
    "MagneticFieldStrength": 3,
    "EchoTime": 0.00226,
    "RepetitionTime": 2.3,
    "FlipAngle": 8,
    "ScanningSequence": "GR_IR",
    "SequenceVariant": "SK_SP_MP",
    "MRAcquisitionType": "3D",
    "ProtocolName": "t1_mprage",
    "PatientPosition": "HFS",
    "SliceThickness": 0.9,
    "ConversionSoftware": "dcm2niix",
}


def read(folder: Path, modality: Modality = "MR", **changed: Any) -> Sidecar:
    """What a sidecar says."""
    path = folder / "t1.json"
    path.write_text(json.dumps({**SAID, **changed}), encoding="utf-8")
    return sidecar(path, modality)


def test_times_become_milliseconds_and_terms_are_told_apart(tmp_path: Path) -> None:
    found = read(tmp_path)

    assert found.attributes["EchoTime"] == "2.26"
    assert found.attributes["RepetitionTime"] == "2300"
    assert found.attributes["ScanningSequence"] == ["GR", "IR"]
    assert found.attributes["SequenceVariant"] == ["SK", "SP", "MP"]
    assert found.left_out == ("ConversionSoftware",)


def test_a_ct_takes_nothing_of_magnetic_resonance(tmp_path: Path) -> None:
    found = read(tmp_path, "CT", Modality="CT")

    assert set(found.attributes) == {"ProtocolName", "PatientPosition", "SliceThickness"}


@pytest.mark.parametrize("is_enhanced", [False, True])
def test_images_say_what_the_sidecar_says(tmp_path: Path, is_enhanced: bool) -> None:
    path = write(tmp_path / "t1.nii", numbers(), placed(rotation(20, -15, 8)))
    read(tmp_path)
    kind = Kind("MR", is_enhanced, moment=date(2024, 5, 2))

    found = convert_image(path, tmp_path / "out", CONTEXT, kind, beside=tmp_path / "t1.json")

    ds = dcmread(next((tmp_path / "out").rglob("*.dcm")))
    shared = ds.SharedFunctionalGroupsSequence[0] if is_enhanced else None
    held = shared.UnassignedSharedConvertedAttributesSequence[0] if shared else ds
    measures = shared.PixelMeasuresSequence[0] if shared else ds
    assert (held.EchoTime, held.RepetitionTime, held.MagneticFieldStrength) == (2.26, 2300, 3)
    assert list(held.ScanningSequence) == ["GR", "IR"]
    assert (ds.ProtocolName, ds.PatientPosition) == ("t1_mprage", "HFS")
    assert float(measures.SliceThickness) == 0.9
    assert float(measures.SpacingBetweenSlices) == pytest.approx(3.1)
    assert found.notes == ("left out of t1.json: ConversionSoftware",)


def test_every_mistake_of_a_sidecar_is_told_together_with_those_of_the_volume(tmp_path: Path) -> None:
    path = write(tmp_path / "t1.nii", numbers(), placed(rotation(20, -15, 8)), sform_code=0, qform_code=0)
    (tmp_path / "t1.json").write_text(
        json.dumps({"Modality": "CT", "EchoTime": "short", "FlipAngle": -8, "ScanningSequence": "XX"})
    )

    with pytest.raises(ConversionError) as error:
        convert_image(path, tmp_path / "out", CONTEXT, Kind("MR"), beside=tmp_path / "t1.json")

    _, *said = map(str, error.value.problems)
    assert said == [
        "t1.json: Modality: 'CT', not MR",
        "t1.json: EchoTime: 'short' is no number that is 0 or more",
        "t1.json: FlipAngle: '-8' is no number that is 0 or more",
        "t1.json: ScanningSequence: 'XX' is none of SE, IR, GR, EP, RM",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{", "1"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t1.json").write_text(text)

    with pytest.raises(ConversionError, match=r"t1\.json: it is no JSON object"):
        sidecar(tmp_path / "t1.json", "MR")


@pytest.mark.parametrize(
    ("key", "value"),
    [("EchoTrainLength", 1.5), ("EchoTime", True), ("EchoTime", float("nan")), ("ProtocolName", "x" * 65),
     ("PatientPosition", "HFS_FFS"), ("SequenceName", 7)],
)  # fmt: skip
def test_values_that_dicom_does_not_take_are_refused(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(ConversionError, match=rf"t1\.json: {key}: "):
        read(tmp_path, **{key: value})
