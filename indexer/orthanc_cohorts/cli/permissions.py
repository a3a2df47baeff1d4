"""Whether another user can reach a file: the mode bits of the file and of every folder above it.

Changes nothing; knows no access control lists.
"""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path


def obstacle(path: Path, user: pwd.struct_passwd) -> Path | None:
    """Return the first folder or file that keeps a user from reading `path`, None when nothing does.

    A symbolic link is followed: both the way to it and to what it means count. Raises OSError.
    """
    groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
    # sys.executable of a virtual environment is a link: both ways to the interpreter must be open.
    for way in dict.fromkeys((path.absolute(), path.resolve())):
        for step in (*reversed(way.parents), way):
            status = step.stat()
            wanted = os.X_OK if stat.S_ISDIR(status.st_mode) else os.R_OK
            if not _grants(status, wanted, user.pw_uid, groups):
                return step
    return None


def _grants(status: os.stat_result, wanted: int, uid: int, groups: set[int]) -> bool:
    if uid == 0:
        return True
    if status.st_uid == uid:
        bits = status.st_mode >> 6
    elif status.st_gid in groups:
        bits = status.st_mode >> 3
    else:
        bits = status.st_mode
    return bits & wanted == wanted
