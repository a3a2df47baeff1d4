"""Series and study rows from headers: the set of instances alone decides, never their order."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

from orthanc_cohorts.model.objects import HEADER
from orthanc_cohorts.store.aggregate import (
    SERIES_NUMBERS,
    SERIES_TEXTS,
    STUDY_NUMBERS,
    STUDY_TEXTS,
    series_rows,
    study_rows,
)

_TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "DATE": pa.string(),
    "TIMESTAMP": pa.string(),
}
_IDS = ("orthanc_series_id", "orthanc_study_id")
_TEXTS = ("orthanc_patient_id", "series_instance_uid", "study_instance_uid", "sop_class_uid")
_KEYS = {"instance_key": 0, "series_key": 1, "study_key": 1, "size_bytes": 10}


def headers(*rows: dict[str, Any]) -> pa.Table:
    """Return headers as the statements of the store give them, with NULL for what a row leaves out."""
    kinds = {column.name: _TYPES[column.type] for column in HEADER.columns}
    kinds |= dict.fromkeys(_KEYS, pa.int64())
    kinds |= dict.fromkeys(
        (*_IDS, *_TEXTS, "body_part", "transfer_syntax_uid", "acquisition_time"), pa.string()
    )
    whole = [
        {**_KEYS, **dict.fromkeys(_IDS, "01234567-89abcdef"), "instance_key": n, **row}
        for n, row in enumerate(rows)
    ]
    return pa.table({name: pa.array([row.get(name) for row in whole], kind) for name, kind in kinds.items()})


def test_what_all_instances_say_is_the_value_of_the_series():
    [row] = series_rows(headers({"modality": "CT"}, {"modality": "CT"}, {})).to_pylist()

    assert row["modality"] == "CT"
    assert row["varies"] is None
    assert row["instance_count"] == 3
    assert row["size_bytes"] == 30


def test_what_instances_disagree_on_is_named_and_numbers_keep_their_range():
    [row] = series_rows(
        headers(
            {"body_part_examined": "HEART", "slice_thickness_mm": 1.0},
            {"body_part_examined": "CHEST", "slice_thickness_mm": 2.5},
        )
    ).to_pylist()

    assert row["body_part_examined"] == "CHEST"
    assert row["varies"] == ["body_part_examined"]
    assert (row["slice_thickness_mm_min"], row["slice_thickness_mm_max"]) == (1.0, 2.5)


def test_a_body_part_is_that_of_an_instance_and_tells_whether_a_code_named_it():
    coded = {
        "body_part": "SCT|80891009",
        "anatomic_region_scheme": "SRT",
        "anatomic_region_code": "T-32000",
        "series_key": 1,
    }
    other = {"body_part": "99X@a|1", "anatomic_region_scheme": "99X", "anatomic_region_code": "1"}
    text = {"body_part": "SCT|816094009", "body_part_examined": "CHEST", "series_key": 2}
    unknown = {"body_part_examined": "HERTZ", "series_key": 3}

    rows = series_rows(headers(coded, {**other, "series_key": 1}, text, unknown)).to_pylist()

    found = [
        (row["body_part"], row["body_part_source"], "body_part" in (row["varies"] or ())) for row in rows
    ]
    assert found == [("99X@a|1", "code", True), ("SCT|816094009", "text", False), (None, None, False)]


def test_the_order_of_instances_leaves_no_trace():
    names = ("modality", "patient_sex", "study_time", "study_time_precision", "patient_weight_kg")
    rows = [
        dict(zip(names, values, strict=True))
        for values in [
            ("CT", "M", "2024-01-01 00:00:00", "day", 80.0),
            ("SR", None, "2024-01-01 00:00:00", "second", None),
            ("CT", "F", "2024-02-01 00:00:00", "day", 81.0),
            ("SEG", "M", None, None, 80.0),
        ]
    ]
    expected = study_rows(headers(*rows)).to_pylist()

    for seed in range(10):
        shuffled = random.Random(seed).sample(rows, len(rows))

        assert study_rows(headers(*shuffled)).to_pylist() == expected

    assert expected[0]["modalities"] == ["CT", "SEG", "SR"]
    assert expected[0]["study_time_precision"] == "day"
    assert expected[0]["varies"] == ["patient_sex", "study_time"]


def test_an_issuer_stated_by_one_instance_holds_for_its_study():
    [row] = study_rows(
        headers({"patient_id": "P", "issuer_of_patient_id": "A"}, {"patient_id": "P"}, {"patient_id": "P"})
    ).to_pylist()

    assert (row["patient_id"], row["issuer_of_patient_id"]) == ("P", "A")


def test_every_text_and_number_of_a_header_is_derived_somewhere():
    derived = {*SERIES_TEXTS, *SERIES_NUMBERS, *STUDY_TEXTS, *STUDY_NUMBERS}
    identity = {"patient_id", "issuer_of_patient_id", "patient_birth_date"}
    times = {"study_time", "study_time_precision", "series_number", "series_time"}

    assert {column.name for column in HEADER.columns} - derived == identity | times
