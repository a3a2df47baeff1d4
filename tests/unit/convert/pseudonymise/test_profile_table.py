"""Table E.1-1 under options."""

from __future__ import annotations

from collections import Counter

import pytest

from orthanc_cohorts.convert.pseudonymise.deciding import Decisions
from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.profile import Action, Options, read_rows
from orthanc_cohorts.convert.pseudonymise.rules import RuleFile, Rules

STUDY_DATE, PATIENT_SEX, STUDY_DESCRIPTION = 0x00080020, 0x00100040, 0x00081030
STATION_NAME, DEVICE_UID, INSTITUTION_NAME = 0x00081010, 0x00181002, 0x00080080
CURVE, OVERLAY_DATA, STUDY_INSTANCE_UID = 0x50003000, 0x60023000, 0x0020000D
DETECTOR_CALIBRATION, ZONE, FRAME_STAMP = 0x0018700C, 0x00080201, 0x00340007


def action(tag: int, **options: object) -> Action:
    chosen = {name: frozenset(value) if isinstance(value, list) else value for name, value in options.items()}
    return Decisions(Options(**chosen), Rules()).of(tag)


def test_the_tables_have_as_many_rows_as_those_of_the_edition():
    # Without the row of all private attributes, which is a rule of its own.
    assert sum(1 for _ in read_rows("basic_profile.csv")) == 656
    assert Counter(row["basic"] for row in read_rows("basic_profile.csv"))["X"] == 416
    assert sum(1 for _ in read_rows("content_items.csv")) == 214
    assert sum(1 for _ in read_rows("safe_private.csv")) == 111


@pytest.mark.parametrize(
    ("tag", "options", "done"),
    [
        (STUDY_DATE, {}, Action.SHIFT),
        (STUDY_DATE, {"dates": "keep"}, Action.KEEP),
        (STUDY_DATE, {"dates": "remove"}, Action.EMPTY),
        (DETECTOR_CALIBRATION, {"retain": ["device"]}, Action.SHIFT),
        (DETECTOR_CALIBRATION, {"dates": "remove"}, Action.DUMMY),
        (ZONE, {}, Action.CLEAN),
        (ZONE, {"dates": "remove"}, Action.REMOVE),
        (FRAME_STAMP, {}, Action.DUMMY),
        (PATIENT_SEX, {}, Action.EMPTY),
        (PATIENT_SEX, {"retain": ["patient"]}, Action.KEEP),
        (STUDY_DESCRIPTION, {}, Action.REMOVE),
        (STUDY_DESCRIPTION, {"clean": ["descriptors"]}, Action.CLEAN),
        (STATION_NAME, {}, Action.DUMMY),
        (STATION_NAME, {"retain": ["device"]}, Action.KEEP),
        (INSTITUTION_NAME, {}, Action.DUMMY),
        (INSTITUTION_NAME, {"retain": ["institution"]}, Action.KEEP),
        (DEVICE_UID, {}, Action.UID),
        (DEVICE_UID, {"retain": ["device"]}, Action.KEEP),
        (STUDY_INSTANCE_UID, {"retain": ["uids"]}, Action.KEEP),
        (CURVE, {}, Action.REMOVE),
        (OVERLAY_DATA, {}, Action.REMOVE),
        (OVERLAY_DATA, {"clean": ["graphics"]}, Action.CLEAN),
        (0x00081140, {}, Action.UID),
        (0x00102297, {}, Action.EMPTY),
        (0x00100000, {}, Action.REMOVE),
        (0x0018FFF0, {}, Action.REMOVE),
        (0x00280010, {}, Action.KEEP),
    ],
)
def test_an_attribute_gets_the_action_of_its_row(tag, options, done):
    assert action(tag, **options) is done


def test_a_rule_of_the_site_goes_before_the_table():
    rules = Rules(
        RuleFile.model_validate({"attributes": [{"attribute": "StudyDescription", "action": "keep"}]})
    )

    assert Decisions(Options(), rules).of(STUDY_DESCRIPTION) is Action.KEEP


def test_every_list_names_attributes_that_exist():
    assert 0x00080050 in lists().keyed
    assert lists().schemes["DCM"].fullmatch("121071")
