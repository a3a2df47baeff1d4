"""`convert text` and `convert pdf`: texts become reports, PDF files objects that hold them.

Reads options and files, and prints; `convert.text` does the work.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orthanc_cohorts.cli.convert import options
from orthanc_cohorts.errors import ConversionError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from orthanc_cohorts.cli.convert.told import Told
    from orthanc_cohorts.convert.coding import Coding
    from orthanc_cohorts.convert.header import Context

Texts = Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="Texts.")]
Pdfs = Annotated[
    list[Path], typer.Argument(metavar="FILE.pdf...", exists=True, dir_okay=False, help="PDF files.")
]
Encoding = Annotated[str, typer.Option(help="Of the texts; a byte order mark is no harm.")]
Language = Annotated[
    str | None,
    typer.Option(
        metavar="en|de|CODE", help="Of the texts, as RFC5646|fr|French; default: of their headings."
    ),
]
Title = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="Of the reports; default: LN|18748-4|Diagnostic Imaging Report."),
]
First = Annotated[
    str,
    typer.Option("--section", metavar="HEADING", help="Where text stands that has no heading before it."),
]
KeepUnknown = Annotated[
    bool, typer.Option("--keep-unknown", help="Keep headings that are not known as text of their section.")
]
Author = Annotated[str | None, typer.Option(metavar="Family^Given", help="Who wrote the texts.")]
DocumentTitle = Annotated[str | None, typer.Option("--title", help="Default: the name of the file.")]
DocumentType = Annotated[
    str | None, typer.Option(metavar="CODE", help="What the documents are, as LN|11488-4|Consult note.")
]
BurnedIn = Annotated[
    bool, typer.Option("--burned-in/--not-burned-in", help="Whether pages show who the patient is.")
]


def text(
    files: Texts,
    out: options.Out = Path("dicom"),
    title: Title = None,
    language: Language = None,
    encoding: Encoding = "utf-8",
    section: First = "Findings",
    keep_unknown: KeepUnknown = False,
    author: Author = None,
    patient_id: options.PatientID = None,
    issuer: options.Issuer = None,
    name: options.PatientName = "",
    sex: options.Sex = "",
    birth_date: options.BirthDate = None,
    study: options.StudyKey = None,
    time: options.StudyTime = None,
    description: options.StudyDescription = "",
    beside: options.Beside = None,
) -> None:
    """Make reports (Basic Text SR, TID 2000) of texts, by their headings: one report for each file."""
    from orthanc_cohorts.cli.convert.told import Told, moment
    from orthanc_cohorts.convert.text.headings import heading
    from orthanc_cohorts.convert.text.report import LANGUAGES, TITLE, Options, reports

    first = heading(section)
    if first is None:
        raise ConversionError(f"--section {section} is no heading that is known, such as Findings or Befund")
    told = Told(patient_id, issuer, name, sex, birth_date, study, time, description, beside)
    written = moment("--time", time) or _context(told, "SR", "")("").study.moment
    if written is None:
        raise ConversionError("say with --time when the texts were written")
    said = None if language is None else LANGUAGES.get(language) or _code("--language", language)
    codes = TITLE if title is None else _code("--title", title)
    how = Options(written, codes, said, encoding, first[0], keep_unknown, author)
    _write("text", out, reports(_read(files), _context(told, "SR", "text"), how))


def pdf(
    files: Pdfs,
    out: options.Out = Path("dicom"),
    title: DocumentTitle = None,
    document_type: DocumentType = None,
    burned_in: BurnedIn = True,
    patient_id: options.PatientID = None,
    issuer: options.Issuer = None,
    name: options.PatientName = "",
    sex: options.Sex = "",
    birth_date: options.BirthDate = None,
    study: options.StudyKey = None,
    time: options.StudyTime = None,
    description: options.StudyDescription = "",
    beside: options.Beside = None,
) -> None:
    """Put PDF files into objects (Encapsulated PDF), byte for byte: one object for each file."""
    from orthanc_cohorts.cli.convert.told import Told, moment
    from orthanc_cohorts.convert.text.pdf import Options, objects

    told = Told(patient_id, issuer, name, sex, birth_date, study, time, description, beside)
    kind = None if document_type is None else _code("--document-type", document_type)
    how = Options(moment("--time", time), title, kind, burned_in)
    _write("pdf", out, objects(_read(files), _context(told, "DOC", "pdf"), how))


def _read(files: list[Path]) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in files]


def _context(told: Told, modality: str, kind: str) -> Callable[[str], Context]:
    """Return what gives each file a series of its own."""
    return lambda name: told.context(modality, f"{kind}/{name}", name)


def _code(option: str, text: str) -> Coding:
    from orthanc_cohorts.convert.coding import coding

    try:
        return coding(text)
    except ValueError as error:
        raise ConversionError(f"{option}: {error}") from error


def _write(kind: str, out: Path, made: dict[str, Dataset]) -> None:
    from orthanc_cohorts.cli.convert.said import said
    from orthanc_cohorts.convert.outbox import Outbox, file_name

    with Outbox(out) as outbox:
        for name, ds in made.items():
            folder = f"{file_name(ds.PatientID)}/{file_name(ds.StudyInstanceUID)}"
            outbox.put((kind, ds.StudyInstanceUID, name), f"{folder}/{file_name(name)}.dcm", ds)
        counts = outbox.counts
    said(counts, out)
