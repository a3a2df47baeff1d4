"""Our additions to pydicom's code tables, and the spellings of coding schemes (PS3.16 section 8).

Data only; each code with its source.
"""

from __future__ import annotations

RT_TO_CT = {
    # X-ray filter and anode materials: earlier editions of CID 10006 and 10016 coded the metal together with
    # its compounds, today's code the metal.
    "C-1190E": ("767776000", "CID 10006, niobium; replaced by DCM 113710, then SCT"),
    "C-1190F": ("767775001", "CID 10006, europium; replaced by DCM 113711, then SCT"),
    "C-127F9": ("66925006", "CID 10006, copper"),
    "C-132F9": ("88488004", "CID 10006, lead"),
    "C-137F9": ("41967008", "CID 10006, silver"),
    "C-150F9": ("71128006", "CID 10006 and 10016, molybdenum"),
    "C-156F9": ("45215009", "CID 10006, tantalum"),
    "C-164F9": ("26194003", "CID 10016, tungsten"),
    "C-167F9": ("59801003", "CID 10006 and 10016, rhodium"),
    "F-61FDB": ("349358000", "TID 10022, radiopharmaceutical agent"),
    "T-53131": ("47975008", "CID 7601, base of tongue; table O-1 knows it as T-53130"),
}
"""SNOMED RT identifier -> (SNOMED CT code, where PS3.16 had the first and now has the second)."""

SCHEME_SPELLINGS = {
    "SNOMEDCT": "SCT",
    "SNOMED-CT": "SCT",
    "SNOMED CT": "SCT",
    "SNOMED": "SCT",
    "2.16.840.1.113883.6.96": "SCT",
    "LOINC": "LN",
    "UCM": "UCUM",
}
"""Spellings of a scheme, in capitals, that mean another designator of PS3.16 table 8-1."""

STANDARD_SCHEMES = (
    "99SDM", "ACR", "BARI", "BI", "C4", "C5", "CDT", "CTV3", "DCM", "DCMUID", "FMA", "I10", "I10P", "I11",
    "I9", "I9C", "IBSI", "ICDO3", "INCHI", "ISO3166_1", "ISO3166_2", "ISO639_1", "ISO639_2", "ITIS_TSN", "L",
    "LN", "MDC", "MDNS", "MGI", "MSH", "NCIt", "NDC", "NEU", "NICIP", "NPI", "PATHLEX", "PUBCHEM_CID",
    "RADELEMENT", "RADLEX", "RFC3066", "RFC5646", "RXNORM", "SCPECG", "SCT", "SNM3", "SRT", "UBERON", "UCUM",
    "UMLS", "UNS", "UPC",
)  # fmt: skip
"""Designators of PS3.16 table 8-1, and `L` for local codes (PS3.16 8.2), as they are written there."""
