"""`check`: how reports keep to their templates, in words or as JSON lines.

Decides nothing: `offline.checking` does the work.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from orthanc_cohorts.cli.terminal import complain, say
from orthanc_cohorts.offline import files_in
from orthanc_cohorts.offline.checking import Checked, at_least, checked


def run(places: list[Path], severity: str, fail_on: str, as_json: bool) -> int:
    """Check files and say what was found; return the exit status.

    severity: the mildest that is shown. fail_on: the mildest that counts as failure.
    0: every report keeps to its template. 1: some do not. 2: some files could not be read.
    """
    files, troubles = files_in(places)
    documents, failed, rules = 0, 0, Counter[str]()
    for result in checked(files):
        documents += result.is_document
        failed += bool(at_least(result.findings, fail_on))
        troubles += result.troubles
        shown = at_least(result.findings, severity)
        rules.update(finding.rule for finding in shown)
        for line in _json(result, severity) if as_json else lines(result, severity):
            say(line)
    if not as_json:
        say(f"{documents} reports checked, {failed} with findings of severity {fail_on} or graver")
        for rule, count in rules.most_common(20):
            say(f"{count:>6}  {rule}")
    for trouble in troubles:
        complain(f"{trouble.path}: {trouble.reason}")
    return 2 if troubles else 1 if failed else 0


def lines(result: Checked, severity: str) -> list[str]:
    """Return a line for the file and one for each finding; nothing for a file without findings."""
    shown = at_least(result.findings, severity)
    if not shown:
        return []
    return [
        result.path,
        *(f"  {f.severity:<7} {f.path:<10} {f.rule}: expected {f.expected}, found {f.found}" for f in shown),
    ]


def _json(result: Checked, severity: str) -> list[str]:
    return [
        json.dumps({"file": result.path, **finding._asdict()})
        for finding in at_least(result.findings, severity)
    ]
