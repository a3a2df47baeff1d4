"""12-lead ECG waveforms drawn from planned intervals: P, QRS and T at 500 Hz (PS3.3 A.34.3).

Knows nothing of reports. The shapes are plausible to look at; they are no model of a heart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import TwelveLeadECGWaveformStorage

from orthanc_cohorts.convert.demo.chance import Chance
from orthanc_cohorts.convert.demo.codes import code
from orthanc_cohorts.convert.demo.header import (
    add_device,
    add_meta,
    add_series,
    stamp,
    study_header,
)
from orthanc_cohorts.convert.demo.plan import Ecg, Person
from orthanc_cohorts.convert.header import dicom_date, dicom_time

SAMPLING_HZ = 500
MICROVOLT_PER_BIT = 5

LEADS: tuple[tuple[str, str], ...] = (
    ("I", "2:1"), ("II", "2:2"), ("III", "2:61"), ("aVR", "2:62"), ("aVL", "2:63"), ("aVF", "2:64"),
    ("V1", "2:3"), ("V2", "2:4"), ("V3", "2:5"), ("V4", "2:6"), ("V5", "2:7"), ("V6", "2:8"),
)  # fmt: skip
"""Labels and MDC codes of the channels in the order of the file (CID 3001)."""

AMPLITUDES: dict[str, tuple[int, int, int, int, int]] = {
    "I": (80, -40, 620, -110, 180),
    "II": (130, -70, 980, -160, 270),
    "V1": (50, 0, 190, -840, -60),
    "V2": (60, 0, 330, -1210, 330),
    "V3": (70, -30, 640, -900, 390),
    "V4": (80, -60, 1240, -480, 380),
    "V5": (80, -80, 1330, -240, 320),
    "V6": (80, -80, 1060, -110, 250),
}
"""P, Q, R, S and T of the eight independent leads, microvolt; the other four follow from I and II."""


def recording(person: Person, ecg: Ecg, number: int) -> Dataset:
    """Return the waveform object of that ECG; number counts the ECGs of the person from 1."""
    ds = study_header(
        person, f"ecg{number}", ecg.start, "Ruhe-EKG" if person.german else "Resting 12-lead ECG"
    )
    add_series(ds, "ECG", TwelveLeadECGWaveformStorage, "ecg", 1, 1, "12-lead ECG")
    add_device(ds, ecg.device, person.institution)
    stamp(ds, ecg.start)
    ds.AcquisitionDateTime = dicom_date(ecg.start) + dicom_time(ecg.start)
    lead_system = Dataset()
    lead_system.ValueType = "CODE"
    lead_system.ConceptNameCodeSequence = [code("lead system")]
    lead_system.ConceptCodeSequence = [code("standard leads")]
    ds.AcquisitionContextSequence = [lead_system]
    ds.WaveformSequence = [_multiplex_group(ecg, samples_of(person, ecg))]
    add_meta(ds, ecg.implicit)
    return ds


def samples_of(person: Person, ecg: Ecg) -> NDArray[np.int16]:
    """Return the samples, shape (samples, 12), in units of MICROVOLT_PER_BIT."""
    beats = _beats(person, ecg)
    leads = {name: _lead(ecg, amplitude, beats) for name, amplitude in AMPLITUDES.items()}
    one, two = leads["I"], leads["II"]
    # Einthoven and Goldberger; halves are cut to whole microvolts before anything is scaled.
    leads |= {"III": two - one, "aVR": -(one + two) // 2, "aVL": one - two // 2, "aVF": two - one // 2}
    microvolt = np.stack([leads[label] for label, _ in LEADS], axis=1)
    seed = Chance("grain", person.number, ecg.start).between("seed", 0, 2**40)
    grain = np.random.PCG64(seed).random_raw(microvolt.size) % 25
    noise = grain.astype(np.int32).reshape(microvolt.shape) - 12
    return ((microvolt + noise) // MICROVOLT_PER_BIT).astype(np.int16)


def _beats(person: Person, ecg: Ecg) -> list[int]:
    """Samples at which R waves peak; evenly spaced but in atrial fibrillation."""
    chance = Chance("beats", person.number, ecg.start)
    beats, at = [], 0.3
    while at < ecg.seconds:
        beats.append(round(at * SAMPLING_HZ))
        swing = 0.5 * chance.unit(f"beat {len(beats)}") - 0.25 if ecg.rhythm == "atrial fibrillation" else 0.0
        at += 60 / ecg.heart_rate * (1 + swing)
    return beats


def _lead(ecg: Ecg, amplitude: Sequence[int], beats: Sequence[int]) -> NDArray[np.int32]:
    """One lead, whole microvolts: the template of a beat laid around every R peak."""
    before, after = SAMPLING_HZ * 4 // 10, SAMPLING_HZ * 7 // 10
    template = np.array([_beat(ecg, amplitude, at / SAMPLING_HZ) for at in range(-before, after)], np.int32)
    padded = np.zeros(before + ecg.seconds * SAMPLING_HZ + after, np.int32)
    for beat in beats:
        padded[beat : beat + before + after] += template[: len(padded) - beat]
    return padded[before : before + ecg.seconds * SAMPLING_HZ]


def _beat(ecg: Ecg, amplitude: Sequence[int], at: float) -> int:
    """Voltage at that many seconds after the R peak, microvolt."""
    p, q, r, s, t = amplitude
    qrs = ecg.qrs_ms / 1000
    onset = -qrs / 2
    waves = [
        (q, onset + 0.2 * qrs, qrs / 14),
        (r, 0.0, qrs / 9),
        (s, onset + 0.8 * qrs, qrs / 11),
        (t, onset + 0.78 * ecg.qt_ms / 1000, 0.045),
    ]
    if ecg.pr_ms is not None:
        waves.append((p, onset - ecg.pr_ms / 1000 + 0.05, 0.02))
    if ecg.rhythm == "paced rhythm":
        waves.append((2200, onset - 0.012, 0.0015))
    return round(
        sum(height * math.exp(-(((at - centre) / width) ** 2) / 2) for height, centre, width in waves)
    )


def _multiplex_group(ecg: Ecg, samples: NDArray[np.int16]) -> Dataset:
    group = Dataset()
    group.MultiplexGroupTimeOffset, group.MultiplexGroupLabel = "0", "RHYTHM"
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = len(LEADS), len(samples)
    group.SamplingFrequency = str(SAMPLING_HZ)
    group.ChannelDefinitionSequence = [_channel(label, value) for label, value in LEADS]
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.add_new("WaveformData", "OW", samples.astype("<i2").tobytes())
    return group


def _channel(label: str, value: str) -> Dataset:
    channel, source, unit = Dataset(), Dataset(), Dataset()
    source.CodeValue, source.CodingSchemeDesignator, source.CodeMeaning = value, "MDC", f"Lead {label}"
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "uV", "UCUM", "microvolt"
    channel.ChannelLabel = label
    channel.ChannelSourceSequence = [source]
    channel.ChannelSensitivity, channel.ChannelSensitivityUnitsSequence = str(MICROVOLT_PER_BIT), [unit]
    channel.ChannelSensitivityCorrectionFactor, channel.ChannelBaseline = "1", "0"
    channel.ChannelSampleSkew, channel.WaveformBitsStored = "0", 16
    channel.FilterLowFrequency, channel.FilterHighFrequency = "0.05", "150"
    channel.NotchFilterFrequency = "50"
    return channel
