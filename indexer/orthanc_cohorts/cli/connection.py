"""One sidecar as the commands reach it: over its socket, or through the Orthanc that it belongs to.

Knows routes; prints nothing and decides nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from orthanc_cohorts.cli.configuration import known
from orthanc_cohorts.errors import CohortsError, ConfigurationError, DefinitionError, OrthancUnavailable
from orthanc_cohorts.rendezvous import socket_path
from orthanc_cohorts.sync.orthanc_client import LIMITS

COUNT = "/cohorts/api/v1/count"
STATUS = "/plugins/cohorts/status"
TIMEOUT_SECONDS = 60.0

Credentials = tuple[str, str] | None


class SidecarUnavailable(CohortsError):
    """Nobody answers at the socket, or the answer is an error; the message says what to do."""


def credentials(user: str | None) -> Credentials:
    """Return name and password: of `NAME:PASSWORD`, else of the environment, else None.

    Raises ConfigurationError: there is no colon.
    """
    if user is None:
        name = os.environ.get("ORTHANC_COHORTS_USER")
        return None if name is None else (name, os.environ.get("ORTHANC_COHORTS_PASSWORD", ""))
    name, colon, password = user.partition(":")
    if not (name and colon):
        raise ConfigurationError("--user takes NAME:PASSWORD")
    return name, password


class Orthanc:
    """Orthanc's REST API, as far as the commands ask it. Every method raises OrthancUnavailable."""

    def __init__(self, url: str, credentials: Credentials = None) -> None:
        self.url = url.rstrip("/")
        # Orthanc's certificate names the hospital, not the loopback address.
        verify = not url.startswith(("https://127.0.0.1", "https://localhost"))
        self._http = httpx.Client(
            base_url=self.url,
            auth=credentials,
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            verify=verify,
            limits=LIMITS,
        )

    def get(self, path: str, accept: tuple[int, ...] = (200,)) -> Any:
        """Return the JSON at a path."""
        return self._json(path, self.request("GET", path), accept)

    def request(
        self, method: str, path: str, content: bytes | None = None, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> httpx.Response:
        """Return an answer whatever its status, a refusal of credentials excepted."""
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            answer = self._http.request(
                method, path, content=content, headers=headers, timeout=timeout_seconds
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OrthancUnavailable(
                f"{self.url} does not answer ({_reason(error)}): is Orthanc running, and is this its address?"
            ) from error
        if answer.status_code == 401:
            raise OrthancUnavailable(
                f"{self.url} wants credentials: give --user NAME:PASSWORD, or set "
                "ORTHANC_COHORTS_USER and ORTHANC_COHORTS_PASSWORD"
            )
        if answer.status_code == 403:
            raise OrthancUnavailable(f"{self.url} refuses this user or this machine (403): {_detail(answer)}")
        return answer

    @contextmanager
    def streaming(self, path: str, timeout_seconds: float) -> Iterator[httpx.Response]:
        """Give an answer whatever its status, its body not read yet."""
        try:
            with self._http.stream("GET", path, timeout=timeout_seconds) as answer:
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OrthancUnavailable(f"{self.url} broke off ({_reason(error)}); see Orthanc's log") from error

    def plugin_status(self) -> dict[str, Any]:
        """Return what the plugin says of itself and of its sidecar."""
        answer = self.request("GET", STATUS)
        if answer.status_code == 404:
            raise OrthancUnavailable(
                f"the Orthanc at {self.url} runs without our plugin: `orthanc-cohorts install`, and restart"
            )
        status: dict[str, Any] = self._json(STATUS, answer, (200, 503))
        if not status.get("enabled"):
            raise OrthancUnavailable(f"the plugin at {self.url} is off: {status.get('reason')}")
        return status

    def _json(self, path: str, answer: httpx.Response, accept: tuple[int, ...]) -> Any:
        if answer.status_code not in accept:
            raise OrthancUnavailable(f"{self.url}{path} answered {answer.status_code}")
        try:
            return answer.json()
        except ValueError as error:
            raise OrthancUnavailable(f"{self.url}{path} answered something that is no JSON") from error


class Sidecar:
    """A sidecar behind a socket, or behind an Orthanc.

    Every method raises SidecarUnavailable or OrthancUnavailable.
    """

    def __init__(self, socket: Path | None, orthanc: Orthanc | None) -> None:
        """At least one of them is given; the socket is preferred."""
        self.socket, self.orthanc = socket, orthanc

    def health(self) -> dict[str, Any]:
        """Return how far the index is behind, and what the sidecar is doing."""
        if self.socket is not None:
            found: dict[str, Any] = self._over_socket("GET", "/internal/v1/health").json()
            return found
        assert self.orthanc is not None
        sidecar = self.orthanc.plugin_status()["sidecar"]
        if not sidecar.get("health"):
            raise SidecarUnavailable(
                f"the sidecar of {self.orthanc.url} does not answer (its process: {sidecar.get('state')}); "
                "see Orthanc's log"
            )
        return dict(sidecar["health"])

    def reconcile(self) -> None:
        """Have the index compared with Orthanc, from now on."""
        socket = self.socket
        if socket is None:
            assert self.orthanc is not None
            socket = Path(self.orthanc.plugin_status()["sidecar"].get("socket") or "")
        self._over_socket("POST", "/internal/v1/reconcile", b"{}", socket)

    def count(self, definition: bytes) -> dict[str, Any]:
        """Return the answer of the count route. Raises DefinitionError too: the definition is wrong."""
        found: dict[str, Any] = self.ask("POST", COUNT, definition).json()
        return found

    def ask(
        self, method: str, path: str, content: bytes | None = None, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> httpx.Response:
        """Return the answer of a route below /cohorts, 200 or 201.

        Raises DefinitionError too: what was sent is wrong. SidecarUnavailable: any other refusal.
        """
        if self.socket is not None:
            answer = self._over_socket(method, path, content, None, timeout_seconds)
        else:
            assert self.orthanc is not None
            answer = self.orthanc.request(method, path, content, timeout_seconds)
        if answer.status_code not in (200, 201):
            raise _refusal(answer)
        return answer

    def _over_socket(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        socket: Path | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> httpx.Response:
        where = socket or self.socket
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            with httpx.Client(
                transport=httpx.HTTPTransport(uds=str(where)),
                base_url="http://sidecar",
                timeout=timeout_seconds,
                trust_env=False,
            ) as http:
                return http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise SidecarUnavailable(
                f"no sidecar answers at {where} ({_reason(error)}): is Orthanc running? "
                "Only its user and root may reach the socket: do you need sudo?"
            ) from error

    @contextmanager
    def streaming(self, path: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Iterator[httpx.Response]:
        """Give the answer of a route below /cohorts, 200, its body not read yet."""
        if self.socket is None:
            assert self.orthanc is not None
            with self.orthanc.streaming(path, timeout_seconds) as answer:
                yield _accepted(answer)
            return
        try:
            with (
                httpx.Client(
                    transport=httpx.HTTPTransport(uds=str(self.socket)),
                    base_url="http://sidecar",
                    timeout=timeout_seconds,
                    trust_env=False,
                ) as http,
                http.stream("GET", path) as answer,
            ):
                yield _accepted(answer)
        except httpx.HTTPError as error:
            raise SidecarUnavailable(
                f"the sidecar at {self.socket} does not answer or broke off ({_reason(error)}): is Orthanc "
                "running, is the time limit long enough? Only its user and root may reach the socket"
            ) from error


def find(socket: Path | None, data_directory: Path | None, url: str | None, user: str | None) -> Sidecar:
    """Return the sidecar that the options name; without any, the one of this machine's /etc/orthanc.

    Raises ConfigurationError: nothing names one.
    """
    login = credentials(user)
    orthanc = None if url is None else Orthanc(url, login)
    if socket is not None:
        return Sidecar(socket, orthanc)
    if data_directory is not None:
        return Sidecar(socket_path(data_directory), orthanc)
    if orthanc is not None:
        return Sidecar(None, orthanc)
    here = known()
    if here is None:
        raise ConfigurationError(
            "name a sidecar with --socket or --data-directory, or its Orthanc with --url"
        )
    return Sidecar(_usable(here.socket), Orthanc(here.url, login))


def _accepted(answer: httpx.Response) -> httpx.Response:
    """Return an answer that began well. Raises what a problem document states."""
    if answer.status_code != 200:
        answer.read()
        raise _refusal(answer)
    return answer


def _usable(socket: Path | None) -> Path | None:
    try:
        return socket if socket is not None and os.access(socket, os.W_OK) else None
    except OSError:
        return None


def unanswerable(faults: Iterable[tuple[str, str]], what: str = "definition") -> DefinitionError:
    """Return the error of a definition that cannot be answered, or of what else was asked.

    faults: JSON pointers, and what is wrong there.
    """
    lines = [f"{pointer or '(the whole)'}: {detail}" for pointer, detail in faults]
    return DefinitionError("\n  ".join([f"the {what} cannot be answered:", *lines]))


def _refusal(answer: httpx.Response) -> CohortsError:
    """Return the error that a problem document states; Orthanc may lose its content type on the way."""
    try:
        problem = answer.json()
        detail = str(problem.get("detail") or problem.get("title") or answer.status_code)
        faults = problem.get("errors") or []
    except (ValueError, AttributeError):
        detail, faults = f"status {answer.status_code}", []
    if answer.status_code in (400, 422):
        what = "statement" if detail.startswith("the statement") else "definition"
        return unanswerable([(one["pointer"], one["detail"]) for one in faults] or [("", detail)], what)
    return SidecarUnavailable(detail)


def _detail(answer: httpx.Response) -> str:
    """Return what a problem document says; "no reason given" where it is none, as where Orthanc refuses."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, LookupError, TypeError):
        return "no reason given"


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
