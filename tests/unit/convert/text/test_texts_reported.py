"""Texts as reports, PDF files as objects: nothing is lost on the way there and back."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from flattened import ANYWHERE
from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.text import pdf, report
from orthanc_cohorts.errors import ConversionError, UnknownContextGroup
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.harmonise import canonical_concept, context_group
from orthanc_cohorts.templates import check, items_of
from texts_made import HOW, PDF, TEXT, context

UNSAID = pdf.Options()


def _texts(how: report.Options = HOW, **files: bytes) -> dict[str, Dataset]:
    named = [(name.replace("__", "."), data) for name, data in files.items()]
    return report.reports(named, lambda name: context("SR", name), how)


def _pdfs(how: pdf.Options = UNSAID, **files: bytes) -> dict[str, Dataset]:
    named = [(name.replace("__", "."), data) for name, data in files.items()]
    return pdf.objects(named, lambda name: context("DOC", name), how)


def _written(ds: Dataset) -> bytes:
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _read(ds: Dataset) -> Dataset:
    return dcmread(io.BytesIO(_written(ds)))


def _sections(ds: Dataset) -> list[tuple[str, str]]:
    return [
        (one.ConceptNameCodeSequence[0].CodeMeaning, one.ContentSequence[0].TextValue)
        for one in ds.ContentSequence
        if one.ValueType == "CONTAINER"
    ]


def test_the_sections_of_a_text_are_those_of_the_report() -> None:
    ds = _read(_texts(a__txt=TEXT.encode())["a.txt"])

    assert _sections(ds) == [
        ("History", "Dyspnoe."),
        ("Findings", "Kein Erguss.\r\n\r\nZweiter Absatz."),
        ("Impressions", "Gut."),
    ]
    assert ds.ContentSequence[0].ConceptCodeSequence[0].CodeValue == "de"
    assert ds.ContentSequence[2].PersonName == "Müller^Jörg"
    assert (ds.ContentDate, ds.ContentTime) == ("20240502", "070809")


def test_no_report_of_a_text_breaks_its_template() -> None:
    def value_set(cid: int) -> frozenset[str] | None:
        try:
            return context_group(cid)
        except UnknownContextGroup:
            return None

    for ds in _texts(
        replace(HOW, language=report.LANGUAGES["en"]), a__txt=TEXT.encode(), b__txt=b"All is well."
    ).values():
        rows = flatten_bytes(_written(ds), ANYWHERE)
        assert check(items_of(rows["content_item"]), canonical_concept, value_set) == []


def test_the_text_can_be_asked_for_in_the_index() -> None:
    rows = flatten_bytes(_written(_texts(a__txt=TEXT.encode())["a.txt"]), ANYWHERE)

    texts = {row["text_value"] for row in rows.dicts("content_item") if row["value_type"] == "TEXT"}
    assert {"Dyspnoe.", "Kein Erguss.\r\n\r\nZweiter Absatz.", "Gut."} <= texts
    [document] = rows.dicts("document")
    assert (document["title_code"], document["language_code"]) == ("18748-4", "de")


def test_a_language_that_headings_do_not_tell_must_be_said() -> None:
    french = Coding("RFC5646", "fr", "French")

    with pytest.raises(ConversionError) as error:
        _texts(a__txt=b"All is well.", b__txt=b"Befund: x\nImpression: y")

    assert list(map(str, error.value.problems)) == [
        "a.txt: its headings do not tell its language; say --language",
        "b.txt: its headings do not tell its language; say --language",
    ]
    ds = _texts(replace(HOW, language=french), a__txt=b"Tout va bien.")["a.txt"]
    assert ds.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning == "French"


def test_problems_of_all_texts_are_told_at_once() -> None:
    with pytest.raises(ConversionError) as error:
        _texts(a__txt=b"\xff\xfa", b__txt=b"# Findings\nx\n# What\n", c__txt=b"")

    assert [str(one).partition(":")[0] for one in error.value.problems] == [
        "a.txt, row 1",
        "b.txt, row 3",
        "c.txt",
    ]


@pytest.mark.parametrize("data", [PDF, PDF + b"\n", PDF + b"\r\n\0\0"])
def test_a_pdf_file_comes_back_byte_for_byte(data: bytes) -> None:
    ds = _read(_pdfs(a__pdf=data)["a.pdf"])

    assert len(ds.EncapsulatedDocument) % 2 == 0
    assert pdf.held(ds) == data


def test_a_pdf_object_says_what_it_holds() -> None:
    kind = Coding("LN", "11488-4", "Consult note")
    how = pdf.Options(date(2024, 5, 2), "Arztbrief für Sie", kind, burned_in=False)
    plain, told = _read(_pdfs(brief__pdf=PDF)["brief.pdf"]), _read(_pdfs(how, brief__pdf=PDF)["brief.pdf"])

    assert (plain.MIMETypeOfEncapsulatedDocument, plain.Modality) == ("application/pdf", "DOC")
    assert (plain.DocumentTitle, plain.BurnedInAnnotation) == ("brief", "YES")
    assert (plain.ContentDate, len(plain.ConceptNameCodeSequence)) == ("", 0)
    assert (told.DocumentTitle, told.BurnedInAnnotation) == ("Arztbrief für Sie", "NO")
    assert (told.ContentDate, told.ConceptNameCodeSequence[0].CodeValue) == ("20240502", "11488-4")


def test_what_is_no_pdf_is_refused_all_at_once() -> None:
    with pytest.raises(ConversionError) as error:
        _pdfs(a__pdf=b"PK\x03\x04", b__pdf=b"%PDF-1.4 cut", c__pdf=PDF, d__pdf=b"")

    assert list(map(str, error.value.problems)) == [
        "a.pdf: is no PDF: it does not begin with %PDF-",
        "b.pdf: is no whole PDF: its end, %%EOF, is missing",
        "d.pdf: is no PDF: it does not begin with %PDF-",
    ]
