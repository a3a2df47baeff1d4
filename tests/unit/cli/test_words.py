"""What the commands say: status, counts, checks and credentials, from documents to words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orthanc_cohorts import __version__
from orthanc_cohorts.cli import count, doctor, flatten, status
from orthanc_cohorts.cli.backfill import watch
from orthanc_cohorts.cli.connection import SidecarUnavailable, credentials
from orthanc_cohorts.cli.main import app
from orthanc_cohorts.cli.terminal import progress
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.offline.report import Clash, Report, Trouble

ANSWER = {"count": 1, "unit": "study", "hash": "ab", "generation": 7, "elapsed_ms": 4.25, "warnings": []}


def health(
    completed: int = 1, running: str = "", waiting: bool = False, lag: int = 0, **more: Any
) -> dict[str, Any]:
    reconcile = {"running": running, "done": 3, "total": 9, "completed": completed, "waiting": waiting}
    return {
        "version": "0.1.0", "generation": 5, "cursor_seq": 90, "last_seq": 90 + lag, "lag_changes": lag,
        "caught_up": lag == 0, "deferred": 0, "unreadable": 0, "looked": 0, "reconcile": reconcile,
        "error": None, **more,
    }  # fmt: skip


def test_an_index_at_rest_is_up_to_date():
    shown = dict(status.lines(health()))

    assert shown["index"] == "generation 5, up to date"
    assert shown["comparing"] == "done (1 since the sidecar started)"
    assert "trouble" not in shown


@pytest.mark.parametrize(("lag", "deferred"), [(4, 0), (0, 2)])
def test_an_index_with_anything_left_is_behind(lag, deferred):
    shown = dict(status.lines(health(lag=lag, deferred=deferred, error="no answer")))

    assert shown["index"].endswith("behind")
    assert shown["trouble"] == "no answer"


def test_one_study_is_not_one_studys():
    assert count.lines(ANSWER)[0] == "1 study"
    assert count.lines({**ANSWER, "count": 0})[0] == "0 studies"
    assert count.lines({**ANSWER, "count": 12, "unit": "patient"})[0] == "12 patients"


def test_a_warning_is_told():
    told = count.warnings({**ANSWER, "warnings": [{"message": "3 values in another unit"}]})

    assert told == ["warning: 3 values in another unit"]


def test_the_watcher_waits_for_a_comparison_that_began_after_it_was_asked_for():
    script = iter(
        [
            health(4, waiting=True),
            health(4, "series"),
            health(5),
            health(5, "instances"),
            health(5),
            health(5),
        ]
    )
    seen: list[tuple[int, int]] = []

    final = watch(Scripted(script), 4, lambda done, total: seen.append((done, total)), pause=lambda: None)

    assert final["reconcile"]["completed"] == 5
    assert next(script, None) is None
    assert seen[1] == (3, 9)


def test_the_watcher_outlives_a_sidecar_that_is_restarted():
    answers = iter([health(4), SidecarUnavailable("down"), health(0, "series"), health(1), health(1)])

    final = watch(Scripted(answers), 4, lambda done, total: None, pause=lambda: None, clock=lambda: 0.0)

    assert final["reconcile"]["completed"] == 1


def test_the_watcher_gives_up_when_the_sidecar_stays_away():
    def down() -> Iterator[SidecarUnavailable]:
        while True:
            yield SidecarUnavailable("down")

    ticks = iter(range(0, 1000, 10))

    with pytest.raises(SidecarUnavailable):
        watch(Scripted(down()), 0, lambda d, t: None, pause=lambda: None, clock=lambda: float(next(ticks)))


class Scripted:
    """A sidecar that answers as written."""

    def __init__(self, answers: Iterator[Any]) -> None:
        self._answers = answers

    def health(self) -> dict[str, Any]:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        found: dict[str, Any] = answer
        return found


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("1.10.1", "ok"),
        ("1.12.7", "ok"),
        ("2.0", "ok"),
        ("1.9.7", "fail"),
        ("1.10.0", "fail"),
        ("mainline", "warn"),
    ],
)
def test_an_old_orthanc_is_told_to_upgrade(version, level):
    assert doctor.orthanc_version(version, "http://x").level == level


def test_a_plugin_of_another_version_is_a_warning():
    ours = list(doctor.plugin({"version": __version__, "sidecar": {"restarts": 0}}))
    other = list(doctor.plugin({"version": "0.0.1", "sidecar": {"restarts": 2, "last_exit": -9}}))

    assert [check.level for check in ours] == ["ok"]
    assert [check.level for check in other] == ["warn", "warn"]


def test_a_socket_that_others_can_reach_fails(tmp_path):
    # A socket's path has at most 107 bytes.
    tmp_path.chmod(0o755)
    path = tmp_path / "s"
    if len(os.fsencode(path)) > 100:
        pytest.skip("the temporary folder lies too deep for a socket")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0o666)

        checks = list(doctor.socket_permissions(path))

    assert [check.level for check in checks] == ["fail", "fail"]
    assert checks[0].advice == f"chmod 600 {path}"


def test_a_socket_that_is_not_there_fails(tmp_path):
    (check,) = doctor.socket_permissions(tmp_path / "none")

    assert check.level == "fail"


def test_trouble_of_the_sidecar_fails_and_a_lag_warns():
    assert [check.level for check in doctor.health(health())] == ["ok"]
    assert [check.level for check in doctor.health(health(lag=3, unreadable=1, error="x"))] == [
        "warn", "warn", "fail"
    ]  # fmt: skip


def test_credentials_come_from_the_option_else_from_the_environment(monkeypatch):
    monkeypatch.setenv("ORTHANC_COHORTS_USER", "env")
    monkeypatch.setenv("ORTHANC_COHORTS_PASSWORD", "secret")

    assert credentials("a:b:c") == ("a", "b:c")
    assert credentials(None) == ("env", "secret")
    with pytest.raises(ConfigurationError, match="NAME:PASSWORD"):
        credentials("a")


@pytest.mark.parametrize(
    "command", ["serve", "install", "backfill", "status", "doctor", "count", "flatten", "demo"]
)
def test_every_command_has_a_help(command):
    result = CliRunner().invoke(app, [command, "--help"])

    assert result.exit_code == 0
    assert "\x1b" not in result.output


def test_a_run_without_trouble_tells_numbers_only():
    told = flatten.lines(Report(files=1_200, objects=1_200, rows={"instance": 1_200, "study": 3}))

    assert [line.split() for line in told] == [
        ["files", "1,200"], ["objects", "1,200"], [], ["rows"], ["instance", "1,200"], ["study", "3"],
    ]  # fmt: skip
    assert flatten.complaints(Report(objects=1)) == []


def test_what_a_run_could_not_read_is_told_with_the_reason_and_many_clashes_are_cut_short():
    clashes = [Clash(f"/in/{n}", "1.2") for n in range(25)]
    report = Report(objects=1, clashes=clashes, troubles=[Trouble("/in/x", "truncated")])

    told = flatten.complaints(report)

    assert told[0] == "/in/0: another object has the identifiers of 1.2; both are kept"
    assert told[-2:] == ["... and 5 more with the identifiers of another", "/in/x: truncated"]
    assert len(told) == flatten.SHOWN_CLASHES + 2


def test_progress_is_plain_lines_where_there_is_no_terminal(capsys):
    with progress("reading") as advance:
        for done in range(101):
            advance(done, 100)

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [f"reading: {n} of 100" for n in (0, 25, 50, 75, 100)]


def test_nobody_at_a_socket_is_one_line_that_says_what_to_do(tmp_path: Path):
    with pytest.raises(SidecarUnavailable, match="is Orthanc running"):
        app(["status", "--socket", str(tmp_path / "none")], standalone_mode=False)
