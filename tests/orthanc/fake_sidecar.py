"""A sidecar that only looks like one, for tests of supervision and proxy; run as a program.

Takes orders on standard input as the real one does, writes what is pushed to `pushes.jsonl` in the data
directory, and misbehaves as the environment variable FAKE_SIDECAR_MODE says:
`crash` (ends at once), `stubborn` (ignores SIGTERM), `deaf` (never listens), `wire` (another version),
`picky` (refuses any push that has rows).
"""

from __future__ import annotations

import http.server
import json
import os
import signal
import socketserver
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

MODE = os.environ.get("FAKE_SIDECAR_MODE", "")


class Handler(http.server.BaseHTTPRequestHandler):
    """Echoes, sleeps and fails as the path says."""

    protocol_version = "HTTP/1.1"
    data_directory: Path
    taken = 0

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        if url.path == "/internal/v1/push":
            self._push(body)
        elif url.path == "/internal/v1/health":
            self._json(200, {"ready": True, "generation": self.taken, "cursor_seq": 0, "lag_changes": 3})
        elif url.path == "/cohorts/slow":
            time.sleep(float(parse_qs(url.query)["seconds"][0]))
            self._json(200, {"slept": True})
        elif url.path.startswith("/cohorts/status/"):
            self._json(int(url.path.rsplit("/", 1)[1]), {"status": "as asked"})
        elif url.path == "/cohorts/hang-up":
            self.close_connection = True
        elif url.path == "/cohorts/chunked":
            self._chunked()
        elif url.path == "/cohorts/headers":
            self._json(200, {}, {"ETag": '"1"', "Set-Cookie": "a=b", "Cache-Control": "no-store"})
        else:
            self._echo(body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def _push(self, body: bytes) -> None:
        push = json.loads(body)
        if MODE == "wire":
            self._json(409, {"detail": "wire"})
            return
        if MODE == "picky" and push["objects"]:
            self._json(422, {"detail": "rows"})
            return
        with (self.data_directory / "pushes.jsonl").open("ab") as file:
            file.write(json.dumps(push).encode() + b"\n")
        Handler.taken += 1
        self._json(200, {"generation": self.taken})

    def _echo(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        echo = {"method": self.command, "path": self.path, "headers": headers, "body": body.decode("utf-8")}
        self._json(200, echo)

    def _json(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _chunked(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(3):
            self.wfile.write(b"4\r\na,b\n\r\n")
            time.sleep(0.01)
        self.wfile.write(b"0\r\n\r\n")


class Server(socketserver.ThreadingUnixStreamServer):
    """Listens on a Unix socket."""

    daemon_threads = True
    request_queue_size = 64


def main() -> None:
    """Serve until standard input ends."""
    if MODE == "crash":
        sys.stderr.write("ERROR the fake crashes, as told\n")
        sys.exit(3)
    orders = json.loads(sys.stdin.buffer.readline())
    data_directory = Path(orders["data_directory"])
    (data_directory / "orders.json").write_text(json.dumps({**orders, "arguments": sys.argv[1:]}))
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE != "deaf":
        Handler.data_directory = data_directory
        Path(orders["socket"]).unlink(missing_ok=True)
        server = Server(orders["socket"], Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stderr.write("WARNING the fake listens\n")
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
