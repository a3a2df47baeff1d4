"""Examinations that a clinical header tells of: catheter, angiography, X-ray, echocardiography.

Numbers are numbers where they have a unit that is known, else their own words. Knows nothing of diseases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydicom.dataset import Dataset

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding, unit
from orthanc_cohorts.convert.ecg import codes
from orthanc_cohorts.convert.ecg.clinical import ClinicalHeader, Quantity, quantity

_VESSELS = Coding("DCM", "122762", "Number of diseased vessel territories")
_STATE = Coding("DCM", "109054", "Patient State")
_STATES = {
    "at rest": Coding("SCT", "128975004", "Resting State"),
    "load": Coding("SCT", "128976003", "Exercise state"),
}
_SYSTOLIC = Coding("LN", "8480-6", "Systolic blood pressure")
_DIASTOLIC = Coding("LN", "8462-4", "Diastolic blood pressure")
_BOTH = (_SYSTOLIC, _DIASTOLIC)
_MEAN = Coding("LN", "8478-0", "Mean blood pressure")
_PULMONARY_ARTERY = Coding("SCT", "81040000", "Pulmonary artery")
_AORTA = Coding("SCT", "15825003", "Aorta")
_WEDGE = Coding("SCT", "118433006", "Pulmonary Capillary Wedge Pressure")
_LVEDP = Coding("SCT", "276781007", "Left Ventricular End-Diastolic Pressure")
_STENOSIS = Coding("SCT", "386139002", "Stenotic coronary artery")

_TEXTS = (
    ("ventriculography", Coding("SCT", "252426003", "Cardiac ventriculography")),
    ("chest x-ray", Coding("SCT", "399208008", "Plain chest X-ray")),
    ("echocardiography", Coding("SCT", "40701008", "Echocardiography")),
)
_FLOWS = (
    ("cardiac output", Coding("SCT", "82799009", "Cardiac Output")),
    ("cardiac index", Coding("SCT", "54993008", "Cardiac Index")),
    ("stroke volume index", Coding("SCT", "277381004", "Stroke Index")),
)
_ARTERIES = (
    (
        "left coronary artery stenoses riva",
        Coding("SCT", "59438005", "Left Anterior Descending Coronary Artery"),
    ),
    ("left coronary artery stenoses rcx", Coding("SCT", "57396003", "Circumflex Coronary Artery")),
    ("right coronary artery stenoses rca", Coding("SCT", "13647002", "Right Coronary Artery")),
)


def examinations(header: ClinicalHeader) -> list[Dataset]:
    """Return the items below "Relevant Diagnostic Tests" (TID 3802)."""
    return [*_tests(header), *_hemodynamics(header), *_arteries(header)]


def ucum_of(found: Quantity) -> str | None:
    """Return the unit of a quantity in UCUM, None where it is not known."""
    return codes.UNITS.get(found.unit.lower())


def _tests(header: ClinicalHeader) -> Iterator[Dataset]:
    vessels = header.take("number of coronary vessels involved")
    number = None if vessels is None else quantity(vessels)
    if number is not None and number.second is None and not number.unit:
        yield content.num(_VESSELS, number.first, unit("1"))
    elif vessels is not None:
        yield content.text(_VESSELS, vessels)
    for name, concept in _TEXTS:
        value = header.take(name)
        if value is not None:
            yield content.text(concept, value)


def _hemodynamics(header: ClinicalHeader) -> Iterator[Dataset]:
    for words, state in _STATES.items():
        artery = f"pulmonary artery pressure {words}"
        yield from _numbers(header, f"{artery} syst/diast", _BOTH, state, _PULMONARY_ARTERY)
        yield from _numbers(header, f"{artery} mean", (_MEAN,), state, _PULMONARY_ARTERY)
        yield from _numbers(header, f"pulmonary capillary wedge pressure {words}", (_WEDGE,), state)
        for flow, concept in _FLOWS:
            yield from _numbers(header, f"{flow} {words}", (concept,), state)
        yield from _numbers(header, f"aorta {words} syst/diast", _BOTH, state, _AORTA)
        yield from _numbers(header, f"aorta {words} mean", (_MEAN,), state, _AORTA)
    yield from _numbers(header, "left ventricular end-diastolic pressure", (_LVEDP,))


def _numbers(
    header: ClinicalHeader,
    name: str,
    concepts: Sequence[Coding],
    state: Coding | None = None,
    site: Coding | None = None,
) -> Iterator[Dataset]:
    """Yield what a statement of one or two numbers says; in its own words where it is no such."""
    value = header.take(name)
    if value is None:
        return
    found = quantity(value)
    ucum = None if found is None else ucum_of(found)
    numbers = [] if found is None else [one for one in found[:2] if one is not None]
    if ucum is None or len(numbers) != len(concepts):
        yield content.text(concepts[0], value, *_around(state, site))
        return
    for concept, number in zip(concepts, numbers, strict=True):
        yield content.num(concept, number, unit(ucum), *_around(state, site))


def _around(state: Coding | None, site: Coding | None) -> Iterator[Dataset]:
    """Yield where something was measured, and in which state of the patient."""
    if site is not None:
        yield content.code(codes.SITE, site, rel="HAS CONCEPT MOD")
    if state is not None:
        yield content.code(_STATE, state, rel="HAS ACQ CONTEXT")


def _arteries(header: ClinicalHeader) -> Iterator[Dataset]:
    for name, artery in _ARTERIES:
        value = header.take(name)
        if value is None:
            continue
        site = content.code(codes.SITE, artery, rel="HAS CONCEPT MOD")
        if value.lower() in ("no", "no stenoses", "no stenosis"):
            yield content.code(_STENOSIS, codes.NO, site)
        else:
            yield content.text(_STENOSIS, value, site)
