"""A lake of objects, published for tests that read as analysts do: a folder of files and nothing else.

Knows the public entries of store and lake; nothing of what is in the objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydicom.dataset import Dataset

from flattened import stored
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.lake import FolderLake, publish
from orthanc_cohorts.store import Batch, Index

PATIENTS = 40
"""Of the demo study, in tests that read its lake."""
KEY = Pseudonyms(b"k" * 32)


def published(objects: Iterable[Dataset], folder: Path) -> Path:
    """Publish objects under the default policy below a folder; return the lake, which has one snapshot."""
    rows = [stored(ds) for ds in objects]
    index = Index.open(folder / "index", threads=1, memory_limit="512MB")
    try:
        for start in range(0, len(rows), 50):
            index.apply(Batch.of(rows[start : start + 50]))
        lake = FolderLake(folder / "lake")
        publish(index, lake, "pseudonymise", KEY)
    finally:
        index.close()
    return lake.root
