"""Very large objects: the plugin reads their header and leaves Orthanc's memory and routes alone."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

# Multi-frame Grayscale Byte Secondary Capture Image Storage (PS3.4 B.5).
MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.2"
PIXEL_BYTES = 1_000_000_000
CHUNK = b"\0" * 4_000_000


def header(pixel_bytes: int) -> bytes:
    """Return a multi-frame object up to where its pixels begin."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = MULTI_FRAME
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["large"])
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.PatientID, ds.Modality = "LARGE", "OT"
    ds.Rows = ds.Columns = 1000
    ds.NumberOfFrames = pixel_bytes // 1_000_000
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    out = io.BytesIO()
    pydicom.dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue() + b"\xe0\x7f\x10\x00OB\0\0" + pixel_bytes.to_bytes(4, "little")


def content(head: bytes, pixel_bytes: int) -> Iterator[bytes]:
    yield head
    for _ in range(pixel_bytes // len(CHUNK)):
        yield CHUNK


def slowest_route(orthanc: Any, stop: threading.Event) -> list[float]:
    """Ask a route of the plugin until told to stop; return the seconds each answer took."""
    seconds: list[float] = []
    while not stop.is_set():
        started = time.perf_counter()
        orthanc.get("/cohorts/x")
        seconds.append(time.perf_counter() - started)
        time.sleep(0.002)
    return seconds


def look_again(orthanc: Any, orthanc_id: str, number: int) -> float:
    """Have the plugin look at an instance once more; return the slowest answer meanwhile, seconds."""
    stop, seconds = threading.Event(), []
    asking = threading.Thread(target=lambda: seconds.extend(slowest_route(orthanc, stop)))
    asking.start()
    orthanc.put(f"/instances/{orthanc_id}/metadata/1024", content=b"look again")
    orthanc.wait_until(lambda: orthanc.status()["pushed"] == number, 30, "the object is pushed again")
    stop.set()
    asking.join()
    return max(seconds)


@pytest.mark.alone
@pytest.mark.slow
def test_an_object_of_1_gb_costs_20_mb_at_most_and_delays_no_route(start_with_fake):
    orthanc = start_with_fake()
    orthanc.wait_ready()
    # Stored while nobody looks at it: what storing itself takes is Orthanc's own affair.
    head = header(PIXEL_BYTES)  # once: generated UIDs are not always of one length
    size = str(len(head) + PIXEL_BYTES)
    body = content(head, PIXEL_BYTES)
    stored = orthanc.post("/instances", content=body, headers={"Content-Length": size}).json()
    orthanc.wait_until(lambda: orthanc.status()["pushed"] == 1, 30, "the object is pushed")
    orthanc.restart().wait_ready()
    before = orthanc.memory_bytes()
    orthanc.forget_peak()

    slowest = [look_again(orthanc, stored["ID"], number) for number in (1, 2, 3)]

    assert orthanc.memory_bytes(peak=True) - before <= 20_000_000
    assert max(slowest) <= 0.1, slowest
    pushes = (orthanc.data_directory / "pushes.jsonl").read_text().splitlines()
    assert json.loads(pushes[-1])["tables"]["instance"]["size_bytes"] == [int(size)]


def test_a_large_object_in_a_compressed_storage_area_is_left_to_the_sidecar(start_with_fake):
    orthanc = start_with_fake(config={"StorageCompression": True}, cohorts={"MaxPluginBytes": 1_000_000})
    orthanc.wait_ready()

    orthanc.post("/instances", content=b"".join(content(header(8_000_000), 8_000_000)))

    orthanc.wait_until(lambda: orthanc.status()["deferred"] == 1, 10, "the object is deferred")
    assert orthanc.status()["errors"] == 0
