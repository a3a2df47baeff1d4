"""Which format a file is of, by what it begins with."""

import pytest

from ecg_files import EIGHT, aecg_xml, muse_xml, samples, scp_file, write_record
from orthanc_cohorts.convert.ecg.formats import format_of, read
from orthanc_cohorts.convert.ecg.table import TableFormat
from orthanc_cohorts.errors import ConversionError

VALUES = dict(zip(EIGHT, samples(8, 100).T, strict=True))
SCP = scp_file({name: lead.tolist() for name, lead in VALUES.items()})


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.scp", SCP, "scp"),
        ("a.bin", SCP, "scp"),
        ("a.xml", aecg_xml(VALUES), "aecg"),
        ("a.txt", muse_xml(VALUES), "muse"),
        ("a", b"\xef\xbb\xbf <RestingECG/>", "muse"),
        ("a.xml", "<RestingECG/>".encode("utf-16"), "muse"),
        ("a.csv", b"I,II\n1,2\n", "csv"),
        ("a.TSV", b"I\tII\n1\t2\n", "csv"),
    ],
)
def test_a_file_says_itself_what_it_is(tmp_path, name, data, found):
    (tmp_path / name).write_bytes(data)

    assert format_of(tmp_path / name) == found


def test_a_record_is_known_by_the_header_beside_it(tmp_path):
    write_record(tmp_path, "r", samples(12, 100))

    assert {format_of(tmp_path / name) for name in ("r.hea", "r.dat", "r")} == {"wfdb"}


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.xml", b"<ClinicalDocument/>", "is XML of ClinicalDocument, neither AnnotatedECG nor RestingECG"),
        ("a.bin", b"\x00\x01\x02", "is of no format that is known; name it with --format"),
        ("a.xml", b"", "is of no format that is known"),
        ("a.xml", b"<RestingECG", "is no XML"),
    ],
)
def test_a_file_of_no_format_that_is_known_is_an_error(tmp_path, name, data, what):
    (tmp_path / name).write_bytes(data)

    with pytest.raises(ConversionError, match=what):
        format_of(tmp_path / name)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConversionError, match=r"a\.csv: there is no such file, and no a\.csv\.hea"):
        format_of(tmp_path / "a.csv")


def test_a_format_that_is_named_is_taken_whatever_the_file_is_called(tmp_path):
    (tmp_path / "a.dump").write_text("I,II\n1,2\n3,4\n")

    found = read(tmp_path / "a.dump", "csv", table=TableFormat(500, "uV"))

    assert [one.label for one in found.leads] == ["I", "II"]


@pytest.mark.parametrize("wrong", ["scp", "aecg", "muse", "csv", "wfdb"])
def test_a_format_that_is_named_wrongly_is_an_error_and_no_crash(tmp_path, wrong):
    (tmp_path / "a.bin").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))

    with pytest.raises(ConversionError):
        read(tmp_path / "a.bin", wrong, table=TableFormat(500, "uV"))
