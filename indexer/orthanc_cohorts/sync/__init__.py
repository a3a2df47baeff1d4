"""Keeping the index equal to Orthanc: following its change log, comparing, reading what is missing.

Talks to Orthanc's REST API and to the index; knows nothing of cohorts.
"""
