"""Events of a real Orthanc become pushes: what is pushed, and when. The sidecar is a fake."""

from __future__ import annotations

import json
from typing import Any


def pushes(orthanc: Any) -> list[dict[str, Any]]:
    """Return what the fake sidecar was told so far."""
    file = orthanc.data_directory / "pushes.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def named(orthanc: Any, kind: str) -> list[str]:
    """Return the ids that pushes named as `objects`, `gone` or `deferred`, in order."""
    return [entry["orthanc_id"] for push in pushes(orthanc) for entry in push[kind]]


def test_a_stored_report_is_pushed_as_rows(start_with_fake, ecg_report):
    orthanc = start_with_fake()
    orthanc.wait_ready()

    stored = orthanc.store(ecg_report)
    orthanc.wait_until(lambda: named(orthanc, "objects") == [stored["ID"]], 10, "the report is pushed")

    (push,) = pushes(orthanc)
    assert push["wire"] >= 1 and 0 < push["seq"] <= 4
    instance = push["tables"]["instance"]
    assert instance["orthanc_id"] == [stored["ID"]] and instance["object"] == [0]
    assert instance["orthanc_study_id"] == [stored["ParentStudy"]]
    attached = orthanc.get(f"/instances/{stored['ID']}/attachments/dicom/info").json()
    assert instance["attachment_uuid"] == [attached["Uuid"]]
    assert len(push["tables"]["content_item"]["path"]) == 43


def test_a_deleted_patient_pushes_the_end_of_each_instance(start_with_fake, ecg_report):
    orthanc = start_with_fake()
    orthanc.wait_ready()
    stored = orthanc.store(ecg_report)
    orthanc.wait_until(lambda: named(orthanc, "objects") == [stored["ID"]], 10, "the report is pushed")

    orthanc.delete(f"/patients/{stored['ParentPatient']}")

    orthanc.wait_until(lambda: named(orthanc, "gone") == [stored["ID"]], 10, "its end is pushed")


def test_an_overwrite_ends_with_a_push_of_what_orthanc_kept(start_with_fake, ecg_report):
    orthanc = start_with_fake(config={"OverwriteInstances": True})
    orthanc.wait_ready()

    for _ in range(3):
        stored = orthanc.store(ecg_report)
    orthanc.wait_until(lambda: orthanc.status()["queue"] == 0 and bool(pushes(orthanc)), 10, "all is pushed")
    kept = orthanc.get(f"/instances/{stored['ID']}/attachments/dicom/info").json()["Uuid"]

    def last_uuid() -> Any:
        return pushes(orthanc)[-1]["tables"].get("instance", {}).get("attachment_uuid", [None])[-1]

    orthanc.wait_until(lambda: last_uuid() == kept, 10, "the last push shows the file that Orthanc kept")


def test_a_compressed_storage_area_gives_the_same_rows(start_with_fake, ecg_report):
    plain = start_with_fake()
    compressed = start_with_fake(config={"StorageCompression": True})
    for orthanc in (plain, compressed):
        orthanc.wait_ready()
        orthanc.store(ecg_report)
        orthanc.wait_until(lambda o=orthanc: len(named(o, "objects")) == 1, 10, "the report is pushed")

    tables = [pushes(orthanc)[0]["tables"] for orthanc in (plain, compressed)]

    for table in tables:
        del table["instance"]["attachment_uuid"]
    assert tables[0] == tables[1]


def test_what_the_plugin_does_not_read_is_left_to_the_sidecar(start_with_fake, ecg_report):
    orthanc = start_with_fake(cohorts={"MaxPluginItems": 10})
    orthanc.wait_ready()

    stored = orthanc.store(ecg_report)

    orthanc.wait_until(lambda: named(orthanc, "deferred") == [stored["ID"]], 10, "the report is deferred")
    assert pushes(orthanc)[0]["deferred"][0]["reason"] == "TooManyItems"
    assert orthanc.status()["errors"] == 0


def test_rows_that_the_sidecar_refuses_are_left_to_it(start_with_fake, ecg_report):
    orthanc = start_with_fake("picky")
    orthanc.wait_ready()

    stored = orthanc.store(ecg_report)

    orthanc.wait_until(lambda: named(orthanc, "deferred") == [stored["ID"]], 10, "the report is deferred")
    assert pushes(orthanc)[-1]["deferred"][0]["reason"] == "Refused"


def test_stores_go_on_while_the_sidecar_is_deaf_and_the_queue_keeps_its_limit(start_with_fake, ecg_report):
    orthanc = start_with_fake("deaf", cohorts={"QueueLimit": 100})
    reports = [_with_uid(ecg_report, number) for number in range(130)]

    answers = {orthanc.store(report)["Status"] for report in reports}
    orthanc.wait_until(lambda: orthanc.status()["dropped"] > 0, 10, "the queue overflows")
    status = orthanc.status()

    assert answers == {"Success"}
    # Up to a batch may have been in hand before the plugin knew that nobody listens.
    assert 100 <= status["queue"] <= 130 and status["queue"] + status["dropped"] == 130


def test_another_version_of_the_sidecar_is_told_and_nothing_is_lost(start_with_fake, ecg_report):
    orthanc = start_with_fake("wire")
    orthanc.wait_ready()

    orthanc.store(ecg_report)

    orthanc.wait_until(lambda: orthanc.status()["errors"] == 1, 10, "the difference is noticed")
    status = orthanc.status()
    assert "version" in status["last_error"] and status["queue"] == 1


def _with_uid(report: bytes, number: int) -> bytes:
    """Return a copy of a report that is another instance: the end of its UID changed, in place."""
    import io

    import pydicom

    ds = pydicom.dcmread(io.BytesIO(report))
    uid = f"{str(ds.SOPInstanceUID)[:50]}.{number}"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid
    out = io.BytesIO()
    ds.save_as(out)
    return out.getvalue()
