"""The commands and their options.

Each command is a few lines; what it does lies in a module of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from orthanc_cohorts.cli.archives import flatten_archive
from orthanc_cohorts.cli.configuration import DEBIAN
from orthanc_cohorts.cli.convert import convert
from orthanc_cohorts.cli.datasets import datasets
from orthanc_cohorts.cli.lake import lake
from orthanc_cohorts.cli.options import AsJson, DataDirectory, Definition, InLake, Socket, Url, User, Where
from orthanc_cohorts.cli.terminal import complain, progress, say
from orthanc_cohorts.errors import CohortsError

app = typer.Typer(
    name="orthanc-cohorts",
    help="Turns an Orthanc PACS into a research database that answers cohort questions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(datasets)
app.add_typer(lake)
app.add_typer(convert)


def main() -> None:
    """Run the command line; an expected error is one line and exit status 2."""
    try:
        app()
    except CohortsError as error:
        sys.stderr.write(f"orthanc-cohorts: {error}\n")
        sys.exit(2)


@app.callback()
def _options() -> None:
    """Turns an Orthanc PACS into a research database that answers cohort questions."""


@app.command()
def serve(
    from_stdin: Annotated[bool, typer.Option(help="Take orders from the plugin on standard input.")] = False,
    data_directory: DataDirectory = Path("/var/lib/orthanc/cohorts"),
    socket: Socket = None,
    orthanc_url: Annotated[str, typer.Option(help="Where Orthanc's REST API is.")] = "http://127.0.0.1:8042",
    storage_directory: Annotated[
        Path | None, typer.Option(help="Orthanc's StorageDirectory, where it can be read from here.")
    ] = None,
) -> None:
    """Run the sidecar: it owns the index and answers the plugin over a Unix socket."""
    from orthanc_cohorts.cli import orders
    from orthanc_cohorts.cli.serve import serve as run

    if from_stdin:
        run(orders.from_line(sys.stdin.readline()), parent=sys.stdin.fileno())
    else:
        run(orders.from_options(data_directory, socket, orthanc_url, storage_directory))


@app.command()
def publish(
    whole: Annotated[
        bool, typer.Option("--whole", help="Write everything anew, not only what has changed.")
    ] = False,
    iceberg: Annotated[
        bool, typer.Option("--iceberg", help="Register the snapshot as Apache Iceberg tables too.")
    ] = False,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Publish the index as a snapshot of Parquet files in the site's LakeDirectory."""
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.publish import lines
    from orthanc_cohorts.cli.publish import publish as ask

    found = ask(find(socket, data_directory, url, user), whole, iceberg)
    for line in [json.dumps(found)] if as_json else lines(found):
        say(line)


@app.command()
def erase(
    patient_id: Annotated[str, typer.Argument(metavar="PATIENT_ID", help="PatientID as stored.")],
    issuer: Annotated[str | None, typer.Option(help="Its IssuerOfPatientID, where it has one.")] = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Forget in the lake, at once, a patient who is deleted in Orthanc; older snapshots go with it.

    Of datasets: `orthanc-cohorts dataset erase`.
    """
    from orthanc_cohorts.cli.connection import find
    from orthanc_cohorts.cli.publish import erase as ask
    from orthanc_cohorts.cli.publish import lines

    found = ask(find(socket, data_directory, url, user), patient_id, issuer)
    for line in [json.dumps(found)] if as_json else lines(found):
        say(line)


@app.command()
def install(
    configuration: Annotated[Path, typer.Option(help="Orthanc's configuration folder.")] = DEBIAN,
    data_directory: Annotated[
        Path | None,
        typer.Option(help="Folder for the index; default: `cohorts` in Orthanc's IndexDirectory."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
) -> None:
    """Switch the plugin on in an Orthanc that is installed: write its configuration, say what to restart."""
    from orthanc_cohorts.cli import install as setup

    plan = setup.plan(configuration, data_directory, setup.here(), setup.script())
    user = setup.orthanc_user(configuration)
    if user is not None:
        plan.warnings += setup.unreadable(setup.needed_files(setup.here(), setup.script()), user)
    for edit in plan.edits:
        if dry_run:
            say(setup.difference(edit).rstrip("\n"))
        else:
            setup.write(edit)
            say(f"wrote {edit.path}" + ("" if edit.before is None else f" (before: {edit.path}.bak)"))
    if data_directory is not None and not dry_run:
        setup.make_data_directory(data_directory, user)
    for warning in plan.warnings:
        complain(f"warning: {warning}")
    undecided = setup.nobody_may_ask(configuration)
    if undecided is not None:
        say(undecided)
    if not plan.edits:
        say("the configuration is as it should be already")
    elif not dry_run:
        say("now restart Orthanc (systemctl restart orthanc), then run: orthanc-cohorts doctor")


@app.command()
def status(
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Show how far the index has followed Orthanc."""
    from orthanc_cohorts.cli import status as words
    from orthanc_cohorts.cli.connection import find

    health = find(socket, data_directory, url, user).health()
    if as_json:
        say(json.dumps(health))
        return
    for what, state in words.lines(health):
        say(f"{what:<11} {state}")


@app.command()
def backfill(
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    wait: Annotated[bool, typer.Option(help="Watch until the index is equal to what Orthanc holds.")] = True,
) -> None:
    """Index what Orthanc holds already; may be interrupted and called again at any time.

    The sidecar compares by itself when it starts and now and then; this asks for it now, and watches.
    """
    from orthanc_cohorts.cli.backfill import watch
    from orthanc_cohorts.cli.connection import find

    sidecar = find(socket, data_directory, url, user)
    before = sidecar.health()
    sidecar.reconcile()
    if not wait:
        say("the sidecar compares the index with Orthanc now; `orthanc-cohorts status` shows how far it is")
        return
    try:
        with progress("comparing with Orthanc") as advance:
            health = watch(sidecar, before["reconcile"]["completed"], advance)
    except KeyboardInterrupt:
        say("the sidecar goes on by itself; call this again to watch")
        raise typer.Exit(130) from None
    looked = health["looked"] - before["looked"]
    say(
        f"up to date at generation {health['generation']}: {max(looked, 0)} objects read, "
        f"{health['unreadable']} unreadable"
    )


@app.command()
def doctor(
    socket: Socket = None,
    url: Url = None,
    user: User = None,
    configuration: Annotated[Path, typer.Option(help="Orthanc's configuration folder.")] = DEBIAN,
) -> None:
    """Check Orthanc, plugin, sidecar, permissions, lag and disk, and say what to do. Status 1: one failed."""
    from orthanc_cohorts.cli.configuration import known
    from orthanc_cohorts.cli.connection import Orthanc, credentials
    from orthanc_cohorts.cli.doctor import examine

    here = None if url is not None else known(configuration)
    address = url or (here.url if here is not None else "http://127.0.0.1:8042")
    failed = False
    for check in examine(Orthanc(address, credentials(user)), socket, here):
        failed |= check.level == "fail"
        say(
            f"{check.level:<5} {check.found}",
            style={"ok": None, "warn": "yellow", "fail": "bold red"}[check.level],
        )
        if check.advice:
            say(f"      -> {check.advice}")
    if failed:
        raise typer.Exit(1)


@app.command()
def count(
    file: Definition,
    engine: Annotated[
        Literal["index", "duckdb", "spark"],
        typer.Option(
            help="Who answers: the index, through the sidecar; or DuckDB or Spark from files of a lake."
        ),
    ] = "index",
    lake: InLake = None,
    socket: Socket = None,
    data_directory: Where = None,
    url: Url = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Count the patients or studies that a cohort definition is true for.

    The files of a lake are enough for the engines duckdb and spark; what the policy of the lake took away is
    refused by name.
    """
    from orthanc_cohorts.cli import count as words
    from orthanc_cohorts.cli import portable as files
    from orthanc_cohorts.cli.connection import find

    if engine == "index" and lake is not None:
        raise typer.BadParameter("--lake goes with --engine duckdb or spark")
    body = file.read()
    if engine == "index":
        answer = find(socket, data_directory, url, user).count(body)
    else:
        answer = files.count(body, lake, engine)
    if as_json:
        say(json.dumps(answer))
        return
    for line in words.lines(answer):
        say(line)
    for warning in words.warnings(answer):
        complain(warning)


@app.command()
def cohort_sql(
    file: Definition,
    dialect: Annotated[Literal["duckdb", "spark"], typer.Option(help="Whose SQL it is to be.")] = "duckdb",
    lake: InLake = None,
) -> None:
    """Print the one SELECT that counts a cohort in the tables of a lake, for whoever has the files alone.

    With --lake it reads the files of the current snapshot; else tables of a lake of policy `keep`, by name.
    """
    from orthanc_cohorts.cli.portable import sql

    for line in sql(file.read(), dialect, lake):
        say(line)


@app.command()
def flatten(
    paths: Annotated[
        list[Path], typer.Argument(exists=True, metavar="PATH...", help="DICOM files, and folders of them.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for one file per table.")],
    format_: Annotated[
        Literal["parquet", "ndjson"], typer.Option("--format", help="Format of the files.")
    ] = "parquet",
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Reading processes; default: one per core.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of an earlier run.")] = False,
) -> None:
    """Write the rows that the index would hold of DICOM files, without any Orthanc.

    Files met in folders that show no sign of DICOM are passed over. Status 0: everything was read. 1: some
    files were not, or not whole; they are listed, and the rest is written. 2: nothing was written.
    """
    from orthanc_cohorts.cli.flatten import run

    raise typer.Exit(run(paths, out, format_, jobs, overwrite))


app.command()(flatten_archive)


@app.command()
def check(
    paths: Annotated[
        list[Path], typer.Argument(exists=True, metavar="PATH...", help="DICOM files, and folders of them.")
    ],
    severity: Annotated[
        Literal["error", "warning", "info"], typer.Option(help="The mildest finding to show.")
    ] = "warning",
    fail_on: Annotated[
        Literal["error", "warning", "info"], typer.Option(help="The mildest finding that fails.")
    ] = "error",
    as_json: AsJson = False,
) -> None:
    """Check structured reports against the standard templates they follow (PS3.16).

    Status 0: all keep to them. 1: some do not. 2: some files could not be read, or the command was wrong.
    """
    from orthanc_cohorts.cli.check import run

    raise typer.Exit(run(paths, severity, fail_on, as_json))


@app.command()
def demo(
    empty: Annotated[bool, typer.Option("--empty", help="Store nothing at the start.")] = False,
    load: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            metavar="DIR",
            help="Store every file below DIR instead of the generated study; repeatable.",
        ),
    ] = None,
    more: Annotated[
        list[Path] | None, typer.Argument(exists=True, metavar="[DIR]...", help="Further DIRs to load.")
    ] = None,
    patients: Annotated[int, typer.Option(min=1, max=100_000, help="Patients of the generated study.")] = 120,
    http_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="HTTP port; default: a free one.")
    ] = None,
    dicom_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="DICOM port; default: a free one.")
    ] = None,
    storage: Annotated[
        Path | None,
        typer.Option(help="Storage folder, kept at the end; default: a temporary one.", file_okay=False),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME:PASSWORD", help="Switch authentication on, with this user.")
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            help="Write this file once everything can be asked: JSON with url, http_port, dicom_port, aet, "
            "calling_aets, storage, socket, pid, sidecar_pid, version. It is removed at the end.",
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Start a real Orthanc with the plugin, load a study, answer three questions; stays up until Ctrl-C.

    It takes requests from this machine only. Send to it with: storescu -aec ORTHANC 127.0.0.1 PORT FILE...
    (the calling AET must be one of STORESCU, DCMSEND, ECHOSCU, FINDSCU, GETSCU, PYNETDICOM, COHORTS),
    by POST to /instances, or by STOW-RS to /dicom-web/studies where orthanc-dicomweb is installed.
    """
    from orthanc_cohorts.cli.connection import credentials
    from orthanc_cohorts.cli.demo import Options, run

    login = None if user is None else credentials(user)
    places = [*(load or []), *(more or [])]
    raise typer.Exit(run(Options(empty, places, patients, http_port, dicom_port, storage, login, ready_file)))
