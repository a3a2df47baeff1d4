"""Where plugin, sidecar and command line meet: the path of the sidecar's socket.

Computes paths; makes and opens nothing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

MAX_SOCKET_BYTES = 107
"""`sun_path` of Linux holds 108 bytes with the final NUL."""


def fits(socket: Path) -> bool:
    """Tell whether a path is short enough for a socket."""
    return len(os.fsencode(socket)) <= MAX_SOCKET_BYTES


def socket_path(data_directory: Path) -> Path:
    """Return where the socket of a data directory is when no option names it.

    In the directory; where that lies too deep for a socket, in a private folder of the temporary one, named
    after the directory and its owner, who is the user that Orthanc runs as.
    """
    data = Path(os.path.abspath(data_directory))  # noqa: PTH100 (as the plugin: links are not followed)
    usual = data / "sidecar.sock"
    if fits(usual):
        return usual
    owner = data.stat().st_uid if data.exists() else os.getuid()
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"orthanc-cohorts-{owner}-{name}" / "sidecar.sock"
