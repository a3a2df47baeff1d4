"""Datasets: a cohort with its columns, series, label and split, frozen into files that never change."""

from orthanc_cohorts.datasets.archive import Archive, Version
from orthanc_cohorts.datasets.definition import Dataset, parse_dataset
from orthanc_cohorts.datasets.freeze import Frozen, freeze
from orthanc_cohorts.datasets.pseudonyms import Pseudonyms, site_key
from orthanc_cohorts.datasets.verify import verify

__all__ = [
    "Archive",
    "Dataset",
    "Frozen",
    "Pseudonyms",
    "Version",
    "freeze",
    "parse_dataset",
    "site_key",
    "verify",
]
