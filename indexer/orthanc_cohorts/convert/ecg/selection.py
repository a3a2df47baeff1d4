"""The leads of a recording that are converted, each with a code: what is chosen, and what is wrong.

Knows no format and no DICOM object.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.ecg.recording import Lead, Recording, Strip
from orthanc_cohorts.convert.problem import Problem, raise_any, shown

_CODED = "write --lead {label}=MDC|2:1 with its code of CID 3001, or --without {label}"


def selected(
    recording: Recording,
    source: str,
    named: Mapping[str, Coding] | None = None,
    without: Collection[str] = (),
) -> Recording:
    """Return a recording whose leads all can be written.

    named: codes of leads by their label, for those that no table knows or knows otherwise. without: labels of
    leads that are left out.
    Raises ConversionError: one problem for each lead without a code, without voltage or without samples, and
    each label that there is not.
    """
    chosen = named or {}
    labels = {lead.label for lead in recording.leads}
    problems = [
        Problem(source, f"has no lead {shown(label)}, which an option names")
        for label in [*chosen, *without]
        if label not in labels
    ]
    strips = [_strip(strip, chosen, without) for strip in recording.strips]
    strips = [strip for strip in strips if strip.leads]
    if not strips:
        problems.append(Problem(source, "has no leads"))
    if recording.moment is None:
        problems.append(Problem(source, "does not say when it was taken; write --time YYYY-MM-DD[THH:MM:SS]"))
    found = replace(recording, strips=tuple(strips))
    problems += [problem for lead in found.leads for problem in _against(lead, source)]
    raise_any(dict.fromkeys(problems))
    return found


def _strip(strip: Strip, named: Mapping[str, Coding], without: Collection[str]) -> Strip:
    numbers = [number for number, lead in enumerate(strip.leads) if lead.label not in without]
    place = {number: at for at, number in enumerate(numbers)}
    leads = [strip.leads[number] for number in numbers]
    marks = [
        mark if mark.lead is None else replace(mark, lead=place[mark.lead])
        for mark in strip.marks
        if mark.lead is None or mark.lead in place
    ]
    coded = tuple(replace(lead, code=named.get(lead.label, lead.code)) for lead in leads)
    return replace(strip, leads=coded, marks=tuple(marks))


def _against(lead: Lead, source: str) -> Iterator[Problem]:
    """Yield what is wrong with a lead."""
    where = f"lead {shown(lead.label)}"
    if lead.code is None:
        yield Problem(source, f"{where} has no code; {_CODED.format(label=lead.label)}")
    if lead.microvolt is None:
        what = f"is measured in {shown(lead.unit)}, which is no voltage"
        yield Problem(source, f"{where} {what}; leave it out with --without {lead.label}")
    elif not math.isfinite(lead.microvolt) or lead.microvolt == 0 or not math.isfinite(lead.baseline):
        yield Problem(source, f"{where} has steps of {lead.microvolt:g} uV")
    if not len(lead.samples):
        yield Problem(source, f"{where} has no samples")
    if not math.isfinite(lead.sampling_hz) or lead.sampling_hz <= 0:
        yield Problem(source, f"{where} is sampled at {lead.sampling_hz:g} Hz")
