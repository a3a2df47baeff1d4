"""Context groups: sets of canonical concepts, and the hash that names what they hold."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256

import pytest

from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.harmonise import context_group, context_group_hash
from orthanc_cohorts.harmonise.terminology import group_keywords


def test_a_group_holds_canonical_concepts():
    materials = context_group(10006)

    assert {"SCT|66925006", "SCT|41967008"} <= materials
    assert all(concept.startswith("SCT|") for concept in materials)


def test_a_group_holds_the_groups_that_it_includes():
    assert context_group(4031) < context_group(4030)


def test_a_group_is_known_by_number_and_by_text():
    assert context_group("4031") == context_group(" 04031") == context_group(4031)


@pytest.mark.parametrize("number", [0, -1, "", "abdomen", "4031@abc", "²", "9" * 5000, 99999999])
def test_what_is_no_group_is_refused(number: int | str):
    with pytest.raises(UnknownContextGroup, match="has no codes in"):
        context_group(number)
    with pytest.raises(UnknownContextGroup):
        context_group_hash(number)


def test_every_group_that_pydicom_has_codes_of_can_be_asked_for():
    listed = [number for number, keywords in group_keywords().items() if keywords]

    assert len(listed) > 1300
    assert all(context_group(number) for number in listed)


def test_a_group_whose_codes_are_not_known_is_refused_and_not_empty():
    # BI-RADS assessments (CID 6027): pydicom knows the number, and no codes of the scheme BI.
    with pytest.raises(UnknownContextGroup):
        context_group(6027)


def test_the_hash_is_of_the_sorted_members_one_per_line():
    members = "\n".join(sorted(context_group(244)))

    assert context_group_hash("244") == sha256(members.encode()).hexdigest()


def test_groups_of_other_members_have_other_hashes():
    assert context_group_hash(4030) != context_group_hash(4031)


def test_the_tables_are_loaded_only_when_asked():
    # In a process of its own: other tests have loaded them here.
    asked = "import sys; from orthanc_cohorts.harmonise import canonical_concept as f; f('DCM', '1'); "
    program = asked + "print('pydicom.sr' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("False", "")
