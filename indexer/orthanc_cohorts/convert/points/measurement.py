"""Measurements that an input states, as NUM items (TID 300).

Knows concepts, units and the names that 3D Slicer gives; nothing of where the numbers come from.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding, unit
from orthanc_cohorts.convert.points.mapping import Mapping, Measured
from orthanc_cohorts.convert.points.pointset import Measure
from orthanc_cohorts.convert.problem import Problem, shown
from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise import canonical_unit

OF_SLICER = {
    "length": Measured(concept=Coding("SCT", "410668003", "Length")),
    "angle": Measured(concept=Coding("SCT", "1483009", "Angle")),
    "area": Measured(concept=Coding("SCT", "42798000", "Area")),
    "volume": Measured(concept=Coding("SCT", "118565006", "Volume")),
}
"""What 3D Slicer's own measurements are; it writes no code beside them unless somebody asked it to."""
_DERIVATION = Coding("DCM", "121401", "Derivation")
_METHOD = Coding("SCT", "370129005", "Measurement Method")
_SPELLINGS = {
    "°": "deg",
    "degree": "deg",
    "degrees": "deg",
    "mm²": "mm2",
    "cm²": "cm2",
    "mm³": "mm3",
    "cm³": "cm3",
}
"""How 3D Slicer and people write units that UCUM writes otherwise."""


def num(source: str, measure: Measure, mapping: Mapping, problems: list[Problem]) -> Dataset | None:
    """Return the item of a measurement; None: the mapping leaves it out, or it is wrong."""

    def wrong(what: str) -> None:
        problems.append(Problem(source, what, *measure.place))

    if measure.name in mapping.measurements:
        said = mapping.measurements[measure.name]
        if said is None:
            return None
    else:
        said = _stated(measure) or OF_SLICER.get(measure.name)
    if said is None:
        wrong(f"nothing says what the measurement {shown(measure.name)} is; name it in `measurements`")
        return None
    stated = None if measure.unit is None else _SPELLINGS.get(measure.unit, measure.unit)
    if stated and said.unit and stated != said.unit:
        wrong(f"{shown(measure.name)} is in {stated}, the mapping says {said.unit}")
        return None
    ucum = stated or said.unit
    if not ucum:
        wrong(f"{shown(measure.name)} has no unit; name it in `measurements`")
        return None
    try:
        canonical_unit(ucum)
    except UnknownUnit:
        wrong(f"{shown(ucum)} is no unit of UCUM; name it in `measurements`")
        return None
    modifiers = [
        content.code(name, value, rel="HAS CONCEPT MOD")
        for name, value in ((_METHOD, said.method), (_DERIVATION, said.derivation))
        if value is not None
    ]
    return content.num(said.concept, measure.value, unit(ucum), *modifiers)


def _stated(measure: Measure) -> Measured | None:
    """Return what the input itself says of a measurement."""
    concept = _coding(measure.quantity)
    if concept is None:
        return None
    return Measured(concept=concept, derivation=_coding(measure.derivation), method=_coding(measure.method))


def _coding(code: tuple[str, str, str] | None) -> Coding | None:
    return None if code is None else Coding(code[1], code[0], code[2])
