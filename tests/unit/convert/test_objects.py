"""The objects of the demo study: reproducible, consistent, and readable by other people's software."""

import datetime
import io
from collections import defaultdict
from types import SimpleNamespace

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.demo import people, study
from orthanc_cohorts.convert.demo.ecg import LEADS, samples_of
from orthanc_cohorts.convert.demo.seg import CALCIUM
from orthanc_cohorts.convert.demo.study import plan_patient
from orthanc_cohorts.convert.demo.write import demo_objects, patient_objects, write_demo_study

PATIENTS = 14
"""Enough that every trap is among them."""


def as_bytes(ds: Dataset) -> bytes:
    """Return the file of ds."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Every file of the study by name."""
    return {name: as_bytes(ds) for name, ds in demo_objects(PATIENTS)}


@pytest.fixture(scope="module")
def objects(files: dict[str, bytes]) -> dict[str, Dataset]:
    """Every object as pydicom reads it back."""
    return {name: pydicom.dcmread(io.BytesIO(data)) for name, data in files.items()}


def items(ds: Dataset) -> list[Dataset]:
    """Return all content items below ds."""
    return [found for item in ds.get("ContentSequence", []) for found in (item, *items(item))]


class Later(datetime.datetime):
    """A clock that stands in 2031."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "Later":
        return cls(2031, 5, 6, 7, 8, 9)


def test_the_same_bytes_come_out_however_late_it_is(files, monkeypatch):
    clock = SimpleNamespace(datetime=Later, date=datetime.date, time=datetime.time)
    for module in (hd.base, hd.sr.sop):
        monkeypatch.setattr(module, "datetime", clock)

    again = {name: as_bytes(ds) for name, ds in patient_objects(plan_patient(1))}

    assert again == {name: files[name] for name in again}


def test_no_two_objects_share_a_uid_and_every_uid_is_valid(objects):
    uids = [ds.SOPInstanceUID for ds in objects.values()]

    assert len(set(uids)) == len(uids)
    assert all(uid.is_valid and len(uid) <= 64 for uid in uids)


def test_a_series_lies_in_one_study_and_a_study_belongs_to_one_patient(objects):
    studies, patients = defaultdict(set), defaultdict(set)

    for ds in objects.values():
        studies[ds.SeriesInstanceUID].add((ds.StudyInstanceUID, ds.Modality))
        patients[ds.StudyInstanceUID].add((ds.PatientID, str(ds.PatientName), ds.PatientSex))

    assert all(len(found) == 1 for found in (*studies.values(), *patients.values()))


def test_names_survive_their_character_sets(objects):
    names = {number: plan_patient(number).person.name for number in range(1, PATIENTS + 1)}

    for name, ds in objects.items():
        assert str(ds.PatientName) == names[int(name[7:11])], name


def test_every_time_lies_in_the_years_of_the_study(files):
    plausible = {"2019", "2020", "2021", "2022", "2023", "2024", "2025"}

    for name, data in files.items():
        ds = pydicom.dcmread(io.BytesIO(data))
        times = [e.value for e in ds.iterall() if e.VR in ("DA", "DT") and e.keyword != "PatientBirthDate"]
        assert {str(value)[:4] for value in times} <= plausible, name


def test_the_mask_in_the_file_is_the_calcium_of_the_plan(files):
    plan = next(p for p in map(plan_patient, range(1, PATIENTS + 1)) if p.segmented and p.ct.calcium_mm3 > 0)
    data = files[f"patient{plan.person.number:04d}/ct/seg.dcm"]

    mask = hd.seg.segread(io.BytesIO(data)).get_volume(segment_numbers=[CALCIUM], combine_segments=False)

    assert int(mask.array.sum()) == len(plan.ct.calcium_voxels())
    assert mask.voxel_volume == pytest.approx(plan.ct.pixel_mm**2 * plan.ct.thickness_mm, rel=1e-4)


def test_the_diameter_is_written_in_centimetres_and_srt_codes_where_the_plan_says_so(objects):
    measures = plan_patient(study.LEGACY_IN_CM).measures[0]

    report = objects[f"patient{study.LEGACY_IN_CM:04d}/ct/measurements1.dcm"]

    first = next(item for item in items(report) if item.ValueType == "NUM")
    value = first.MeasuredValueSequence[0]
    assert first.ConceptNameCodeSequence[0].CodeValue == "M-02550"
    assert value.MeasurementUnitsCodeSequence[0].CodeValue == "cm"
    assert float(value.NumericValue) == pytest.approx(measures.diameter_mm / 10)


def test_the_final_report_names_the_one_it_replaces(objects):
    folder = f"patient{study.SUPERSEDED:04d}/ct"
    draft, final = objects[f"{folder}/measurements1.dcm"], objects[f"{folder}/measurements2.dcm"]

    named = final.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]

    assert named.ReferencedSOPInstanceUID == draft.SOPInstanceUID
    assert (draft.CompletionFlag, final.CompletionFlag) == ("PARTIAL", "COMPLETE")


def test_a_report_without_template_identifier_is_among_them(objects):
    report = objects[f"patient{study.NO_TEMPLATE:04d}/ct/measurements1.dcm"]

    assert all("ContentTemplateSequence" not in item for item in (report, *items(report)))


def test_a_value_that_is_missing_is_qualified_and_never_zero(objects):
    numbers = [item for ds in objects.values() for item in items(ds) if item.ValueType == "NUM"]

    missing = [item for item in numbers if not item.MeasuredValueSequence]

    assert missing
    assert all(item.NumericValueQualifierCodeSequence for item in missing)


def test_an_ecg_report_refers_to_its_waveform_even_where_the_archive_lost_that(objects):
    stored = {ds.SOPInstanceUID for ds in objects.values()}
    found, lost = 0, 0

    for ds in objects.values():
        for item in items(ds):
            if item.ValueType == "WAVEFORM":
                present = item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID in stored
                found, lost = found + present, lost + (not present)

    assert found > 10
    assert lost >= 1


def test_everything_a_report_on_the_ct_refers_to_is_in_the_study(objects):
    stored = {ds.SOPInstanceUID for ds in objects.values()}

    for name, ds in objects.items():
        for item in items(ds):
            if item.ValueType == "IMAGE":
                assert item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID in stored, name


def test_highdicom_reads_a_measurement_report_in_which_no_value_is_missing(objects):
    complete = [
        ds
        for name, ds in objects.items()
        if "measurements" in name
        and all(item.MeasuredValueSequence for item in items(ds) if item.ValueType == "NUM")
        and "ContentTemplateSequence" in ds
    ]

    reports = [hd.sr.Comprehensive3DSR.from_dataset(ds) for ds in complete]

    assert reports
    assert all(report.content.get_planar_roi_measurement_groups() for report in reports)


def test_an_ecg_obeys_einthoven_and_holds_twelve_leads():
    plan = next(p for p in map(plan_patient, range(1, PATIENTS + 1)) if p.ecgs)

    samples = samples_of(plan.person, plan.ecgs[0]).astype(int)

    labels = [label for label, _ in LEADS]
    one, two, three = (samples[:, labels.index(label)] for label in ("I", "II", "III"))
    assert samples.shape == (plan.ecgs[0].seconds * 500, 12)
    assert np.abs(two - one - three).max() <= 12  # the grain of three leads, in steps of 5 microvolts


def test_an_ecg_object_says_what_its_samples_are(objects):
    ds = next(ds for ds in objects.values() if ds.Modality == "ECG")

    group = ds.WaveformSequence[0]

    assert len(group.WaveformData) == 2 * 12 * group.NumberOfWaveformSamples
    assert [c.ChannelSourceSequence[0].CodeValue for c in group.ChannelDefinitionSequence[:4]] == [
        "2:1", "2:2", "2:61", "2:62",
    ]  # fmt: skip


def test_two_patients_have_no_id(objects):
    folders = {name[:11] for name, ds in objects.items() if ds.PatientID == ""}

    assert folders == {f"patient{number:04d}" for number in people.WITHOUT_ID}


def test_files_are_written_with_progress(tmp_path):
    seen: list[tuple[int, int]] = []

    paths = write_demo_study(tmp_path, 2, progress=lambda done, total: seen.append((done, total)))

    assert seen == [(1, 2), (2, 2)]
    assert len(set(paths)) == len(paths)
    assert all(path.is_file() for path in paths)
