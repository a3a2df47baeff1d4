"""Which SOP class an ECG is stored as: by its number of leads and samples, its rates and its widest number.

Knows the content constraints of PS3.3 A.34; nothing of attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from pydicom.uid import (
    UID,
    AmbulatoryECGWaveformStorage,
    General32bitECGWaveformStorage,
    GeneralECGWaveformStorage,
    TwelveLeadECGWaveformStorage,
)

from orthanc_cohorts.convert.ecg.recording import Lead, Recording, Strip
from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

Wanted = Literal["auto", "12-lead", "general", "ambulatory", "general-32-bit"]
_INT16 = np.iinfo(np.int16)


class Kind(NamedTuple):
    """A SOP class and what it takes.

    channels: at most, in a multiplex group. groups: at most. samples: at most, of each channel; None: any.
    low_hz, high_hz: bounds of the sampling frequency. bits: of a sample.
    """

    name: str
    uid: UID
    channels: int
    groups: int
    samples: int | None
    low_hz: float
    high_hz: float
    bits: int


KINDS: dict[Wanted, Kind] = {
    "12-lead": Kind("12-lead ECG", TwelveLeadECGWaveformStorage, 13, 5, 16384, 200, 1000, 16),
    "general": Kind("General ECG", GeneralECGWaveformStorage, 24, 4, None, 200, 1000, 16),
    "ambulatory": Kind("Ambulatory ECG", AmbulatoryECGWaveformStorage, 12, 1, None, 50, 1000, 16),
    "general-32-bit": Kind(
        "General 32-bit ECG", General32bitECGWaveformStorage, 24, 4, None, 0, float("inf"), 32
    ),
}
"""In the order of choice: the first that takes an ECG is taken (PS3.3 A.34.3.4, A.34.4.4, A.34.5.4)."""


class Group(NamedTuple):
    """A multiplex group: leads of one strip, alike in rate, length and what stands for a missing sample.

    numbers: of the leads within the strip, from 0.
    """

    strip: Strip
    numbers: tuple[int, ...]

    @property
    def leads(self) -> list[Lead]:
        """Its leads, in order."""
        return [self.strip.leads[number] for number in self.numbers]

    @property
    def padding(self) -> int | None:
        """The number that stands for a missing sample, None where none is missing."""
        return next((lead.invalid for lead in self.leads if lead.invalid is not None), None)


def kind_of(recording: Recording, source: str, wanted: Wanted = "auto") -> Kind:
    """Return the SOP class of an ECG; wanted: this one and no other.

    Raises ConversionError: no class takes it, or not the one that is wanted; every reason is named.
    """
    if wanted != "auto":
        reasons = list(_against(recording, KINDS[wanted]))
        if reasons:
            raise ConversionError(*(Problem(source, reason) for reason in reasons))
        return KINDS[wanted]
    for kind in KINDS.values():
        if not any(_against(recording, kind)):
            return kind
    raise ConversionError(*(Problem(source, reason) for reason in _against(recording, kind)))


def groups_of(strip: Strip, channels: int) -> list[Group]:
    """Return the multiplex groups of a strip, with so many channels at most, in the order of its leads."""
    alike: dict[tuple[float, int, int | None], list[int]] = {}
    markers = {lead.invalid for lead in strip.leads if lead.invalid is not None}
    for number, lead in enumerate(strip.leads):
        marker = lead.invalid
        if marker is None and len(markers) == 1:
            # All that is missing looks alike: a complete lead goes along, unless it holds that number.
            only = next(iter(markers))
            marker = None if bool((lead.samples == only).any()) else only
        alike.setdefault((lead.sampling_hz, len(lead.samples), marker), []).append(number)
    return [
        Group(strip, tuple(numbers[at : at + channels]))
        for numbers in alike.values()
        for at in range(0, len(numbers), channels)
    ]


def _against(recording: Recording, kind: Kind) -> Iterator[str]:
    """Yield why a class does not take an ECG."""
    split = [group for strip in recording.strips for group in groups_of(strip, kind.channels)]
    widest = max((len(group.numbers) for group in _undivided(recording)), default=0)
    if kind.name == "12-lead ECG" and widest > kind.channels:
        yield f"{widest} leads taken together; {kind.name} has {kind.channels} at most (PS3.3 A.34.3.4)"
    elif len(split) > kind.groups:
        yield f"{len(split)} multiplex groups; {kind.name} has {kind.groups} at most"
    longest = max((len(lead.samples) for lead in recording.leads), default=0)
    if kind.samples is not None and longest > kind.samples:
        yield f"{longest} samples; {kind.name} has {kind.samples} at most (PS3.3 A.34.3.4)"
    for hz in sorted({lead.sampling_hz for lead in recording.leads}):
        if not kind.low_hz <= hz <= kind.high_hz:
            yield f"sampled at {hz:g} Hz; {kind.name} takes {kind.low_hz:g} to {kind.high_hz:g} Hz"
    if kind.bits == 16:
        wide = [lead.label for lead in recording.leads if is_wide(lead)]
        if wide:
            yield f"numbers of more than 16 bits in {', '.join(wide)}; {kind.name} has 16 bits"


def is_wide(lead: Lead) -> bool:
    """Return whether a lead has numbers that 16 bits do not hold."""
    if not len(lead.samples):
        return False
    return bool(lead.samples.min() < _INT16.min or lead.samples.max() > _INT16.max)


def _undivided(recording: Recording) -> Sequence[Group]:
    every = max((len(strip.leads) for strip in recording.strips), default=1)
    return [group for strip in recording.strips for group in groups_of(strip, max(every, 1))]
