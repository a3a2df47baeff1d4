"""Waveforms in physical units (PS3.3 C.10.9): sensitivity, correction factor and baseline of each channel."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

import build
from grids import image, written
from orthanc_cohorts.errors import NoWaveform
from orthanc_cohorts.learning.waveform import groups, waveform

STORED = np.array([[1, -2], [30, 40], [-500, 600]], np.int16)
"""Samples by channels, as they lie in the file."""


def two_channels(**group: Any) -> Dataset:
    """Two leads, the second with its own sensitivity, correction and baseline."""
    ds = build.ecg(channels=2, samples=3, frequency=250)
    item = ds.WaveformSequence[0]
    item.WaveformData = STORED.astype("<i2").tobytes()
    second = item.ChannelDefinitionSequence[1]
    second.ChannelSensitivity, second.ChannelSensitivityCorrectionFactor = "0.5", "1.2"
    second.ChannelBaseline = "10"
    second.ChannelSensitivityUnitsSequence[0].CodeValue = "mV"
    for keyword, value in group.items():
        setattr(item, keyword, value)
    return ds


def test_samples_are_in_the_unit_of_their_channel() -> None:
    found = waveform(written(two_channels(MultiplexGroupTimeOffset="12.5")))

    np.testing.assert_allclose(found.samples, [[4.88, 146.4, -2440.0], [8.8, 34.0, 370.0]])
    assert found.sampling_frequency == 250 and found.offset_ms == 12.5
    assert (found.leads, found.units) == (("MDC|2:1", "MDC|2:2"), ("uV", "mV"))
    assert found.labels == ("I", "II")


def test_a_channel_without_sensitivity_has_no_unit_and_its_stored_values() -> None:
    ds = two_channels()
    channel = ds.WaveformSequence[0].ChannelDefinitionSequence[1]
    del channel.ChannelSensitivity

    found = waveform(written(ds))

    assert found.units[1] is None and found.samples[1].tolist() == [-2, 40, 600]


def test_padding_is_no_sample() -> None:
    padding = np.array([40], "<i2").tobytes()
    ds = two_channels()
    ds.WaveformSequence[0].add_new("WaveformPaddingValue", "OW", padding)

    found = waveform(written(ds))

    assert np.isnan(found.samples).tolist() == [[False] * 3, [False, True, False]]


@pytest.mark.parametrize(("kind", "dtype"), [("SB", "i1"), ("UB", "u1"), ("US", "<u2"), ("SL", "<i4")])
def test_samples_of_every_linear_kind_are_read(kind: str, dtype: str) -> None:
    samples = np.array([[1, 2], [3, 4], [5, 100]], dtype)
    ds = two_channels(WaveformSampleInterpretation=kind, WaveformBitsAllocated=8 * samples.dtype.itemsize)
    ds.WaveformSequence[0].WaveformData = samples.tobytes()

    np.testing.assert_allclose(waveform(written(ds)).samples[0], [4.88, 3 * 4.88, 5 * 4.88])


def test_big_endian_samples_are_turned() -> None:
    ds = two_channels(WaveformData=STORED.astype(">i2").tobytes())
    file = io.BytesIO(build.to_bytes(ds, build.BIG_ENDIAN))

    np.testing.assert_allclose(waveform(dcmread(file)).samples[0], [4.88, 146.4, -2440.0])


def test_groups_are_asked_one_by_one() -> None:
    ds = written(build.ecg(channels=3, samples=7, groups=2))

    assert groups(ds) == 2 and waveform(ds, 1).samples.shape == (3, 7)


@pytest.mark.parametrize(
    ("ds", "why"),
    [
        (image(0), "has 0 multiplex groups"),
        (two_channels(WaveformSampleInterpretation="MB", WaveformBitsAllocated=8), "kind MB"),
        (two_channels(WaveformData=b"1234"), "cut short"),
        (two_channels(NumberOfWaveformChannels=1), "describes 2 of 1"),
        (two_channels(SamplingFrequency=None), "cannot be read"),
    ],
)
def test_what_is_no_waveform_is_an_error_that_says_why(ds: Dataset, why: str) -> None:
    with pytest.raises(NoWaveform, match=why):
        waveform(written(ds))


def test_an_ecg_of_the_demo_has_the_samples_of_its_plan() -> None:
    plans = pytest.importorskip("orthanc_cohorts.convert.demo.study")
    ecgs = pytest.importorskip("orthanc_cohorts.convert.demo.ecg")
    plan = plans.plan_patient(2)

    found = waveform(written(ecgs.recording(plan.person, plan.ecgs[0], 1)))

    expected = ecgs.samples_of(plan.person, plan.ecgs[0]).T * ecgs.MICROVOLT_PER_BIT
    np.testing.assert_array_equal(found.samples, expected)
    assert found.leads[:3] == ("MDC|2:1", "MDC|2:2", "MDC|2:61") and set(found.units) == {"uV"}


def test_a_real_ecg_agrees_with_another_reader(corpus: Any) -> None:
    ds = dcmread(next(corpus.glob("Cardio-AI_*")) / "example_ecg.dcm")

    for group in range(groups(ds)):
        np.testing.assert_allclose(waveform(ds, group).samples.T, ds.waveform_array(group))
