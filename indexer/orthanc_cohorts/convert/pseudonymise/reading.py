"""Files as data sets, and data sets as files, one at a time (PS3.10).

Knows pydicom's reader and writer; nothing of what names somebody.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydicom import config, dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filewriter import dcmwrite
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, UID

_STARTS = (b"\x02\x00", b"\x04\x00", b"\x08\x00", b"\x00\x02", b"\x00\x04", b"\x00\x08")
"""Groups with which an object starts where it has no preamble, in either byte order."""


def read_object(path: Path) -> Dataset | None:
    """Return the object of a file, None where it shows no sign of DICOM.

    Raises OSError; and whatever pydicom raises for a damaged file.
    """
    with path.open("rb") as file:
        head = file.read(132)
    signed = head[128:] == b"DICM"
    if not signed and head[:2] not in _STARTS:
        return None
    with quietly():
        try:
            ds = dcmread(path, force=True)
        except InvalidDicomError:
            return None
        return ds if signed or "SOPClassUID" in ds else None


def write_object(to: Path | BinaryIO, ds: Dataset) -> None:
    """Write an object with its file meta, the preamble empty. Raises OSError."""
    with quietly():
        if UID(ds.file_meta.TransferSyntaxUID).is_transfer_syntax:
            dcmwrite(to, ds, enforce_file_format=True)
            return
        # One that pydicom does not know yet is compressed, so explicit little endian (PS3.5 A.4); its meta
        # header has to be completed here.
        ds.preamble = bytes(128)
        ds.file_meta.FileMetaInformationGroupLength = 0
        ds.file_meta.FileMetaInformationVersion = b"\0\1"
        ds.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
        dcmwrite(to, ds, implicit_vr=False, little_endian=True, force_encoding=True)


@contextmanager
def quietly() -> Iterator[None]:
    """Take values as they are, and warn of none: a warning would show them."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    with warnings.catch_warnings(), config.disable_value_validation():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)
