"""An application on a Unix socket of a real server, and callers that can hang up.

Knows HTTP and uvicorn; nothing of what is asked.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI


class Served:
    """A server for the length of a test."""

    def __init__(self, folder: Path, app: FastAPI) -> None:
        self.path = str(folder / "s.sock")
        self._server = uvicorn.Server(
            uvicorn.Config(app, uds=self.path, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        wait(lambda: self._server.started)
        self.client = httpx.Client(
            transport=httpx.HTTPTransport(uds=self.path), base_url="http://sidecar", timeout=60
        )

    def close(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    def hanging(self, path: str, body: Any) -> socket.socket:
        """Send a request over a connection of its own; return it."""
        caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        caller.connect(self.path)
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
        caller.sendall(head.encode() + content)
        return caller


def wait(condition: Callable[[], Any]) -> None:
    """Return as soon as a condition holds; fail after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
