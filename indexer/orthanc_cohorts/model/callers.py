"""How the plugin tells the sidecar who asks.

Knows the names of two headers; standard library only.
"""

from __future__ import annotations

USER_HEADER = "X-Cohorts-User"
"""Name of the caller in UTF-8; left out where nobody has vouched for one."""
ROLE_HEADER = "X-Cohorts-Role"
"""Role of the caller. The plugin always states one, `none` included: a request without it came otherwise."""
