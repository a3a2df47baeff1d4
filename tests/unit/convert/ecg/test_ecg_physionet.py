"""WFDB records: what wfdb reads is what becomes of them; headers of strangers reach nothing."""

from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import pytest
import wfdb

from ecg_files import TWELVE, samples, write_record
from orthanc_cohorts.convert.ecg.physionet import read_record
from orthanc_cohorts.errors import ConversionError


def problems(path):
    with pytest.raises(ConversionError) as error:
        read_record(path)
    return [str(one) for one in error.value.problems]


@pytest.mark.parametrize("fmt", ["16", "212", "80", "24", "32"])
def test_the_samples_are_those_that_wfdb_reads_in_every_format(tmp_path, fmt):
    values = samples(12, swing=100 if fmt == "80" else 900) // (8 if fmt == "80" else 1)
    path = write_record(tmp_path, "r", values, fmt=fmt)

    found = read_record(path)

    theirs = wfdb.rdrecord(str(tmp_path / "r"), physical=False).d_signal
    ours = np.stack([lead.samples for lead in found.leads], axis=1)
    assert (ours == theirs).all()
    assert (ours == values).all()


def test_gain_and_baseline_give_the_voltage_that_wfdb_computes(tmp_path):
    path = write_record(tmp_path, "r", samples(12), gain=409.6, baseline=-37)

    lead = next(read_record(path).leads)

    theirs = wfdb.rdrecord(str(tmp_path / "r")).p_signal[:, 0]
    assert lead.samples * lead.microvolt + lead.baseline == pytest.approx(theirs * 1000, abs=1e-9)


@pytest.mark.parametrize(("unit", "microvolt"), [("uV", 0.005), ("mV", 5.0), ("V", 5000.0), ("mmHg", None)])
def test_the_step_of_a_lead_is_in_microvolt_and_none_where_it_is_no_voltage(tmp_path, unit, microvolt):
    path = write_record(tmp_path, "r", samples(1), ["II"], units=[unit])

    (lead,) = read_record(path).leads

    assert lead.microvolt == (None if microvolt is None else pytest.approx(microvolt))
    assert lead.unit == unit


def test_samples_that_are_missing_are_known_as_such(tmp_path):
    values = samples(2)
    values[5, 1] = -2048
    path = write_record(tmp_path, "r", values, ["I", "II"], fmt="212")

    first, second = read_record(path).leads

    assert (first.invalid, second.invalid) == (None, -2048)


def test_a_record_is_found_by_its_header_its_signals_or_its_name(tmp_path):
    path = write_record(tmp_path, "r", samples(12))

    found = [read_record(one) for one in (path, tmp_path / "r.dat", tmp_path / "r")]

    assert [one.name for one in found] == ["r", "r", "r"]


def test_signals_of_several_rates_are_strips_with_the_fastest_first(tmp_path):
    fast, slow = samples(1, 800)[:, 0], samples(1, 200, seed=2)[:, 0]
    wfdb.wrsamp(
        "r",
        fs=125,
        units=["mV", "mV"],
        sig_name=["V1", "II"],
        e_d_signal=[slow.astype(np.int64), fast.astype(np.int64)],
        samps_per_frame=[1, 4],
        fmt=["16", "16"],
        adc_gain=[200.0, 200.0],
        baseline=[0, 0],
        write_dir=str(tmp_path),
    )
    wfdb.wrann("r", "atr", np.array([10]), ["V"], write_dir=str(tmp_path))

    found = read_record(tmp_path / "r")

    assert [[(one.label, one.sampling_hz) for one in strip.leads] for strip in found.strips] == [
        [("II", 500.0)],
        [("V1", 125.0)],
    ]
    assert (found.strips[0].leads[0].samples == fast).all()
    assert (found.strips[1].leads[0].samples == slow).all()
    assert [mark.sample for mark in found.strips[0].marks] == [40]


def test_segments_of_a_record_become_one(tmp_path):
    for number in (1, 2):
        write_record(tmp_path, f"r_{number}", samples(2, 100, seed=number), ["I", "II"])
    (tmp_path / "r.hea").write_text("r/2 2 500 200\nr_1 100\nr_2 100\n")

    found = read_record(tmp_path / "r")

    theirs = wfdb.rdrecord(str(tmp_path / "r"), physical=False).d_signal
    assert (np.stack([one.samples for one in found.leads], axis=1) == theirs).all()
    assert len(theirs) == 200


def test_segments_with_several_samples_a_frame_keep_them_all(tmp_path):
    values = [samples(1, 400, seed=number)[:, 0].astype(np.int64) for number in (1, 2)]
    for number, one in enumerate(values, 1):
        wfdb.wrsamp(
            f"r_{number}",
            fs=125,
            units=["mV"],
            sig_name=["II"],
            e_d_signal=[one],
            samps_per_frame=[4],
            fmt=["16"],
            adc_gain=[200.0],
            baseline=[0],
            write_dir=str(tmp_path),
        )
    (tmp_path / "r.hea").write_text("r/2 1 125 200\nr_1 100\nr_2 100\n")

    (lead,) = read_record(tmp_path / "r").leads

    assert lead.sampling_hz == 500.0
    assert lead.samples.tolist() == np.concatenate(values).tolist()


def test_annotations_beside_a_record_become_marks(tmp_path):
    path = write_record(tmp_path, "r", samples(2), ["I", "II"])
    wfdb.wrann(
        "r",
        "atr",
        np.array([3, 400, 999]),
        ["N", "+", "~"],
        aux_note=["", "(AFIB\0", ""],
        write_dir=str(tmp_path),
    )

    marks = read_record(path).strips[0].marks

    assert [(one.sample, one.concept and str(one.concept), one.text) for one in marks] == [
        (3, "MDC|10:8208", "N"),
        (400, None, "(AFIB"),
        (999, None, "~"),
    ]
    assert read_record(path, annotators=()).strips[0].marks == ()


def test_date_time_age_and_sex_are_read_wherever_headers_have_them(tmp_path):
    ptb = write_record(
        tmp_path, "ptb", samples(1), ["I"], comments=["age: 81", "sex: female", "ECG date: 01/10/1990"]
    )
    mit = write_record(
        tmp_path,
        "mit",
        samples(1),
        ["MLII"],
        comments=["69 M 1085 1629 x1", "Aldomet, Inderal"],
        base_date=date(1980, 5, 6),
        base_time=time(7, 8, 9),
    )
    challenge = write_record(
        tmp_path,
        "challenge",
        samples(1),
        ["I"],
        comments=["Age: NaN", "Sex: Male", "Dx: 426783006,59118001", "Rx: Unknown"],
    )

    first, second, third = (read_record(one) for one in (ptb, mit, challenge))

    assert (first.moment, first.subject.age, first.subject.sex) == (
        date(1990, 10, 1),
        (Decimal(81), "a"),
        "F",
    )
    assert (second.moment, second.subject.sex) == (datetime(1980, 5, 6, 7, 8, 9), "M")
    assert second.subject.age == (Decimal(69), "a")
    assert [one.value for one in second.statements] == ["69 M 1085 1629 x1", "Aldomet, Inderal"]
    assert (third.moment, third.subject.age, third.subject.sex) == (None, None, "M")
    assert third.interpretation == ("426783006", "59118001")


def test_samples_that_do_not_add_up_to_the_checksum_are_remarked_and_kept(tmp_path):
    path = write_record(tmp_path, "r", samples(2), ["I", "II"])
    data = bytearray((tmp_path / "r.dat").read_bytes())
    data[0] ^= 1
    (tmp_path / "r.dat").write_bytes(data)

    found = read_record(path)

    assert found.remarks == ("lead I: the samples do not add up to the checksum of the header",)


def test_every_file_that_is_missing_is_named(tmp_path):
    (tmp_path / "r.hea").write_text("r 2 500 100\na.dat 16 200 16 0 0 0 0 I\nb.xyz 16 200 16 0 0 0 0 II\n")

    assert problems(tmp_path / "r") == ["r.hea: file a.dat is missing", "r.hea: file b.xyz is missing"]
    (tmp_path / "m.hea").write_text("m/2 2 500 200\nr 100\nr 100\n")
    assert problems(tmp_path / "m") == ["r.hea: file a.dat is missing", "r.hea: file b.xyz is missing"]
    assert problems(tmp_path / "s") == ["s: no header s.hea is beside it"]


@pytest.mark.parametrize("name", ["../secret.dat", "/etc/passwd", "s3://bucket/a.dat", "sub/a.dat"])
def test_a_header_reaches_no_file_outside_its_folder(tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.dat").write_bytes(bytes(200))
    (folder / "r.hea").write_text(f"r 1 500 100\n{name} 16 200 16 0 0 0 0 I\n")

    (found,) = problems(folder / "r")

    assert found.startswith("r.hea: is no header of a WFDB record")


def test_a_signal_file_that_is_cut_off_and_a_header_that_is_none_are_errors(tmp_path):
    path = write_record(tmp_path, "r", samples(12))
    (tmp_path / "r.dat").write_bytes((tmp_path / "r.dat").read_bytes()[:100])
    (tmp_path / "s.hea").write_text("what is this\n")

    (cut,), (no_header,) = problems(path), problems(tmp_path / "s.hea")

    assert cut == "r.hea: file r.dat has 100 bytes, which are not 1000 samples of its leads"
    assert no_header.startswith("s.hea: is no header of a WFDB record")


def test_a_header_without_signals_is_an_error(tmp_path):
    (tmp_path / "r.hea").write_text("r 0 500 100\n")

    assert problems(tmp_path / "r") == ["r.hea: the record has no signals"]


def test_the_twelve_leads_all_have_codes(tmp_path):
    path = write_record(tmp_path, "r", samples(12))

    assert [one.label for one in read_record(path).leads if one.code is not None] == list(TWELVE)


def test_a_header_that_promises_more_than_there_is_asks_for_no_memory(tmp_path):
    (tmp_path / "r.dat").write_bytes(bytes(400))
    (tmp_path / "r.hea").write_text("r 1 500 99999999999\nr.dat 16 200 16 0 0 0 0 I\n")

    assert problems(tmp_path / "r") == [
        "r.hea: file r.dat has 400 bytes, which are not 99999999999 samples of its leads"
    ]


def test_a_header_of_more_signals_than_it_describes_is_refused(tmp_path):
    (tmp_path / "r.dat").write_bytes(bytes(400))
    (tmp_path / "r.hea").write_text("r 99999999 500 200\nr.dat 16 200 16 0 0 0 0 I\n")

    assert problems(tmp_path / "r") == ["r.hea: says that it has 99999999 signals, and describes 1"]


def test_segments_that_go_round_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a.hea").write_text("a/1 1 500 200\nb 200\n")
    (tmp_path / "b.hea").write_text("b/1 1 500 200\na 200\n")

    assert problems(tmp_path / "a") == ["a.hea: its segment b is made of segments itself"]


def test_a_signal_without_a_name_is_called_by_its_number(tmp_path):
    (tmp_path / "r.dat").write_bytes(bytes(400))
    (tmp_path / "r.hea").write_text("r 1 500 200\nr.dat 16 200 16 0 0 0 0\n")

    assert [(one.label, one.code) for one in read_record(tmp_path / "r").leads] == [("signal 1", None)]
