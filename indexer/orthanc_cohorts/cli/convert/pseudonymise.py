"""`convert pseudonymise`: DICOM files come out under the pseudonyms of the site.

Decides nothing: `convert.pseudonymise` does the work.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from orthanc_cohorts.convert.pseudonymise import Report
    from orthanc_cohorts.datasets.pseudonyms import Pseudonyms


class Retained(StrEnum):
    """Options of the profile that keep more (PS3.15 E.3.7 to E.3.11)."""

    UIDS = "uids"
    DEVICE = "device"
    INSTITUTION = "institution"
    PATIENT = "patient"
    SAFE_PRIVATE = "safe-private"


class Cleaned(StrEnum):
    """What is kept where it seems to name nobody (PS3.15 E.3.3, E.3.5)."""

    DESCRIPTORS = "descriptors"
    GRAPHICS = "graphics"


def pseudonymise(
    places: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PLACE...", exists=True, help="DICOM files, and folders of them."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Folder for the files.")
    ] = Path("pseudonymised"),
    key_directory: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of the site's pseudonym.key.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(metavar="NAME", help="Pseudonyms that meet those of no other purpose.")
    ] = None,
    default_issuer: Annotated[
        str, typer.Option(help="IssuerOfPatientID to assume where none is sent, as the sidecar's.")
    ] = "",
    dates: Annotated[
        Literal["shift", "keep", "remove"], typer.Option(help="All dates, by days that the patient has.")
    ] = "shift",
    retain: Annotated[
        list[Retained] | None, typer.Option(help="Options of the profile that keep more; repeatable.")
    ] = None,
    clean: Annotated[
        list[Cleaned] | None,
        typer.Option(help="Keep what seems to name nobody, instead of removing it; repeatable."),
    ] = None,
    birth_year: Annotated[bool, typer.Option("--birth-year", help="Keep the year of birth.")] = False,
    burned_in: Annotated[
        Literal["refuse", "trust", "accept"],
        typer.Option(help="Objects whose pixels may name the patient; trust: what they say of themselves."),
    ] = "refuse",
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", exists=True, dir_okay=False, help="Rules of the site."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=1024, help="Processes.")] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen to each attribute; write nothing.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of rule files.")] = False,
) -> None:
    """Pseudonymise DICOM files by the basic profile of PS3.15, content trees included.

    Status 0: everything was written. 1: some files were refused; they are listed, and the rest is written.
    2: nothing was written.
    """
    from orthanc_cohorts.cli.terminal import complain, progress, say
    from orthanc_cohorts.convert import pseudonymise as converter
    from orthanc_cohorts.errors import ConversionError

    if schema:
        say(json.dumps(converter.schema(), indent=2))
        return
    if not places:
        raise typer.BadParameter("name files or folders")
    options = converter.Options(
        dates,
        frozenset(name.value.replace("-", "_") for name in retain or []),
        frozenset(name.value for name in clean or []),
        birth_year,
        burned_in,
    )
    ruled = None if rules is None else converter.read_rules(rules)
    pseudonymiser = converter.Pseudonymiser(_key(key_directory, purpose), options, ruled, default_issuer)
    files, troubles = _files(places, out)
    try:
        with progress("pseudonymising") as advance:
            report = converter.pseudonymise_files(
                files, None if dry_run else out, pseudonymiser, jobs, advance
            )
    except OSError as error:
        raise ConversionError(f"{error.filename or out} cannot be written: {error.strerror}") from error
    for line in lines(report, out, dry_run):
        say(line)
    for line in [*troubles, *map(str, report.problems)]:
        complain(line)
    raise typer.Exit(1 if troubles or report.problems else 0)


def lines(report: Report, out: Path, dry_run: bool) -> list[str]:
    """Return what is said of a run; of a dry run also what would happen to each attribute."""
    told = [
        f"{'nothing written' if dry_run else out}: {report.written} objects"
        f"{f', {report.unchanged} unchanged' if report.unchanged else ''}"
        f"{f', {report.again} met again' if report.again else ''}"
        f", {len(report.problems)} refused, {report.no_dicom} files that are no DICOM"
    ]
    actions: dict[str, int] = {}
    for (_, action), number in report.counts.items():
        actions[action] = actions.get(action, 0) + number
    told += [f"  {action:<13} {number:>11,}" for action, number in sorted(actions.items())]
    if dry_run:
        rows = sorted((label, str(action), number) for (label, action), number in report.counts.items())
        told += ["", *(f"{label:<60} {action:<13} {number:>11,}" for label, action, number in rows)]
    return told


def _key(directory: Path | None, purpose: str | None) -> Pseudonyms:
    from orthanc_cohorts.datasets.pseudonyms import KEY_NAME, Pseudonyms, site_key
    from orthanc_cohorts.errors import ConfigurationError

    if directory is None:
        raise ConfigurationError(
            f"name the folder of {KEY_NAME} with --key-directory (the sidecar's data directory, so that "
            "pseudonyms are those of its lake and datasets)"
        )
    try:
        pseudonyms = Pseudonyms(site_key(directory))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{directory}: {error}") from error
    return pseudonyms if purpose is None else pseudonyms.unlinkable(purpose)


def _files(places: list[Path], out: Path) -> tuple[list[Path], list[str]]:
    """Return the files of the places, and what could not be listed."""
    from orthanc_cohorts.errors import ConversionError
    from orthanc_cohorts.offline import files_in

    target = out.resolve()
    for place in places:
        if place.is_dir() and target.is_relative_to(place.resolve()):
            raise ConversionError(f"{out} lies in {place}: the next run would read what this one writes")
    files, troubles = files_in(places)
    return [Path(file.path) for file in files], [f"{one.path}: {one.reason}" for one in troubles]
