"""What a conversion says at its end."""

from __future__ import annotations

from pathlib import Path

from orthanc_cohorts.cli.terminal import say
from orthanc_cohorts.convert.outbox import Counts


def said(counts: Counts, out: Path) -> None:
    """Print how many objects there are, and where."""
    say(f"{out}: {counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged objects")
