"""What buckets tell of themselves, as the report of a run.

Knows rows of `taking.TOLD` in files; all of them, since they are few beside the objects.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from orthanc_cohorts.offline.report import Clash, Report, Trouble


def report_of(folder: Path) -> Report:
    """Return what all buckets tell together; files and those passed over are not theirs to tell."""
    found, rows, problems = Report(), Counter[str](), Counter[str]()
    for file in sorted(folder.glob("*.parquet")):
        for one in pq.read_table(file, use_threads=False).to_pylist():
            match one["what"]:
                case "rows":
                    rows[one["name"]] += one["count"]
                case "problems":
                    problems[one["name"]] += one["count"]
                case "objects":
                    found.objects += one["count"]
                case "duplicates":
                    found.duplicates += one["count"]
                case "clash":
                    found.clashes.append(Clash(os.fsdecode(one["path"]), one["name"]))
                case "trouble":
                    found.troubles.append(Trouble(os.fsdecode(one["path"]), one["name"]))
    found.clashes.sort()
    found.troubles.sort()
    found.rows = dict(rows)
    found.problems = dict(sorted(problems.items(), key=lambda item: (-item[1], item[0])))
    return found
