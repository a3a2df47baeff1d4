"""CSV of samples: labels, units, time, gaps, and every cell that is wrong."""

import numpy as np
import pytest

from ecg_files import samples
from orthanc_cohorts.convert.ecg.table import TableFormat, read_table
from orthanc_cohorts.errors import ConversionError

AT_500 = TableFormat(sampling_hz=500, unit="mV")


def table(tmp_path, text, how=AT_500, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_table(path, how)


def problems(tmp_path, text, how=AT_500):
    with pytest.raises(ConversionError) as error:
        table(tmp_path, text, how)
    return [str(one) for one in error.value.problems]


def microvolts(lead):
    return (lead.samples * lead.microvolt).tolist()


def test_a_column_is_a_lead_and_a_row_a_sample(tmp_path):
    found = table(tmp_path, "I,II\n-0.2445,0\n0.001,1.5\n")

    first, second = found.leads
    assert [(one.label, str(one.code), one.sampling_hz) for one in (first, second)] == [
        ("I", "MDC|2:1", 500.0),
        ("II", "MDC|2:2", 500.0),
    ]
    assert microvolts(first) == pytest.approx([-244.5, 1.0])
    assert microvolts(second) == pytest.approx([0.0, 1500.0])


def test_the_step_is_the_largest_that_keeps_every_number(tmp_path):
    (lead,) = table(tmp_path, "I\n-0.2445\n0.001\n1.0005\n").leads

    assert lead.microvolt == 0.5
    assert lead.samples.tolist() == [-489, 2, 2001]


def test_numbers_of_a_recorder_come_back_as_they_were(tmp_path):
    digital = samples(3, 400)
    rows = "\n".join(",".join(repr(float(one) / 409.6) for one in row) for row in digital)

    leads = list(table(tmp_path, f"I,II,V1\n{rows}\n", TableFormat(500, "mV", step=1000 / 409.6)).leads)

    assert (np.stack([one.samples for one in leads], axis=1) == digital).all()


def test_the_noise_of_binary_fractions_is_no_finer_step(tmp_path):
    (lead,) = table(tmp_path, "I\n0.30000000000000004\n0.1\n-0.7000000000000001\n").leads

    assert (lead.microvolt, lead.samples.tolist()) == (100.0, [3, 1, -7])


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("I;II\n0,5;1\n1,5;-2\n", AT_500),
        ("I\tII\n0.5\t1\n1.5\t-2\n", AT_500),
        ("# made by hand\nI,II\n0.5,1\n1.5,-2\n\n", AT_500),
        ("I (mV),II [mV]\n0.5,1\n1.5,-2\n", TableFormat(500)),
        ("time,I (mV),II (mV)\n0,0.5,1\n0.002,1.5,-2\n", TableFormat()),
        ("ms,I (mV),II (uV)\n100,0.5,1000\n102,1.5,-2000\n", TableFormat()),
        ("time (ms),I,II\n0,0.5,1\n2,1.5,-2\n", TableFormat(unit="mV")),
        ("clock;I;II\n0;0.5;1\n0.002;1.5;-2\n", TableFormat(unit="mV", time="clock")),
        (",I,II\n0,0.5,1\n1,1.5,-2\n", AT_500),
        ("index,I,II\n7,0.5,1\n8,1.5,-2\n", AT_500),
        ("\ufeffI|II\n0.5|1\n1.5|-2\n", TableFormat(500, "mV", "|")),
    ],
)
def test_tables_are_written_in_many_ways(tmp_path, text, how):
    first, second = table(tmp_path, text, how).leads

    assert (first.label, second.label, first.sampling_hz) == ("I", "II", 500.0)
    assert microvolts(first) == pytest.approx([500, 1500])
    assert microvolts(second) == pytest.approx([1000, -2000])


def test_times_that_are_rounded_still_say_the_rate(tmp_path):
    rows = "".join(f"{n / 360:.3f},{n}\n" for n in range(2000))

    (lead,) = table(tmp_path, f"time,I\n{rows}", TableFormat(unit="uV")).leads

    assert lead.sampling_hz == 360.0


def test_a_cell_that_is_empty_is_a_sample_that_is_missing(tmp_path):
    first, second = table(tmp_path, "I,II\n1,2\n,3\nNaN,4\n").leads

    assert (first.invalid, second.invalid) == (-32768, None)
    assert first.samples.tolist()[1:] == [-32768, -32768]


def test_every_cell_that_is_no_number_is_named_with_row_and_column(tmp_path):
    found = problems(tmp_path, "# note\nI,II\n1,x\n2,3\ny,1e\n")

    assert sorted(found) == [
        "t.csv, row 3, column II: 'x' is no number",
        "t.csv, row 5, column I: 'y' is no number",
        "t.csv, row 5, column II: '1e' is no number",
    ]


def test_rows_of_another_length_are_named(tmp_path):
    assert problems(tmp_path, "I,II\n1,2\n3\n4,5,6\n") == [
        "t.csv, row 3: has 1 cells, and the header row 2",
        "t.csv, row 4: has 3 cells, and the header row 2",
    ]


def test_what_the_table_does_not_say_is_asked_for_in_one_go(tmp_path):
    found = problems(tmp_path, "I,II (cm)\n1,2\n", TableFormat())

    assert found == [
        "t.csv: does not say its sampling frequency; write --sampling-hz",
        "t.csv, column I: says no unit; write --unit",
        "t.csv, column II: 'cm' is no unit of voltage",
    ]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("0,1\n0.002,2\n0.002,3\n0.006,4\n", "row 4, column time: 0.002 is not evenly spaced"),
        ("0,1\n0.002,2\n0.010,3\n0.012,4\n", "not evenly spaced"),
        ("5,1\n4,2\n3,3\n", "does not go forward in time"),
        ("0,1\n,2\n0.004,3\n", "not evenly spaced"),
    ],
)
def test_a_time_that_is_not_even_is_named(tmp_path, rows, what):
    (found,) = problems(tmp_path, f"time,I\n{rows}", TableFormat(unit="mV"))

    assert what in found


def test_a_rate_that_contradicts_the_time_is_named(tmp_path):
    (found,) = problems(tmp_path, "time,I\n0,1\n0.002,2\n", TableFormat(250, "mV"))

    assert found == "t.csv: its time says 500 Hz, --sampling-hz 250 Hz"


def test_numbers_too_fine_for_32_bits_ask_for_a_step_and_get_it(tmp_path):
    text = "I\n3.141592653\n-2.718281828\n4.7\n"

    (found,) = problems(tmp_path, text)
    (lead,) = table(tmp_path, text, TableFormat(500, "mV", step=0.1)).leads

    assert (
        found == "t.csv, column I: has numbers too fine for 32 bits; write --step 0.1, which rounds to 0.1 uV"
    )
    assert lead.samples.tolist() == [31416, -27183, 47000]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"\n\n# only\n", "is empty"),
        (b"I,II\n", "has no samples"),
        (b"I\n\xff\xfe\n", "is no text in UTF-8"),
        (b'I,II\n"1,2\n', "is no table"),
        (b"I\ninf\n", "has an infinite number"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(tmp_path, data, what):
    path = tmp_path / "t.csv"
    path.write_bytes(data)

    with pytest.raises(ConversionError, match=what):
        read_table(path, AT_500)


def test_a_table_of_zeros_is_an_ecg_of_zeros(tmp_path):
    (lead,) = table(tmp_path, "I\n0\n0\n").leads

    assert (lead.microvolt, lead.samples.tolist()) == (1.0, [0, 0])
