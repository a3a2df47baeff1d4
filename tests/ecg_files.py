"""ECG files of several formats, made by code of their own: what readers get in tests.

Knows the formats; nothing of the readers.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray

TWELVE = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
SCP_NUMBERS = dict(
    zip(TWELVE, (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8), strict=True), X=16, Y=17, Z=18, V3R=11
)

PTB_LINES = (
    "age: 63",
    "sex: female",
    "ECG date: 04/03/2021",
    "Diagnose:",
    "Reason for admission: Myocardial infarction",
    "Acute infarction (localization): infero-latera",
    "Former infarction (localization): anterior",
    "Previous infarction (1) date: 3-Mar-15",
    "Additional diagnoses: Arterial hypertension, Obesity",
    "Smoker: yes",
    "Number of coronary vessels involved: 2",
    "Infarction date (acute): 1-Mar-21",
    "Hemodynamics:",
    "Catheterization date: 3-Mar-21",
    "Ventriculography: Akinesia inferior wall",
    "Chest X-ray: n/a",
    "Peripheral blood Pressure (syst/diast):  140/80 mmHg",
    "Pulmonary artery pressure (at rest) (syst/diast): 25/10 mmHg",
    "Pulmonary capillary wedge pressure (laod): 20 mmHg",
    "Cardiac output (at rest): 5.4 l/min",
    "Aorta (at rest) mean: 106 cmH2O",
    "Left coronary artery stenoses (RIVA): RIVA 70% proximal",
    "Right coronary artery stenoses (RCA): No stenoses",
    "Therapy:",
    "Admission date: 1-Mar-21",
    "Medication pre admission: Digoxin",
    "Start lysis therapy (hh.mm): 19:45",
    "Lytic agent: Gamma-TPA",
    "Dosage (lytic agent): 30 mg",
    "In hospital medication: ASA",
    "Medication after discharge: n/a",
    "Shoe size: 43",
)
"""A clinical header in the manner of PTB's database."""
MUSE_HEAD = (
    "<PatientDemographics><PatientAge>63</PatientAge><AgeUnits>YEARS</AgeUnits><Gender>FEMALE</Gender>"
    "</PatientDemographics><TestDemographics><AcquisitionTime>10:11:12</AcquisitionTime>"
    "<AcquisitionDate>03-04-2021</AcquisitionDate></TestDemographics><RestingECGMeasurements>"
    "<VentricularRate>72</VentricularRate><QTCorrected>441</QTCorrected></RestingECGMeasurements><Diagnosis>"
    "<DiagnosisStatement><StmtFlag>ENDSLINE</StmtFlag><StmtText>Sinus rhythm</StmtText></DiagnosisStatement>"
    "</Diagnosis>"
)
SCP_TAGS = ((4, struct.pack("<HB", 63, 1)), (8, b"\x02"), (25, struct.pack("<HBB", 2021, 3, 4)))
SCP_MORE = {
    7: struct.pack("<BBHH", 1, 0, 833, 29999)
    + struct.pack("<5H3h", 100, 200, 260, 350, 640, 50, -10, 40)
    + struct.pack("<HHHHBH", 0, 72, 29999, 441, 1, 0)
}
"""Section 7: a heart rate, intervals, axes."""


def samples(leads: int, count: int = 1000, seed: int = 1, swing: int = 900) -> NDArray[np.int16]:
    """Return whole numbers that differ in every lead, shape (count, leads)."""
    chance = np.random.default_rng(seed)
    steps = chance.integers(-40, 41, size=(count, leads)).cumsum(axis=0)
    return ((steps + swing) % (2 * swing) - swing).astype(np.int16)


def write_record(
    folder: Path,
    name: str,
    values: NDArray[np.int_],
    labels: Sequence[str] = TWELVE,
    hz: float = 500,
    gain: float = 200.0,
    baseline: int = 0,
    units: Sequence[str] | None = None,
    comments: Sequence[str] = (),
    fmt: str = "16",
    **more: object,
) -> Path:
    """Write a WFDB record and return its header's path."""
    count = len(labels)
    wfdb.wrsamp(
        name,
        fs=hz,
        units=list(units or ["mV"] * count),
        sig_name=list(labels),
        d_signal=values.astype(np.int64),
        fmt=[fmt] * count,
        adc_gain=[gain] * count,
        baseline=[baseline] * count,
        comments=list(comments),
        write_dir=str(folder),
        **more,
    )
    return folder / f"{name}.hea"


def scp_file(
    values: Mapping[str, Sequence[int]],
    hz: int = 500,
    nanovolt: int = 4880,
    order: int = 2,
    huffman: bool = True,
    flags: int = 0,
    bimodal: int = 0,
    tags: Sequence[tuple[int, bytes]] = (),
    more: Mapping[int, bytes] | None = None,
    numbers: Mapping[str, int] = SCP_NUMBERS,
) -> bytes:
    """Return an SCP-ECG file (EN 1064): sections 0, 1, 3, 6, and 2 where its numbers are in Huffman codes."""
    count = len(next(iter(values.values())))
    sections = {1: b"".join(struct.pack("<BH", tag, len(data)) + data for tag, data in tags) + b"\xff\0\0"}
    if huffman:
        sections[2] = struct.pack("<H", 19999)
    leads = b"".join(struct.pack("<IIB", 1, count, numbers[name]) for name in values)
    sections[3] = struct.pack("<BB", len(values), flags) + leads
    coded = [_coded(_differences(list(lead), order), huffman) for lead in values.values()]
    head = struct.pack("<HHBB", nanovolt, round(1e6 / hz), order, bimodal)
    sections[6] = head + b"".join(struct.pack("<H", len(lead)) for lead in coded) + b"".join(coded)
    return scp_of_sections({**sections, **(more or {})})


def scp_of_sections(sections: Mapping[int, bytes]) -> bytes:
    """Return the file of sections without headers; each gets one with its checksum."""
    pointers = 12
    place = 7 + 16 + 10 * pointers
    found, body = {}, b""
    for number in sorted(sections):
        data = _section(number, sections[number])
        found[number] = (len(data), place)
        body += data
        place += len(data)
    zero = b"".join(
        struct.pack("<HII", number, *found.get(number, (0, 0))) if number else b"\0" * 10
        for number in range(pointers)
    )
    zero = struct.pack("<HII", 0, 16 + len(zero), 7) + zero[10:]
    data = _section(0, zero, b"SCPECG") + body
    rest = struct.pack("<I", len(data) + 6) + data
    return struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF)) + rest


def _section(number: int, data: bytes, reserved: bytes = b"\0" * 6) -> bytes:
    data += b"\0" * (len(data) % 2)
    rest = struct.pack("<HIBB", number, len(data) + 16, 20, 20) + reserved + data
    return struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF)) + rest


def _differences(lead: list[int], order: int) -> list[int]:
    if order == 0:
        return lead
    if order == 1:
        return lead[:1] + [b - a for a, b in pairwise(lead)]
    return lead[:2] + [c - 2 * b + a for a, b, c in zip(lead, lead[1:], lead[2:], strict=False)]


def _coded(numbers: Sequence[int], huffman: bool) -> bytes:
    if not huffman:
        return np.array(numbers, "<i2").tobytes()
    bits = "".join(map(huffman_bits, numbers))
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def huffman_bits(number: int) -> str:
    """Return the code of a number in the default table, as the bits come in the file."""
    if number == 0:
        return "0"
    if abs(number) <= 8:
        # +1 is 100, -1 is 101, +2 is 1100, and so on.
        return "1" * abs(number) + ("00" if number > 0 else "01")
    if -128 <= number < 128:
        return "1111111110" + format(number % 2**8, "08b")
    return "1111111111" + format(number % 2**16, "016b")


def muse_xml(
    values: Mapping[str, NDArray[np.int16]],
    median: Mapping[str, NDArray[np.int16]] | None = None,
    hz: int = 500,
    head: str = "",
    tail: str = "",
    doctype: str = '<!DOCTYPE RestingECG SYSTEM "restecg.dtd">',
) -> bytes:
    """Return a MUSE XML file; head and tail: elements before and after the waveforms."""
    strips = [("Rhythm", values)] if median is None else [("Median", median), ("Rhythm", values)]
    body = "".join(
        f"<Waveform><WaveformType>{kind}</WaveformType><SampleBase>{hz}</SampleBase>"
        "<SampleExponent>0</SampleExponent><HighPassFilter>16</HighPassFilter>"
        "<LowPassFilter>150</LowPassFilter><ACFilter>50</ACFilter>"
        + "".join(_muse_lead(name, lead) for name, lead in leads.items())
        + "</Waveform>"
        for kind, leads in strips
    )
    return (
        f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{doctype}\n<RestingECG>{head}{body}{tail}</RestingECG>'
    ).encode("latin-1")


def _muse_lead(name: str, lead: NDArray[np.int16]) -> str:
    data = base64.encodebytes(lead.astype("<i2").tobytes()).decode()
    return (
        f"<LeadData><LeadSampleCountTotal>{len(lead)}</LeadSampleCountTotal>"
        "<LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit>"
        "<LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits><LeadSampleSize>2</LeadSampleSize>"
        f"<LeadID>{name}</LeadID><WaveFormData>{data}</WaveFormData></LeadData>"
    )


def aecg_xml(
    values: Mapping[str, NDArray[np.int16]],
    step: str = "0.002",
    begin: str = "20210304101112.500",
    origin: str = "0",
    scale: str = "4.88",
    unit: str = "uV",
    annotations: str = "",
    subject: str = "",
    derived: str = "",
) -> bytes:
    """Return an HL7 annotated ECG of one series."""
    leads = "".join(
        f'<component><sequence><code code="MDC_ECG_LEAD_{name.upper()}"/><value xsi:type="SLIST_PQ">'
        f'<origin value="{origin}" unit="{unit}"/><scale value="{scale}" unit="{unit}"/>'
        f"<digits>{' '.join(map(str, lead))}</digits></value></sequence></component>"
        for name, lead in values.items()
    )
    time = (
        '<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS">'
        f'<head value="{begin}"/><increment value="{step}" unit="s"/></value></sequence></component>'
    )
    noted = f"<subjectOf><annotationSet>{annotations}</annotationSet></subjectOf>" if annotations else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<effectiveTime><low value="{begin}"/></effectiveTime>{subject}<component><series>'
        "<author><seriesAuthor><manufacturedSeriesDevice><manufacturerModelName>Eli 250"
        "</manufacturerModelName></manufacturedSeriesDevice><manufacturerOrganization><name>Mortara</name>"
        "</manufacturerOrganization></seriesAuthor></author>"
        '<controlVariable><controlVariable><code code="MDC_ECG_CTL_VBL_ATTR_FILTER_LOW_PASS"/><component>'
        '<controlVariable><code code="MDC_ECG_CTL_VBL_ATTR_FILTER_CUTOFF_FREQ"/>'
        '<value value="150" unit="Hz"/></controlVariable></component></controlVariable></controlVariable>'
        f"<component><sequenceSet>{time}{leads}</sequenceSet></component>{derived}{noted}"
        "</series></component></AnnotatedECG>"
    ).encode()
