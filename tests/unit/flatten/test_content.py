"""Content items: nothing is lost, in order, whatever is wrong with them."""

from __future__ import annotations

import pytest

import build
from flattened import rows_of, rules, table
from orthanc_cohorts.flatten import TooManyItems


def test_every_item_is_a_row_in_document_order():
    ds = build.sr(
        [
            build.container(
                "DCM|121070|Findings", build.text("A", "one"), build.container("B", build.num("C", 1))
            ),
            build.code("DCM|121071|Finding", "SCT|27925004|Nodule"),
        ]
    )

    rows = rows_of(ds)

    assert table(rows, "content_item", "path") == ["1", "1.1", "1.1.1", "1.1.2", "1.1.2.1", "1.2"]
    assert table(rows, "content_item", "parent_path") == [None, "1", "1.1", "1.1", "1.1.2", "1"]
    assert table(rows, "content_item", "depth", "ordinal")[4] == (3, 1)


def test_text_beyond_256_characters_is_kept_whole():
    ds = build.sr([build.text("Note", "x" * 5_000 + "\r\ny")])

    assert table(rows_of(ds), "text_item", "text") == ["x" * 5_000 + "\r\ny"]


def test_an_empty_measured_value_sequence_is_unknown_not_zero():
    ds = build.sr([build.num("Volume", None, "mm3", qualifier="DCM|114007|Measurement not attempted")])

    rows = rows_of(ds)

    assert table(rows, "measurement", "value", "qualifier_code") == [(None, "114007")]


def test_a_floating_point_value_without_a_unit_is_read_too():
    item = build.num("Volume", value="0.3", float_value=0.1 + 0.2)
    del item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence

    rows = rows_of(build.sr([item]))

    assert table(rows, "measurement", "value", "unit_code") == [(0.1 + 0.2, None)]


def test_a_floating_point_value_wins_over_the_rounded_text():
    ds = build.sr([build.num("Length", "0.3", "mm", float_value=0.1 + 0.2)])

    assert table(rows_of(ds), "measurement", "value", "value_raw") == [(0.1 + 0.2, "0.3")]


def test_a_backslash_list_gives_a_row_per_value_and_no_single_value():
    num = build.num("Pulse", "1", "ms")
    num.MeasuredValueSequence[0].NumericValue = ["1.5", "2.5", "3.5"]

    rows = rows_of(build.sr([num]))

    assert table(rows, "measurement", "value_index", "value") == [(1, 1.5), (2, 2.5), (3, 3.5)]
    assert table(rows, "content_item", "value", "value_raw")[1] == (None, "1.5\\2.5\\3.5")
    assert rules(rows) == ["num-list"]


def test_what_is_no_number_is_kept_as_text_and_told():
    data = build.to_bytes(build.sr([build.num("Length", "1.25", "mm")])).replace(b"1.25", b"1/25")

    rows = rows_of(data)

    assert table(rows, "measurement", "value", "value_raw") == [(None, "1/25")]
    assert rules(rows) == ["num-not-a-number"]


@pytest.mark.parametrize("text", ["nan", "inf", "1_0", "infinity"])
def test_words_that_python_takes_for_numbers_are_none(text: str):
    data = build.to_bytes(build.sr([build.num("Length", "1." + "2" * (len(text) - 2), "mm")]))

    rows = rows_of(data.replace(b"1." + b"2" * (len(text) - 2), text.encode()))

    assert table(rows, "measurement", "value") == [None]


def test_a_by_reference_item_is_a_row_that_names_its_target_and_never_loops():
    ds = build.sr(
        [
            build.num("Length", 1, "mm", build.by_reference("INFERRED FROM", "1.2")),
            build.num("Area", 2, "mm2", build.by_reference("INFERRED FROM", "1.1")),
        ]
    )

    rows = rows_of(ds)

    assert table(rows, "content_item", "path", "by_reference_path")[2] == ("1.1.1", "1.2")
    assert len(rows["content_item"]) == 5


def test_wrong_value_types_are_normalised_and_told():
    item = build.pname("DCM|121008|Observer", "Who^Ever")
    item.ValueType = "PERSON NAME"

    rows = rows_of(build.sr([item]))

    assert table(rows, "content_item", "value_type", "value_type_raw", "text_value")[1] == (
        "PNAME",
        "PERSON NAME",
        "Who^Ever",
    )
    assert rules(rows) == ["value-type-unknown"]


def test_a_missing_value_type_is_told_by_what_is_there():
    item = build.num("Length", 3)
    del item.ValueType

    rows = rows_of(build.sr([item]))

    assert table(rows, "measurement", "value") == [3.0]
    assert rules(rows) == ["value-type-missing"]


def test_a_missing_relationship_is_told():
    item = build.num("Length", 3)
    del item.RelationshipType

    assert rules(rows_of(build.sr([item]))) == ["relationship-missing"]


def test_long_and_urn_code_values_are_codes():
    ds = build.sr(
        [
            build.code("Q", "99LONG|A-CODE-LONGER-THAN-SIXTEEN|long"),
            build.code("Q", "|urn:oid:1.2.3|urn"),
        ]
    )

    assert table(rows_of(ds), "evaluation", "value_code") == ["A-CODE-LONGER-THAN-SIXTEEN", "urn:oid:1.2.3"]


def test_an_item_may_have_a_character_set_of_its_own():
    inner = build.container("X", build.text("Note", "ü"))
    inner.SpecificCharacterSet = "ISO_IR 100"
    data = build.to_bytes(build.sr([inner], SpecificCharacterSet="ISO_IR 192"))

    rows = rows_of(data.replace("ü".encode(), b"\xfc "))

    assert table(rows, "text_item", "text") == ["ü"]


def test_equal_bytes_of_a_name_are_another_name_under_another_character_set():
    item = build.text("99X|1|Gr\u00fc\u00dfe", "hello")
    latin = build.to_bytes(build.sr([item, item], SpecificCharacterSet="ISO_IR 100"))
    cyrillic = latin.replace(b"ISO_IR 100", b"ISO_IR 144")

    meanings = [table(rows_of(data), "content_item", "concept_meaning")[1:] for data in (latin, cyrillic)]

    assert meanings == [["Grüße"] * 2, ["Grќпe"] * 2]


def test_an_item_like_one_before_it_still_names_what_it_refers_to():
    plain, referring = build.num("Length", 1, "mm"), build.num("Length", 2, "mm")
    referring.ReferencedContentItemIdentifier = [1, 1]

    rows = rows_of(build.sr([plain, referring, plain]))

    assert table(rows, "content_item", "value_type", "by_reference_path")[1:] == [
        ("NUM", None),
        ("NUM", "1.1"),
        ("NUM", None),
    ]


def test_a_report_without_items_is_one_row_and_a_document():
    ds = build.sr([])
    ds.ContentSequence = []

    rows = rows_of(ds)

    assert len(rows["content_item"]) == 1
    assert table(rows, "document", "n_items", "n_num", "max_depth") == [(1, 0, 0)]


def test_an_image_with_a_content_sequence_has_items_but_is_no_document():
    ds = build.ct()
    ds.ContentSequence = [build.num("Dose", 4, "mGy")]

    rows = rows_of(ds)

    assert len(rows["content_item"]) == 2
    assert table(rows, "measurement", "value") == [4.0]
    assert rows["document"] == []


def test_a_report_larger_than_wanted_is_refused_by_its_own_error():
    ds = build.sr([build.num("Length", n) for n in range(20)])

    with pytest.raises(TooManyItems):
        rows_of(ds, max_items=10)
    assert len(rows_of(ds, max_items=21)["content_item"]) == 21


def test_two_thousand_levels_of_containers_are_followed():
    data = build.to_bytes(build.sr([]), build.IMPLICIT)
    body = b""
    for _ in range(2_000):
        content = b"\xfe\xff\x00\xe0" + len(body).to_bytes(4, "little") + body
        body = b"\x40\x00\x30\xa7" + len(content).to_bytes(4, "little") + content

    rows = rows_of(data + body)

    assert len(rows["content_item"]) == 2_001
    assert table(rows, "document", "max_depth") == [2_000]
