"""A client of the routes in this process, and what tests of them share.

Knows HTTP and the application; no server, no Orthanc.
"""

from __future__ import annotations

from typing import Any

import httpx
from anyio.from_thread import start_blocking_portal

from orthanc_cohorts.api import create_app

API = "/cohorts/api/v1"
ALL = {"version": 1, "unit": "patient"}


class Client:
    """Requests to an application in this process, each on its own event loop turn."""

    def __init__(self, index: Any, **options: Any) -> None:
        options = {"internal": None, "status": lambda: {"ready": True, "generation": 1}, **options}
        self._app = create_app(index, **options)
        self._portal = start_blocking_portal()
        self.portal = self._portal.__enter__()

    def close(self) -> None:
        self._portal.__exit__(None, None, None)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://sidecar") as client:
                return await client.request(method, path, **more)

        return self.portal.call(send)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return self.ask("POST", API + path, json=body, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", API + path, **more)


def media_type(response: httpx.Response) -> str:
    """Return what an answer says it is.

    Through Orthanc 1.12.2 and later an error has two Content-Type fields: ours, then `text/plain` by Orthanc.
    """
    return response.headers.get_list("content-type")[0]


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert media_type(response) == "application/problem+json"
    content: dict[str, Any] = response.json()
    assert content["status"] == status and content["title"] and content["detail"]
    return content
