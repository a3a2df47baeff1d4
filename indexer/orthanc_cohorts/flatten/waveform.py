"""`waveform` and `waveform_channel` rows (PS3.3 C.10.9).

Pure; the samples are never read.
"""

from __future__ import annotations

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import CodeReader
from orthanc_cohorts.model.rows import Row

WAVEFORM_SEQUENCE = 0x54000100


def waveform_rows(ds: DataSet, decoder: Decoder, codes: CodeReader) -> tuple[list[Row], list[Row]]:
    """Return (one row per multiplex group, one row per channel), in order, numbered from 1."""
    groups: list[Row] = []
    channels: list[Row] = []
    for number, group in enumerate(values.items(ds, WAVEFORM_SEQUENCE), 1):
        samples = values.integer(group, 0x003A0010, b"UL")
        frequency = values.number(group, 0x003A001A)
        groups.append(
            (
                number,
                values.text(group, 0x003A0020, decoder),
                values.word(group, 0x003A0004),
                values.integer(group, 0x003A0005, b"US"),
                samples,
                frequency,
                samples / frequency if samples is not None and frequency else None,
                values.integer(group, 0x54001004, b"US"),
                values.word(group, 0x54001006),
            )
        )
        for position, channel in enumerate(values.items(group, 0x003A0200), 1):
            channels.append(
                (
                    number,
                    position,
                    values.text(channel, 0x003A0203, decoder),
                    *codes.first(channel, 0x003A0208),
                    values.number(channel, 0x003A0210),
                    values.number(channel, 0x003A0212),
                    values.number(channel, 0x003A0213),
                    *codes.first(channel, 0x003A0211),
                    values.number(channel, 0x003A0220),
                    values.number(channel, 0x003A0221),
                    values.number(channel, 0x003A0222),
                )
            )
    return groups, channels
