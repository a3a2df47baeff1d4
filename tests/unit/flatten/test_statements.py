"""Groups, measurements and evaluations: who says what about which place, side and time."""

from __future__ import annotations

import build
from flattened import rows_of, table

LENGTH = "SCT|410668003|Length"
SITE = "SCT|363698007|Finding Site"
SIDE = "SCT|272741003|Laterality"
LEFT = "SCT|7771000|Left"
LUNG = "SCT|39607008|Lung"


def group(*items: object, **how: object) -> object:
    return build.container("DCM|125007|Measurement Group", *items, **how)  # type: ignore[arg-type]


def test_two_groups_keep_their_measurements_apart():
    ds = build.sr(
        [
            group(build.text("DCM|112039|Tracking Identifier", "L1"), build.num(LENGTH, 10)),
            group(build.text("DCM|112039|Tracking Identifier", "L2"), build.num(LENGTH, 3, "cm")),
        ]
    )

    rows = rows_of(ds)

    assert table(rows, "observation_group", "path", "tracking_identifier") == [("1.1", "L1"), ("1.2", "L2")]
    assert table(rows, "measurement", "group_path", "value", "unit_code") == [
        ("1.1", 10.0, "mm"),
        ("1.2", 3.0, "cm"),
    ]


def test_a_group_is_found_by_shape_without_any_template_id():
    ds = build.sr([build.container("99X|1|Whatever", build.num(LENGTH, 1))])

    assert table(rows_of(ds), "observation_group", "path", "template_identifier") == [("1.1", None)]


def test_site_and_side_are_found_among_all_children_in_either_scheme():
    ds = build.sr(
        [
            build.num(
                LENGTH,
                1,
                "mm",
                build.code("DCM|121401|Derivation", "SCT|373098007|Mean", rel="HAS CONCEPT MOD"),
                build.code("SRT|G-C0E3|Finding Site", "SRT|T-28000|Lung", rel="HAS CONCEPT MOD"),
                build.code("SRT|G-C171|Laterality", "SRT|G-A101|Left", rel="HAS CONCEPT MOD"),
            )
        ]
    )

    rows = rows_of(ds)

    assert table(rows, "measurement", "derivation_code", "site_code", "laterality_code", "inherited") == [
        ("373098007", "T-28000", "G-A101", None)
    ]


def test_a_group_hands_its_site_down_and_says_so():
    ds = build.sr([group(build.code(SITE, LUNG, rel="HAS CONCEPT MOD"), build.num(LENGTH, 1))])

    assert table(rows_of(ds), "measurement", "site_code", "inherited") == [("39607008", ["site"])]


def test_a_side_below_the_site_speaks_of_the_finding():
    site = build.code(SITE, LUNG, build.code(SIDE, LEFT, rel="HAS CONCEPT MOD"), rel="HAS CONCEPT MOD")
    ds = build.sr([group(build.code("DCM|121071|Finding", "SCT|27925004|Nodule"), site)])

    rows = rows_of(ds)

    assert table(rows, "observation_group", "laterality_code") == ["7771000"]
    assert table(rows, "evaluation", "value_code", "laterality_code") == [("27925004", "7771000")]


def test_context_is_no_evaluation_but_a_procedure_as_modifier_is():
    ds = build.sr(
        [
            build.code("DCM|121049|Language", "RFC5646|de-DE|German", rel="HAS CONCEPT MOD"),
            build.code("DCM|121005|Observer Type", "DCM|121006|Person", rel="HAS OBS CONTEXT"),
            build.code("SCT|387713003|Surgical Procedure", "SCT|232717009|CABG", rel="HAS CONCEPT MOD"),
        ]
    )

    assert table(rows_of(ds), "evaluation", "value_code") == ["232717009"]


def test_the_own_time_of_an_item_wins_over_its_groups():
    late, early = build.num(LENGTH, 1), build.num(LENGTH, 2)
    late.ObservationDateTime = "20240202120000"
    around = group(late, early)
    around.ObservationDateTime = "20240101120000"  # type: ignore[attr-defined]

    rows = rows_of(build.sr([around]))

    assert table(rows, "measurement", "own_time", "own_time_source") == [
        ("2024-02-02 12:00:00", "item"),
        ("2024-01-01 12:00:00", "group"),
    ]


def test_a_statement_speaks_of_the_images_nearest_to_it():
    ct = "1.2.840.10008.5.1.4.1.1.2"
    ds = build.sr(
        [
            group(
                build.num(LENGTH, 1, "mm", build.image(ct, "1.2.1")),
                build.num(LENGTH, 2),
                build.image(ct, "1.2.2"),
            ),
            build.num(LENGTH, 3),
        ],
        evidence=[("1.1", "1.1.1", ct, "1.2.1"), ("1.1", "1.1.1", ct, "1.2.2")],
    )

    rows = rows_of(ds)

    subjects = dict(table(rows, "measurement", "value", "subject"))
    targets = {
        number: {
            uid
            for subject, uid in table(rows, "reference", "subject", "target_sop_instance_uid")
            if subject == number
        }
        for number in subjects.values()
    }
    assert targets[subjects[1.0]] == {"1.2.1"}
    assert targets[subjects[2.0]] == {"1.2.2"}
    assert subjects[3.0] == 0
    assert targets[0] == {"1.2.1", "1.2.2"}


def test_population_and_algorithm_do_not_hide_a_finding_without_measurements():
    ds = build.sr([build.container("99X|1|CAD", build.code("DCM|121071|Finding", "SCT|27925004|Nodule"))])

    assert table(rows_of(ds), "observation_group", "finding_code") == ["27925004"]


PERCENTILE = "DCM|121415|Percentile Ranking of measurement"
SELECTION = "DCM|121404|Selection Status"


def test_a_percentile_and_a_selection_status_name_the_measurement_they_qualify():
    ds = build.sr(
        [
            build.num(
                LENGTH,
                10,
                "mm",
                build.num(PERCENTILE, 97, "%", rel="HAS PROPERTIES"),
                build.code(SELECTION, "DCM|121410|User chosen value", rel="HAS PROPERTIES"),
                build.num("SCT|81827009|Diameter", 9, "mm", rel="INFERRED FROM"),
            )
        ]
    )

    rows = rows_of(ds)

    assert table(rows, "measurement", "path", "concept_code", "property_of") == [
        ("1.1", "410668003", None),
        ("1.1.1", "121415", "1.1"),
        ("1.1.3", "81827009", None),
    ]
    assert table(rows, "evaluation", "path", "concept_code", "property_of") == [("1.1.2", "121404", "1.1")]


def test_groups_inherit_procedure_and_observer_until_they_state_their_own():
    reported = build.code("DCM|121058|Procedure reported", "SCT|77477000|CT", rel="HAS CONCEPT MOD")
    own = build.code("DCM|121023|Procedure Code", "SCT|40701008|Echocardiography", rel="HAS OBS CONTEXT")
    reader = build.text("DCM|121008|Person Observer Name", "A", rel="HAS OBS CONTEXT")
    other = build.text("DCM|121013|Device Observer Name", "B", rel="HAS OBS CONTEXT")
    ds = build.sr([reported, reader, group(build.num(LENGTH, 1)), group(own, other, build.num(LENGTH, 2))])

    rows = rows_of(ds)

    assert table(rows, "document", "procedure_code") == ["77477000"]
    assert table(rows, "observation_group", "path", "procedure_code", "observer_path") == [
        ("1.3", "77477000", "1"),
        ("1.4", "40701008", "1.4"),
    ]
    assert table(rows, "participant", "path", "name") == [("1", "A"), ("1.4", "B")]
