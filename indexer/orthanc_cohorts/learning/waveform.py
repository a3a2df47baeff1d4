"""Waveforms as arrays in the units of their channels (PS3.3 C.10.9).

Knows one multiplex group at a time; draws and filters nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from orthanc_cohorts.errors import NoWaveform
from orthanc_cohorts.harmonise import canonical_concept

_KINDS = {"SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4", "SV": "i8", "UV": "u8"}
"""Linear samples (PS3.3 C.10.9.1.5); the logarithmic ones of audio (MB, AB) are not read."""


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """A multiplex group: channels that were sampled together.

    samples: float64, shape (channels, samples), in the unit of each channel; NaN where the recorder stated
    that there is no sample. sampling_frequency: Hz. leads: source of each channel as `SCHEME|code`, units:
    UCUM; None where not stated, and samples are then as stored. labels: as sent, "" without one. offset_ms:
    of the first sample after the acquisition began.
    """

    samples: NDArray[np.float64]
    sampling_frequency: float
    leads: tuple[str | None, ...]
    labels: tuple[str, ...]
    units: tuple[str | None, ...]
    offset_ms: float


def groups(ds: Dataset) -> int:
    """Return how many multiplex groups an object has; 0: it is no waveform."""
    return len(ds.get("WaveformSequence") or ())


def waveform(ds: Dataset, group: int = 0) -> Waveform:
    """Return one multiplex group of an object. Raises NoWaveform: there is no such group, or none to read."""
    uid, known = ds.get("SOPInstanceUID", ""), groups(ds)
    if not 0 <= group < known:
        raise NoWaveform(f"{uid} has {known} multiplex groups, none of number {group} (from 0)")
    item = ds.WaveformSequence[group]
    try:
        stored = _stored(item, little_endian=ds.original_encoding[1] is not False)
        channels = [_Channel.of(one) for one in item.ChannelDefinitionSequence]
        frequency = float(item.SamplingFrequency)
    except (AttributeError, TypeError, ValueError) as error:
        raise NoWaveform(f"multiplex group {group} of {uid} cannot be read: {error}") from error
    if len(channels) != len(stored):
        raise NoWaveform(
            f"multiplex group {group} of {uid} describes {len(channels)} of {len(stored)} channels"
        )
    padding = _padding(item, stored.dtype)
    samples = np.empty(stored.shape, np.float64)
    for at, channel in enumerate(channels):
        # A multiplication, then the offset: ChannelBaseline is in the unit of the channel.
        samples[at] = stored[at] * channel.factor + channel.baseline
    if padding is not None:
        samples[stored == padding] = np.nan
    return Waveform(
        samples,
        frequency,
        tuple(channel.lead for channel in channels),
        tuple(channel.label for channel in channels),
        tuple(channel.unit for channel in channels),
        float(item.get("MultiplexGroupTimeOffset") or 0.0),
    )


@dataclass(frozen=True, slots=True)
class _Channel:
    lead: str | None
    label: str
    unit: str | None
    factor: float
    baseline: float

    @classmethod
    def of(cls, item: Dataset) -> _Channel:
        source = _first(item, "ChannelSourceSequence")
        unit = _first(item, "ChannelSensitivityUnitsSequence").get("CodeValue")
        lead = canonical_concept(source.get("CodingSchemeDesignator"), source.get("CodeValue"))
        label = str(item.get("ChannelLabel") or "")
        if item.get("ChannelSensitivity") is None:
            return cls(lead, label, None, 1.0, 0.0)
        factor = float(item.ChannelSensitivity) * _number(item, "ChannelSensitivityCorrectionFactor", 1.0)
        return cls(
            lead, label, None if unit is None else str(unit), factor, _number(item, "ChannelBaseline", 0.0)
        )


def _number(item: Dataset, keyword: str, otherwise: float) -> float:
    value = item.get(keyword)
    return otherwise if value is None else float(value)


def _stored(item: Dataset, little_endian: bool) -> NDArray[Any]:
    """Return the samples as stored, shape (channels, samples)."""
    kind = _KINDS.get(str(item.WaveformSampleInterpretation))
    if kind is None or int(item.WaveformBitsAllocated) != 8 * int(kind[1]):
        raise ValueError(
            f"samples of kind {item.WaveformSampleInterpretation} and {item.WaveformBitsAllocated} bits"
        )
    channels, samples = int(item.NumberOfWaveformChannels), int(item.NumberOfWaveformSamples)
    dtype = np.dtype(kind).newbyteorder("<" if little_endian else ">")
    if len(item.WaveformData) < channels * samples * dtype.itemsize:
        raise ValueError("the samples are cut short")
    flat = np.frombuffer(item.WaveformData, dtype, channels * samples)
    return flat.reshape(samples, channels).T.astype(dtype.newbyteorder("="))


def _padding(item: Dataset, dtype: np.dtype[Any]) -> int | None:
    """Return the stored value that means that there is no sample."""
    value = item.get("WaveformPaddingValue")
    if not isinstance(value, bytes):
        return None if value is None else int(value)
    return int(np.frombuffer(value, dtype, 1)[0]) if len(value) >= dtype.itemsize else None


def _first(item: Dataset, keyword: str) -> Dataset:
    value = item.get(keyword)
    return value[0] if value else Dataset()
