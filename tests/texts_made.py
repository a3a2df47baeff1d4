"""Texts and PDF files, and objects of them: kinds of objects for whatever checks objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.header import Context, Patient, Series, Study, series_uid, uid
from orthanc_cohorts.convert.outbox import Outbox
from orthanc_cohorts.convert.text import pdf, report

HOW = report.Options(datetime(2024, 5, 2, 7, 8, 9), author="Müller^Jörg")
TEXT = "Anamnese: Dyspnoe.\n\nBefund:\nKein Erguss.\n\nZweiter Absatz.\n\nBeurteilung: Gut.\n"
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


def context(modality: str, name: str) -> Context:
    """Return the context of a file of that name."""
    study = uid("study")
    return Context(Patient("P1"), Study(study, date(2024, 5, 2)), Series(series_uid(study, name), modality))


def _written(folder: Path, name: str, ds: Dataset) -> list[Path]:
    with Outbox(folder / "out") as outbox:
        outbox.put(("text", name), f"{name}.dcm", ds)
    return sorted((folder / "out").rglob("*.dcm"))


def _text(folder: Path) -> list[Path]:
    made = report.reports([("a.txt", TEXT.encode())], lambda name: context("SR", name), HOW)
    return _written(folder, "a.txt", made["a.txt"])


def _pdf(folder: Path) -> list[Path]:
    how = pdf.Options(date(2024, 5, 2), "Arztbrief", Coding("LN", "11488-4", "Consult note"))
    made = pdf.objects([("a.pdf", PDF)], lambda name: context("DOC", name), how)
    return _written(folder, "a.pdf", made["a.pdf"])


KINDS: dict[str, Callable[[Path], list[Path]]] = {"text": _text, "pdf": _pdf}
"""Kinds of objects, and what writes some of each into a folder."""
