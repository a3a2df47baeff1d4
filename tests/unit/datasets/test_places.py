"""Where fetched files lie: names that are safe on every file system, and never two files in one place."""

from __future__ import annotations

from pathlib import PurePosixPath

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from orthanc_cohorts.datasets.places import folder_names, places, safe_name

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def manifest(*rows: tuple[str, str, str, str, str | None]) -> pa.Table:
    names = ("patient", "name", "study_instance_uid", "series_instance_uid", "sop_instance_uid")
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})


@given(st.lists(TEXTS, unique=True))
def test_no_two_texts_have_one_name_even_where_case_does_not_count(texts: list[str]) -> None:
    named = folder_names(texts)

    assert len({name.casefold() for name in named.values()}) == len(texts)


@given(TEXTS)
def test_a_name_is_one_harmless_component_of_a_path(text: str) -> None:
    name = safe_name(text)

    assert PurePosixPath(name).parts == (name,) and len(name) <= 160 and name.isascii()
    assert name not in (".", "..") and name[0] != "." and name[-1] != "."
    assert not set(name) & set('/\\<>:"|?* ') and name.isprintable()


def test_usual_identifiers_stay_readable() -> None:
    assert [safe_name(text) for text in ("HOSP-0001", "1.2.840.3", "ÄB^^^X", "..", "", "con")] == [
        "HOSP-0001", "1.2.840.3", "%C3%84B%5E%5E%5EX", "%2E%2E", "%", "%63on",
    ]  # fmt: skip


def test_a_file_lies_below_its_patient_the_name_asked_and_its_series() -> None:
    found = places(manifest(("P/1", "ct", "1.1", "1.2", "1.3"), ("p/1", "ct", "1.1", "1.2", "../x")))

    assert [len(set(found)), found[0].parts[1:]] == [2, ("ct", "1.2", "1.3.dcm")]
    assert found[0].parts[0].startswith("P%2F1~") and found[1].name == "%2E.%2Fx.dcm"


def test_one_uid_in_two_studies_is_two_files_and_one_instance_asked_twice_is_one() -> None:
    row = ("P", "ct", "1.1", "1.2", "1.3")
    found = places(manifest(row, ("P", "ct", "1.9", "1.2", "1.3"), row, ("P", "ct", "1.1", "1.2", None)))

    assert found[0] == found[2] != found[1] and len(set(found)) == 3
    assert all(place.suffix == ".dcm" for place in found)
