"""orthanc-cohorts: an Orthanc PACS as a multi-modal research database.

This file stays light: the plugin imports it inside Orthanc, where only the standard library may load.
"""

__version__ = "0.1.0"
