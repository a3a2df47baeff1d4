"""The waveform object of a recorded ECG (PS3.3 A.34, C.10.8 to C.10.10).

The samples are those of the recording, bit for bit. Knows nothing of files nor of reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

from orthanc_cohorts.convert.coding import Coding, unit
from orthanc_cohorts.convert.ecg.recording import Filters, Lead, Mark, Recording
from orthanc_cohorts.convert.ecg.shape import Group, Kind, groups_of
from orthanc_cohorts.convert.header import Context, dicom_date, dicom_datetime, dicom_time, header

LEAD_SYSTEM = Coding("MDC", "10:11345", "Lead System")
TWELVE_LEADS = Coding("MDC", "10:11264", "Unspecified 12-lead system")
TWELVE_AND_XYZ = Coding("MDC", "10:11286", "Standard 12-lead and XYZ")
_TWELVE = frozenset(f"2:{number}" for number in (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8))
_XYZ = frozenset({"2:16", "2:17", "2:18"})
_LABEL = 16


def waveform(recording: Recording, kind: Kind, context: Context) -> Dataset:
    """Return the waveform object; every lead has its code, and the moment is known.

    recording.moment: a date alone stands for midnight where DICOM demands a time of day.
    """
    assert recording.moment is not None
    ds = header(context, kind.uid)
    moment = recording.moment
    ds.ContentDate = dicom_date(moment)
    ds.ContentTime = dicom_time(moment) if isinstance(moment, datetime) else "000000"
    ds.AcquisitionDateTime = dicom_datetime(moment)
    system = lead_system(recording)
    ds.AcquisitionContextSequence = [] if system is None else [_context_item(LEAD_SYSTEM, system)]
    ds.WaveformSequence = []
    notes: list[Dataset] = []
    for strip in recording.strips:
        for group in groups_of(strip, kind.channels):
            ds.WaveformSequence.append(_multiplex_group(group, kind.bits))
            notes += _annotations(group, len(ds.WaveformSequence))
    if notes:
        ds.WaveformAnnotationSequence = notes
    return ds


def lead_system(recording: Recording) -> Coding | None:
    """Return what kind of leads these are, None where they are no system with a name (CID 3263)."""
    codes = {lead.code.code for lead in recording.leads if lead.code is not None}
    if not codes >= _TWELVE:
        return None
    return TWELVE_AND_XYZ if codes >= _XYZ else TWELVE_LEADS


def _context_item(name: Coding, value: Coding) -> Dataset:
    item = Dataset()
    item.ValueType = "CODE"
    item.ConceptNameCodeSequence, item.ConceptCodeSequence = [name.item], [value.item]
    return item


def _multiplex_group(group: Group, bits: int) -> Dataset:
    leads = group.leads
    number = np.dtype(f"<i{bits // 8}")
    item = Dataset()
    if group.strip.offset_ms:
        item.MultiplexGroupTimeOffset = _ds(group.strip.offset_ms)
    item.MultiplexGroupLabel = group.strip.label[:_LABEL]
    item.WaveformOriginality = "ORIGINAL" if group.strip.is_original else "DERIVED"
    item.NumberOfWaveformChannels, item.NumberOfWaveformSamples = len(leads), len(leads[0].samples)
    item.SamplingFrequency = _ds(leads[0].sampling_hz)
    item.ChannelDefinitionSequence = [_channel(lead, bits) for lead in leads]
    item.WaveformBitsAllocated = bits
    item.WaveformSampleInterpretation = "SS" if bits == 16 else "SL"
    if group.padding is not None:
        item.add_new("WaveformPaddingValue", "OW", np.array(group.padding, number).tobytes())
    samples = np.stack([lead.samples for lead in leads], axis=1)
    item.add_new("WaveformData", "OW", samples.astype(number).tobytes())
    return item


def _channel(lead: Lead, bits: int) -> Dataset:
    assert lead.code is not None and lead.microvolt is not None
    channel = Dataset()
    channel.ChannelLabel = lead.label[:_LABEL]
    channel.ChannelSourceSequence = [lead.code.item]
    channel.ChannelSensitivity = _ds(lead.microvolt)
    channel.ChannelSensitivityUnitsSequence = [unit("uV").item]
    channel.ChannelSensitivityCorrectionFactor, channel.ChannelBaseline = "1", _ds(lead.baseline)
    channel.ChannelSampleSkew, channel.WaveformBitsStored = "0", bits
    _add_filters(channel, lead.filters)
    if lead.derivation:
        channel.ChannelDerivationDescription = lead.derivation[:64]
    return channel


def _add_filters(channel: Dataset, filters: Filters) -> None:
    if filters.low_hz is not None:
        channel.FilterLowFrequency = _ds(filters.low_hz)
    if filters.high_hz is not None:
        channel.FilterHighFrequency = _ds(filters.high_hz)
    if filters.notch_hz is not None:
        channel.NotchFilterFrequency = _ds(filters.notch_hz)


def _annotations(group: Group, number: int) -> Iterator[Dataset]:
    """Yield the annotations of a multiplex group; number: of the group, from 1."""
    channels = {lead: channel for channel, lead in enumerate(group.numbers, 1)}
    for mark in group.strip.marks:
        if mark.lead is None or mark.lead in channels:
            yield _annotation(mark, number, 0 if mark.lead is None else channels[mark.lead])


def _annotation(mark: Mark, group: int, channel: int) -> Dataset:
    """Return an annotation of a sample or of a stretch of them; channel 0: of all (PS3.3 C.10.10)."""
    item = Dataset()
    item.ReferencedWaveformChannels = [group, channel]
    item.AnnotationGroupNumber = 0
    if mark.concept is None:
        item.UnformattedTextValue = mark.text
    else:
        item.ConceptNameCodeSequence = [mark.concept.item]
    # The first sample is number 1.
    item.TemporalRangeType, item.ReferencedSamplePositions = "POINT", mark.sample + 1
    if mark.until is not None:
        item.TemporalRangeType = "SEGMENT"
        item.ReferencedSamplePositions = [mark.sample + 1, mark.until + 1]
    return item


def _ds(number: float) -> str:
    text = f"{number:.12g}"
    return text if len(text) <= 16 and float(text) == number else format_number_as_ds(float(number))
