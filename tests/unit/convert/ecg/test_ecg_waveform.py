"""The waveform object: samples bit for bit, what they mean, annotations."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.marks import beat
from orthanc_cohorts.convert.ecg.recording import Filters, Lead, Mark, Recording, Strip
from orthanc_cohorts.convert.ecg.shape import kind_of
from orthanc_cohorts.convert.ecg.waveform import waveform
from orthanc_cohorts.convert.header import Context, Patient, Series, Study

CONTEXT = Context(Patient("p", sex="F"), Study("2.25.1", date(2020, 1, 2)), Series("2.25.2", "ECG"))


def lead(name, values, **more):
    return Lead(name, lead_code(name), np.array(values, np.int32), more.pop("step", 4.88), 500.0, **more)


def written(*leads, marks=(), **more):
    recording = Recording("r", (Strip("RHYTHM", leads, tuple(marks)),), datetime(2020, 1, 2, 3, 4, 5), **more)
    return waveform(recording, kind_of(recording, "r"), CONTEXT)


def test_the_raw_samples_are_those_of_the_recording():
    ds = written(lead("I", [1, -32768, 32767]), lead("II", [-1, 0, 7]))

    raw = np.frombuffer(ds.WaveformSequence[0].WaveformData, "<i2").reshape(-1, 2)
    assert raw.tolist() == [[1, -1], [-32768, 0], [32767, 7]]


def test_what_a_sample_means_is_its_step_and_the_baseline():
    ds = written(lead("I", [0, 100], step=0.5, baseline=-12.25))

    assert ds.waveform_array(0)[:, 0].tolist() == [-12.25, 37.75]
    channel = ds.WaveformSequence[0].ChannelDefinitionSequence[0]
    assert channel.ChannelSensitivityUnitsSequence[0].CodeValue == "uV"
    assert (channel.ChannelSensitivity, channel.ChannelBaseline) == (0.5, -12.25)


@pytest.mark.parametrize("gain", [200.0, 2000.0, 409.6, 153846.2, 1 / 3, 1e-9, 12345678.9])
def test_a_step_is_as_exact_as_a_decimal_of_sixteen_characters(gain):
    ds = written(lead("I", [1000], step=1000 / gain))

    assert ds.waveform_array(0)[0, 0] == pytest.approx(1e6 / gain, rel=1e-9)


def test_numbers_of_more_than_sixteen_bits_are_kept_in_thirty_two():
    ds = written(lead("I", [70000, -70000]))

    assert ds.SOPClassUID.name == "General 32-bit ECG Waveform Storage"
    group = ds.WaveformSequence[0]
    assert (group.WaveformBitsAllocated, group.WaveformSampleInterpretation) == (32, "SL")
    assert np.frombuffer(group.WaveformData, "<i4").tolist() == [70000, -70000]
    assert ds.waveform_array(0)[:, 0].tolist() == pytest.approx([70000 * 4.88, -70000 * 4.88])


def test_a_missing_sample_is_the_padding_value_and_none_is_stated_where_nothing_is_missing():
    ds = written(lead("I", [1, -2048, 3], invalid=-2048), lead("II", [4, 5, 6]))
    whole = written(lead("I", [1, 2, 3]))

    assert np.frombuffer(ds.WaveformSequence[0].WaveformPaddingValue, "<i2").tolist() == [-2048]
    assert "WaveformPaddingValue" not in whole.WaveformSequence[0]


def test_filters_are_stated_where_the_source_states_them():
    ds = written(lead("I", [1], filters=Filters(0.05, 150.0, 50.0)), lead("II", [1]))

    first, second = ds.WaveformSequence[0].ChannelDefinitionSequence
    assert (first.FilterLowFrequency, first.FilterHighFrequency, first.NotchFilterFrequency) == (
        0.05,
        150,
        50,
    )
    assert not any("Filter" in keyword for keyword in second.dir())


def test_an_annotation_names_channel_concept_and_sample_counted_from_one():
    marks = [Mark(0, beat("N")), Mark(2, None, "(AFIB", lead=1), Mark(1, beat("p"), lead=0, until=2)]
    ds = written(lead("I", [1, 2, 3]), lead("II", [1, 2, 3]), marks=marks)

    first, second, third = ds.WaveformAnnotationSequence
    assert first.ConceptNameCodeSequence[0].CodeValue == "10:8208"
    assert (list(first.ReferencedWaveformChannels), first.ReferencedSamplePositions) == ([1, 0], 1)
    assert second.UnformattedTextValue == "(AFIB"
    assert list(second.ReferencedWaveformChannels) == [1, 2]
    assert (third.TemporalRangeType, list(third.ReferencedSamplePositions)) == ("SEGMENT", [2, 3])


def test_annotations_follow_their_lead_into_its_group():
    slow = replace(lead("II", [1, 2]), sampling_hz=250.0)
    ds = written(lead("I", [1, 2, 3, 4]), slow, marks=[Mark(1, beat("V"), lead=1)])

    assert [list(one.ReferencedWaveformChannels) for one in ds.WaveformAnnotationSequence] == [[2, 1]]


def test_a_group_states_its_offset_from_the_begin_and_the_first_has_none():
    leads = (lead("I", [1, 2]),)
    strips = (Strip("RHYTHM", leads), Strip("MEDIAN BEAT", leads, is_original=False, offset_ms=1500.5))
    recording = Recording("r", strips, date(2020, 1, 2))

    ds = waveform(recording, kind_of(recording, "r"), CONTEXT)

    assert [one.get("MultiplexGroupTimeOffset") for one in ds.WaveformSequence] == [None, 1500.5]
    assert [one.WaveformOriginality for one in ds.WaveformSequence] == ["ORIGINAL", "DERIVED"]


def test_a_day_without_a_time_of_day_stays_one_where_dicom_lets_it():
    recording = Recording("r", (Strip("RHYTHM", (lead("I", [1]),)),), date(1990, 10, 1))

    ds = waveform(recording, kind_of(recording, "r"), CONTEXT)

    assert (ds.AcquisitionDateTime, ds.ContentDate, ds.ContentTime) == ("19901001", "19901001", "000000")


@pytest.mark.parametrize(("more", "code"), [((), "10:11264"), (("X", "Y", "Z"), "10:11286")])
def test_twelve_leads_are_a_lead_system_and_fewer_are_none(more, code):
    names = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6", *more]

    whole, part = written(*(lead(n, [1]) for n in names)), written(*(lead(n, [1]) for n in names[:11]))

    assert whole.AcquisitionContextSequence[0].ConceptCodeSequence[0].CodeValue == code
    assert len(part.AcquisitionContextSequence) == 0
