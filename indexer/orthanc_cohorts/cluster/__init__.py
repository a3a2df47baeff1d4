"""Flattening as a Spark job: the files of an archive to a lake, on as many machines as there are.

Knows Spark; flattens, derives and resolves by the code of the sidecar.
Needs the extra `spark`.
"""

from __future__ import annotations

from orthanc_cohorts.cluster.job import Archive, Made, flatten_archive
from orthanc_cohorts.cluster.settings import Settings
from orthanc_cohorts.cluster.snapshot import ClusterError

__all__ = ["Archive", "ClusterError", "Made", "Settings", "flatten_archive"]
