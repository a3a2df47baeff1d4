"""The REST routes under `/cohorts/`, as an ASGI application that the sidecar serves."""

from orthanc_cohorts.api.app import create_app

__all__ = ["create_app"]
