"""The demo study under pseudonyms: nobody is in it, and everything else still is."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID_dictionary

from orthanc_cohorts.convert.demo.study import plan_patient
from orthanc_cohorts.convert.demo.write import demo_objects
from pseudonymised import found_in, from_bytes, pseudonymiser, to_bytes, values

PATIENTS = 9
"""Enough for a Japanese name, German reports, two patients without PatientID, every kind of object."""
SHORTEST = 4


@pytest.fixture(scope="module")
def before() -> dict[str, bytes]:
    """The files of the study by name."""
    return {name: to_bytes(ds) for name, ds in demo_objects(PATIENTS)}


@pytest.fixture(scope="module")
def after(before: dict[str, bytes]) -> dict[str, bytes]:
    """What comes out for each."""
    convert = pseudonymiser(retain=["patient"])
    return {name: to_bytes(convert(from_bytes(data))) for name, data in before.items()}


WHOLE = {0x00100020, 0x00100030, 0x00080050, 0x00200010, 0x00181000}
"""PatientID, PatientBirthDate, AccessionNumber, StudyID, DeviceSerialNumber."""


def words_of(ds: Dataset) -> set[str]:
    """Return the words that identify somebody: of names, ids, dates of birth, and UIDs of the object."""
    found = set()
    for path, vr, value in values(ds):
        text = str(value) if value else ""
        if vr == "PN":
            found |= set(re.split(r"[\^=\s]+", text))
        elif path[-1] in WHOLE or (vr == "UI" and text not in UID_dictionary):
            found.add(text)
    return found - {""}


def test_no_word_that_identifies_somebody_is_in_any_byte(before, after):
    words = {word for data in before.values() for word in words_of(from_bytes(data))}
    long = {word for word in words if len(word) >= SHORTEST or not word.isascii()}

    found = {name: found_in(data, long) for name, data in after.items()}

    assert {name: one for name, one in found.items() if one} == {}
    assert {"Yamada", "山田", "やまだ"} <= long
    assert any("ü" in word or "ö" in word or "ß" in word for word in long)


def test_the_words_are_in_the_files_before(before):
    words = {word for data in before.values() for word in words_of(from_bytes(data))}

    found = set().union(*(found_in(data, words) for data in before.values()))

    assert found == words


def uids(ds: Dataset) -> list[str]:
    """Return all UIDs of an object, in the order of the file."""
    return [str(value) for _, vr, value in values(ds) if vr == "UI" and value]


def test_references_lead_to_the_objects_that_they_led_to(before, after):
    instances = {from_bytes(data).SOPInstanceUID: name for name, data in before.items()}
    renamed = {from_bytes(data).SOPInstanceUID: name for name, data in after.items()}
    references = 0

    for name, data in before.items():
        old = [instances.get(uid) for uid in uids(from_bytes(data))]
        new = [renamed.get(uid) for uid in uids(from_bytes(after[name]))]
        references += sum(one is not None for one in old)

        assert new == old, name

    assert references > len(before) * 2


def test_the_same_uid_becomes_the_same_everywhere_and_no_two_become_one(before, after):
    became = defaultdict(set)

    for name, data in before.items():
        for uid, new in zip(uids(from_bytes(data)), uids(from_bytes(after[name])), strict=True):
            became[uid].add(new)

    assert {uid: new for uid, new in became.items() if len(new) != 1} == {}
    assert len(set().union(*became.values())) == len(became)


def test_uids_of_the_standard_stay(before, after):
    for name, data in before.items():
        pairs = zip(uids(from_bytes(data)), uids(from_bytes(after[name])), strict=True)

        assert [(old, new) for old, new in pairs if old in UID_dictionary and old != new] == []


def moments(ds: Dataset) -> list[date]:
    """Return the dates and the days of date-times, but for those of birth, in the order of the file."""
    return [
        date(int(str(value)[:4]), int(str(value)[4:6]), int(str(value)[6:8]))
        for path, vr, value in values(ds)
        if vr in ("DA", "DT") and value and path[-1] != 0x00100030
    ]


def test_all_dates_of_a_patient_move_by_the_same_days_and_those_of_others_by_others(before, after):
    moved: dict[str, set[timedelta]] = defaultdict(set)

    for name, data in before.items():
        old, new = from_bytes(data), from_bytes(after[name])
        who = old.PatientID or old.StudyInstanceUID
        moved[who] |= {day - one for one, day in zip(moments(old), moments(new), strict=True)}

    assert {len(days) for days in moved.values()} == {1}
    assert len(set().union(*moved.values())) > PATIENTS // 2


def test_a_patient_is_one_and_no_other(before, after):
    became = defaultdict(set)

    for name, data in before.items():
        old, new = from_bytes(data), from_bytes(after[name])
        became[old.PatientID or old.StudyInstanceUID].add((new.PatientID, str(new.PatientName)))

    assert {len(new) for new in became.values()} == {1}
    assert len(set().union(*became.values())) == len(became) >= PATIENTS


def test_pixels_samples_and_masks_stay_byte_for_byte(before, after):
    bulk = {0x7FE00010, 0x54001010}
    compared = 0

    for name, data in before.items():
        old = {path: value for path, _, value in values(from_bytes(data)) if path[-1] in bulk}
        new = {path: value for path, _, value in values(from_bytes(after[name])) if path[-1] in bulk}
        compared += len(old)

        assert new == old

    assert compared > PATIENTS


def test_the_same_files_come_out_the_second_time(before, after):
    convert = pseudonymiser(retain=["patient"])

    again = {name: to_bytes(convert(from_bytes(data))) for name, data in before.items()}

    assert again == after


def test_an_object_stays_as_it_was(before):
    ds = from_bytes(before["patient0001/history.dcm"])

    pseudonymiser()(ds)

    assert to_bytes(ds) == before["patient0001/history.dcm"]


def test_sizes_and_sexes_stay_with_patient_characteristics(before, after):
    for name, data in before.items():
        old, new = from_bytes(data), from_bytes(after[name])

        assert (new.PatientSex, new.get("PatientSize"), new.get("PatientWeight")) == (
            old.PatientSex,
            old.get("PatientSize"),
            old.get("PatientWeight"),
        )


def test_the_study_has_somebody_older_than_89():
    ages = [plan_patient(number).person.age_at(date(2022, 7, 1)) for number in range(1, 60)]

    assert max(age for age in ages if age is not None) > 89
