"""The codes that the demo writes, with the older SRT codes and German meanings that some sites still send.

Knows nothing of the index's own mapping, which the demo is there to prove.
"""

from __future__ import annotations

from collections.abc import Iterator

from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset

CODES: dict[str, tuple[str, str, str]] = {
    "diameter": ("SCT", "81827009", "Diameter"),
    "area": ("SCT", "42798000", "Area"),
    "volume": ("SCT", "118565006", "Volume"),
    "mean": ("SCT", "373098007", "Mean"),
    "maximum": ("SCT", "56851009", "Maximum"),
    "aortic valve": ("SCT", "34202007", "Aortic valve"),
    "annulus": ("SCT", "77583004", "Aortic Valve Ring"),
    "calcification": ("SCT", "18115005", "Pathologic calcification"),
    "abnormal structure": ("SCT", "49755003", "Morphologically Abnormal Structure"),
    "severity": ("SCT", "246112005", "Severity"),
    "mild": ("SCT", "255604002", "Mild"),
    "moderate": ("SCT", "6736007", "Moderate"),
    "severe": ("SCT", "24484000", "Severe"),
    "CT of heart": ("SCT", "241547009", "CT of heart"),
    "failure": ("DCM", "114006", "Measurement failure"),
    "not attempted": ("DCM", "114007", "Measurement not attempted"),
    "unknown": ("DCM", "114010", "Value unknown"),
    "ECG report": ("LN", "11524-0", "ECG Report"),
    "procedure description": ("LN", "55111-9", "Current Procedure Descriptions"),
    "procedure time": ("DCM", "122146", "Procedure DateTime"),
    "device type": ("DCM", "122142", "Acquisition Device Type"),
    "lead system": ("MDC", "10:11345", "Lead System"),
    "standard leads": (
        "MDC", "10:11265", "Standard 12-lead positions, electrodes placed individually",
    ),
    "waveform": ("DCM", "121112", "Source of Measurement"),
    "global measurements": ("DCM", "122158", "ECG Global Measurements"),
    "heart rate": ("MDC", "2:16016", "Ventricular Heart Rate"),
    "PR": ("MDC", "2:15872", "PR interval global"),
    "QRS": ("MDC", "2:16156", "QRS duration global"),
    "QT": ("MDC", "2:16160", "QT interval global"),
    "QTc": ("MDC", "2:15876", "QTc interval global"),
    "RR": ("MDC", "2:16168", "RR interval global"),
    "quantitative": ("DCM", "122144", "Quantitative Analysis"),
    "qualitative": ("DCM", "122145", "Qualitative Analysis"),
    "characteristics": ("DCM", "121118", "Patient Characteristics"),
    "age": ("DCM", "121033", "Subject Age"),
    "sex": ("DCM", "121032", "Subject Sex"),
    "female": ("DCM", "F", "Female"),
    "male": ("DCM", "M", "Male"),
    "unknown sex": ("DCM", "U", "Unknown sex"),
    "finding": ("DCM", "121071", "Finding"),
    "sinus rhythm": ("SCT", "64730000", "Normal sinus rhythm"),
    "atrial fibrillation": ("SCT", "49436004", "Atrial fibrillation"),
    "paced rhythm": ("SCT", "10370003", "Rhythm from artificial pacing"),
    "LBBB": ("SCT", "63467002", "Left bundle branch block"),
    "RBBB": ("SCT", "59118001", "Right bundle branch block"),
    "AV block I": ("SCT", "270492004", "First degree Atrioventricular block"),
    "AV block III": ("SCT", "27885002", "Third degree Atrioventricular block"),
    "history": ("LN", "11329-0", "History"),
    "problem list": ("LN", "11450-4", "Problem list"),
    "concern": ("DCM", "121430", "Concern"),
    "reported": ("SCT", "418799008", "Finding reported by subject or history provider"),
    "noted": ("DCM", "121431", "DateTime Concern Noted"),
    "past surgery": ("LN", "10167-5", "Past Surgical History"),
    "procedure": ("SCT", "387713003", "Surgical procedure"),
    "pacemaker implantation": ("SCT", "307280005", "Implantation of cardiac pacemaker"),
    "bypass": ("SCT", "232717009", "Coronary artery bypass graft"),
    "device use": ("LN", "46264-8", "History of medical device use"),
    "pacemaker in situ": ("SCT", "441509002", "Cardiac pacemaker in situ"),
    "dual chamber": ("NBG", "D", "Dual (A+V)"),
    "laboratory": (
        "LN", "30954-2", "Relevant Diagnostic Tests and/or Laboratory Data",
    ),
    "creatinine": ("LN", "2160-0", "Creatinine [Mass/volume] in Serum or Plasma"),
    "hemoglobin": ("LN", "718-7", "Hemoglobin [Mass/volume] in Blood"),
    "NT-proBNP": ("LN", "33762-6", "Natriuretic peptide.B prohormone N-Terminal"),
    "social history": ("LN", "29762-2", "Social History"),
    "smoking": ("SCT", "365981007", "Tobacco Smoking Behavior"),
    "current smoker": ("SCT", "77176002", "Current Smoker"),
    "former smoker": ("SCT", "8517006", "Former Smoker"),
    "never smoked": ("SCT", "266919005", "No History of Smoking"),
    "systolic": ("SCT", "271649006", "Systolic Blood Pressure"),
    "remark": ("DCM", "121106", "Comment"),
    "aortic stenosis": ("SCT", "60573004", "Aortic valve stenosis"),
    "hypertension": ("SCT", "38341003", "Hypertension"),
    "coronary disease": ("SCT", "53741008", "Coronary Artery Disease"),
    "diabetes": ("SCT", "73211009", "Diabetes mellitus"),
    "kidney disease": ("SCT", "709044004", "Chronic kidney disease"),
    "infarction": ("SCT", "22298006", "Myocardial Infarction"),
}  # fmt: skip
"""What is stated, by a short name of ours: (scheme, code, meaning) as current standards write it."""

LEGACY: dict[str, str] = {
    "81827009": "M-02550",
    "42798000": "G-A166",
    "118565006": "G-D705",
    "373098007": "R-00317",
    "56851009": "G-A437",
    "34202007": "T-35400",
    "77583004": "T-35410",
    "18115005": "M-55420",
    "363698007": "G-C0E3",
    "246112005": "G-C197",
    "24484000": "G-A003",
    "6736007": "G-A002",
    "255604002": "R-404FA",
}
"""SRT codes that older software sends for SCT codes (retired 2017, PS3.16 Annex O)."""

GERMAN: dict[str, str] = {
    "81827009": "Durchmesser",
    "42798000": "Fläche",
    "118565006": "Volumen",
    "34202007": "Aortenklappe",
    "18115005": "Verkalkung",
    "64730000": "Sinusrhythmus",
    "49436004": "Vorhofflimmern",
    "63467002": "Linksschenkelblock",
    "60573004": "Aortenklappenstenose",
    "307280005": "Schrittmacherimplantation",
}
"""Meanings that German software sends; a reason never to compare meanings (PS3.3 8.3)."""

UNITS = {
    "mm": "millimeter", "cm": "centimeter", "mm2": "square millimeter", "cm2": "square centimeter",
    "mm3": "cubic millimeter", "ms": "millisecond", "s": "second", "/min": "per minute",
    "{H.B.}/min": "heart beats per minute", "1": "no units", "a": "year", "mm[Hg]": "mmHg",
    "mg/dL": "mg/dL", "umol/L": "umol/L", "g/dL": "g/dL", "g/L": "g/L", "ng/L": "ng/L",
}  # fmt: skip
"""UCUM codes in use and their meanings."""


def code(name: str) -> CodedConcept:
    """Return the code of that short name.

    Raises KeyError: the demo has no such code.
    """
    scheme, value, meaning = CODES[name]
    return CodedConcept(value, scheme, meaning)


def unit(ucum: str) -> CodedConcept:
    """Return the UCUM unit.

    Raises KeyError: the demo has no such unit.
    """
    return CodedConcept(ucum, "UCUM", UNITS[ucum])


def make_legacy(ds: Dataset) -> None:
    """Change every SCT code of ds that has an SRT twin into the twin, meanings left alone."""
    for item in _coded_items(ds):
        if item.CodingSchemeDesignator == "SCT" and item.CodeValue in LEGACY:
            item.CodeValue, item.CodingSchemeDesignator = LEGACY[item.CodeValue], "SRT"


def make_german(ds: Dataset) -> None:
    """Change code meanings of ds into German ones where the demo knows them."""
    for item in _coded_items(ds):
        item.CodeMeaning = GERMAN.get(item.CodeValue, item.CodeMeaning)


def _coded_items(ds: Dataset) -> Iterator[Dataset]:
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                if "CodeValue" in item:
                    yield item
                yield from _coded_items(item)
