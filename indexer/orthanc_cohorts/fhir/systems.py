"""Which URI names a coding scheme of DICOM in FHIR.

Data and one look-up; knows no codes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

UCUM = "http://unitsofmeasure.org"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
SCT = "http://snomed.info/sct"
LOCAL = "urn:x-dicom-coding-scheme"
"""Schemes that no list names: `urn:x-dicom-coding-scheme:<designator>[:<owner>]`, percent-encoded."""

_NAMED = {
    "SCT": SCT,
    "LN": "http://loinc.org",
    "UCUM": UCUM,
    "DCM": DCM,
    "MDC": "urn:iso:std:iso:11073:10101",
    "RADLEX": "http://www.radlex.org",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "I11": "http://id.who.int/icd/release/11/mms",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "ICDO3": "http://terminology.hl7.org/CodeSystem/icd-o-3",
    "C4": "http://www.ama-assn.org/go/cpt",
    "NCIt": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "UMLS": "http://terminology.hl7.org/CodeSystem/umls",
    "RFC5646": "urn:ietf:bcp:47",
    "RFC3066": "urn:ietf:bcp:47",
    "ISO3166_1": "urn:iso:std:iso:3166",
    "URN": "urn:ietf:rfc:3986",
    # On no list of HL7; the name that implementers agreed on for identifiers of SNOMED RT.
    "SRT": "http://snomed.info/srt",
    "99SDM": "http://snomed.info/srt",
    "SNM3": "http://snomed.info/srt",
}
"""HL7's list of external code systems (FHIR R4 4.3.0, terminology.hl7.org), which goes before any other."""

_BY_UID = {
    "ACR": "2.16.840.1.113883.6.76",
    "C5": "2.16.840.1.113883.6.82",
    "CTV3": "2.16.840.1.113883.6.6",
    "DC": "1.2.840.10008.2.16.10",
    "DCMUID": "1.2.840.10008.2.6.1",
    "FMA": "2.16.840.1.113883.6.119",
    "I9": "2.16.840.1.113883.6.42",
    "IBSI": "1.2.840.10008.2.16.13",
    "ISO639_1": "2.16.840.1.113883.6.99",
    "ISO639_2": "2.16.840.1.113883.6.100",
    "ITIS_TSN": "1.2.840.10008.2.16.7",
    "MA": "1.2.840.10008.2.16.5",
    "MAYONRISBSASRG": "1.2.840.10008.2.16.12",
    "MGI": "1.2.840.10008.2.16.8",
    "NEU": "2.16.840.1.113883.6.210",
    "NYUMCCG": "1.2.840.10008.2.16.11",
    "PUBCHEM_CID": "1.2.840.10008.2.16.9",
    "RADELEMENT": "1.2.840.10008.2.16.15",
    "RO": "1.2.840.10008.2.16.14",
    "RRID": "1.2.840.10008.2.16.18",
    "UBERON": "1.2.840.10008.2.16.6",
    "UNS": "1.2.840.10008.2.16.17",
}
"""PS3.16 table 8-1 and PS3.6 table A-1: UIDs of schemes without a URI of HL7's."""
_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")


@lru_cache(maxsize=4_096)
def system(designator: str) -> str:
    """Return the URI of a scheme.

    designator: as canonical codes have it; a private one with its owner (`99GEMS@ge medical systems`).
    Where the owner is a UID it is the URI (`urn:oid:`); otherwise designator and owner become a stable URN.
    """
    name, _, owner = designator.partition("@")
    if owner:
        return f"urn:oid:{owner}" if _UID.fullmatch(owner) else ":".join((LOCAL, quote(name), quote(owner)))
    if name in _NAMED:
        return _NAMED[name]
    return f"urn:oid:{_BY_UID[name]}" if name in _BY_UID else f"{LOCAL}:{quote(name)}"
