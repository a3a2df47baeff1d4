"""Reports against their templates: a right one gives nothing, each break gives its own finding."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from pydicom.dataset import Dataset

import build
from flattened import rows_of
from orthanc_cohorts.harmonise.concepts import canonical_concept
from orthanc_cohorts.templates import Finding, Item, check, items_of

LANGUAGE = "DCM|121049|Language of Content Item and Descendants"
ENGLISH = "RFC5646|en-US|English (United States)"
GROUP = "DCM|125007|Measurement Group"
LENGTH = "SCT|410668003|Length"
SITE = "SCT|363698007|Finding Site"
ECG_TITLE = "LN|11524-0|ECG Report"


def findings(ds: Dataset, **how: object) -> list[Finding]:
    return check(items_of(rows_of(ds)["content_item"]), canonical_concept, **how)  # type: ignore[arg-type]


def rules(found: Iterable[Finding]) -> list[str]:
    return [one.rule for one in found]


def language() -> Dataset:
    return build.code(LANGUAGE, ENGLISH, rel="HAS CONCEPT MOD")


def observer() -> list[Dataset]:
    return [
        build.code("DCM|121005|Observer Type", "DCM|121006|Person", rel="HAS OBS CONTEXT"),
        build.pname("DCM|121008|Person Observer Name", "Reader^A"),
    ]


def head() -> list[Dataset]:
    procedure = build.code("DCM|121058|Procedure reported", "LN|25045-6|CT", rel="HAS CONCEPT MOD")
    return [language(), *observer(), procedure]


def tracking(number: int = 1) -> list[Dataset]:
    return [
        build.text("DCM|112039|Tracking Identifier", f"L{number}", rel="HAS OBS CONTEXT"),
        build.uidref(
            "DCM|112040|Tracking Unique Identifier", build.uid("lesion", number), rel="HAS OBS CONTEXT"
        ),
    ]


def group(*items: Dataset) -> Dataset:
    return build.container(GROUP, *tracking(), *items)


def measurements(*groups: Dataset) -> Dataset:
    return build.container("DCM|126010|Imaging Measurements", *groups)


def report(*items: Dataset, template: str | None = "1500", **how: object) -> Dataset:
    return build.sr([*head(), *items], template=template, **how)  # type: ignore[arg-type]


def test_a_right_measurement_report_gives_no_finding():
    site = build.code(SITE, "SCT|39607008|Lung", rel="HAS CONCEPT MOD")
    region = build.scoord(
        "DCM|111030|Image Region",
        "POLYLINE",
        [1, 1, 2, 2],
        build.image("1.2.840.10008.5.1.4.1.1.2", build.uid("image"), rel="SELECTED FROM"),
    )
    segment = build.image("1.2.840.10008.5.1.4.1.1.66.4", build.uid("seg"), name="DCM|121191|Segment")
    ds = report(
        measurements(
            group(build.code("DCM|121071|Finding", "SCT|4147007|Mass"), site, build.num(LENGTH, 10)),
            group(region, build.num(LENGTH, 10), build.code("SCT|246112005|Severity", "SCT|255604002|Mild")),
            group(segment, build.num("SCT|118565006|Volume", 7, "mm3")),
        )
    )

    assert findings(ds) == []


def test_codes_of_snomed_rt_are_as_good_as_their_twins():
    site = build.code("SRT|G-C0E3|Finding Site", "SRT|T-28000|Lung", rel="HAS OBS CONTEXT")
    ds = report(measurements(group(site)))

    assert [(one.rule, one.found) for one in findings(ds)] == [
        ("TID1501-site-relationship", "HAS OBS CONTEXT")
    ]


def test_a_group_without_tracking_uid_misses_row_3():
    ds = report(measurements(build.container(GROUP, tracking()[0], build.num(LENGTH, 10))))

    assert findings(ds) == [
        Finding("1.5.1", "TID1501", "TID1501-row3-missing", "error", "UIDREF DCM|112040", "none")
    ]


def test_a_group_with_a_segment_is_checked_as_a_volume_and_one_with_a_region_as_planar():
    segment = build.image("1.2.840.10008.5.1.4.1.1.66.4", build.uid("seg"), name="DCM|121191|Segment")
    region = build.scoord("DCM|111030|Image Region", "POINT", [1, 1])
    ds = report(
        measurements(build.container(GROUP, segment), build.container(GROUP, region), build.container(GROUP))
    )

    templates = [one.template for one in findings(ds) if one.rule.endswith("row2-missing")]

    assert templates == ["TID1411", "TID1410", "TID1501"]


def test_a_wrong_value_type_is_an_error_and_nothing_below_it_is_checked():
    wrong = build.text("DCM|126010|Imaging Measurements", "none", build.container(GROUP))

    assert findings(report(wrong)) == [
        Finding("1.5", "TID1500", "TID1500-row6-value-type", "error", "CONTAINER", "TEXT")
    ]


def test_a_second_item_where_one_is_allowed_is_too_many():
    found = findings(report(language(), measurements()))

    assert [(one.path, one.rule, one.severity) for one in found] == [("1.5", "TID1204-row1-too-many", "info")]


def test_one_of_the_rows_of_which_one_must_be_present_is_enough():
    evaluations = build.container("UMLS|C0034375|Qualitative Evaluations")

    assert findings(report(evaluations)) == []
    assert rules(findings(report())) == ["TID1500-row6-missing"]


def test_a_by_reference_item_may_stand_for_what_is_missing():
    container = build.container("DCM|126010|Imaging Measurements", build.by_reference("CONTAINS", "1.1"))

    assert findings(report(container, build.by_reference("HAS OBS CONTEXT", "1.2"))) == []


def test_a_unit_outside_the_template_is_a_warning_and_a_number_without_value_is_not():
    measured = [
        build.num("MDC|2:16016|Ventricular Heart Rate", 75, "1"),
        build.num("MDC|2:16160|QT interval global", None),
        build.num("MDC|2:15872|PR interval global", 140, "ms"),
        build.num("MDC|2:16156|QRS duration global", 0.1, "s"),
        build.num("MDC|2:16168|RR interval global", 800, "ms"),
    ]

    found = findings(ecg(build.container("DCM|122158|ECG Global Measurements", *measured)))

    assert [(one.rule, one.severity, one.found) for one in found] == [
        ("TID3713-ventricular-rate-unit", "warning", "UCUM|1"),
        ("TID3713-qrs-unit", "warning", "UCUM|s"),
    ]


def test_a_fixed_value_is_checked_always_and_a_value_set_only_where_its_codes_are_known():
    observers = [build.code("DCM|121005|Observer Type", "99X|1|Someone", rel="HAS OBS CONTEXT")]
    smoking = build.code("SCT|365981007|Smoking", "99X|2|Sometimes")
    ds = build.sr(
        [language(), *observers, build.container("LN|29762-2|Social History", smoking)],
        title="LN|11329-0|History",
        template="3802",
    )

    unknown = findings(ds)
    known = findings(ds, context_group={3724: frozenset({"SCT|77176002"})}.get)

    assert unknown == []
    assert [(one.rule, one.expected, one.found) for one in known] == [
        ("TID3802-row15-value-set", "CID 3724", "99X|2")
    ]
    assert rules(findings(report(*observers, measurements()))) == ["TID1002-row1-value-set"]


def test_items_that_no_row_describes_are_allowed_in_an_extensible_template_only():
    extra = build.num("99X|1|Extra", 1)
    section = build.container("LN|59776-5|Findings", build.text("DCM|121071|Finding", "fine"))

    extensible = findings(report(measurements(), extra))
    other = findings(
        build.sr([language(), section, extra], title="LN|18748-4|Diagnostic Imaging Report", template="2000")
    )

    assert extensible == []
    assert [(one.path, one.rule, one.severity, one.found) for one in other] == [
        ("1.3", "TID2000-concept-unknown", "info", "NUM 99X|1")
    ]


def test_order_matters_only_where_the_template_says_so():
    section = build.container("LN|59776-5|Findings", build.text("DCM|121071|Finding", "fine"))

    ordered = findings(build.sr([section, language()], title="LN|18748-4|Report", template="2000"))
    free = findings(build.sr([measurements(), *head()], template="1500"))

    assert [(one.path, one.rule, one.severity) for one in ordered] == [("1.2", "TID1204-row1-order", "info")]
    assert free == []


def test_a_container_at_the_wrong_place_is_misplaced_and_still_checked():
    astray = build.container(
        "DCM|122158|ECG Global Measurements", build.num("MDC|2:16020|Atrial rate", 70, "1")
    )
    ds = ecg(build.container("99X|1|Extra", rel="CONTAINS"))
    ds.ContentSequence.append(astray)

    found = rules(findings(ds))

    assert found[0] == "TID3713-row1-misplaced"
    assert {"TID3713-qt-missing", "TID3713-atrial-rate-unit"} <= set(found)


def test_a_right_ct_dose_report_gives_no_finding():
    assert findings(dose()) == []


@pytest.mark.parametrize(
    ("stated", "title", "expected"),
    [
        ("1500", "DCM|126000|Imaging Measurement Report", []),
        (None, "DCM|126000|Imaging Measurement Report", ["template-missing"]),
        ("321", "DCM|126000|Imaging Measurement Report", ["template-other"]),
        ("005", "DCM|126000|Imaging Measurement Report", ["template-other"]),
        ("1501", "DCM|126000|Imaging Measurement Report", ["template-other"]),
        ("1500", "99X|1|My report", []),
        ("5200", "99X|1|My report", ["template-unknown"]),
        (None, "99X|1|My report", ["template-unknown"]),
    ],
)
def test_the_stated_template_is_used_where_it_is_known_else_the_title_decides(stated, title, expected):
    found = findings(report(measurements(), template=stated, title=title))

    assert rules(found) == expected
    assert {one.severity for one in found} <= {"info"}


def test_a_title_shared_with_another_template_needs_a_sign():
    projection = build.sr(
        [build.container("DCM|113706|Irradiation Event X-Ray Data")], title="DCM|113701|Dose"
    )

    assert rules(findings(projection)) == ["template-unknown"]


def test_a_title_that_is_not_the_templates_is_a_warning():
    found = findings(ecg(title="LN|18748-4|Diagnostic Imaging Report"))

    assert [(one.rule, one.severity) for one in found] == [("TID3700-row1-concept", "warning")]


def test_a_finding_never_shows_text_of_the_report():
    ds = report(measurements(), build.pname("DCM|121008|Person Observer Name", "Mustermann^Max"))
    items = items_of(rows_of(ds)["content_item"])
    items[0] = items[0]._replace(template_identifier="MUSTERMANN MAX", value_type="MUSTERMANN")
    items[1] = items[1]._replace(relationship_type="MUSTERMANN", value_type="MUSTERMANN MAX")

    found = check(items, canonical_concept)

    assert len(found) > 1
    assert "MUSTERMANN" not in repr(found).upper()


@pytest.mark.parametrize(
    "items",
    [
        [],
        [Item("1")],
        [Item("1", "0")],
        [
            Item("1", None, None, "CONTAINER", "DCM", "126000"),
            Item("1", "1"),
            Item("1.1", "1"),
            Item("1.1", "1.1"),
        ],
        [
            Item("1", None, "CONTAINS", None, "DCM", "113701", template_identifier="10011"),
            Item("x", "1", None, "NUM"),
        ],
        [
            Item("1", None, None, "CONTAINER", "DCM", "126000"),
            Item("1.1", "1", "CONTAINS", "NUM", "DCM", None),
        ],
    ],
)
def test_no_tree_is_too_broken_to_check(items):
    check(items)


def test_a_deep_tree_and_a_large_one_are_checked_in_little_time():
    root = Item("1", None, None, "CONTAINER", "DCM", "126000")
    deep = [root] + [
        Item(str(n), str(n - 1), "CONTAINS", "CONTAINER", "DCM", "126010") for n in range(2, 20_000)
    ]
    large = [root, Item("1.1", "1", "CONTAINS", "CONTAINER", "DCM", "126010")]
    for n in range(2_000):
        large.append(Item(f"g{n}", "1.1", "CONTAINS", "CONTAINER", "DCM", "125007"))
        large += [
            Item(
                f"g{n}.{k}",
                f"g{n}",
                "CONTAINS",
                "NUM",
                "SRT",
                "G-D7FE",
                value=1.0,
                unit_scheme="UCUM",
                unit_code="mm",
            )
            for k in range(9)
        ]

    start = time.process_time()
    check(deep, canonical_concept)
    check(large, canonical_concept)

    # 0.4 s together on an idle machine of 2 cores; the bound only catches what grows with the square.
    assert time.process_time() - start < 5


def ecg(*measured: Dataset, title: str = ECG_TITLE) -> Dataset:
    """Return an ECG report that is right but for what is measured."""
    waveform = build.container(
        "LN|55111-9|Current Procedure Descriptions",
        build.datetime("DCM|122146|Procedure DateTime", "20240131101112"),
        build.waveform(build.uid("ecg"), name="DCM|121112|Source of Measurement"),
    )
    analysis = build.container("DCM|122144|Quantitative Analysis", *measured)
    return build.sr([language(), *observer(), waveform, analysis], title=title, template="3700")


def dose() -> Dataset:
    """Return a CT dose report of one event."""
    intent = build.code("SRT|G-C0E8|Has Intent", "SRT|R-408C3|Diagnostic Intent", rel="HAS CONCEPT MOD")
    scope = build.code(
        "DCM|113705|Scope of Accumulation",
        "DCM|113014|Study",
        build.uidref("DCM|110180|Study Instance UID", build.uid("study"), rel="HAS PROPERTIES"),
        rel="HAS OBS CONTEXT",
    )
    source = build.container(
        "DCM|113831|CT X-Ray Source Parameters",
        build.text("DCM|113832|Identification of the X-Ray Source", "A"),
        build.num("DCM|113733|KVP", 120, "kV"),
        build.num("DCM|113833|Maximum X-Ray Tube Current", 200, "mA"),
        build.num("DCM|113734|X-Ray Tube Current", 150, "mA"),
    )
    parameters = build.container(
        "DCM|113822|CT Acquisition Parameters",
        build.num("DCM|113824|Exposure Time", 3, "s"),
        build.num("DCM|113825|Scanning Length", 300, "mm"),
        build.num("DCM|113826|Nominal Single Collimation Width", 0.6, "mm"),
        build.num("DCM|113827|Nominal Total Collimation Width", 38.4, "mm"),
        build.num("DCM|113823|Number of X-Ray Sources", 1, "{X-Ray sources}"),
        source,
    )
    event = build.container(
        "DCM|113819|CT Acquisition",
        build.code("DCM|123014|Target Region", "SCT|51185008|Chest"),
        build.code("DCM|113820|CT Acquisition Type", "SRT|P5-08001|Spiral Acquisition"),
        build.uidref("DCM|113769|Irradiation Event UID", build.uid("event")),
        parameters,
        build.container(
            "DCM|113829|CT Dose",
            build.num("DCM|113830|Mean CTDIvol", 5, "mGy"),
            build.code("DCM|113835|CTDIw Phantom Type", "DCM|113691|IEC Body Dosimetry Phantom"),
            build.num("DCM|113838|DLP", 150, "mGy.cm"),
        ),
    )
    accumulated = build.container(
        "DCM|113811|CT Accumulated Dose Data",
        build.num("DCM|113812|Total Number of Irradiation Events", 1, "{events}"),
        build.num("DCM|113813|CT Dose Length Product Total", 150, "mGy.cm"),
    )
    return build.sr(
        [
            build.code(
                "DCM|121058|Procedure reported",
                "SRT|P5-08000|Computed Tomography",
                intent,
                rel="HAS CONCEPT MOD",
            ),
            *observer(),
            build.datetime("DCM|113809|Start of X-Ray Irradiation", "20240131101112", rel="HAS OBS CONTEXT"),
            build.datetime("DCM|113810|End of X-Ray Irradiation", "20240131101212", rel="HAS OBS CONTEXT"),
            scope,
            accumulated,
            event,
            build.code("DCM|113854|Source of Dose Information", "DCM|113856|Automated Data Collection"),
        ],
        title="DCM|113701|X-Ray Radiation Dose Report",
        template="10011",
    )
