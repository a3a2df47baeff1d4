"""`convert upload`: files go to an Orthanc, with a progress bar and a report of what failed and why.

Reads options and prints; `convert.upload` does the work.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orthanc_cohorts.cli.options import User
from orthanc_cohorts.cli.terminal import complain, progress, say
from orthanc_cohorts.errors import ConfigurationError

if TYPE_CHECKING:
    from orthanc_cohorts.convert.upload import Outcome

SHOWN_REFUSALS = 20
Places = Annotated[
    list[Path], typer.Argument(metavar="PATH...", exists=True, help="Files, and folders of them.")
]
Url = Annotated[str, typer.Option(help="Orthanc's address.")]
DicomWeb = Annotated[
    bool, typer.Option("--dicomweb", help="Send by STOW-RS (Orthanc's DICOMweb plugin) instead of REST.")
]
Root = Annotated[str, typer.Option("--dicomweb-root", help="Where DICOMweb is, below the address.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Files that are sent at once.")]
Again = Annotated[bool, typer.Option("--again", help="Send what Orthanc holds already, too.")]
Report = Annotated[
    Path | None,
    typer.Option(metavar="FILE.csv", dir_okay=False, help="Table of the files that are not stored, and why."),
]


def upload(
    places: Places,
    url: Url = "http://127.0.0.1:8042",
    user: User = None,
    dicomweb: DicomWeb = False,
    dicomweb_root: Root = "/dicom-web",
    jobs: Jobs = 4,
    again: Again = False,
    report: Report = None,
) -> None:
    """Send DICOM files to Orthanc. Interrupted and called again, it goes on with what is missing.

    Status 0: everything is stored. 1: some files are not; they are listed. 2: Orthanc could not be reached,
    and nothing was sent.
    """
    from orthanc_cohorts.cli.connection import credentials
    from orthanc_cohorts.convert.upload import Target, Upload, files_below

    files = files_below(places)
    if not files:
        raise ConfigurationError("there is no file below the folders to send")
    target = Target(url.rstrip("/"), credentials(user), dicomweb_root if dicomweb else None)
    work = Upload(target, files, jobs, again)
    work.check()
    started = time.monotonic()
    try:
        with progress("sending files") as advance:
            work.run(advance)
    except KeyboardInterrupt:
        _show(work.outcome, time.monotonic() - started, report)
        raise typer.Exit(130) from None
    _show(work.outcome, time.monotonic() - started, report)
    if not work.outcome.is_whole:
        raise typer.Exit(1)


def show_outcome(outcome: Outcome, seconds: float) -> None:
    """Print what became of files: sums, the first refusals, and how often the others' reasons occur."""
    again = f", {outcome.already} were there already" if outcome.already else ""
    say(f"{outcome.stored} files stored in {seconds:.1f} s{again}")
    if outcome.refused:
        complain(f"{len(outcome.refused)} files were refused by Orthanc:")
    for path, reason in outcome.refused[:SHOWN_REFUSALS]:
        complain(f"  {path}: {reason}")
    for reason, number in outcome.reasons(SHOWN_REFUSALS):
        complain(f"  and {number} more: {reason}")
    if outcome.unsent:
        complain(
            f"{len(outcome.unsent)} files were not sent: {outcome.ended}; the same command goes on there"
        )


def _show(outcome: Outcome, seconds: float, report: Path | None) -> None:
    show_outcome(outcome, seconds)
    if report is not None:
        outcome.write(report)
