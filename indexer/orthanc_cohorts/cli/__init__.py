"""The command line: `orthanc-cohorts`. The only place that prints."""

from orthanc_cohorts.cli.main import main

__all__ = ["main"]
