"""`waveform`, `waveform_channel` and `waveform_annotation` rows (PS3.3 C.10.9, C.10.10).

Pure; the samples are never read.
"""

from __future__ import annotations

from math import inf, isfinite

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import CodeReader
from orthanc_cohorts.model.rows import Row

WAVEFORM_SEQUENCE = 0x54000100
ANNOTATION_SEQUENCE = 0x0040B020


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
                _duration(samples, frequency),
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


def annotation_rows(ds: DataSet, decoder: Decoder, codes: CodeReader) -> list[Row]:
    """Return one row per item of WaveformAnnotationSequence, in order (PS3.3 C.10.10)."""
    rows: list[Row] = []
    for annotation in values.items(ds, ANNOTATION_SEQUENCE):
        moments = values.word(annotation, 0x0040A13A)
        rows.append(
            (
                values.integer(annotation, 0x0040A180, b"US"),
                values.integers(annotation, 0x0040A0B0, b"US") or None,
                *codes.first(annotation, 0x0040A043),
                values.long_text(annotation, 0x00700006, decoder),
                *codes.first(annotation, 0x0040A168),
                values.number(annotation, 0x0040A30A),
                values.word(annotation, 0x0040A30A),
                *codes.first(annotation, 0x004008EA),
                values.word(annotation, 0x0040A130),
                values.integers(annotation, 0x0040A132, b"UL") or None,
                [float(n) for n in values.numbers(annotation, 0x0040A138) if n is not None] or None,
                moments.split("\\") if moments else None,
            )
        )
    return rows


def _duration(samples: int | None, frequency: float | None) -> float | None:
    seconds = samples / frequency if samples is not None and frequency else inf
    return seconds if isfinite(seconds) else None
