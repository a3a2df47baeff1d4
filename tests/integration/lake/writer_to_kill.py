"""Stores, deletes and publishes without end, to be killed: `python writer_to_kill.py INDEX LAKE`."""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

import build
from flattened import stored
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.lake import FolderLake, publish
from orthanc_cohorts.store import Batch, Index, Observed


def report(number: int) -> Batch:
    """Return a report with two measurements and a finding, about an image that is stored with it."""
    uids = {"PatientID": f"P{number % 7}", "StudyInstanceUID": f"1.4.{number % 11}"}
    image = build.ct(SOPInstanceUID=f"1.2.{number}.1", SeriesInstanceUID=f"1.3.{number}.1", **uids)
    about = build.image(image.SOPClassUID, image.SOPInstanceUID)
    items = [
        build.num("SCT|410668003|Length", number, "mm", about),
        build.num("SCT|81827009|Diameter", number, "mm"),
        build.code("DCM|121071|Finding", "SCT|27925004|Nodule"),
    ]
    document = build.sr(items, SOPInstanceUID=f"1.2.{number}.2", SeriesInstanceUID=f"1.3.{number}.2", **uids)
    return Batch.of([stored(image), stored(document)], observed_ns=time.monotonic_ns())


def run(index_directory: Path, lake_directory: Path) -> None:
    """Store, delete and publish until killed."""
    index, lake = Index.open(index_directory, threads=1, memory_limit="512MB"), FolderLake(lake_directory)
    key = Pseudonyms(b"k" * 32)
    for number in count(time.time_ns() % 100_000_000):
        batch = report(number)
        index.apply(batch)
        if number % 3 == 0:
            index.apply(Batch(gone=[Observed(one.orthanc_id, time.monotonic_ns()) for one in batch.objects]))
        publish(index, lake, "pseudonymise", key)
        lake.retire(0.5)
        print(number, flush=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
