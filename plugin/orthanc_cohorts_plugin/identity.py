"""Who calls: the user that Orthanc itself has authenticated.

Never logs a header, and believes nothing that Orthanc did not check.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


class Callers:
    """The registered users of this Orthanc, by the credentials that a request carries."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        """configuration: Orthanc's own, as `GetConfiguration` gives it."""
        self._users: dict[str, str] = {}
        if not authenticates(configuration):
            return
        # Without registered users, Orthanc falls back on this one (ServerContext of 1.10.1, main.cpp).
        registered = configuration.get("RegisteredUsers") or {"orthanc": "orthanc"}
        for name, password in registered.items():
            self._users[base64.b64encode(f"{name}:{password}".encode()).decode()] = name

    def name(self, headers: Mapping[str, str]) -> str | None:
        """Return the name of the calling user, None when Orthanc does not authenticate or it is no user.

        headers: of the request, lower-case names. Only credentials of a registered user count, since
        another plugin may have let the request in for reasons of its own.
        """
        kind, _, credentials = headers.get("authorization", "").partition(" ")
        return self._users.get(credentials.strip()) if kind == "Basic" else None


def authenticates(configuration: Mapping[str, Any]) -> bool:
    """Whether Orthanc asks for credentials: as configured, else whenever remote access is allowed."""
    return bool(configuration.get("AuthenticationEnabled", configuration.get("RemoteAccessAllowed", False)))
