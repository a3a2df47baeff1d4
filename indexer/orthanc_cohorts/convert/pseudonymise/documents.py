"""Encapsulated documents: their bytes are replaced, for nothing here reads them (PS3.15 E.1, action D).

Knows media types; nothing of what was in a document.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.pseudonymise.person import plain

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_XML = b"<removed/>"


def hide_document(ds: Dataset) -> None:
    """Put an empty document where one was."""
    if "EncapsulatedDocument" not in ds:
        return
    media_type = plain(ds, "MIMETypeOfEncapsulatedDocument").lower()
    document = _PDF if media_type == "application/pdf" else _XML if "xml" in media_type else b"removed"
    ds.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    ds.EncapsulatedDocumentLength = len(document)
