"""What we use of the module `orthanc` that Orthanc's Python plugin offers, as protocols.

Types only. A test inside a running Orthanc compares them with the real module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

ChangeCallback = Callable[[int, int, str], None]
RestCallback = Callable[..., None]


class RestOutput(Protocol):
    """One answer in the making; exactly one of AnswerBuffer and SendHttpStatus ends it."""

    def AnswerBuffer(self, answer: bytes | str, mime: str, /) -> None: ...

    # 4.0 and 4.1 take (status, text, bytes in text), later versions (status, body).
    SendHttpStatus: Callable[..., None]

    def SetHttpHeader(self, key: str, value: str, /) -> None: ...


class ChangeTypes(Protocol):
    """Kinds of change events; the values are the same in 4.0 to 7.1."""

    DELETED: int
    NEW_INSTANCE: int
    ORTHANC_STARTED: int
    ORTHANC_STOPPED: int
    UPDATED_ATTACHMENT: int
    UPDATED_METADATA: int


class ResourceTypes(Protocol):
    """Levels of resources."""

    INSTANCE: int


class MetricsTypes(Protocol):
    """Kinds of metrics."""

    DEFAULT: int


class Orthanc(Protocol):
    """The module `orthanc`: what this plugin asks of its host."""

    ChangeType: ChangeTypes
    ResourceType: ResourceTypes
    MetricsType: MetricsTypes
    OrthancException: type[Exception]

    def GetConfiguration(self) -> str: ...
    def GetConfigurationPath(self) -> str: ...
    def GenerateRestApiAuthorizationToken(self) -> str: ...
    def GetDicomForInstance(self, instance: str, /) -> bytes: ...
    def RestApiGet(self, uri: str, /) -> bytes: ...
    def RegisterOnChangeCallback(self, callback: ChangeCallback, /) -> None: ...
    def RegisterRestCallback(self, uri: str, callback: RestCallback, /) -> None: ...
    def ExtendOrthancExplorer(self, javascript: str, /) -> None: ...
    def SetRootUri(self, uri: str, /) -> None: ...
    def SetMetricsValue(self, name: str, value: float, kind: int, /) -> None: ...
    def LogInfo(self, message: str, /) -> None: ...
    def LogWarning(self, message: str, /) -> None: ...
    def LogError(self, message: str, /) -> None: ...


MEMBERS: dict[str, tuple[str, ...]] = {
    kind: tuple(name for name in (*vars(protocol), *protocol.__annotations__) if not name.startswith("_"))
    for kind, protocol in {
        "": Orthanc,
        "ChangeType": ChangeTypes,
        "ResourceType": ResourceTypes,
        "MetricsType": MetricsTypes,
        "RestOutput": RestOutput,
    }.items()
}
"""Names that the real module must have, by attribute of the module ("" is the module itself)."""


def unknown_resource(error: Exception) -> bool:
    """Whether an OrthancException says that the resource does not exist.

    Its arguments are (code, text); 17 is UnknownResource (measured on 1.10.1).
    """
    arguments: tuple[Any, ...] = error.args
    return bool(arguments) and arguments[0] == 17
