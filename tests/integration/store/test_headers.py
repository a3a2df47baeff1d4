"""What the writer remembers between transactions changes no answer, however little of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

import build
from flattened import stored
from orthanc_cohorts.store import Batch, Index, headers
from orthanc_cohorts.store.statements import run


@pytest.mark.parametrize("kept", [0, 1, 20_000])
def test_a_series_that_arrives_in_parts_is_derived_from_all_of_them(
    tmp_path: Path, kept: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(headers, "KEPT_ROWS", kept)
    index = Index.open(tmp_path)

    for number in range(1, 6):
        slice_ = build.ct(PatientID="A", InstanceNumber=str(number), SliceThickness=str(number))
        index.apply(Batch.of([stored(slice_), stored(build.ct(PatientID=f"other {number}"))]))

    with index.read() as snapshot:
        found = run(
            snapshot.cursor,
            "SELECT instance_count, slice_thickness_mm_min, slice_thickness_mm_max FROM series "
            "ORDER BY instance_count DESC LIMIT 1",
        )
        [(series,)] = run(snapshot.cursor, "SELECT count(*) FROM series")
    index.close()

    assert found == [(5, 1.0, 5.0)]
    assert series == 6
