"""Tables of a cohort: one row per patient or study, columns read from what the index holds of them."""

from orthanc_cohorts.columns.read import Table, read, who
from orthanc_cohorts.columns.request import Columns, check_columns
from orthanc_cohorts.columns.wanted import Flag, Layout, Wanted, layout

__all__ = ["Columns", "Flag", "Layout", "Table", "Wanted", "check_columns", "layout", "read", "who"]
