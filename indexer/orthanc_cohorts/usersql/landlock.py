"""Landlock: this process gives up files, networks and other processes for good (Linux 5.13 and later).

Knows the kernel's interface, landlock(7); nothing of what the process is for. Needs no privileges, and holds
for root too.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""The same numbers on every architecture that Linux gained since 5.1, and on those before but Alpha."""
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_READ_FILE = 1 << 2
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights to files a version of the interface knows, by the first version that does."""
_NETWORK_SINCE, _BIND_AND_CONNECT = 4, 0b11
_SCOPES_SINCE, _SOCKETS_AND_SIGNALS = 6, 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of the interface that this kernel has, 0 for none."""
    return max(0, _call(_CREATE_RULESET, None, 0, _VERSION))


def restrict_to_reading(*places: Path) -> None:
    """Leave this process nothing of all files but to read these, and those below them where they are folders.

    Nothing can be written, made, removed, run or listed; with Linux 6.7 no TCP connection be made, with 6.12
    no other process be signalled. What is open already stays so. It holds for the calling thread and those
    that it starts. Raises OSError: the kernel has no Landlock; RuntimeError: other threads run already.
    """
    known = version()
    if not known:
        raise OSError("this kernel has no Landlock (Linux 5.13 and later, where it is switched on)")
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("threads that run already would keep their rights")
    rules = _Ruleset(
        (1 << max(bits for since, bits in _FILE_RIGHTS.items() if since <= known)) - 1,
        _BIND_AND_CONNECT if known >= _NETWORK_SINCE else 0,
        _SOCKETS_AND_SIGNALS if known >= _SCOPES_SINCE else 0,
    )
    ruleset = _asked(_CREATE_RULESET, ctypes.byref(rules), ctypes.sizeof(rules), 0)
    try:
        for place in places:
            _allow(ruleset, place)
        if _libc.prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))):
            raise _error()
        _asked(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, place: Path) -> None:
    opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        beneath = _Beneath(_READ_FILE, opened)
        _asked(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(beneath), 0)
    finally:
        os.close(opened)


def _asked(number: int, *arguments: object) -> int:
    """Return what a system call answers. Raises OSError."""
    answer = _call(number, *arguments)
    if answer < 0:
        raise _error()
    return answer


def _call(number: int, *arguments: object) -> int:
    # Each argument fills a register; as an int half of it would be left as it was.
    wide = (ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
    answer: int = _libc.syscall(ctypes.c_long(number), *wide)
    return answer


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
