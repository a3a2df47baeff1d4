"""Whatever came before, in any order and any batches: the index is that of the objects there now."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

import build
from flattened import stored
from orthanc import states
from orthanc_cohorts.model.rows import Rows, to_columns
from orthanc_cohorts.store import Batch, Index, Observed

VERSIONS = 2
GONE = -1


def universe() -> list[list[Rows]]:
    """Objects that depend on each other, in versions: images, what speaks of them, doubtful persons."""
    taken = ["20190108", "20190108000000"]  # equal times of another precision
    first = build.ct(PatientID="A")
    second = build.ct(PatientID="A", InstanceNumber=2)
    makers = [
        lambda v: build.ct(PatientID="A", AcquisitionDateTime=taken[v], KVP=str(80 + v)),
        lambda v: build.ct(PatientID="A", InstanceNumber=2, AcquisitionDateTime=taken[1 - v]),
        lambda v: build.seg(PatientID="A", source=first, region="SCT|80891009" if v else None),
        lambda v: build.sr(
            [build.num("Volume", str(v), "mm3", build.image(second.SOPClassUID, second.SOPInstanceUID))],
            evidence=[of(first), of(second)],
            PatientID="A",
        ),
        # The same study again, with an issuer, another sex and another time.
        lambda v: build.ecg(
            PatientID="A",
            IssuerOfPatientID="X" if v else None,
            PatientSex="M",
            StudyTime="09" if v else "101112",
        ),
        lambda v: build.ct(PatientID="A", StudyID="2", PatientBirthDate="19600101" if v else "19500102"),
        lambda v: build.ct(PatientID="", StudyID="3", SeriesDescription=str(v)),
        # The same SOP instance UID under another patient.
        lambda v: build.ct(
            PatientID="B", SOPInstanceUID=first.SOPInstanceUID, AcquisitionDateTime="2018" if v else None
        ),
    ]
    return [
        [stored(make(version), f"{number}/{version}") for version in range(VERSIONS)]
        for number, make in enumerate(makers)
    ]


def of(image: build.Dataset) -> tuple[str, str, str, str]:
    return image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPClassUID, image.SOPInstanceUID


OBJECTS = universe()
NAMES = [versions[0]["instance"][0][0] for versions in OBJECTS]
EVENTS = st.lists(
    st.tuples(st.integers(0, len(OBJECTS) - 1), st.sampled_from([0, 1, 0, 1, GONE])), min_size=1, max_size=30
)


def batch_of(events: list[tuple[int, int]], started_ns: int) -> Batch:
    """One transaction of looks, each later than the one before."""
    there = [(n, v, started_ns + i) for i, (n, v) in enumerate(events) if v != GONE]
    return Batch(
        objects=[Observed(NAMES[n], at) for n, _, at in there],
        tables=to_columns(OBJECTS[n][v] for n, v, _ in there),
        gone=[Observed(NAMES[n], started_ns + i) for i, (n, v) in enumerate(events) if v == GONE],
        seq=started_ns,
    )


def index_of(folder: Path, batches: list[Batch], purge_after: int | None = None) -> states.Snapshot:
    index = Index.open(folder)
    for number, batch in enumerate(batches):
        index.apply(batch)
        if number == purge_after:
            index.arrange()
            index.purge()
    index.close()
    assert states.flaws(folder) == []
    return states.snapshot(folder, without=("seq",))


@settings(max_examples=25, deadline=None)
@example([(1, 0), (3, 0), (0, 0)], [1] * 30, 0)
@example([(1, 0), (2, 1), (3, 1), (0, 0), (4, 0), (4, 1), (5, 1)], [1] * 30, 0)
@example([(0, 0), (0, 0), (5, 0)], [1, 2] + [1] * 28, 0)
@given(EVENTS, st.lists(st.integers(1, 6), min_size=30, max_size=30), st.integers(0, 5))
def test_any_history_leaves_the_index_of_what_is_there_now(
    events: list[tuple[int, int]], sizes: list[int], purge_after: int
) -> None:
    batches, rest, clock = [], list(events), 1
    for size in sizes:
        part, rest = rest[:size], rest[size:]
        if part:
            batches.append(batch_of(part, clock))
            clock += len(part)
    now = {number: version for number, version in events}

    with tempfile.TemporaryDirectory() as with_history, tempfile.TemporaryDirectory() as without:
        lived = index_of(Path(with_history), batches, purge_after)
        fresh = index_of(Path(without), [batch_of(sorted(now.items()), 1)])

    assert states.differences(lived, fresh) == []
