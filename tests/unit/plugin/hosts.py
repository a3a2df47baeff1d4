"""A host for unit tests: the members of the module `orthanc` that the plugin uses, in memory."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class OrthancException(Exception):
    """As the real one: arguments (code, text)."""


class Host:
    """Holds instances as files in a storage folder, and records what is logged and answered."""

    ChangeType = SimpleNamespace(
        DELETED=1,
        NEW_INSTANCE=3,
        ORTHANC_STARTED=10,
        ORTHANC_STOPPED=11,
        UPDATED_ATTACHMENT=12,
        UPDATED_METADATA=13,
    )
    ResourceType = SimpleNamespace(INSTANCE=3)
    MetricsType = SimpleNamespace(DEFAULT=0)
    OrthancException = OrthancException

    def __init__(self, storage: Path) -> None:
        self.storage = storage
        self.info: dict[str, dict[str, Any]] = {}
        self.data: dict[str, bytes] = {}
        self.logged: list[str] = []
        self.metrics: dict[str, float] = {}
        self.last = 7

    def keep(self, orthanc_id: str, uuid: str, data: bytes, on_disk: bool = True) -> None:
        """Let Orthanc hold an instance."""
        self.info[orthanc_id] = {
            "Uuid": uuid,
            "UncompressedSize": len(data),
            "CompressedSize": len(data),
            "UncompressedMD5": "0" * 32,
        }
        self.data[orthanc_id] = data
        if on_disk:
            path = self.storage / uuid[:2] / uuid[2:4] / uuid
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def RestApiGet(self, uri: str) -> bytes:
        if uri == "/changes?last":
            return json.dumps({"Last": self.last}).encode()
        orthanc_id = uri.split("/")[2]
        if orthanc_id not in self.info:
            raise OrthancException(17, "Unknown resource")
        return json.dumps(self.info[orthanc_id]).encode()

    def GetDicomForInstance(self, orthanc_id: str) -> bytes:
        if orthanc_id not in self.data:
            raise OrthancException(17, "Unknown resource")
        return self.data[orthanc_id]

    def SetMetricsValue(self, name: str, value: float, kind: int) -> None:
        self.metrics[name] = value

    def LogInfo(self, message: str) -> None:
        self.logged.append(message)

    LogWarning = LogError = LogInfo


class Output:
    """Records one answer; `arity` 3 is the form of plugin 4.0, 2 that of 4.2 and later."""

    def __init__(self, arity: int = 3) -> None:
        self.arity = arity
        self.status = 0
        self.body = b""
        self.headers: dict[str, str] = {}

    def AnswerBuffer(self, answer: bytes, mime: str) -> None:
        self.status, self.body = 200, answer
        self.headers["Content-Type"] = mime

    def SendHttpStatus(self, status: int, body: Any, *size: int) -> None:
        if 2 + len(size) != self.arity:
            raise TypeError("wrong number of arguments")
        if self.arity == 3:
            assert isinstance(body, str) and len(body.encode()) == size[0]
            body = body.encode()
        self.status, self.body = status, body

    def SetHttpHeader(self, name: str, value: str) -> None:
        self.headers[name] = value
