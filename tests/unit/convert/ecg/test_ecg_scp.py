"""SCP-ECG: every way to store a rhythm that is read, every checksum, every section that says something."""

import struct
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from ecg_files import EIGHT, TWELVE, huffman_bits, samples, scp_file, scp_of_sections
from orthanc_cohorts.convert.ecg.huffman import DEFAULT, BadBits, Code, decoded, undifferenced
from orthanc_cohorts.convert.ecg.scp import read_scp
from orthanc_cohorts.errors import ConversionError

VALUES = {name: lead.tolist() for name, lead in zip(EIGHT, samples(8, 500).T, strict=True)}


def read(tmp_path, data):
    path = tmp_path / "e.scp"
    path.write_bytes(data)
    return read_scp(path)


def problems(tmp_path, data):
    with pytest.raises(ConversionError) as error:
        read(tmp_path, data)
    return [str(one) for one in error.value.problems]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("huffman", [True, False])
def test_samples_come_back_in_every_way_to_store_them(tmp_path, order, huffman):
    found = read(tmp_path, scp_file(VALUES, order=order, huffman=huffman))

    assert {lead.label: lead.samples.tolist() for lead in found.leads} == VALUES


def test_leads_have_code_step_rate_and_filters(tmp_path):
    tags = [(27, struct.pack("<H", 5)), (28, struct.pack("<H", 150)), (29, b"\x02")]

    found = list(read(tmp_path, scp_file({name: [1, 2, 3] for name in TWELVE}, hz=250, tags=tags)).leads)

    assert [one.code.code for one in found] == [
        "2:1", "2:2", "2:61", "2:62", "2:63", "2:64", "2:3", "2:4", "2:5", "2:6", "2:7", "2:8",
    ]  # fmt: skip
    assert (found[0].microvolt, found[0].sampling_hz) == (4.88, 250.0)
    assert (found[0].filters.low_hz, found[0].filters.high_hz, found[0].filters.notch_hz) == (0.05, 150, 50)


def test_the_default_table_is_that_of_the_standard():
    lines = {
        format(int(format(one.base, f"0{one.prefix}b")[::-1], 2), f"0{one.prefix}b"): one for one in DEFAULT
    }

    assert len(lines) == len(DEFAULT) == 19
    assert {code: one.value for code, one in lines.items() if one.prefix == one.bits} == {
        huffman_bits(n): n for n in range(-8, 9)
    }
    assert (lines["1111111110"].bits, lines["1111111111"].bits) == (18, 26)


@pytest.mark.parametrize("number", [0, 1, -1, 8, -8, 9, -9, 127, -128, 128, -129, 32767, -32768])
def test_a_number_in_the_default_table_is_decoded(number):
    bits = huffman_bits(number).ljust(32, "0")
    data = bytes(int(bits[at : at + 8], 2) for at in range(0, 32, 8))

    assert decoded(data, 1, [DEFAULT]) == [number]


def test_a_table_of_the_file_itself_is_used_and_may_switch_to_another(tmp_path):
    # Table 1: 0 is the number 5, 10 switches to table 2; table 2: 1 is the number -3, 0 goes back.
    first = (Code(1, 1, True, 5, 0), Code(2, 2, False, 2, 1))
    second = (Code(1, 1, True, -3, 1), Code(1, 1, False, 1, 0))
    section = struct.pack("<H", 2)
    for table in (first, second):
        section += struct.pack("<H", len(table))
        section += b"".join(struct.pack("<BBBhI", a, b, int(c), d, e) for a, b, c, d, e in table)
    data = scp_of_sections(
        {
            1: b"\xff\0\0",
            2: section,
            3: struct.pack("<BBIIB", 1, 0, 1, 4, 1),
            # 0, 10, 1, 1, 0 (back), 0 -> 5, -3, -3, 5
            6: struct.pack("<HHBBH", 1000, 2000, 0, 0, 1) + bytes([0b01011000]),
        }
    )

    (lead,) = read(tmp_path, data).leads

    assert lead.samples.tolist() == [5, -3, -3, 5]


def test_second_differences_begin_with_two_samples():
    assert undifferenced([100, 103, 2, -1], 2).tolist() == [100, 103, 108, 112]
    assert undifferenced([100, 3, 2], 1).tolist() == [100, 103, 105]
    assert undifferenced([], 2).tolist() == []
    assert undifferenced([7], 2).tolist() == [7]


def test_differences_that_run_away_are_an_error():
    with pytest.raises(BadBits):
        undifferenced([32767] * 100_000, 2)


def test_patient_and_device_are_read_from_section_one(tmp_path):
    device = bytearray(41)
    device[8:14] = b"MAC5K\0"
    tags = [
        (0, b"M\xc3\xbcller\0"),
        (1, b"Eva\0"),
        (2, b"4711\0"),
        (4, struct.pack("<HB", 63, 1)),
        (5, struct.pack("<HBB", 1957, 12, 24)),
        (6, struct.pack("<HB", 1750, 3)),
        (7, struct.pack("<HB", 80, 1)),
        (8, b"\x02"),
        (11, struct.pack("<H", 140)),
        (12, struct.pack("<H", 85)),
        (14, bytes(device)),
        (25, struct.pack("<HBB", 2021, 3, 4)),
        (26, bytes([10, 11, 12])),
        (13, b"Chest pain\0"),
        (10, b"\0\0\0Digoxin\0"),
        (30, b"free words\0"),
    ]

    found = read(tmp_path, scp_file(VALUES, tags=tags))

    subject = found.subject
    assert (subject.patient_id, subject.patient_name, subject.sex) == ("4711", "Müller^Eva", "F")
    assert (subject.age, subject.birth_date) == ((Decimal(63), "a"), date(1957, 12, 24))
    assert (subject.height_cm, subject.weight_kg) == (Decimal("175.0"), Decimal(80))
    assert (subject.systolic_mmhg, subject.diastolic_mmhg) == (Decimal(140), Decimal(85))
    assert (found.moment, found.device.model) == (datetime(2021, 3, 4, 10, 11, 12), "MAC5K")
    assert [(one.name, one.value) for one in found.statements] == [
        ("Diagnosis", "Chest pain"),
        ("", "free words"),
        ("Medication", "Digoxin"),
    ]


def test_what_section_one_does_not_say_is_not_known(tmp_path):
    found = read(
        tmp_path, scp_file(VALUES, tags=[(4, struct.pack("<HB", 0, 0)), (8, b"\0"), (25, b"\0\0\0\0")])
    )

    assert found.moment is None
    assert (found.subject.age, found.subject.sex, found.subject.birth_date) == (None, "", None)


def measurements(p_on=100, qrs_on=260, qrs_off=350, t_off=640, axes=(50, -10, 40), spikes=0):
    beat = struct.pack("<5H3h", p_on, 200, qrs_on, qrs_off, t_off, *axes)
    types = struct.pack("<HBB", 2, 0, 0)
    extra = struct.pack("<HHHBH", 72, 29999, 441, 1, 0)
    return struct.pack("<BBHH", 1, spikes, 833, 29999) + beat + b"\0" * 10 * spikes + types + extra


@pytest.mark.parametrize("spikes", [0, 2])
def test_measurements_are_read_from_section_seven(tmp_path, spikes):
    found = read(tmp_path, scp_file(VALUES, more={7: measurements(spikes=spikes)}))

    assert {one.concept.code: (one.value, one.unit) for one in found.measures} == {
        "2:16168": (833, "ms"),
        "2:16184": (100, "ms"),
        "2:15872": (160, "ms"),
        "2:16156": (90, "ms"),
        "2:16160": (380, "ms"),
        "2:16128": (50, "deg"),
        "2:16132": (-10, "deg"),
        "2:16136": (40, "deg"),
        "2:16016": (72, "{H.B.}/min"),
        "2:15880": (441, "ms"),
    }


def test_what_was_not_measured_is_not_stated(tmp_path):
    found = read(tmp_path, scp_file(VALUES, more={7: measurements(p_on=29999, axes=(999, 5, 999))}))

    stated = {one.concept.code for one in found.measures}
    assert "2:15872" not in stated
    assert "2:16128" not in stated
    assert {"2:16132", "2:16160"} <= stated


def test_statements_are_read_from_section_eight(tmp_path):
    words = [b"Sinus rhythm\0", b"Left bundle branch block\0"]
    section = struct.pack("<BHBBBBBB", 1, 2021, 3, 4, 10, 11, 12, 2)
    section += b"".join(struct.pack("<BH", n, len(one)) + one for n, one in enumerate(words, 1))

    found = read(tmp_path, scp_file(VALUES, more={8: section}))

    assert found.interpretation == ("Sinus rhythm", "Left bundle branch block")


@pytest.mark.parametrize("place", [0, 30, 60, 200, 500])
def test_a_bit_that_flipped_anywhere_is_noticed(tmp_path, place):
    data = bytearray(scp_file(VALUES))
    data[place] ^= 4

    assert any(
        "checksum" in one or "bytes" in one or "section" in one for one in problems(tmp_path, bytes(data))
    )


def test_a_file_that_is_cut_off_is_an_error_and_what_is_appended_is_left_alone(tmp_path):
    data = scp_file(VALUES)

    found = problems(tmp_path, data[:-40])

    assert found == [
        f"e.scp: says that it has {len(data)} bytes, and has {len(data) - 40}",
        "e.scp: section 6 is not within the file",
    ]
    assert len(list(read(tmp_path, data + b"\0" * 100).leads)) == 8
    assert problems(tmp_path, data[:20]) == ["e.scp: is too short for an SCP-ECG file"]


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"flags": 1}, "reference beats are taken away"),
        ({"bimodal": 1}, "thinned out between beats"),
        ({"nanovolt": 0}, "does not say what a step"),
    ],
)
def test_a_rhythm_that_is_stored_otherwise_is_refused_and_said_why(tmp_path, how, what):
    (found,) = problems(tmp_path, scp_file(VALUES, **how))

    assert what in found


def test_every_lead_whose_bits_end_early_is_named(tmp_path):
    short = scp_of_sections(
        {
            1: b"\xff\0\0",
            2: struct.pack("<H", 19999),
            3: struct.pack("<BB", 2, 0) + struct.pack("<IIB", 1, 900, 1) + struct.pack("<IIB", 1, 16, 2),
            6: struct.pack("<HHBBHH", 1000, 2000, 2, 0, 2, 2) + b"\xff\xff\xff\xff",
        }
    )

    assert problems(tmp_path, short) == [
        "e.scp: lead I: 2 bytes do not hold 900 samples",
        "e.scp: lead II: the bits end after 0 of 16 samples",
    ]


def test_a_lead_of_a_number_that_no_table_has_is_without_code(tmp_path):
    found = read(tmp_path, scp_file({"?": [1, 2, 3]}, numbers={"?": 200}))

    assert [(one.label, one.code) for one in found.leads] == [("lead 200", None)]


def test_sections_that_must_be_there_are_asked_for(tmp_path):
    assert problems(tmp_path, scp_of_sections({1: b"\xff\0\0", 3: b"\0\0"})) == [
        "e.scp: has no section 6 (rhythm)"
    ]


def test_samples_fit_the_type_they_are_kept_in(tmp_path):
    assert {lead.samples.dtype for lead in read(tmp_path, scp_file(VALUES)).leads} == {np.dtype(np.int32)}
