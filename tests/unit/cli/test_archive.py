"""What `flatten-archive` complains of: the first of each kind, and how many more there are."""

from __future__ import annotations

from orthanc_cohorts.cli.archive import SHOWN, complaints
from orthanc_cohorts.offline.report import Clash, Report, Trouble


def test_the_first_are_named_and_the_rest_is_counted() -> None:
    report = Report(
        clashes=[Clash(f"/c{n}", f"1.{n}") for n in range(SHOWN + 3)],
        troubles=[Trouble(f"/t{n}", "damaged") for n in range(SHOWN + 5)],
    )

    lines = list(complaints(report, 2_000_000))

    assert len(lines) == 2 * SHOWN + 2
    assert lines[SHOWN] == "... and 3 more with the identifiers of another"
    assert lines[-1].startswith("... and 1,999,980 more that could not be read")


def test_few_are_all_named() -> None:
    assert list(complaints(Report(troubles=[Trouble("/a", "damaged")]), 1)) == ["/a: damaged"]
