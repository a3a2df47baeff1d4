"""Orthanc's REST API, as far as indexing needs it.

Knows routes and JSON; nothing of the index.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx

from orthanc_cohorts.errors import OrthancUnavailable

LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=0.3)
"""Orthanc closes connections that idle for 1 s (measured on 1.10.1): a request on one that it is just
closing fails, and who asks every second meets that (seen in tests against 1.12.7)."""


class Attachment(NamedTuple):
    """The stored file of an instance. stored_bytes differs from size_bytes when Orthanc compresses."""

    uuid: str
    md5: str | None
    size_bytes: int
    stored_bytes: int


class Parents(NamedTuple):
    """Orthanc's identifiers above an instance."""

    series_id: str
    study_id: str
    patient_id: str


class Change(NamedTuple):
    """One entry of the change log."""

    seq: int
    kind: str
    orthanc_id: str


class Changes(NamedTuple):
    """A page of the change log; last: the last Seq of the page, or of the log when the page is empty."""

    entries: list[Change]
    done: bool
    last: int


class OrthancClient:
    """A connection pool to one Orthanc; may be used from several threads.

    Every method raises OrthancUnavailable when Orthanc does not answer or answers with an error; a resource
    that is not there is None.
    """

    def __init__(self, url: str, authorization: str | None = None, timeout_s: float = 60.0) -> None:
        headers = {"Authorization": authorization} if authorization else {}
        # Orthanc's certificate names the hospital, not the loopback address that the sidecar uses.
        verify = not url.startswith(("https://127.0.0.1", "https://localhost"))
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=timeout_s,
            verify=verify,
            trust_env=False,
            follow_redirects=False,
            limits=LIMITS,
        )
        self.url = url

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def last_seq(self) -> int:
        """Return the Seq of the last change that Orthanc has logged."""
        return int(self._json("/changes", {"last": ""})["Last"])

    def changes(self, since: int, limit: int) -> Changes:
        """Return the changes behind a Seq, oldest first."""
        page = self._json("/changes", {"since": str(since), "limit": str(limit)})
        entries = [Change(int(c["Seq"]), c["ChangeType"], c["ID"]) for c in page["Changes"]]
        return Changes(entries, bool(page["Done"]), int(page["Last"]))

    def attachment(self, orthanc_id: str) -> Attachment | None:
        """Return the stored file of an instance, None when the instance is gone."""
        info = self._json(f"/instances/{orthanc_id}/attachments/dicom/info", missing=None)
        if info is None:
            return None
        return Attachment(
            info["Uuid"],
            info.get("UncompressedMD5") or None,
            int(info["UncompressedSize"]),
            int(info["CompressedSize"]),
        )

    def parents(self, orthanc_id: str) -> Parents | None:
        """Return the identifiers of an instance's parents, None when it is gone."""
        instance = self._json(f"/instances/{orthanc_id}", missing=None)
        series = instance and self._json(f"/series/{instance['ParentSeries']}", missing=None)
        study = series and self._json(f"/studies/{series['ParentStudy']}", missing=None)
        if not study:
            return None
        return Parents(instance["ParentSeries"], series["ParentStudy"], study["ParentPatient"])

    def main_tags(self, orthanc_id: str) -> dict[str, str]:
        """Return the tags that Orthanc itself keeps of an instance and its parents, by keyword."""
        tags: dict[str, str] = {}
        level, name = "instances", orthanc_id
        for parent, next_level in (
            ("ParentSeries", "series"),
            ("ParentStudy", "studies"),
            ("ParentPatient", "patients"),
        ):
            resource = self._json(f"/{level}/{name}", missing=None)
            if resource is None:
                return tags
            tags.update(resource.get("MainDicomTags", {}))
            level, name = next_level, resource[parent]
        tags.update((self._json(f"/{level}/{name}", missing=None) or {}).get("MainDicomTags", {}))
        return tags

    def file(self, orthanc_id: str) -> bytes | None:
        """Return the bytes of an instance, None when it is gone."""
        response = self._get(f"/instances/{orthanc_id}/file", None)
        return None if response.status_code == 404 else response.content

    def series_page(self, since: int, limit: int) -> list[dict[str, Any]]:
        """Return a page of series with `ID`, `Instances` and `LastUpdate`, in Orthanc's own order."""
        return list(self._json("/series", {"expand": "", "since": str(since), "limit": str(limit)}))

    def series(self, orthanc_id: str) -> dict[str, Any] | None:
        """Return one series, None when it is gone."""
        found: dict[str, Any] | None = self._json(f"/series/{orthanc_id}", missing=None)
        return found

    def instances_page(self, since: int, limit: int) -> list[tuple[str, str]]:
        """Return a page of (instance, UUID of its file), in Orthanc's own order."""
        page = self._json("/instances", {"expand": "", "since": str(since), "limit": str(limit)})
        return [(instance["ID"], instance.get("FileUuid", "")) for instance in page]

    def statistics(self) -> dict[str, Any]:
        """Return Orthanc's own counts of patients, studies, series and instances."""
        return dict(self._json("/statistics"))

    def system(self) -> dict[str, Any]:
        """Return Orthanc's version and name."""
        return dict(self._json("/system"))

    def _json(self, path: str, params: dict[str, str] | None = None, **missing: Any) -> Any:
        """Return the JSON of a route; `missing=...` is what a 404 means, without it a 404 is an error."""
        response = self._get(path, params)
        if response.status_code == 404 and "missing" in missing:
            return missing["missing"]
        if response.status_code != 200:
            raise OrthancUnavailable(f"{self.url}{path} answered {response.status_code}")
        try:
            return response.json()
        except ValueError as error:
            raise OrthancUnavailable(f"{self.url}{path} answered something that is no JSON") from error

    def _get(self, path: str, params: dict[str, str] | None) -> httpx.Response:
        try:
            response = self._http.get(path, params=params)
        except httpx.HTTPError as error:
            raise OrthancUnavailable(
                f"{self.url}{path}: {type(error).__name__}; is Orthanc running?"
            ) from error
        if response.status_code in (401, 403):
            raise OrthancUnavailable(
                f"{self.url}{path} refused the sidecar's credentials ({response.status_code})"
            )
        if response.status_code >= 500:
            raise OrthancUnavailable(f"{self.url}{path} answered {response.status_code}")
        return response
