"""What every task of a job is told.

Values only; they travel to the machines of the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy

PUBLIC = Pseudonyms(b"")
"""What names keys under policy `keep`, where nothing is hidden: numbers that anybody could work out."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the lake says of people, and what a task may use.

    key: of the site; of no use under `keep`. default_issuer: the IssuerOfPatientID to assume where none is
    sent, empty for none. memory_limit: of the index that a task keeps, as DuckDB writes it.
    """

    policy: Policy = "pseudonymise"
    key: Pseudonyms = PUBLIC
    default_issuer: str = ""
    memory_limit: str = "1GB"
