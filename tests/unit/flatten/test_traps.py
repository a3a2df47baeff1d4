"""Traps of real reports that no file of the corpus has: generated, one by one."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

import build
from flattened import ANYWHERE, rows_of, rules, table
from orthanc_cohorts.dicom.scan import scan_bytes
from orthanc_cohorts.flatten import flatten
from orthanc_cohorts.flatten.content import CONTENT_SEQUENCE


def coded(**keywords: str) -> Dataset:
    """Return a code item of these keywords alone."""
    ds = Dataset()
    for keyword, value in keywords.items():
        setattr(ds, keyword, value)
    return ds


def test_a_long_code_value_is_the_code():
    finding = build.code("DCM|121071|Finding", "SCT|1|x")
    finding.ConceptCodeSequence = [
        coded(LongCodeValue="12345678901234567890", CodingSchemeDesignator="SCT", CodeMeaning="Long")
    ]

    assert table(rows_of(build.sr([finding])), "evaluation", "value_scheme", "value_code") == [
        ("SCT", "12345678901234567890")
    ]


def test_a_urn_code_value_needs_no_scheme():
    finding = build.code("DCM|121071|Finding", "SCT|1|x")
    finding.ConceptCodeSequence = [coded(URNCodeValue="urn:lex:us:federal:1", CodeMeaning="Act")]

    assert table(rows_of(build.sr([finding])), "evaluation", "value_scheme", "value_code") == [
        (None, "urn:lex:us:federal:1")
    ]


@pytest.mark.parametrize(("numerator", "denominator", "value"), [(1, 3, 1 / 3), (-7, 2, -3.5), (5, 0, None)])
def test_a_rational_is_its_quotient_and_both_parts_are_kept(numerator, denominator, value):
    item = build.num("Ratio", "0", "1")
    measured = item.MeasuredValueSequence[0]
    del measured.NumericValue
    measured.add_new(0x0040A162, "SL", numerator)
    measured.add_new(0x0040A163, "UL", denominator)

    [row] = rows_of(build.sr([item])).dicts("content_item")[1:]

    assert (row["value"], row["rational_numerator"], row["rational_denominator"]) == (
        value,
        numerator,
        denominator,
    )


def test_an_echo_section_is_a_group_whose_site_holds_for_its_measurements():
    ds = build.sr(
        [
            build.container(
                "DCM|121070|Findings",
                build.code("SRT|G-C0E3|Finding Site", "SRT|T-32600|Left Ventricle", rel="HAS CONCEPT MOD"),
                build.container(
                    "DCM|125007|Measurement Group",
                    build.code("SRT|G-0373|Image Mode", "SRT|G-03A2|2D mode", rel="HAS CONCEPT MOD"),
                    build.num(
                        "LN|18083-6|LV systolic volume",
                        "52",
                        "ml",
                        build.code("DCM|121401|Derivation", "SRT|R-00317|Mean", rel="HAS CONCEPT MOD"),
                    ),
                ),
            )
        ],
        title="DCM|125200|Adult Echocardiography Procedure Report",
        template="5200",
    )

    [row] = rows_of(ds).dicts("measurement")

    assert (row["site_code"], row["derivation_code"], row["inherited"]) == ("T-32600", "R-00317", ["site"])
    assert row["group_path"] == "1.1.2"


@pytest.mark.parametrize("scheme", ["SRT", "SNM3", "99SDM"])
def test_modifiers_are_found_under_every_name_of_their_scheme(scheme: str):
    site = build.code(f"{scheme}|G-C0E3|Finding Site", f"{scheme}|T-28000|Lung", rel="HAS CONCEPT MOD")

    [row] = rows_of(build.sr([build.num("Length", "1", "mm", site)])).dicts("measurement")

    assert (row["site_scheme"], row["site_code"]) == (scheme, "T-28000")


def test_an_offset_is_kept_beside_the_local_time():
    item = build.datetime("DCM|122146|Start DateTime", "20240102030405.5+0530")

    [row] = rows_of(build.sr([item], TimezoneOffsetFromUTC="-0100")).dicts("content_item")[1:]

    assert (row["datetime_value"], row["timezone_offset"]) == ("2024-01-02 03:04:05.500000", "+0530")


def test_an_object_without_offsets_takes_the_one_of_its_header():
    rows = rows_of(build.ct(TimezoneOffsetFromUTC="-0100"))

    assert table(rows, "instance", "timezone_offset") == ["-0100"]


def test_a_text_under_the_tag_of_a_code_sequence_loses_nothing_else():
    data = build.to_bytes(
        build.sr([build.text("Note", "abc"), build.num("Length", "1", "mm")]), build.IMPLICIT
    )
    # (0040,A043) of the note says SQ in the dictionary and is text here.
    wrong = data.replace(b"\x40\x00\x60\xa1\x04\x00\x00\x00abc ", b"\x40\x00\x70\xa1\x04\x00\x00\x00abc ", 1)
    assert wrong != data

    assert table(rows_of(wrong), "measurement", "value") == [1.0]


def test_unknown_value_types_are_kept_and_told():
    item = build.text("Note", "abc")
    item.ValueType = "NOVEL"

    rows = rows_of(build.sr([item]))

    assert table(rows, "content_item", "value_type", "value_type_raw", "text_value")[1:] == [
        ("TEXT", "NOVEL", "abc")
    ]
    assert rules(rows) == ["value-type-unknown"]


def test_a_report_of_a_hundred_thousand_items_is_flattened_whole():
    numbers = [build.num("SCT|1|A", str(n), "mm") for n in range(99)]
    parsed = scan_bytes(build.to_bytes(build.sr([build.container("DCM|125007|Measurement Group", *numbers)])))
    # The same group a thousand times over: writing it that often would take most of a minute.
    parsed.dataset[CONTENT_SEQUENCE] *= 1_000

    rows = flatten(parsed, ANYWHERE)

    assert len(rows["content_item"]) == 100_001
    assert len(rows["measurement"]) == 99_000
    assert rows["content_item"][-1][0] == "1.1000.99"


def test_a_flowing_text_is_put_into_words_in_order():
    flow = build.container(
        "DCM|121070|Findings",
        build.text("A", "The"),
        build.code("B", "SCT|4147007|Mass"),
        build.text("C", "measures"),
        build.num(
            "D", "12", "mm", build.code("DCM|121401|Derivation", "SRT|R-00317|Mean", rel="HAS CONCEPT MOD")
        ),
        build.text("E", "."),
    )
    flow.ContinuityOfContent = "CONTINUOUS"

    rows = rows_of(build.sr([flow]))

    assert [text for text, linearised in table(rows, "text_item", "text", "linearised") if linearised] == [
        "The Mass measures 12 mm ."
    ]
