"""`flatten-archive`: files to a lake as a Spark job; what was met, in words.

Decides nothing: `cluster` does the work.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orthanc_cohorts.cli.flatten import lines
from orthanc_cohorts.cli.interrupts import Interrupted, Interrupts
from orthanc_cohorts.cli.terminal import complain, say
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.datasets.pseudonyms import KEY_NAME, site_key
from orthanc_cohorts.errors import CohortsError, ConfigurationError
from orthanc_cohorts.offline import Report

if TYPE_CHECKING:
    from orthanc_cohorts.cluster import Made

SHOWN = 20
"""Lines of complaints; all of them are in the file of the report."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for: the options of the command."""

    places: Sequence[str]
    lists: Sequence[str]
    lake: str
    policy: Policy
    key_directory: Path | None
    default_issuer: str
    master: str | None
    work: Path | None
    with_md5: bool
    keep_seconds: float
    report: Path | None


def run(order: Order) -> int:
    """Flatten, publish and say what was met; return the exit status.

    0: everything was read. 1: something was not, or not whole. 128 and a signal's number: interrupted.
    Raises CohortsError: the lake is as it was.
    """
    try:
        with Interrupts().caught():
            made = _made(order)
    except Interrupted as interrupted:
        say("Stopped; the lake is as it was.")
        return 128 + interrupted.number
    except KeyboardInterrupt:
        # Spark takes Ctrl-C for itself, to end what runs.
        say("Stopped; the lake is as it was.")
        return 128 + signal.SIGINT
    except OSError as error:
        raise CohortsError(f"{error}; the lake is as it was") from error
    for line in (made.manifest.where, *lines(made.report)):
        say(line)
    for line in complaints(made.report, made.troubles):
        complain(line)
    if order.report is not None:
        _write(order.report, made.report)
    return 1 if made.troubles else 0


def _made(order: Order) -> Made:
    try:
        from orthanc_cohorts.cluster import Archive, Settings, flatten_archive
        from orthanc_cohorts.cluster.spark import session
    except ImportError as error:
        raise ConfigurationError(
            f"Spark is not installed ({error.name}): pip install 'orthanc-cohorts[spark]'"
        ) from error
    settings = Settings(order.policy, _key(order.policy, order.key_directory), order.default_issuer)
    archive = Archive(order.places, order.lists)
    with session(order.master) as spark:
        return flatten_archive(
            spark,
            archive,
            order.lake,
            settings,
            beside=order.work,
            with_md5=order.with_md5,
            keep_seconds=order.keep_seconds,
            tell=say,
        )


def complaints(report: Report, troubles: int) -> Iterator[str]:
    """Yield what somebody should look at, SHOWN lines of each kind."""
    for clash in report.clashes[:SHOWN]:
        yield f"{clash.path}: another object has the identifiers of {clash.sop_instance_uid}; both are kept"
    if len(report.clashes) > SHOWN:
        yield f"... and {len(report.clashes) - SHOWN:,} more with the identifiers of another"
    for trouble in report.troubles[:SHOWN]:
        yield f"{trouble.path}: {trouble.reason}"
    if troubles > SHOWN:
        yield f"... and {troubles - SHOWN:,} more that could not be read, or not whole; --report lists them"


def _key(policy: Policy, directory: Path | None) -> Pseudonyms:
    """Return the key of the site; made where there is none, as the sidecar does."""
    if policy == "keep":
        return Pseudonyms(b"")
    if directory is None:
        raise ConfigurationError(
            f"policy {policy} needs the site's key: name the folder of {KEY_NAME} with --key-directory "
            "(the sidecar's data directory, so that keys are those of its lake)"
        )
    try:
        return Pseudonyms(site_key(directory))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{directory}: {error}") from error


def _write(path: Path, report: Report) -> None:
    """Write what was met that somebody should look at, a line of JSON each."""
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for clash in report.clashes:
            said = {"path": clash.path, "reason": "clash", "sop_instance_uid": clash.sop_instance_uid}
            file.write(json.dumps(said) + "\n")
        for trouble in report.troubles:
            file.write(json.dumps(trouble._asdict()) + "\n")
