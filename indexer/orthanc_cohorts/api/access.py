"""Who may ask what: the least role of every route, and who sent a request.

Knows paths and headers; answers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from orthanc_cohorts.config import NO_ROLE, ROLES
from orthanc_cohorts.model.callers import ROLE_HEADER, USER_HEADER

VIEWER, ANALYST, ADMIN = ROLES
PREFIX = "/cohorts/api/v1"
_USER = USER_HEADER.lower().encode()
_ROLE = ROLE_HEADER.lower().encode()


@dataclass(frozen=True, slots=True)
class Access:
    """A route and all below it. least: role that it needs. audited: whether each answer leaves a line.

    to_change: role that POST, PUT and DELETE need where they change something.
    """

    path: str
    least: str
    audited: bool = True
    to_change: str | None = None


ROUTES: tuple[Access, ...] = (
    Access("/cohorts/", VIEWER, audited=False),
    Access(f"{PREFIX}/status", VIEWER, audited=False),
    Access(f"{PREFIX}/openapi.json", VIEWER, audited=False),
    Access(f"{PREFIX}/schema", VIEWER, audited=False),
    Access(f"{PREFIX}/docs", VIEWER, audited=False),
    # For a scraper that need not be allowed more; `fields` tells a viewer more than these numbers.
    Access(f"{PREFIX}/metrics", VIEWER, audited=False),
    Access(f"{PREFIX}/fields", VIEWER),
    Access(f"{PREFIX}/concepts", VIEWER),
    Access(f"{PREFIX}/count", VIEWER),
    Access(f"{PREFIX}/facets", VIEWER),
    Access(f"{PREFIX}/attrition", VIEWER),
    Access(f"{PREFIX}/compare", VIEWER),
    Access(f"{PREFIX}/cohorts", VIEWER, to_change=ANALYST),
    Access(f"{PREFIX}/patients", ANALYST),
    Access(f"{PREFIX}/studies", ANALYST),
    Access(f"{PREFIX}/documents", ANALYST),
    Access(f"{PREFIX}/conformance", ANALYST),
    Access(f"{PREFIX}/table", ANALYST),
    Access(f"{PREFIX}/datasets", ANALYST),
    Access(f"{PREFIX}/sql", ANALYST),
    Access(f"{PREFIX}/crosswalks", ADMIN),
    Access(f"{PREFIX}/reidentify", ADMIN),
    Access(f"{PREFIX}/erase", ADMIN),
    Access(f"{PREFIX}/publish", ADMIN),
    Access(f"{PREFIX}/lake", ANALYST, to_change=ADMIN),
    Access(f"{PREFIX}/problems", ADMIN),
    # The plugin's own; nothing under this name is ever forwarded.
    Access("/internal/v1", ADMIN, audited=False),
)
"""The table. Whoever adds a route adds a row."""
OTHER = Access("other", ADMIN)
"""What the table does not name. Its path is what a caller made up, so that the log does not repeat it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """name: None when nobody vouches for one. role: one of `config.ROLES`, or `none`."""

    name: str | None
    role: str

    def may(self, access: Access) -> bool:
        """Whether the role is enough."""
        return self.role in ROLES and ROLES.index(self.role) >= ROLES.index(access.least)


def access(path: str, method: str = "GET") -> Access:
    """Return the row for a path, decoded, as the routes are matched against it, and a method."""
    for row in ROUTES:
        if path == row.path or path.startswith(f"{row.path}/"):
            if row.to_change is not None and method not in ("GET", "HEAD"):
                return replace(row, least=row.to_change)
            return row
    return OTHER


def caller(headers: Iterable[tuple[bytes, bytes]]) -> Caller:
    """Return who sent a request; headers: of ASGI, lower-case names.

    The plugin states a role with all that it forwards. A request that states nothing came over the socket,
    which only the user of the sidecar and root can reach: it is the machine's own admin.
    """
    users: list[str] = []
    roles: list[str] = []
    for name, value in headers:
        if name == _USER:
            users.append(value.decode("utf-8", "replace"))
        elif name == _ROLE:
            roles.append(value.decode("ascii", "replace"))
    if not users and not roles:
        return Caller(None, ADMIN)
    role = roles[0] if len(roles) == 1 and len(users) <= 1 and roles[0] in ROLES else NO_ROLE
    return Caller(users[0] if len(users) == 1 else None, role)


def refusal(who: Caller, access: Access) -> str:
    """Return what to say to a caller whose role is not enough."""
    needed = f"this route needs the role {access.least}, and the caller has {who.role}; "
    if who.name is not None:
        return f"{needed}an administrator gives roles in Cohorts.Roles of Orthanc's configuration"
    return (
        f"{needed}nobody vouches for the caller's name: let Orthanc authenticate (AuthenticationEnabled, "
        "RegisteredUsers) and set Cohorts.Roles, or give everybody a role with Cohorts.AnonymousRole"
    )
