"""Keeping Python's state of a foreign thread between its calls.

Knows CPython's C API, nothing of Orthanc.
"""

from __future__ import annotations

import ctypes
import threading

_kept: set[int] = set()


def keep() -> None:
    """Have the calling thread's Python state live as long as the thread; call it as often as you like.

    Orthanc's plugin enters Python anew for every event, and CPython makes and unmaps a state each time:
    0.16 ms of CPU per stored instance, 0.07 ms with the state kept (measured, Orthanc 1.10.1). One more
    PyGILState_Ensure than Release keeps it; the interpreter frees it at its end.
    """
    thread = threading.get_ident()
    if thread not in _kept:
        _kept.add(thread)
        ctypes.pythonapi.PyGILState_Ensure()
