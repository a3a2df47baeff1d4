"""PDF files as objects that hold them, byte for byte (PS3.3 A.45.1, Encapsulated PDF).

Knows the first and last bytes of PDF; nothing of pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.header import Context, dicom_date, dicom_datetime, dicom_time, header
from orthanc_cohorts.convert.problem import Problem, raise_any

MIME_TYPE = "application/pdf"
_HEAD, _END = b"%PDF-", b"%%EOF"
_TAIL = 1024
"""Where readers look for the end of a PDF; some bytes may follow it."""
_ROOM = 2**32 - 2
"""Bytes of an OB of defined length (PS3.5 7.1.2)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is said of all files alike.

    moment: when the documents were made, None where nobody knows. title: None: the name of the file.
    document_type: what they are, None where nobody says. burned_in: whether pages show who the patient is.
    """

    moment: datetime | date | None = None
    title: str | None = None
    document_type: Coding | None = None
    burned_in: bool = True


def objects(
    files: Iterable[tuple[str, bytes]], context_of: Callable[[str], Context], options: Options
) -> dict[str, Dataset]:
    """Return an object for each file, by its name; their SOPInstanceUIDs are given later.

    context_of: of the series that the object of a file is. Raises ConversionError: with all problems of all
    files.
    """
    problems: list[Problem] = []
    found: dict[str, Dataset] = {}
    for name, data in files:
        if name in found:
            problems.append(Problem(name, "two files have this name; their objects would be one"))
        why = not_pdf(data)
        if why is not None:
            problems.append(Problem(name, why))
        found[name] = _object(name, data, context_of(name), options)
    raise_any(problems)
    return found


def not_pdf(data: bytes) -> str | None:
    """Return why bytes are no whole PDF; None: they look like one."""
    if not data.startswith(_HEAD):
        return "is no PDF: it does not begin with %PDF-"
    if _END not in data[-_TAIL:]:
        return "is no whole PDF: its end, %%EOF, is missing"
    if len(data) > _ROOM:
        return f"is larger than an object can hold ({_ROOM} bytes)"
    return None


def held(ds: Dataset) -> bytes:
    """Return the file that an object holds, without what makes its length even."""
    document: bytes = ds.EncapsulatedDocument
    length = ds.get("EncapsulatedDocumentLength")
    return document if length is None else document[:length]


def _object(name: str, data: bytes, context: Context, options: Options) -> Dataset:
    ds = header(context, EncapsulatedPDFStorage)
    ds.ConversionType = "WSD"
    moment = options.moment
    ds.ContentDate = "" if moment is None else dicom_date(moment)
    ds.ContentTime = dicom_time(moment) if isinstance(moment, datetime) else ""
    ds.AcquisitionDateTime = "" if moment is None else dicom_datetime(moment)
    ds.BurnedInAnnotation = "YES" if options.burned_in else "NO"
    ds.DocumentTitle = options.title or name.removesuffix(".pdf")
    ds.ConceptNameCodeSequence = [] if options.document_type is None else [options.document_type.item]
    ds.MIMETypeOfEncapsulatedDocument = MIME_TYPE
    ds.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    ds.EncapsulatedDocumentLength = len(data)
    return ds
