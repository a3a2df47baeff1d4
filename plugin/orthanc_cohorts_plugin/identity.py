"""Who calls: the user that Orthanc itself has authenticated, or whom a trusted proxy names, and the role.

Never logs a header, and believes nothing that was not checked.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from orthanc_cohorts.config import Settings
from orthanc_cohorts.errors import ConfigurationError

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Caller(NamedTuple):
    """name: None when nobody vouches for one. role: one of `config.ROLES`, or `none`."""

    name: str | None
    role: str


class Callers:
    """The users of this Orthanc, by what a request carries, and their roles."""

    def __init__(self, configuration: Mapping[str, Any], settings: Settings) -> None:
        """configuration: Orthanc's own, as `GetConfiguration` gives it.

        Raises ConfigurationError: TrustedUserHeader is no name of a header, or that of the credentials.
        """
        self._roles: Mapping[str, str] = settings["Roles"]
        self._anonymous: str = settings["AnonymousRole"]
        # Orthanc hands out lower-case names.
        self._trusted: str = settings["TrustedUserHeader"].lower()
        if self._trusted and (
            not _HEADER_NAME.fullmatch(self._trusted) or self._trusted in ("authorization", "cookie")
        ):
            raise ConfigurationError("Cohorts.TrustedUserHeader takes the name of a header of its own")
        self.refusal = _label_refusal(configuration, settings)
        """Why nobody is answered, None where everybody may be."""
        self._users: dict[str, str] = {}
        if not authenticates(configuration):
            return
        # Without registered users, Orthanc falls back on this one (ServerContext of 1.10.1, main.cpp).
        registered = configuration.get("RegisteredUsers") or {"orthanc": "orthanc"}
        for name, password in registered.items():
            self._users[base64.b64encode(f"{name}:{password}".encode()).decode()] = name

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Return who sent a request; headers: lower-case names."""
        name = self._name(headers)
        return Caller(name, self._anonymous if name is None else self._roles.get(name, self._anonymous))

    def _name(self, headers: Mapping[str, str]) -> str | None:
        """Return the name of the calling user, None when Orthanc does not authenticate or it is no user.

        The trusted header goes first, since its proxy may use credentials of its own. Only credentials of a
        registered user count, since another plugin may have let the request in for reasons of its own.
        """
        name = headers.get(self._trusted, "").strip() if self._trusted else ""
        if not name:
            kind, _, credentials = headers.get("authorization", "").partition(" ")
            name = self._users.get(credentials.strip(), "") if kind == "Basic" else ""
        return name if name and name.isprintable() else None


def _label_refusal(configuration: Mapping[str, Any], settings: Settings) -> str | None:
    section = configuration.get("Authorization")
    if settings["LabelRestriction"] == "ignore" or not isinstance(section, Mapping):
        return None
    # Later versions of the authorization plugin have a switch of their own.
    if section.get("Enable", True) is False:
        return None
    return (
        "The authorization plugin may restrict users to studies with certain labels, which the index "
        "does not know. If labels restrict nobody here, set Cohorts.LabelRestriction to `ignore`."
    )


def authenticates(configuration: Mapping[str, Any]) -> bool:
    """Whether Orthanc asks for credentials: as configured, else whenever remote access is allowed."""
    return bool(configuration.get("AuthenticationEnabled", configuration.get("RemoteAccessAllowed", False)))
