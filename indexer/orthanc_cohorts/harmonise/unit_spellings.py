"""Spellings of units met in real reports, or their obvious kin, and what UCUM writes.

Data only. A spelling that is some other unit in UCUM is never repaired: `MA` is megaampere, `MV` megavolt.
"""

from __future__ import annotations

SPELLINGS = {
    "": "1",
    "1/min": "/min",
    "1/s": "/s",
    "mAs": "mA.s",
    "uAs": "uA.s",
    "mv": "mV",
    "yr": "a",
    "HU": "[hnsf'U]",
    "Hu": "[hnsf'U]",
    "ohm": "Ohm",
    "IU/L": "[iU]/L",
    "°": "deg",
    "º": "deg",
    "°C": "Cel",
    "°F": "[degF]",
    "mL/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
}
"""Compared letter by letter, as UCUM is."""

WORDS = {
    "no units": "1",
    "unitless": "1",
    "ratio": "1",
    "px": "1",
    "pixel": "1",
    "pixels": "1",
    "percent": "%",
    "bpm": "/min",
    "fps": "/s",
    "hz": "Hz",
    "kv": "kV",
    "kvp": "kV",
    "hnsf'u": "[hnsf'U]",
    "hounsfield": "[hnsf'U]",
    "hounsfield unit": "[hnsf'U]",
    "hounsfield units": "[hnsf'U]",
    "degree": "deg",
    "degrees": "deg",
    "deg c": "Cel",
    "degc": "Cel",
    "celsius": "Cel",
    "deg f": "[degF]",
    "degf": "[degF]",
    "msec": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "minute": "min",
    "minutes": "min",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
    "week": "wk",
    "weeks": "wk",
    "month": "mo",
    "months": "mo",
    "yrs": "a",
    "year": "a",
    "years": "a",
    "cc": "mL",
    "mcg": "ug",
    "micron": "um",
    "microns": "um",
    "inch": "[in_i]",
    "inches": "[in_i]",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
}
"""Compared in lower case; none of them is some other unit of UCUM in any case."""

PATTERNS = (
    # The micro sign and the Greek letter; UCUM writes u.
    (r"[µμ]", "u"),
    (r"²", "2"),
    (r"³", "3"),
    (r"[·⋅]", "."),
    # 10^3/uL: of all powers only that of ten keeps its star in UCUM, as the unit 10*.
    (r"\b10(?:\^|\*\*)(?=[-+]?\d)", "10*"),
    (r"(?:\^|\*\*)(?=[-+]?\d)", ""),
    (r"(?<=[A-Za-z\d\]])\*(?=[A-Za-z\[])", "."),
    (r"(?i:mm ?hg)", "mm[Hg]"),
    (r"(?i:cm ?h2o)", "cm[H2O]"),
    # Gym2, dGycm2, mGy cm: dose area and dose length products without their dot.
    (r"^([dcmuk]?Gy) ?(c?m2?)$", r"\1.\2"),
    (r"(?<=/)sec(?=2?$)", "s"),
    # What is counted is an annotation, with or without its braces: pulses/s, mL/beat.
    (r"(?i:(?<![a-z])(?:beat|count|frame|pulse)s?(?![a-z]))", ""),
)
"""Regular expressions and what they become, applied in this order."""
