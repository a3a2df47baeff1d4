"""Batches: replacement, deletion, late observations, derived rows and clinical times."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from orthanc_cohorts_sql import names
from pydicom.dataset import Dataset

import build
from flattened import stored
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts.model.schema import TABLES
from orthanc_cohorts.store import Batch, Index, Observed
from orthanc_cohorts.store.statements import run

KEPT_WHEN_EMPTY = {"state", "touched_study"}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    opened = Index.open(tmp_path)
    yield opened
    opened.close()


def ask(index: Index, statement: str) -> list[tuple[Any, ...]]:
    with index.read() as snapshot:
        return run(snapshot.cursor, statement)


def id_of(rows: Rows) -> str:
    return str(rows["instance"][0][0])


def report(*items: Dataset, **header: Any) -> Dataset:
    return build.sr(items or [build.num("SCT|410668003|Length", 5)], **header)


def test_the_same_file_again_changes_nothing(index: Index):
    rows = stored(report())

    first = index.apply(Batch.of([rows], seq=1))
    second = index.apply(Batch.of([rows], seq=7))

    assert first == second
    assert ask(index, "SELECT count(*), max(seq) FROM live_instance") == [(1, 7)]


def test_another_file_under_the_same_identifier_replaces_every_row(index: Index):
    index.apply(Batch.of([stored(report(build.num("A", 1), build.num("B", 2)), "first")]))

    index.apply(Batch.of([stored(report(build.num("A", 3)), "second")]))

    assert ask(index, "SELECT concept_code, value FROM live_measurement") == [("A", 3.0)]
    assert ask(index, "SELECT instance_count FROM series") == [(1,)]
    assert index.purge() == 1
    assert ask(index, "SELECT count(*) FROM measurement") == [(1,)]


def test_a_late_observation_does_not_bring_back_what_is_gone(index: Index):
    rows = stored(report())
    name = id_of(rows)
    index.apply(Batch.of([rows], observed_ns=10))
    index.apply(Batch(gone=[Observed(name, 20)]))

    index.apply(Batch.of([rows], observed_ns=15))
    gone = ask(index, "SELECT count(*) FROM live_instance")
    index.apply(Batch.of([rows], observed_ns=25))

    assert gone == [(0,)]
    assert ask(index, "SELECT count(*) FROM live_instance") == [(1,)]


def test_the_last_word_within_one_batch_counts(index: Index):
    old, new = stored(report(build.num("A", 1)), "old"), stored(report(build.num("A", 2)), "new")
    batch = Batch.of([new, old])
    batch.objects = [Observed(id_of(new), 9), Observed(id_of(old), 8)]

    index.apply(batch)

    assert ask(index, "SELECT value FROM live_measurement") == [(2.0,)]


def test_deleting_everything_in_any_order_leaves_no_trace(index: Index):
    image = build.ct(PatientID="A")
    everything = [
        stored(image),
        stored(build.ct(PatientID="A", SeriesNumber="2")),
        stored(build.seg(source=image, PatientID="A")),
        stored(report(PatientID="A")),
        stored(report(PatientID="B")),
        stored(build.ecg(PatientID="C")),
    ]
    for order in itertools.islice(itertools.permutations(everything), 0, 720, 97):
        index.apply(Batch.of(order))
        for rows in reversed(order):
            index.apply(Batch(gone=[Observed(id_of(rows), 0)]))
        index.purge()

        left = {
            name: ask(index, f'SELECT count(*) FROM "{name}"')[0][0]
            for name in (entry.removeprefix("schema/") for entry in names("schema"))
        }

        assert {name for name, count in left.items() if count} == KEPT_WHEN_EMPTY


def test_series_and_study_follow_their_instances(index: Index):
    thin = stored(build.ct(PatientID="A", SliceThickness="1", PatientWeight="80"))
    thick = stored(build.ct(PatientID="A", InstanceNumber="2", SliceThickness="3", PatientWeight="81"))
    index.apply(Batch.of([thin, thick]))
    both = ask(index, "SELECT slice_thickness_mm_min, slice_thickness_mm_max FROM series")

    index.apply(Batch(gone=[Observed(id_of(thick), 0)]))

    assert both == [(1.0, 3.0)]
    assert ask(index, "SELECT slice_thickness_mm_min, slice_thickness_mm_max FROM series") == [(1.0, 1.0)]
    assert ask(index, "SELECT patient_weight_kg_max, varies FROM study") == [(80.0, None)]


def test_two_objects_without_patient_id_are_two_patients(index: Index):
    index.apply(
        Batch.of(
            [stored(build.ct(PatientID="", StudyID=n, StudyInstanceUID=build.uid(n))) for n in ("1", "2")]
        )
    )

    assert ask(index, "SELECT count(*) FROM patient") == [(2,)]


def test_one_id_of_two_issuers_is_two_patients_and_a_missing_issuer_joins_its_study(index: Index):
    first = build.ct(PatientID="1", IssuerOfPatientID="A", StudyInstanceUID=build.uid("a"))
    second = build.ct(PatientID="1", IssuerOfPatientID="B", StudyInstanceUID=build.uid("b"))
    silent = report(PatientID="1", StudyInstanceUID=build.uid("a"))

    index.apply(Batch.of([stored(silent), stored(first), stored(second)]))

    assert ask(index, "SELECT issuer_of_patient_id FROM patient_identity ORDER BY 1") == [("A",), ("B",)]
    assert ask(index, "SELECT study_count FROM patient") == [(1,), (1,)]


def test_a_default_issuer_makes_one_patient_of_stated_and_assumed(tmp_path: Path):
    index = Index.open(tmp_path / "own", default_issuer="A")
    index.apply(
        Batch.of(
            [
                stored(build.ct(PatientID="1", IssuerOfPatientID="A", StudyInstanceUID=build.uid("a"))),
                stored(build.ct(PatientID="1", StudyInstanceUID=build.uid("b"))),
            ]
        )
    )

    found = ask(index, "SELECT study_count FROM patient")
    index.close()

    assert found == [(2,)]


def test_a_statement_takes_the_time_of_its_image_whichever_arrives_first(tmp_path: Path):
    image = build.ct(PatientID="A", AcquisitionDateTime="20190401120000", StudyDate="20190501")
    speaker = report(
        PatientID="A",
        StudyDate="20190501",
        ContentDate="20240101",
        evidence=[(image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPClassUID, image.SOPInstanceUID)],
    )
    found = {}
    for number, order in enumerate(itertools.permutations([stored(image), stored(speaker)])):
        index = Index.open(tmp_path / str(number))
        for rows in order:
            index.apply(Batch.of([rows]))
        together = ask(index, "SELECT event_time, event_time_source FROM live_measurement")
        index.apply(Batch(gone=[Observed(id_of(stored(image)), 0)]))
        alone = ask(index, "SELECT event_time, event_time_source FROM live_measurement")
        index.close()
        found[number] = [(str(time), source) for time, source in (*together, *alone)]

    expected = [("2019-04-01 12:00:00", "acquisition"), ("2019-05-01 00:00:00", "study")]
    assert [time[:10] for time, _ in found[0]] == [time[:10] for time, _ in expected]
    assert [source for _, source in found[0]] == [source for _, source in expected]
    assert found[0] == found[1]


def test_values_in_other_units_meet_in_one(index: Index):
    index.apply(Batch.of([stored(report(build.num("A", 0.57, "cm"), build.num("A", 5.7, "mm")))]))

    assert ask(index, "SELECT value_canonical, unit_canonical FROM live_measurement") == [(5.7, "mm")] * 2


def test_every_table_takes_every_row_of_the_flattener(index: Index):
    image = build.ct(PatientID="A")
    rows = [
        stored(image),
        stored(build.seg(source=image, PatientID="A")),
        stored(build.ecg()),
        stored(report()),
    ]

    index.apply(Batch.of(rows))

    for name in TABLES.keys() - {"conformance"}:  # which the index itself finds
        expected = sum(len(each[name]) for each in rows)

        assert ask(index, f"SELECT count(*) FROM live_{name}") == [(expected,)]


def declared(designator: str, uid: str) -> Dataset:
    item = Dataset()
    item.CodingSchemeDesignator, item.CodingSchemeUID = designator, uid
    return item


def test_a_private_code_belongs_to_the_scheme_that_its_object_declares_else_to_its_maker(index: Index):
    length, finding = build.num("99X|1|Length", 5), build.code("99Y|2|Finding", "SCT|3|Mass")
    schemes = [declared("DCM", "1.2.840.10008.2.16.4"), declared("99X", "1.2.3")]
    by_maker = stored(report(length, finding, PatientID="A", Manufacturer="Maker  A"))
    by_uid = report(length, finding, PatientID="B", Manufacturer="Maker B")
    by_uid.CodingSchemeIdentificationSequence = schemes
    nobodys = report(length, PatientID="C")
    nobodys.Manufacturer = ""

    index.apply(Batch.of([by_maker, stored(by_uid), stored(nobodys)]))

    concepts = ask(index, "SELECT concept FROM measurement ORDER BY ALL")
    assert concepts == [("99X@1.2.3|1",), ("99X@maker a|1",), ("99X|1",)]
    asked = ask(index, "SELECT concept, value FROM evaluation ORDER BY ALL")
    assert asked == [("99Y@maker a|2", "SCT|3"), ("99Y@maker b|2", "SCT|3")]
    assert ask(index, "SELECT DISTINCT concept_scheme FROM measurement") == [("99X",)]
    mappings = ask(index, "SELECT DISTINCT mapping FROM concept WHERE scheme LIKE '99%' ORDER BY ALL")
    assert mappings == [("owner",), (None,)]


def test_a_body_part_is_that_of_the_code_else_of_the_text_of_each_instance(index: Index):
    heart, private = Dataset(), Dataset()
    heart.CodingSchemeDesignator, heart.CodeValue, heart.CodeMeaning = "SRT", "T-32000", "Heart"
    private.CodingSchemeDesignator, private.CodeValue, private.CodeMeaning = "99X", "1", "Part"
    objects = [
        build.ct(PatientID="A", BodyPartExamined="CHEST", AnatomicRegionSequence=[heart]),
        build.ct(PatientID="B", BodyPartExamined="Heart"),
        build.ct(PatientID="C", Manufacturer="Maker", AnatomicRegionSequence=[private]),
        build.ct(PatientID="D", BodyPartExamined="HERTZ"),
    ]

    index.apply(Batch.of(map(stored, objects)))

    found = ask(index, "SELECT body_part, body_part_source FROM series ORDER BY series_key")
    assert found == [
        ("SCT|80891009", "code"),
        ("SCT|80891009", "text"),
        ("99X@maker|1", "code"),
        (None, None),
    ]
