"""Where files go: an address with credentials, and connections to it.

Knows HTTP of the standard library: to send a report with it took 0.4 ms of processor time, with httpx 1.2 ms,
which on a small machine Orthanc would lack.
"""

from __future__ import annotations

import base64
import http.client
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from orthanc_cohorts.errors import CohortsError, ConfigurationError

TIMEOUT_SECONDS = 600.0
"""Orthanc may take long over a large file, and writes one at a time into its database."""
_IDLE_SECONDS = 0.3
"""Orthanc closes what idles for 1 s; a request on a connection that it is just closing is lost."""
_LOOPBACK = ("127.0.0.1", "localhost")
Body = bytes | Iterable[bytes]


class Broken(CohortsError):
    """A connection could not be made, or broke."""


class Refused(CohortsError):
    """The address takes nothing from this user or machine."""


class Answer(NamedTuple):
    """An answer, read to its end."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """An Orthanc.

    credentials: name and password. dicomweb: where DICOMweb is below the address; None: REST.
    """

    url: str
    credentials: tuple[str, str] | None = None
    dicomweb: str | None = None


class Connection:
    """One connection to a target, made when needed. Not for several threads at once."""

    def __init__(self, target: Target) -> None:
        """Raises ConfigurationError: the address is none."""
        parts = urlsplit(target.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"{target.url} is no address such as http://127.0.0.1:8042")
        self._root = parts.path.rstrip("/")
        self._headers: dict[str, str] = {}
        if target.credentials is not None:
            login = base64.b64encode(":".join(target.credentials).encode()).decode()
            self._headers["Authorization"] = f"Basic {login}"
        self._http = _http(parts.scheme, parts.hostname, parts.port)
        self._used = 0.0

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: Body = b"", length: int | None = None
    ) -> Answer:
        """Return an answer whatever its status. length: of a body in pieces. Raises Broken."""
        if time.monotonic() - self._used > _IDLE_SECONDS:
            self._http.close()
        told = {**self._headers, **headers}
        if method != "GET":
            told["Content-Length"] = str(len(body) if isinstance(body, bytes) else length)
        try:
            self._http.request(method, self._root + path, body or None, told)
            answer = self._http.getresponse()
            found = Answer(answer.status, answer.read())
        except (http.client.HTTPException, OSError) as error:
            self._http.close()
            raise Broken(str(error) or type(error).__name__) from error
        except BaseException:
            self._http.close()  # in the middle of a request: nobody can use it any more
            raise
        self._used = time.monotonic()
        return found

    def close(self) -> None:
        """Close it; the next request opens another."""
        self._http.close()


def _http(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS, blocksize=1 << 17)
    # Orthanc's certificate names the hospital, not the loopback address.
    context = ssl._create_unverified_context() if host in _LOOPBACK else ssl.create_default_context()
    return http.client.HTTPSConnection(
        host, port, timeout=TIMEOUT_SECONDS, blocksize=1 << 17, context=context
    )
