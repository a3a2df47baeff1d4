"""`convert table`: the rows of a table become reports; a dry run says what would become of them.

Decides nothing: `convert.table` does the work.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orthanc_cohorts.cli.convert.options import Out

if TYPE_CHECKING:
    from orthanc_cohorts.convert.table import Coverage

TableFile = Annotated[
    Path | None,
    typer.Argument(metavar="TABLE", exists=True, dir_okay=False, help="CSV, Excel or Parquet."),
]


def table(
    path: TableFile = None,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", exists=True, dir_okay=False, help="What the columns mean."),
    ] = None,
    out: Out = Path("dicom"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and what is wrong; write nothing.")
    ] = False,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Print a draft of the mapping; to be completed by a person.")
    ] = False,
    delimiter: Annotated[str, typer.Option(help="Of a CSV file, for --suggest.")] = ",",
    columns: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="Of a file without a header line, for --suggest."),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of mappings.")] = False,
) -> None:
    """Make reports (SR) of the rows of a table, as a mapping says."""
    from orthanc_cohorts.cli.convert.said import said
    from orthanc_cohorts.cli.terminal import progress, say
    from orthanc_cohorts.convert import table as converter
    from orthanc_cohorts.convert.problem import raise_any

    if schema:
        say(json.dumps(converter.schema(), indent=2))
        return
    if path is None:
        raise typer.BadParameter("name the table")
    if suggest:
        names = columns.split(",") if columns else []
        source = converter.Source(delimiter=delimiter, header=not names, columns=names)
        say(converter.suggest(path, source).rstrip())
        return
    if mapping is None:
        raise typer.BadParameter("name the mapping with --mapping, or have one drafted with --suggest")
    meaning = converter.mapping_of(mapping)
    if dry_run:
        found = converter.look(path, meaning)
        _show(found)
        raise_any(found.problems)
        return
    with progress("rows") as advance:
        counts = converter.convert_table(path, meaning, out, advance)
    said(counts, out)


def _show(found: Coverage) -> None:
    from orthanc_cohorts.cli.terminal import say

    say(f"{found.rows} rows of {found.patients} patients")
    for name, count in found.reports.items():
        say(f"{name}: {count} reports")
        for key in sorted(found.stated | found.unknown):
            document, column, concept = key
            if document == name:
                stated, unknown = found.stated[key], found.unknown[key]
                silent = found.rows - stated - unknown
                say(f"  {column} ({concept}): {stated} stated, {unknown} unknown, {silent} without")
    for column in found.left_out:
        say(f"left out: column {column}, which the mapping does not name")
