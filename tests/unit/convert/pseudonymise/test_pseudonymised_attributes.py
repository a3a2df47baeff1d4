"""What becomes of single attributes: identifiers, texts, codes, private elements, documents, items."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless

from orthanc_cohorts.datasets.pseudonyms import Pseudonyms, identity
from orthanc_cohorts.errors import ConversionError
from pseudonymised import KEY, from_bytes, pseudonymiser, through, to_bytes

CT = "1.2.840.10008.5.1.4.1.1.2"
SR = "1.2.840.10008.5.1.4.1.1.88.33"
PDF = "1.2.840.10008.5.1.4.1.1.104.1"
SC = "1.2.840.10008.5.1.4.1.1.7"


def an_object(sop_class: str = CT, **attributes: Any) -> Dataset:
    """Return an object of a patient called Müller, with further attributes."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID, ds.SOPInstanceUID, ds.StudyInstanceUID = sop_class, "1.2.3.4", "1.2.3"
    ds.PatientName, ds.PatientID, ds.StudyDate = "Müller^Änne", "4711-08", "20240228"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def code(scheme: str, value: str, meaning: str) -> Dataset:
    """Return an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def content_item(kind: str, concept: tuple[str, str], **values: Any) -> Dataset:
    """Return a content item."""
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", kind
    item.ConceptNameCodeSequence = [code(*concept, "A concept")]
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def report(*items: Dataset, **attributes: Any) -> Dataset:
    """Return a report with these content items."""
    ds = an_object(SR, Modality="SR", ValueType="CONTAINER", **attributes)
    ds.ContentSequence = list(items)
    return ds


def test_identifiers_are_those_of_the_sites_other_datasets():
    out = through(an_object(IssuerOfPatientID="WARD"))

    keyed = Pseudonyms(KEY)
    assert out.PatientID == str(out.PatientName) == keyed.of_patient(identity("4711-08", "WARD", "1.2.3"))
    assert out.StudyInstanceUID == keyed.of_uid("1.2.3")
    assert "IssuerOfPatientID" not in out


def test_a_patient_without_id_is_one_person_per_study():
    one = through(an_object(PatientID=""))
    other = through(an_object(PatientID="", StudyInstanceUID="1.2.9"))

    assert one.PatientID == Pseudonyms(KEY).of_patient(identity("", "", "1.2.3")) != other.PatientID


def test_pseudonyms_of_another_key_are_others():
    from orthanc_cohorts.convert.pseudonymise.objects import Pseudonymiser

    outs = [
        Pseudonymiser(keyed)(an_object())
        for keyed in (Pseudonyms(KEY), Pseudonyms(KEY).unlinkable("trial"), Pseudonyms(bytes(32)))
    ]

    assert len({out.PatientID for out in outs}) == len({out.SOPInstanceUID for out in outs}) == 3


def test_an_object_states_how_it_was_made():
    out = through(an_object(), retain=["patient"], clean=["descriptors"])

    codes = [item.CodeValue for item in out.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113104", "113107", "113105", "113108"]
    assert (out.PatientIdentityRemoved, out.LongitudinalTemporalInformationModified) == ("YES", "MODIFIED")
    assert out.SpecificCharacterSet == "ISO_IR 192"


@pytest.mark.parametrize(("dates", "said"), [("keep", "UNMODIFIED"), ("remove", "REMOVED")])
def test_an_object_states_what_became_of_its_dates(dates, said):
    out = through(an_object(), dates=dates)

    assert out.LongitudinalTemporalInformationModified == said
    assert out.StudyDate == {"keep": "20240228", "remove": ""}[dates]


def test_keyed_identifiers_are_the_same_where_they_were_the_same():
    one = through(an_object(AccessionNumber="A1", DeviceSerialNumber="S1"))
    other = through(an_object(PatientID="other", AccessionNumber="A1", DeviceSerialNumber="S2"))

    assert one.AccessionNumber == other.AccessionNumber != "A1"
    assert one.DeviceSerialNumber != other.DeviceSerialNumber
    assert len(one.AccessionNumber) == 16


def test_descriptions_are_removed_or_kept_where_they_name_nobody():
    ds = an_object(
        StudyDescription="CT Thorax", SeriesDescription="Frau Mueller", ProtocolName="geb. 1.2.1950"
    )

    default, cleaned = through(ds), through(ds, clean=["descriptors"])

    assert "StudyDescription" not in default
    assert cleaned.StudyDescription == "CT Thorax"
    assert "SeriesDescription" not in cleaned
    assert cleaned.ProtocolName == "REMOVED"


def test_ages_above_89_are_90_and_a_birth_date_goes_or_keeps_its_year():
    ds = an_object(PatientAge="095Y", PatientBirthDate="19290302")

    assert "PatientAge" not in through(ds)
    assert through(ds, retain=["patient"]).PatientAge == "090Y"
    assert through(ds).PatientBirthDate == ""
    assert through(ds, birth_year=True, dates="keep").PatientBirthDate == "19340101"


def test_codes_of_public_schemes_stay_and_private_ones_that_look_like_somebody_are_keyed():
    ds = an_object(
        ProcedureCodeSequence=[
            code("SCT", "77477000", "CT by Dr. Meier"),
            code("99HOSP", "CT1", "CT of the head"),
            code("99HOSP", "U7", "Herr Meier"),
            code("99HOSP", "Müller", "Anything"),
        ]
    )

    public, private, looking, named = through(ds).ProcedureCodeSequence

    assert (public.CodeValue, public.CodeMeaning) == ("77477000", "CT by Dr. Meier")
    assert (private.CodeValue, private.CodeMeaning) == ("CT1", "CT of the head")
    assert looking.CodingSchemeDesignator == named.CodingSchemeDesignator == "99REMOVED"
    assert looking.CodeMeaning == named.CodeMeaning == "REMOVED"
    assert looking.CodeValue != named.CodeValue


def test_the_code_of_an_institution_or_a_person_is_none():
    operator = Dataset()
    operator.PersonIdentificationCodeSequence = [code("99HOSP", "4321", "Senior")]
    operator.InstitutionName = "Klinikum"
    ds = an_object(
        InstitutionCodeSequence=[code("99HOSP", "NORD", "Clinic")], OperatorIdentificationSequence=[operator]
    )

    out = through(ds)

    [person] = out.OperatorIdentificationSequence
    assert out.InstitutionCodeSequence[0].CodeValue == "REMOVED"
    assert person.PersonIdentificationCodeSequence[0].CodeValue == person.InstitutionName == "REMOVED"
    assert through(ds, retain=["institution"]).InstitutionCodeSequence[0].CodeValue == "NORD"


def test_a_rule_keeps_codes_of_a_private_scheme():
    ds = an_object(ProcedureCodeSequence=[code("99HOSP", "U7", "Herr Meier")])

    out = through(ds, rules={"codes": [{"scheme": "99HOSP"}]})

    assert out.ProcedureCodeSequence[0].CodeMeaning == "Herr Meier"


def with_private(ds: Dataset, group: int, creator: str, *elements: tuple[int, str, Any]) -> Dataset:
    """Add a private block."""
    block = ds.private_block(group, creator, create=True)
    for offset, vr, value in elements:
        block.add_new(offset, vr, value)
    return ds


def test_private_elements_go_and_safe_ones_stay_by_option():
    ds = with_private(
        an_object(),
        0x0019,
        "SIEMENS MR HEADER",
        (0x0C, "IS", "1000"),
        (0x0D, "CS", "MÜLLER"),
        (0x99, "LO", "x"),
    )
    with_private(ds, 0x0019, "ACME", (0x0C, "LO", "Müller"))

    default, safe = through(ds), through(ds, retain=["safe_private"])

    assert [element for element in default if element.tag.is_private] == []
    kept = {(element.tag.element, str(element.value)) for element in safe if element.tag.is_private}
    assert kept == {(0x10, "SIEMENS MR HEADER"), (0x100C, "1000")}


def test_a_rule_keeps_a_private_element_even_where_the_file_states_no_vr():
    ds = with_private(an_object(), 0x0029, "ACME", (0x01, "UN", b"17"), (0x02, "UN", b"Mueller "))
    rule = {"group": "0029", "creator": "ACME", "element": "01", "vr": "LO"}

    out = through(ds, rules={"private": [rule, {**rule, "element": "02"}]})

    assert [str(element.value) for element in out if element.tag.is_private] == ["ACME", "17"]


def test_items_of_a_private_sequence_that_is_kept_are_cleaned():
    inner = Dataset()
    inner.PatientName, inner.ReferencedSOPInstanceUID, inner.Rows = "Müller", "1.2.3.4", 7
    ds = with_private(an_object(), 0x0029, "ACME", (0x01, "SQ", [inner]))

    out = through(ds, rules={"private": [{"group": "0029", "creator": "ACME", "element": "01", "vr": "SQ"}]})

    item = out[0x00291001].value[0]
    assert item.ReferencedSOPInstanceUID == out.SOPInstanceUID
    assert (item.PatientName, item.Rows) == (out.PatientID, 7)


def test_an_attribute_rule_goes_before_the_table():
    ds = an_object(StudyDescription="Frau Müller", Manufacturer="ACME")
    rules = [
        {"attribute": "StudyDescription", "action": "keep"},
        {"attribute": "Manufacturer", "action": "empty"},
    ]

    out = through(ds, rules={"attributes": rules})

    assert (out.StudyDescription, out.Manufacturer) == ("Frau Müller", "")


def test_texts_of_a_report_are_removed_keyed_or_kept_by_their_concept():
    ds = report(
        content_item("TEXT", ("DCM", "121106"), TextValue="a comment"),
        content_item("TEXT", ("99X", "free"), TextValue="whatever"),
        content_item("TEXT", ("DCM", "112039"), TextValue="Lesion 1"),
        content_item("TEXT", ("DCM", "111001"), TextValue="Algorithm by ACME"),
        content_item("TEXT", ("DCM", "121030"), TextValue="4711-08"),
        content_item("TEXT", ("DCM", "111003"), TextValue="of Müller"),
    )

    out = through(ds)

    texts = [item.TextValue for item in out.ContentSequence]
    assert texts[0] == "REMOVED"
    assert len(texts[1]) == 16
    assert texts[2:] == ["Algorithm by ACME", out.PatientID, "REMOVED"]


def test_rules_keep_key_and_replace_texts_of_a_report():
    items = [content_item("TEXT", ("99X", str(number)), TextValue="a text") for number in range(3)]
    actions = [{"concept": f"99X|{n}", "action": one} for n, one in enumerate(("keep", "key", "replace"))]

    out = through(report(*items), rules={"texts": actions})

    texts = [item.TextValue for item in out.ContentSequence]
    assert texts[0] == "a text"
    assert len(texts[1]) == 16
    assert texts[2] == "REMOVED"


def test_no_item_goes_where_others_refer_to_items_by_their_place():
    reference = Dataset()
    reference.RelationshipType, reference.ReferencedContentItemIdentifier = "INFERRED FROM", [1, 1]
    ds = report(content_item("TEXT", ("DCM", "121106"), TextValue="a comment"), reference)

    out = through(ds)

    assert [item.get("TextValue") for item in out.ContentSequence] == ["REMOVED", None]


def test_persons_uids_dates_and_numbers_of_a_report():
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = "97", [code("UCUM", "a", "year")]
    ds = report(
        content_item("PNAME", ("DCM", "121008"), PersonName="Meier^Hans"),
        content_item("PNAME", ("DCM", "121029"), PersonName="Müller^Änne"),
        content_item("UIDREF", ("DCM", "121012"), UID="1.2.3.4"),
        content_item("DATETIME", ("DCM", "111526"), DateTime="20240301120000+0100"),
        content_item("DATE", ("DCM", "121031"), Date="19500101"),
        content_item("NUM", ("DCM", "121033"), MeasuredValueSequence=[measured]),
        content_item("CODE", ("DCM", "121032"), ConceptCodeSequence=[code("DCM", "F", "Female")]),
    )

    out, kept = through(ds), through(ds, retain=["patient"])

    observer, subject, uid, moment, age, sex = out.ContentSequence
    assert str(observer.PersonName) == "REMOVED"
    assert str(subject.PersonName) == out.PatientID
    assert out.SOPInstanceUID == uid.UID
    assert moment.DateTime.endswith("120000+0100")
    assert not age.MeasuredValueSequence
    assert sex.ConceptCodeSequence[0].CodeValue == "U"
    assert kept.ContentSequence[4].MeasuredValueSequence[0].NumericValue == 90
    assert kept.ContentSequence[5].ConceptCodeSequence[0].CodeValue == "F"


def test_a_number_that_is_none_stays_as_it_is_written():
    measured = Dataset()
    measured[0x0040A30A] = DataElement(0x0040A30A, "DS", "10.50/ 15.00", already_converted=True)
    ds = report(content_item("NUM", ("SCT", "81827009"), MeasuredValueSequence=[measured]))

    assert b"10.50/ 15.00" in to_bytes(pseudonymiser()(from_bytes(to_bytes(ds))))


@pytest.mark.parametrize(
    ("attributes", "sop_class", "burned_in", "refused"),
    [
        ({"BurnedInAnnotation": "YES"}, CT, "refuse", True),
        ({"BurnedInAnnotation": "YES"}, CT, "trust", True),
        ({"BurnedInAnnotation": "YES"}, CT, "accept", False),
        ({"BurnedInAnnotation": "NO"}, SC, "refuse", True),
        ({"BurnedInAnnotation": "NO"}, SC, "trust", False),
        ({}, SC, "trust", True),
        ({}, SC, "accept", False),
        ({}, PDF, "refuse", True),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, CT, "refuse", True),
        ({}, CT, "refuse", False),
        ({}, "1.2.840.10008.5.1.4.1.1.77", "refuse", False),
    ],
)
def test_objects_that_may_name_somebody_in_their_pixels_are_refused(
    attributes, sop_class, burned_in, refused
):
    ds, convert = an_object(sop_class, **attributes), pseudonymiser(burned_in=burned_in)

    if refused:
        with pytest.raises(ConversionError, match="--burned-in"):
            convert(ds)
    else:
        assert convert(ds).PatientIdentityRemoved == "YES"


def test_a_document_is_replaced_where_it_is_accepted():
    ds = an_object(
        PDF, EncapsulatedDocument=b"%PDF Mueller", MIMETypeOfEncapsulatedDocument="application/pdf"
    )

    out = through(ds, burned_in="accept")

    assert out.EncapsulatedDocument.startswith(b"%PDF-1.4")
    assert out.EncapsulatedDocumentLength <= len(out.EncapsulatedDocument)


def test_compressed_pixels_stay_and_a_fragment_of_odd_length_is_padded():
    ds = an_object(Rows=1, Columns=1)
    ds.PixelData = encapsulate([b"\1\2\3\4"])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.ensure_file_meta()
    ds.file_meta.TransferSyntaxUID = JPEGLSLossless

    out = pseudonymiser()(ds)
    assert (out.PixelData, out.file_meta.TransferSyntaxUID) == (ds.PixelData, JPEGLSLossless)

    ds["PixelData"].value = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x03\x00\x00\x00\1\2\3"
    assert pseudonymiser()(ds).PixelData[8:] == b"\xfe\xff\x00\xe0\x04\x00\x00\x00\1\2\3\0"


def test_graphics_keep_their_shapes_and_lose_their_texts():
    text, shape, annotation = Dataset(), Dataset(), Dataset()
    text.UnformattedTextValue, shape.GraphicType = "Frau Müller", "POLYLINE"
    annotation.TextObjectSequence, annotation.GraphicObjectSequence = [text], [shape]
    ds = an_object(GraphicAnnotationSequence=[annotation])

    for clean in ([], ["graphics"]):
        [found] = through(ds, clean=clean).GraphicAnnotationSequence
        assert found.TextObjectSequence[0].UnformattedTextValue == "REMOVED"
        assert found.GraphicObjectSequence[0].GraphicType == "POLYLINE"


def test_file_meta_and_preamble_are_new():
    ds = an_object()
    data = to_bytes(pseudonymiser()(ds))

    out = from_bytes(data)

    assert data[:128] == bytes(128)
    assert out.file_meta.MediaStorageSOPInstanceUID == out.SOPInstanceUID
    assert "SourceApplicationEntityTitle" not in out.file_meta
