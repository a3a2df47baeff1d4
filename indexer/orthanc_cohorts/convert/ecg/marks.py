"""Annotations of beats and waves as codes (PS3.16 CID 3335), from the symbols and names of other formats."""

from __future__ import annotations

from orthanc_cohorts.convert.coding import Coding

_BEATS = {
    "N": ("8208", "Normal beat"),
    "L": ("8464", "Left bundle branch block beat"),
    "R": ("8496", "Right bundle branch block beat"),
    "a": ("8304", "Aberrated atrial premature beat (Ashman beat)"),
    "V": ("8336", "Ventricular premature contraction beat"),
    "F": ("8352", "Fusion of ventricular and normal beat"),
    "J": ("8288", "Junctional (nodal) premature contraction"),
    "A": ("8272", "Atrial premature contraction (beat)"),
    "S": ("8256", "Supraventricular premature contraction"),
    "E": ("8432", "Ventricular escape beat"),
    "j": ("8416", "Junctional (nodal) escape beat"),
    "Q": ("8736", "Unclassifiable beat"),
    "|": ("2176", "Isolated QRS-like artifact"),
    "s": ("2304", "ST change"),
    "T": ("2368", "T-wave change"),
    "p": ("256", "P wave"),
    "t": ("1024", "T wave"),
    "u": ("1152", "U wave"),
    "!": ("1728", "Ventricular flutter wave"),
    "e": ("8400", "Atrial escape beat"),
    "n": ("8384", "Supraventricular escape beat"),
    "x": ("8320", "Non-conducted p-wave (blocked)"),
    "f": ("8720", "Pacemaker Fusion beat"),
    "r": ("8368", "R-on-T premature ventricular beat"),
}
"""Symbols of WFDB annotations (`annot(5)`) to codes of MDC; the others are said in words."""

_WAVES = {
    "P": ("256", "P wave"),
    "PWAVE": ("256", "P wave"),
    "Q": ("448", "Q wave"),
    "QWAVE": ("448", "Q wave"),
    "QRS": ("1600", "Entire QRS (excluding P, T and U)"),
    "QRSWAVE": ("1600", "Entire QRS (excluding P, T and U)"),
    "R": ("576", "R wave"),
    "RWAVE": ("576", "R wave"),
    "S": ("832", "S wave"),
    "SWAVE": ("832", "S wave"),
    "T": ("1024", "T wave"),
    "TWAVE": ("1024", "T wave"),
    "U": ("1152", "U wave"),
    "UWAVE": ("1152", "U wave"),
    "PQSEG": ("1920", "PR Segment"),
    "STJ": ("2048", "J-point"),
    "JPT": ("2048", "J-point"),
}
"""Last parts of the names of waves (`MDC_ECG_WAVC_...`) to codes of MDC."""


def beat(symbol: str) -> Coding | None:
    """Return the code of a symbol of WFDB, None where it has none."""
    found = _BEATS.get(symbol)
    return None if found is None else Coding("MDC", f"10:{found[0]}", found[1])


def wave(name: str) -> Coding | None:
    """Return the code of a wave by its reference identifier of ISO/IEEE 11073-10102, None for others."""
    found = _WAVES.get(name.upper().removeprefix("MDC_ECG_WAVC_").replace("_", ""))
    return None if found is None else Coding("MDC", f"10:{found[0]}", found[1])
