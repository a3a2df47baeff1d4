"""What the generated archive speaks of: concepts of PS3.16 by kind of report, with units and usual values.

Knows context groups and units; makes no rows of patients. Means and spreads are of the size that most
concepts of a group have, no more.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

import pyarrow as pa

from orthanc_cohorts.harmonise import canonical_concept, unit_of_code
from orthanc_cohorts.harmonise.terminology import concepts, group_keywords

KINDS = ("ECG", "echocardiography", "CT lesions", "cardiac MR", "CT dose")
MODALITIES = ("ECG", "US", "CT", "MR", "CT")
ALTERNATIVE, DIMENSIONLESS = 1, 2
"""Variants of a measured concept beside the usual one (0): sent in another unit, or wrongly without one."""


class _Family(NamedTuple):
    """Concepts that share a unit. other: the unit in which some devices send them."""

    group: int
    unit: str
    mean: float
    spread: float
    decimals: int
    other: str


_MEASURED: tuple[tuple[_Family, ...], ...] = (
    (
        _Family(3689, "ms", 160, 60, 0, "s"),
        _Family(3228, "ms", 380, 60, 0, "s"),
        _Family(3227, "ms", 420, 35, 0, "s"),
        _Family(3688, "mV", 0.9, 0.4, 2, "mV"),
        _Family(3229, "deg", 45, 25, 0, "deg"),
    ),
    (
        _Family(12201, "cm", 4.2, 1.1, 1, "mm"),
        _Family(12202, "ml", 110, 35, 0, "cm3"),
        _Family(12207, "cm/s", 80, 25, 0, "m/s"),
        _Family(12211, "cm/s", 120, 40, 0, "m/s"),
        _Family(12212, "mm", 31, 5, 1, "cm"),
        _Family(12210, "mm[Hg]", 25, 8, 0, "mm[Hg]"),
    ),
    (
        _Family(7470, "mm", 24, 11, 1, "cm"),
        _Family(7471, "mm2", 420, 190, 0, "cm2"),
        _Family(7472, "mm3", 5200, 2400, 0, "cm3"),
        _Family(7478, "[hnsf'U]", 60, 25, 1, "[hnsf'U]"),
        _Family(7468, "1", 0.5, 0.2, 3, "1"),
    ),
    (
        _Family(3835, "ml", 130, 40, 0, "cm3"),
        _Family(3612, "cm/s", 95, 30, 0, "m/s"),
        _Family(3615, "mm2", 310, 90, 0, "cm2"),
        _Family(3836, "s", 12, 4, 1, "ms"),
        _Family(3611, "mm[Hg]", 90, 30, 0, "mm[Hg]"),
    ),
    (
        _Family(10069, "mGy", 12, 5, 2, "mGy"),
        _Family(10008, "mm", 540, 160, 0, "cm"),
        _Family(6141, "[hnsf'U]", 45, 20, 0, "[hnsf'U]"),
    ),
)
"""By kind of report, commonest families first."""

_ASKED: tuple[tuple[tuple[str, str, str, int], ...], ...] = (
    (
        ("DCM", "121071", "Finding", 3230),
        ("SCT", "365981007", "Tobacco Smoking Behavior", 3724),
        ("DCM", "109054", "Patient State", 3262),
        ("SCT", "418799008", "Concern", 3700),
    ),
    (
        ("DCM", "121071", "Finding", 3728),
        ("SCT", "363698007", "Finding Site", 12257),
        ("DCM", "121401", "Derivation", 3627),
        ("SCT", "246112005", "Severity", 6130),
    ),
    (
        ("DCM", "121071", "Finding", 7159),
        ("SCT", "363698007", "Finding Site", 4031),
        ("DCM", "112038", "Current Response", 6143),
        ("SCT", "246112005", "Severity", 6130),
        ("DCM", "111018", "Content Descriptor", 6128),
    ),
    (
        ("DCM", "121071", "Finding", 3700),
        ("SCT", "363698007", "Finding Site", 3717),
        ("SCT", "246112005", "Severity", 3704),
    ),
    (
        ("DCM", "113820", "CT Acquisition Type", 10013),
        ("DCM", "123014", "Target Region", 4031),
        ("DCM", "121058", "Procedure reported", 10005),
    ),
)
"""Questions by kind of report and the context group of their answers, commonest first."""


def measured() -> pa.Table:
    """Return a row per kind, concept by rank (0 the commonest) and variant.

    A value is a whole number of ticks: sent as ticks / sent_divisor, canonical ticks * multiplier / divisor;
    so both are the decimals they should be, to the last bit. mean, spread: in ticks.
    """
    rows = []
    for kind, families in enumerate(_MEASURED):
        for rank, (family, code) in enumerate(_interleaved(families)):
            weight = Decimal(50 + int(code.digits, 10) % 100) / 100
            for variant, unit in enumerate((family.unit, family.other, "1")):
                rows.append({"pick": _pick(kind, rank, variant), **code.named(""), **_unit(family, unit)})
                rows[-1] |= _ticks(family, weight)
    return pa.Table.from_pylist(rows)


def asked() -> pa.Table:
    """Return a row per kind and question by rank; answers: how many values it has."""
    rows = []
    for kind, questions in enumerate(_ASKED):
        for rank, (scheme, code, meaning, group) in enumerate(questions):
            named = _Code(scheme, code, meaning).named("")
            rows.append({"pick": _pick(kind, rank, 0), **named, "answers": len(_codes(group))})
    return pa.Table.from_pylist(rows)


def answers() -> pa.Table:
    """Return a row per question (`question` as `pick` of `asked`) and answer by rank."""
    rows = []
    for kind, questions in enumerate(_ASKED):
        for rank, (_, _, _, group) in enumerate(questions):
            for number, code in enumerate(_codes(group)):
                rows.append({"question": _pick(kind, rank, 0), "answer": number, **code.named("value_")})
    return pa.Table.from_pylist(rows)


def kinds() -> pa.Table:
    """Return a row per kind of report: its modality, and how many concepts it measures and asks."""
    return pa.Table.from_pylist(
        [
            {
                "kind": kind,
                "modality": MODALITIES[kind],
                "measured": len(_interleaved(_MEASURED[kind])),
                "asked": len(_ASKED[kind]),
            }
            for kind in range(len(KINDS))
        ]
    )


class _Code(NamedTuple):
    scheme: str
    code: str
    meaning: str

    @property
    def digits(self) -> str:
        """The digits of the code, at least one."""
        return "".join(filter(str.isdecimal, self.code)) or "0"

    def named(self, prefix: str) -> dict[str, str | None]:
        """Return scheme, code, meaning and canonical concept as columns of a row."""
        canonical = canonical_concept(self.scheme, self.code)
        whole = "concept" if not prefix else prefix.rstrip("_")
        part = prefix or "concept_"
        return {
            f"{part}scheme": self.scheme,
            f"{part}code": self.code,
            f"{part}meaning": self.meaning,
            whole: canonical,
        }


def _codes(group: int) -> list[_Code]:
    """Return the members of a context group, in an order that depends on nothing but their codes."""
    found = {
        (scheme, code): meaning
        for scheme, keywords in group_keywords()[group].items()
        for keyword in keywords
        for code, (meaning, groups) in concepts()[scheme][keyword].items()
        if group in groups
    }
    return sorted(
        (_Code(scheme, code, meaning) for (scheme, code), meaning in found.items()),
        key=lambda one: (one.digits[::-1], one),
    )


def _interleaved(families: tuple[_Family, ...]) -> list[tuple[_Family, _Code]]:
    """Return each concept once, one of each family in turns."""
    seen: dict[_Code, _Family] = {}
    for turn in zip_longest(*(_codes(family.group) for family in families)):
        for family, code in zip(families, turn, strict=True):
            if code is not None:
                seen.setdefault(code, family)
    return [(family, code) for code, family in seen.items()]


def _pick(kind: int, rank: int, variant: int) -> int:
    return (kind * 1_000 + rank) * 10 + variant


def _ticks(family: _Family, weight: Decimal) -> dict[str, float]:
    scale = 10**family.decimals
    return {
        "mean": float(Decimal(family.mean) * weight * scale),
        "spread": float(Decimal(family.spread) * weight * scale),
    }


def _unit(family: _Family, code: str) -> dict[str, object]:
    usual, sent = unit_of_code("UCUM", family.unit), unit_of_code("UCUM", code)
    assert usual is not None and sent is not None, f"no unit: {family.unit}, {code}"
    same = usual.canonical == sent.canonical
    moved = _power(sent.factor / usual.factor) if same else 0
    canonical = family.decimals + moved - _power(sent.factor)
    return {
        "unit_code": code,
        "unit": sent.ucum,
        "unit_canonical": sent.canonical,
        "sent_divisor": float(10 ** max(0, family.decimals + moved)),
        "sent_multiplier": float(10 ** max(0, -family.decimals - moved)),
        "divisor": float(10 ** max(0, canonical)),
        "multiplier": float(10 ** max(0, -canonical)),
    }


def _power(factor: Decimal) -> int:
    """Return n of 10**n. Raises ValueError: a factor that is no power of ten."""
    power = factor.normalize().as_tuple()
    if power.digits != (1,) or not isinstance(power.exponent, int):
        raise ValueError(f"{factor} is no power of ten; choose another unit")
    return power.exponent
