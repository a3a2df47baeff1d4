"""orthanc_cohorts_plugin: the part of orthanc-cohorts that runs inside Orthanc's Python.

Standard library only. A script of Orthanc calls `setup(orthanc)`; see `entry/` for the ready one.
"""

from __future__ import annotations

from orthanc_cohorts_plugin.plugin import setup

__all__ = ["setup"]
