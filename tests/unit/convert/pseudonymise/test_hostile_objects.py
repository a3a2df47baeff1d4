"""A marker planted wherever somebody may be named: in no case does it come out.

Objects are drawn: nested, private, of wrong VRs, with and without VRs in the file.
"""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary, dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.reading import quietly
from pseudonymised import ENCODINGS, from_bytes, pseudonymiser, to_bytes, values

MARKER = "Qxzweistein"
UPPER = "QXZWEISTEIN"
MARKED_UID = "1.2.3.777000777000777.1"
UNDER_DICOM = "1.2.840.10008.777000777000777"
TEXT_VRS = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
BYTE_VRS = ("OB", "UN")
PIXELS = 0x7FE00010

LISTED = [
    int(row["tag"], 16)
    for row in csv.DictReader(
        files("orthanc_cohorts.convert.pseudonymise").joinpath("basic_profile.csv").open(encoding="utf-8")
    )
    if "x" not in row["tag"] and row["tag"][:4] not in ("0000", "0002", "0004")
]
CODES = {0x00080108, 0x00080119, 0x00080120}
"""In items they are codes, which stay unless they name somebody who is known or look like somebody."""
FREE = [
    tag
    for tag, entry in DicomDictionary.items()
    if entry[0] in ("ST", "LT", "UT", "UR", "AE", "PN")
    and tag >> 16 > 4
    and tag not in LISTED
    # What speaks of devices and methods stays where it names nobody who is known.
    and tag not in lists().texts | CODES
]
NUMBERS = [
    tag
    for tag, entry in DicomDictionary.items()
    if entry[0] in ("DS", "IS", "DA", "DT", "TM", "AS") and tag >> 16 > 4
]
UIDS = [
    tag
    for tag, entry in DicomDictionary.items()
    if entry[0] == "UI" and tag >> 16 > 4 and "Class" not in entry[4] and "SOPClasses" not in entry[4]
]
VOCABULARY = {"CodingSchemeUID", "ContextUID", "MappingResourceUID"}
SYNTAXES = {tag for tag in UIDS if "TransferSyntax" in DicomDictionary[tag][4]}
UIDS = [tag for tag in UIDS if DicomDictionary[tag][4] not in VOCABULARY and tag not in SYNTAXES]
UNKNOWN = [0x0018FFF0, 0x0040FFF2, 0x00460FFE, 0x30060FFE, 0x60000022, 0x60023000, 0x50002600, 0x7F000010]
SEQUENCES = [
    0x00081140, 0x00081115, 0x00081199, 0x0040A730, 0x0040A043, 0x00400555, 0x52009229, 0x00700001,
    0x00180012, 0x00400610, 0x00080300, 0x04000561, 0x04000500, 0xFFFAFFFA, 0x00880200, 0x0040A073,
    0x30060020, 0x00091001, 0x0018FFF8,
]  # fmt: skip


def element(tag: int, vr: str, value: object) -> DataElement:
    """Return an attribute with a value that may be none of its VR."""
    made = DataElement(tag, "OB" if vr == "UN" else vr, value, already_converted=vr != "PN")
    made.VR = vr  # given UN, pydicom would take the VR of its dictionary
    return made


def marked(tag: int, vr: str) -> DataElement:
    """Return an attribute that holds the marker as its VR holds things."""
    if vr == "UI":
        return element(tag, vr, MARKED_UID)
    if vr in BYTE_VRS or vr.startswith("O"):
        return element(tag, vr if len(vr) == 2 else "OB", MARKER.encode() + b"\0")
    return element(tag, vr if vr in (*TEXT_VRS, "DS", "IS", "DA", "DT", "TM", "AS") else "LO", MARKER)


def listed(tag: int) -> DataElement:
    """Return an attribute of table E.1-1 with the marker; a sequence has it in an item."""
    vr = dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"
    if vr == "SQ":
        inner = Dataset()
        inner[0x00100010] = marked(0x00100010, "PN")
        inner[0x0040A160] = marked(0x0040A160, "UT")
        return DataElement(tag, "SQ", Sequence([inner]))
    return marked(tag, vr)


PLANTED = st.one_of(
    st.sampled_from(LISTED).map(listed),
    st.sampled_from(FREE).map(lambda tag: marked(tag, dictionary_VR(tag))),
    st.sampled_from(NUMBERS).map(lambda tag: marked(tag, dictionary_VR(tag))),
    st.tuples(st.sampled_from(UIDS), st.sampled_from([MARKED_UID, UNDER_DICOM, MARKER])).map(
        lambda pair: element(pair[0], "UI", pair[1])
    ),
    st.tuples(st.sampled_from(UNKNOWN), st.sampled_from(TEXT_VRS + BYTE_VRS)).map(lambda pair: marked(*pair)),
    # Of a wrong VR: numbers as texts, texts as bytes.
    st.tuples(
        st.sampled_from([0x00280010, 0x00280106, 0x00082112, 0x00180050]), st.sampled_from(TEXT_VRS)
    ).map(lambda pair: marked(*pair)),
    st.tuples(st.sampled_from([0x00100010, 0x00100020, 0x0040A730, 0x00081030]), st.just("OB")).map(
        lambda pair: marked(*pair)
    ),
)


@st.composite
def private_blocks(draw: st.DrawFn) -> list[DataElement]:
    """Private elements, most with a creator, some where none may stand."""
    group = draw(st.sampled_from([0x0009, 0x0019, 0x0029, 0x2001, 0x7FE1]))
    block = draw(st.integers(0x10, 0xFF))
    creator = draw(st.sampled_from([MARKER, "SIEMENS MR HEADER", "GEMS_ACQU_01", "ACME"]))
    found = [element(group << 16 | block, "LO", creator)] if draw(st.booleans()) else []
    offsets = draw(st.lists(st.integers(0, 0xFF), min_size=1, max_size=3, unique=True))
    for offset in offsets:
        vr = draw(st.sampled_from(TEXT_VRS + BYTE_VRS))
        found.append(marked(group << 16 | block << 8 | offset, vr))
    if draw(st.booleans()):
        found.append(marked(group << 16 | draw(st.integers(1, 0xF)), "LO"))
    return found


@st.composite
def content_items(draw: st.DrawFn) -> Dataset:
    """A content item that holds the marker, whatever its concept."""
    item, concept = Dataset(), Dataset()
    value, scheme = draw(
        st.sampled_from([("121106", "DCM"), ("121071", "DCM"), ("1", "99X"), ("113012", "DCM")])
    )
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = value, scheme, "Something"
    item.ConceptNameCodeSequence = [concept]
    item.RelationshipType = "CONTAINS"
    item.ValueType = draw(
        st.sampled_from(["TEXT", "PNAME", "UIDREF", "DATE", "DATETIME", "CONTAINER", "NUM", "NEW"])
    )
    for tag, vr in ((0x0040A160, "UT"), (0x0040A123, "PN"), (0x0040A121, "DA"), (0x0040A124, "UI")):
        if draw(st.booleans()):
            item[tag] = element(tag, vr, MARKED_UID if vr == "UI" else MARKER)
    return item


@st.composite
def datasets(draw: st.DrawFn, depth: int = 3) -> Dataset:
    """A data set or item with the marker in some places, and items down to a depth."""
    ds = Dataset()
    for planted in draw(st.lists(PLANTED, max_size=6)):
        ds[planted.tag] = planted
    for planted in draw(st.one_of(st.just([]), private_blocks())):
        ds[planted.tag] = planted
    if depth:
        for tag in draw(st.lists(st.sampled_from(SEQUENCES), max_size=2, unique=True)):
            items = draw(st.lists(st.one_of(datasets(depth - 1), content_items()), min_size=1, max_size=2))
            ds[tag] = DataElement(tag, "SQ", Sequence(items))
    return ds


@st.composite
def objects(draw: st.DrawFn) -> Dataset:
    """An object in one of two encodings, with a meta header that tells too."""
    ds = draw(datasets())
    ds.SOPClassUID = draw(st.sampled_from(["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.33"]))
    ds.SOPInstanceUID = MARKED_UID
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = draw(st.sampled_from([ExplicitVRLittleEndian, ImplicitVRLittleEndian]))
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = MARKED_UID
    ds.file_meta.SourceApplicationEntityTitle = MARKER
    ds.preamble = (MARKER.encode() * 20)[:128]
    return ds


def told(data: bytes) -> list[str]:
    """Return the ways in which the marker is in a file."""
    lower = data.lower()
    words = [word for word in (MARKER, UPPER) for code in ENCODINGS if word.lower().encode(code) in lower]
    return words + [uid for uid in (MARKED_UID, UNDER_DICOM) if uid.encode() in data]


EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@EXAMPLES
@given(objects(), st.sampled_from(["shift", "keep", "remove"]))
def test_a_marker_survives_nowhere(ds, dates):
    with quietly():
        data = to_bytes(ds)

        out = to_bytes(pseudonymiser(dates=dates, burned_in="accept")(from_bytes(data)))

    assert told(data)
    assert told(out) == []


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("dates", ["shift", "keep", "remove"])
def test_no_attribute_of_the_table_and_none_of_the_free_ones_keeps_a_marker(syntax, dates):
    ds, inner = Dataset(), Dataset()
    for tag in LISTED:
        inner[tag] = listed(tag)
    for tag in (*FREE, *NUMBERS):
        inner[tag] = marked(tag, dictionary_VR(tag))
    for tag in UIDS:
        inner[tag] = element(tag, "UI", UNDER_DICOM)
    ds.update(inner)
    ds[0x00081140] = DataElement(0x00081140, "SQ", Sequence([inner]))
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", MARKED_UID
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax

    with quietly():
        out = pseudonymiser(dates=dates, burned_in="accept")(from_bytes(to_bytes(ds)))
        left = [path for path, _, value in values(out) if told(str(value).encode())]

        assert left == []
        assert told(to_bytes(out)) == []


ECHOES = {
    "Manufacturer": "Made by Qxzweistein",
    "SoftwareVersions": "1.0 QXZWEISTEIN",
    "BodyPartExamined": UPPER,
    "SegmentLabel": "Lesion of Herr Qxzweisteins",
    "ConvolutionKernel": MARKER,
    "StudyDescription": f"CT {MARKER}",
    "SeriesDescription": f"{MARKER}, arterial",
    "ProtocolName": f"Thorax_{MARKER}",
    "StationName": MARKER,
    "InstitutionName": f"Dr. {MARKER}",
    "Allergies": MARKER,
    "DetectorDescription": MARKER,
}


@pytest.mark.parametrize("keyword", ECHOES)
@EXAMPLES
@given(
    retain=st.lists(st.sampled_from(["device", "patient", "safe_private"]), unique=True),
    clean=st.lists(st.sampled_from(["descriptors", "graphics"]), unique=True),
)
def test_a_name_that_is_known_is_found_in_what_would_be_kept(keyword, retain, clean):
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    ds.PatientName = f"{MARKER}^Anna"
    setattr(ds, keyword, ECHOES[keyword])
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113100", "DCM", f"Of {MARKER}"
    ds.ProcedureCodeSequence = [code]

    out = pseudonymiser(retain=retain, clean=clean)(ds)

    assert told(to_bytes(out)) == []
    assert out.ProcedureCodeSequence[0].CodeValue == "113100"
