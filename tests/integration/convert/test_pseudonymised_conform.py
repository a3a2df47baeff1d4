"""Pseudonymised objects in other people's software: none is worse than it was.

dciodvfy and dsrdump are run as programs; our own flattening and template check on the bytes.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import pytest

from flattened import ANYWHERE
from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.harmonise import canonical_concept, context_group
from orthanc_cohorts.templates import check, items_of
from pseudonymised import from_bytes, pseudonymiser, to_bytes

PATIENTS = 3
PER_KIND = 2
"""Objects of one kind; the slices of a series are all alike."""
OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "nothing retained": {"dates": "remove"},
    "much retained": {
        "retain": ["device", "institution", "patient", "safe_private"],
        "clean": ["descriptors", "graphics"],
        "birth_year": True,
    },
    "uids retained": {"retain": ["uids"], "dates": "keep"},
}


@pytest.fixture(scope="module")
def before() -> dict[str, bytes]:
    """Files of every kind in the demo study."""
    kept: dict[str, bytes] = {}
    kinds: Counter[str] = Counter()
    for name, ds in demo_objects(PATIENTS):
        kind = name.rpartition("/")[2].rstrip("0123456789.dcm") + ds.Modality
        kinds[kind] += 1
        if kinds[kind] <= PER_KIND:
            kept[name] = to_bytes(ds)
    return kept


@pytest.fixture(scope="module", params=OPTIONS)
def after(request: pytest.FixtureRequest, before: dict[str, bytes]) -> dict[str, bytes]:
    """What comes out for each under some options."""
    convert = pseudonymiser(**OPTIONS[request.param])
    return {name: to_bytes(convert(from_bytes(data))) for name, data in before.items()}


def errors_of(data: bytes, path: Path) -> Counter[str]:
    """Return the errors of dciodvfy, without the values that it shows."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian: dicom3tools) is not installed")
    path.write_bytes(data)
    said = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, errors="replace")
    lines = (said.stdout + said.stderr).splitlines()
    return Counter(line.split(" = <")[0] for line in lines if line.startswith("Error"))


@pytest.mark.slow
def test_no_object_has_an_error_that_it_did_not_have(before, after, tmp_path):
    worse = {}

    for name, data in before.items():
        found = errors_of(after[name], tmp_path / "after.dcm") - errors_of(data, tmp_path / "before.dcm")
        if found:
            worse[name] = found

    assert worse == {}


def test_dsrdump_reads_every_report_that_it_read(before, after, tmp_path):
    if shutil.which("dsrdump") is None:
        pytest.skip("dsrdump (Debian: dcmtk) is not installed")
    reports = [name for name, data in before.items() if from_bytes(data).Modality == "SR"]
    path = tmp_path / "report.dcm"

    def reads(data: bytes) -> bool:
        path.write_bytes(data)
        return subprocess.run(["dsrdump", "-q", str(path)], capture_output=True).returncode == 0

    assert reports
    assert [name for name in reports if reads(before[name]) and not reads(after[name])] == []


def value_set(cid: int) -> frozenset[str] | None:
    """Return the codes of a context group, None where it is not known."""
    try:
        return context_group(cid)
    except UnknownContextGroup:
        return None


def findings(data: bytes) -> Counter[str]:
    """Return the rules that a report breaks, errors and warnings."""
    items = items_of(flatten_bytes(data, ANYWHERE)["content_item"])
    found = check(items, canonical_concept, value_set)
    return Counter(one.rule for one in found if one.severity in ("error", "warning"))


def test_no_report_breaks_a_rule_of_its_template_that_it_kept(before, after):
    reports = [name for name, data in before.items() if from_bytes(data).Modality == "SR"]

    worse = {name: findings(after[name]) - findings(before[name]) for name in reports}

    assert {name: found for name, found in worse.items() if found} == {}


MEASURED = (
    "concept_scheme",
    "concept_code",
    "value",
    "unit_scheme",
    "unit_code",
    "derivation_code",
    "site_code",
)
EVALUATED = ("concept_scheme", "concept_code", "value_scheme", "value_code", "site_code")


def statements(data: bytes) -> tuple[Counter[Any], Counter[Any]]:
    """Return the numbers and the codes that our own flattening finds."""
    rows = flatten_bytes(data, ANYWHERE)
    return (
        Counter(tuple(row[name] for name in MEASURED) for row in rows.dicts("measurement")),
        Counter(tuple(row[name] for name in EVALUATED) for row in rows.dicts("evaluation")),
    )


def test_every_number_and_every_code_that_is_stated_stays(before):
    convert = pseudonymiser(retain=["patient"])
    stated = 0

    for name, data in before.items():
        numbers, codes = statements(data)
        stated += numbers.total() + codes.total()

        assert statements(to_bytes(convert(from_bytes(data)))) == (numbers, codes), name

    assert stated > 50


def test_highdicom_reads_masks_that_are_the_same(before, after):
    masks = [name for name, data in before.items() if from_bytes(data).Modality == "SEG"]

    for name in masks:
        old, new = (hd.seg.Segmentation.from_dataset(from_bytes(one[name])) for one in (before, after))
        assert new.number_of_segments == old.number_of_segments
        assert (new.pixel_array == old.pixel_array).all()

    assert masks


def groups(data: bytes) -> int | None:
    """Return how many groups of measurements highdicom finds, None where it cannot read the report."""
    try:
        report = hd.sr.srread(BytesIO(data)).content
        found = (report.get_image_measurement_groups(), report.get_volumetric_roi_measurement_groups())
        return sum(map(len, (*found, report.get_planar_roi_measurement_groups())))
    except (IndexError, AttributeError, RuntimeError):
        return None


def test_highdicom_finds_the_measurements_that_it_found(before, after):
    reports = [name for name in before if "/measurements" in name]
    found = {name: groups(before[name]) for name in reports}

    assert {name: groups(after[name]) for name in reports} == found
    assert any(found.values())
