"""Bad and extreme input: stored or refused as ever, indexed or listed in `problem`; nothing crashes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

import build
from orthanc import states
from orthanc.harness import Orthanc


def of(patient: str, *items: Dataset, **header: Any) -> bytes:
    """A report on a patient of its own."""
    return build.to_bytes(build.sr(items, PatientID=patient, **header))


def truncated() -> bytes:
    """A report that ends in the middle of its content."""
    whole = of("TRUNCATED", *(build.text("Note", f"line {number} " + "x" * 200) for number in range(20)))
    return whole[: len(whole) * 2 // 3]


def dicomdir() -> bytes:
    """A DICOMDIR with one patient record (PS3.3 F.3)."""
    ds, record = Dataset(), Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    ds.file_meta.MediaStorageSOPInstanceUID = build.uid("dicomdir")
    ds.FileSetID = "TEST"
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.FileSetConsistencyFlag = 0
    record.OffsetOfTheNextDirectoryRecord, record.RecordInUseFlag = 0, 0xFFFF
    record.OffsetOfReferencedLowerLevelDirectoryEntity, record.DirectoryRecordType = 0, "PATIENT"
    record.PatientID, record.PatientName = "DICOMDIR", "Dir^Ectory"
    ds.DirectoryRecordSequence = [record]
    out = io.BytesIO()
    pydicom.dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()


def empty_content() -> bytes:
    """A report whose content sequence is there and empty."""
    ds = build.sr([], PatientID="EMPTY")
    ds.ContentSequence = []
    return build.to_bytes(ds)


def many_items(count: int) -> bytes:
    return of("MANY", *(build.num("Volume", str(number), "mm3") for number in range(count - 1)))


def deep_items(depth: int) -> bytes:
    """A report nested so deep, with one number at the bottom."""
    item = build.num("Volume", "60", "mm3")
    for _ in range(depth - 1):
        item = build.container("Findings", item)
    return of("DEEP", item)


def unknown_character_set() -> bytes:
    known = of("STRANGE", build.text("Note", "odd"), SpecificCharacterSet="ISO_IR 100")
    return known.replace(b"ISO_IR 100", b"ISO_IR 999")


def big_endian() -> bytes:
    return build.to_bytes(build.sr([build.num("Volume", "1", "mm3")], PatientID="BIG"), build.BIG_ENDIAN)


def deflated() -> bytes:
    return build.to_bytes(build.sr([build.num("Volume", "1", "mm3")], PatientID="DEFLATED"), build.DEFLATED)


def no_preamble() -> bytes:
    ds = build.sr([build.num("Volume", "1", "mm3")], PatientID="BARE")
    return build.to_bytes(ds, build.IMPLICIT, preamble=False)


INPUT = {
    "truncated": truncated, "DICOMDIR": dicomdir, "empty content": empty_content,
    "20,000 items": lambda: many_items(20_000), "unknown character set": unknown_character_set,
    "big endian": big_endian, "deflated": deflated, "no preamble": no_preamble,
}  # fmt: skip


@pytest.mark.timeout(200)
def test_bad_and_extreme_objects_are_stored_as_ever_and_indexed_or_listed(start_orthanc, tmp_path):
    bare = start_orthanc(plugin=False)
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    files = {name: make() for name, make in INPUT.items()}
    alone = {name: bare.post("/instances", content=data).status_code for name, data in files.items()}

    answers = {name: orthanc.post("/instances", content=data) for name, data in files.items()}
    # By C-STORE: sent by POST it ends Orthanc 1.10.1, with or without us (HTTP threads have 100 KiB).
    deep = tmp_path / "deep.dcm"
    deep.write_bytes(deep_items(60))
    orthanc.storescu([deep])
    states.settle(orthanc)
    # The thread that looks at objects must have outlived them all.
    orthanc.store(of("LAST", build.num("Volume", "7", "mm3")))
    states.pushed(orthanc)
    last = volume_count(orthanc, 7)
    states.assert_equal_to_orthanc(orthanc)

    assert {name: answer.status_code for name, answer in answers.items()} == alone
    assert alone["20,000 items"] == alone["empty content"] == 200
    # The LAST report, and number 7 of the many.
    assert last == 2
    ids = {
        name: answer.json()["ID"]
        for name, answer in answers.items()
        if answer.status_code == 200 and "ID" in answer.json()
    }
    items, statuses = read_back(orthanc)
    assert items[ids["20,000 items"]] == 20_000
    assert 61 in items.values()
    assert items[ids["empty content"]] == 1
    for name, orthanc_id in ids.items():
        status, problems = statuses[orthanc_id]
        assert status == "complete" or problems > 0, name
    assert "Traceback" not in orthanc.log()


def volume_count(orthanc: Orthanc, value: float) -> int:
    where = {"op": "measurement", "concept": "99TEST|Volume", "value": {"eq": value, "unit": "mm3"}}
    answer = orthanc.post("/cohorts/api/v1/count", json={"version": 1, "unit": "patient", "where": where})
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["count"]
    return count


def read_back(orthanc: Orthanc) -> tuple[dict[str, int], dict[str, tuple[str, int]]]:
    """Return, by Orthanc id, the number of content items, and (parse status, number of problems)."""
    with states.opened(orthanc.data_directory) as connection:
        items = connection.execute(
            "SELECT orthanc_id, count(*) FROM live_content_item JOIN instance USING (instance_key) GROUP BY 1"
        ).fetchall()
        statuses = connection.execute(
            "SELECT orthanc_id, parse_status, (SELECT count(*) FROM problem AS p "
            "WHERE p.instance_key = i.instance_key) FROM live_instance AS i"
        ).fetchall()
    return dict(items), {name: (status, problems) for name, status, problems in statuses}


@pytest.mark.timeout(200)
def test_bodies_without_end_or_bottom_are_refused_and_everything_goes_on(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    orthanc.store(of("ONE", build.num("Volume", "7", "mm3")))
    states.pushed(orthanc)
    pids = (orthanc.pid, orthanc.children())
    nested = b'{"version": 1, "unit": "patient", "where": ' + b'{"op": "not", "arg": ' * 10_000
    json_type = {"Content-Type": "application/json"}

    deep = [
        orthanc.post("/cohorts/api/v1/count", content=body, headers=json_type).status_code
        for body in (nested + b"}" * 10_001, b"[" * 10_000, b'{"a":' * 10_000)
    ]
    large = endless(orthanc, 1_000_000_000)

    assert deep == [400, 400, 400]
    assert large in (413, None)
    assert (orthanc.pid, orthanc.children()) == pids and orthanc.exit_code is None
    assert volume_count(orthanc, 7) == 1
    assert orthanc.status()["errors"] == 0


def endless(orthanc: Orthanc, size: int) -> int | None:
    """POST a body of zeros; return the status, None when Orthanc hung up before it answered."""
    chunk = bytes(1_000_000)

    def content() -> Iterator[bytes]:
        for _ in range(size // len(chunk)):
            yield chunk

    try:
        return orthanc.post(
            "/cohorts/api/v1/count",
            content=content(),
            headers={"Content-Type": "application/json", "Content-Length": str(size)},
        ).status_code
    except httpx.TransportError:
        return None


def test_real_reports_that_break_other_readers_are_all_indexed(start_orthanc, corpus: Path):
    """Vendor reports, odd encodings and viewers' test files of the corpus, as many as Orthanc takes."""
    files = [file for file in sorted(corpus.rglob("*.dcm")) if "Cardio-AI" not in str(file)]
    files = [file for file in files if file.stat().st_size < 2_000_000][:400]
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()

    for file in files:
        orthanc.post("/instances", content=file.read_bytes())
    states.assert_equal_to_orthanc(orthanc)

    _, statuses = read_back(orthanc)
    assert statuses
    assert [s for s, (status, problems) in statuses.items() if status != "complete" and not problems] == []
    assert "Traceback" not in orthanc.log()
