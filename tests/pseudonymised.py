"""Objects before and after pseudonymisation, for tests: as bytes, as values, and what may not be in them.

Knows the public entry of `convert.pseudonymise`, nothing inside it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.uid import ExplicitVRLittleEndian

from orthanc_cohorts.convert.pseudonymise.objects import Pseudonymiser
from orthanc_cohorts.convert.pseudonymise.profile import Options
from orthanc_cohorts.convert.pseudonymise.reading import write_object
from orthanc_cohorts.convert.pseudonymise.rules import RuleFile, Rules
from orthanc_cohorts.datasets.pseudonyms import Pseudonyms

KEY = bytes(range(32))
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "iso2022_jp", "shift_jis", "euc_jp", "cp1252")


def pseudonymiser(rules: dict[str, Any] | None = None, **options: Any) -> Pseudonymiser:
    """Return one under the tests' key; options: as of Options, lists for sets."""
    chosen = {name: frozenset(value) if isinstance(value, list) else value for name, value in options.items()}
    return Pseudonymiser(Pseudonyms(KEY), Options(**chosen), Rules(RuleFile.model_validate(rules or {})))


def to_bytes(ds: Dataset) -> bytes:
    """Return the file of an object; values are taken as they are."""
    ds.ensure_file_meta()
    ds.file_meta.setdefault("TransferSyntaxUID", ExplicitVRLittleEndian)
    buffer = io.BytesIO()
    write_object(buffer, ds)
    return buffer.getvalue()


def from_bytes(data: bytes) -> Dataset:
    """Return the object of a file."""
    with pydicom.config.disable_value_validation():
        return pydicom.dcmread(io.BytesIO(data), force=True)


def through(ds: Dataset, **how: Any) -> Dataset:
    """Return an object as it is read from what comes out for it; how: as `pseudonymiser` takes it."""
    return from_bytes(to_bytes(pseudonymiser(**how)(from_bytes(to_bytes(ds)))))


def values(ds: Dataset, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], str, Any]]:
    """Yield (path, VR, value) of every attribute that pydicom can read.

    path: tags, and numbers of items between them.
    """
    for tag in sorted(ds.keys()):
        try:
            element = ds[tag]
        except (ValueError, TypeError, NotImplementedError, BytesLengthException):
            continue
        here = (*path, int(tag))
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                yield from values(item, (*here, number))
        else:
            yield here, element.VR, element.value


def texts(ds: Dataset) -> Iterator[str]:
    """Yield every value as text, those of file meta among them."""
    for part in (getattr(ds, "file_meta", Dataset()), ds):
        for _, _, value in values(part):
            if isinstance(value, bytes):
                yield value.decode("latin-1")
            elif isinstance(value, Iterable) and not isinstance(value, str):
                yield from (str(one) for one in value)
            else:
                yield str(value)


def found_in(data: bytes, words: Iterable[str]) -> set[str]:
    """Return the words that are in a file, in whatever encoding, or in a decoded value in whatever case."""
    told = "\n".join(texts(from_bytes(data))).casefold()
    return {word for word in words if word.casefold() in told or any(one in data for one in _spelt(word))}


def _spelt(word: str) -> set[bytes]:
    spelt = set()
    for encoding in ENCODINGS:
        try:
            spelt.add(word.encode(encoding))
        except UnicodeEncodeError:
            continue
    return spelt


def written(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by their paths in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.dcm"))}
