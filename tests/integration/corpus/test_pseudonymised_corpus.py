"""Every real file under pseudonyms: no crash, nobody left, and what reports state still stated."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, UID_dictionary

from flattened import ANYWHERE
from orthanc_cohorts.convert.pseudonymise.folder import Report, pseudonymise_files
from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.reading import quietly, read_object
from orthanc_cohorts.errors import UnsupportedEncoding
from orthanc_cohorts.flatten import flatten_bytes
from pseudonymised import found_in, pseudonymiser, to_bytes, values

SHORTEST = 5
IDENTIFIERS = {0x00100020, 0x00080050, 0x00101000}
"""PatientID, AccessionNumber, OtherPatientIDs."""
NAMED_LIKE_TERMS = {"Perfusion": "the phantom's name is a defined term of its ImageType"}
NUMBERED_LIKE_SERIES = {"IMG0001.dcm", "mf.dcm"}
"""Their made-up PatientID is their SeriesNumber too; numbers stay."""
SHARE = 4
"""Every fourth file goes through the folder, and through dciodvfy, which inflates nothing."""
TRUNCATED = {"3gb-bulk-data-truncated"}
"""Has the beginning of an image only, so that dciodvfy stops before it looks at what is missing."""
ODD = {"GH364.dcm"}
"""A fragment of odd length, which is padded."""


@pytest.fixture(scope="module")
def objects(corpus: Path) -> dict[Path, tuple[Dataset, Dataset]]:
    """Every object with what comes out for it."""
    convert = pseudonymiser(retain=["patient"], burned_in="accept")
    found = {}
    with quietly():
        for path in sorted(path for path in corpus.rglob("*") if path.is_file()):
            ds = read_object(path)
            if ds is not None and "SOPInstanceUID" in ds and "DirectoryRecordSequence" not in ds:
                found[path] = ds, convert(ds)
    return found


def words_of(ds: Dataset) -> set[str]:
    """Return names, identifiers and UIDs that only this object's people and machines have."""
    found: set[str] = set()
    for path, vr, value in values(ds):
        several = value if isinstance(value, list | tuple) else [value]
        texts = [str(one).strip() for one in several if one]
        if vr == "PN" and path[-1] == 0x00100010:
            found |= {word for text in texts for word in re.split(r"[\^=\s,]+", text)}
        elif path[-1] in IDENTIFIERS or (vr == "UI" and path[-1] not in lists().classes):
            found |= {text for text in texts if text not in UID_dictionary}
    told = {word for word in found if len(word) >= SHORTEST or not word.isascii()}
    return {word for word in told if word.casefold() not in lists().nobody}


@pytest.mark.slow
def test_no_name_id_or_uid_of_an_input_is_in_its_output(objects):
    left = {}

    with quietly():
        for path, (before, after) in objects.items():
            found = found_in(to_bytes(after), words_of(before)) - NAMED_LIKE_TERMS.keys()
            if found and path.name not in NUMBERED_LIKE_SERIES:
                left[path.name] = found

    assert left == {}
    assert len(objects) > 300


def stated(data: bytes) -> tuple[Counter[Any], Counter[Any]] | None:
    """Return the numbers and the codes of a content tree, None where our walker does not read the file."""
    try:
        rows = flatten_bytes(data, ANYWHERE).dicts("content_item")
    except UnsupportedEncoding:
        return None
    numbers = Counter(
        (row["concept_code"], row["value_raw"], row["unit_code"]) for row in rows if row["value_raw"]
    )
    codes = Counter((row["concept_code"], row["value_code_code"]) for row in rows if row["value_code_code"])
    return numbers, codes


@pytest.mark.slow
def test_every_number_and_every_code_of_a_report_stays(objects):
    lost, numbers = {}, 0

    with quietly():
        for path, (_, after) in objects.items():
            old, new = stated(path.read_bytes()), stated(to_bytes(after))
            if old is not None and new != old:
                lost[path.name] = new and [one - two for one, two in zip(old, new, strict=True)]
            numbers += 0 if old is None else old[0].total()

    assert lost == {}
    assert numbers > 1000


@pytest.mark.slow
def test_pixels_stay_byte_for_byte_in_their_transfer_syntax(objects):
    compared = 0

    for path, (before, after) in objects.items():
        if "PixelData" in before and before.get_item("PixelData").VR != "US":
            compared += 1
            assert after.PixelData == before.PixelData or path.name in ODD, path.name
            stated = before.file_meta.get("TransferSyntaxUID")
            # Uncompressed files lie about it, or state none.
            assert after.file_meta.TransferSyntaxUID == stated or not stated or not UID(stated).is_compressed

    assert compared > 150


@pytest.mark.slow
def test_a_folder_of_real_files_is_written_and_what_is_refused_is_named(corpus: Path, tmp_path: Path):
    paths = sorted(path for path in corpus.rglob("*") if path.is_file())[::SHARE]

    report: Report = pseudonymise_files(paths, tmp_path, pseudonymiser(burned_in="accept"))

    unread = [one for one in report.problems if "cannot be" in one.what or "nested" in one.what]
    assert unread == []
    assert report.written > 250 // SHARE
    assert report.written + report.again + report.no_dicom + len(report.problems) == len(paths)
    assert len(list(tmp_path.rglob("*.dcm"))) == report.written


def errors_of(path: Path) -> Counter[str]:
    """Return the errors of dciodvfy, without values and numbers of items."""
    said = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, errors="replace")
    lines = (
        re.sub(r"\[\d+\]", "", line).split(" = <")[0] for line in (said.stdout + said.stderr).splitlines()
    )
    return Counter(line for line in lines if line.startswith("Error"))


@pytest.mark.slow
def test_no_real_object_has_an_error_that_it_did_not_have(objects, tmp_path):
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian: dicom3tools) is not installed")
    worse, after = {}, tmp_path / "after.dcm"

    for path, (before, out) in list(objects.items())[::SHARE]:
        if before.file_meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            with quietly():
                after.write_bytes(to_bytes(out))
            found = errors_of(after) - errors_of(path)
            if found and path.name not in TRUNCATED:
                worse[path.name] = found

    assert worse == {}
