"""The commands `dataset ...` and their options.

Each command is a few lines; what it does lies in a module of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from orthanc_cohorts.cli.options import AsJson, Socket, Url, User, Where
from orthanc_cohorts.cli.terminal import complain, say

datasets = typer.Typer(
    name="dataset",
    help="Freeze cohorts with their columns and series, get and verify them, fetch their DICOM files.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="Name of a dataset.")]
Number = Annotated[int | None, typer.Argument(min=1, metavar="[VERSION]", help="Default: the newest.")]


@datasets.command()
def freeze(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(metavar="DEFINITION.json", help="Dataset definition; - reads standard input."),
    ],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for the files; new or empty.")
    ] = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Freeze a dataset: the next version of its name, unless the newest holds the same bytes already."""
    from orthanc_cohorts.cli import dataset_words as words
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.count import warnings
    from orthanc_cohorts.cli.dataset_files import freeze as ask
    from orthanc_cohorts.cli.dataset_files import get as download

    sidecar = find(socket, data_directory, url, user)
    version = ask(sidecar, file.read())
    for line in [json.dumps(version)] if as_json else words.lines(version):
        say(line)
    for warning in warnings(version):
        complain(warning)
    if out is not None:
        download(sidecar, version, out)
        complain(f"its files are in {out}, verified")


@datasets.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="Show all versions of this dataset.")] = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """List the datasets, the newest version of each, or all versions of one."""
    from orthanc_cohorts.cli import dataset_words as words
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.dataset_files import newest, versions

    sidecar = find(socket, data_directory, url, user)
    found = newest(sidecar) if name is None else versions(sidecar, name)
    if as_json:
        say(json.dumps(found))
        return
    for line in words.table(found):
        say(line)


@datasets.command()
def get(
    name: Name,
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for the files; new or empty.")],
    version: Number = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
) -> None:
    """Download the files of a version, tables and descriptions, and verify them."""
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.dataset_files import choose
    from orthanc_cohorts.cli.dataset_files import get as download

    sidecar = find(socket, data_directory, url, user)
    chosen = choose(sidecar, name, version)
    download(sidecar, chosen, out)
    say(f"{name} version {chosen['version']} is in {out}, verified")


@datasets.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a frozen dataset.")],
) -> None:
    """Check every byte of a frozen dataset against its checksums, offline. Status 1: something is wrong."""
    from orthanc_cohorts.cli.dataset_files import faults

    found = faults(folder)
    for fault in found:
        say(fault)
    if found:
        raise typer.Exit(1)
    say(f"{folder} is as it was frozen")


@datasets.command()
def erase(
    patient_id: Annotated[str, typer.Argument(metavar="PATIENT_ID", help="PatientID as stored.")],
    issuer: Annotated[str | None, typer.Option(help="Its IssuerOfPatientID, where it has one.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Forget a patient in every dataset: new versions without, and nothing left of those that had them."""
    from orthanc_cohorts.cli import dataset_words as words
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.dataset_files import erase as ask

    sidecar = find(socket, data_directory, url, user)
    if not yes:
        if not sys.stdin.isatty():
            complain("nobody can be asked here: give --yes")
            raise typer.Exit(2)
        typer.confirm("Every version with this patient is removed for good. Go on?", abort=True, err=True)
    found = ask(sidecar, patient_id, issuer)
    for line in [json.dumps(found)] if as_json else words.erased(found):
        say(line)


@datasets.command()
def fetch(
    source: Annotated[
        str, typer.Argument(metavar="DIR|NAME", help="Folder of a frozen dataset, or its name at the site.")
    ],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for the DICOM files; may hold some already.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Of a name; default: the newest version.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Files downloaded at a time.")] = 4,
    dicomweb: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Print the WADO-RS address of every instance below this URL; fetch nothing."
        ),
    ] = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Download the DICOM files of a dataset from Orthanc; run again, only what is missing or damaged.

    Files lie at OUT/patient/series name/SeriesInstanceUID/SOPInstanceUID.dcm, as the manifest names them.
    For a pseudonymised dataset this asks the site for the crosswalk, which needs the role admin.
    Status 1: some files could not be had; they are listed.
    """
    from orthanc_cohorts.cli import fetch as fetching
    from orthanc_cohorts.cli.connection import credentials, find
    from orthanc_cohorts.errors import ConfigurationError

    if (out is None) == (dicomweb is None):
        raise ConfigurationError("give --out DIR to fetch files, or --dicomweb URL to print addresses")
    manifest = fetching.manifest_of(source, version, lambda: find(socket, data_directory, url, user))
    if out is None:
        fetching.list_addresses(manifest, str(dicomweb), as_json)
        return
    fetching.check_place(source, out)
    orthanc = fetching.orthanc_at(url, user)
    raise typer.Exit(fetching.run(manifest, orthanc, credentials(user), out, jobs, as_json))


@datasets.command()
def label(
    name: Name,
    version: Number = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
) -> None:
    """Write into Orthanc which part of the split each patient is in, as a label or as metadata.

    Where Orthanc knows labels (1.12 and later): NAME-part on the patient. Else user-defined metadata 4242 of
    the patient, a JSON object from name to part. For a pseudonymised dataset this needs the role admin.
    """
    from orthanc_cohorts.cli import dataset_files as files
    from orthanc_cohorts.cli import fetch as fetching
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.dataset_label import label as write
    from orthanc_cohorts.datasets import parquet

    sidecar = find(socket, data_directory, url, user)
    chosen = files.choose(sidecar, name, version)
    manifest = fetching.manifest_of(name, chosen["version"], lambda: sidecar)
    table = parquet.read(files.file(sidecar, chosen, "table.parquet"))
    counts = write(fetching.orthanc_at(url, user), manifest, table, name)
    for part, patients in sorted(counts.items()):
        say(f"{patients:>9} {part}")


@datasets.command()
def export(
    name: Name,
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for one file per kind of resource.")],
    version: Number = None,
    fhir: Annotated[bool, typer.Option("--fhir", help="FHIR R4 as NDJSON: the one format there is.")] = False,
    validate: Annotated[
        bool, typer.Option("--validate", help="Check every resource; needs orthanc-cohorts[fhir].")
    ] = False,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
) -> None:
    """Write the patients of a version with studies, reports and measurements, as the index holds them now."""
    from orthanc_cohorts.cli import fhir_export
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.errors import ConfigurationError

    if not fhir:
        raise ConfigurationError("say which format: --fhir is the one there is")
    sidecar = find(socket, data_directory, url, user)
    for kind, count in fhir_export.run(sidecar, name, version, out, validate).items():
        say(f"{count:>9} {kind}")
