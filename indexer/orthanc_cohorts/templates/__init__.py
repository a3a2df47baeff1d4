"""Conformance of content trees to the standard templates of PS3.16 annex A.

Knows templates, as data, and how a tree breaks them; nothing of files, patients or tables of the index.
"""

from __future__ import annotations

from orthanc_cohorts.templates.check import check
from orthanc_cohorts.templates.finding import Finding, Severity
from orthanc_cohorts.templates.item import Item, items_of
from orthanc_cohorts.templates.library import known_templates, template
from orthanc_cohorts.templates.model import Requirement, Rule, Template

__all__ = [
    "Finding",
    "Item",
    "Requirement",
    "Rule",
    "Severity",
    "Template",
    "check",
    "items_of",
    "known_templates",
    "template",
]
