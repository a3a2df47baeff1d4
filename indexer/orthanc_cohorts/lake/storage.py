"""Objects of a bucket below a prefix, through Arrow's file systems.

Credentials come by the chain that all tools of AWS share (environment, ~/.aws, the machine's role), never by
address. Knows no lake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.fs

from orthanc_cohorts.errors import ConfigurationError, LakeUnavailable

_OPTIONS = ("region", "scheme", "endpoint_override", "tls_ca_file_path")
_ONE_REQUEST = "allow_delayed_open=true"
"""A small object is one request; else each is a multipart upload, of which a kill would leave parts."""
_CODE = re.compile(r"AWS Error (\w+)(?: during (\w+) operation)?")
_REASONS = {
    "ACCESS_DENIED": "access is denied; the credentials must be known there, and may list, read, write and "
    "delete objects",
    "INVALID_ACCESS_KEY_ID": "the access key is not known there",
    "INVALID_CLIENT_TOKEN_ID": "the access key is not known there",
    "INVALID_SIGNATURE": "the secret key does not fit the access key",
    "SIGNATURE_DOES_NOT_MATCH": "the secret key does not fit the access key",
    "NETWORK_CONNECTION": "it cannot be reached; look at endpoint_override and scheme, or at the network",
    "NO_SUCH_BUCKET": "there is no such bucket; make it first",
}


class Storage:
    """The objects below `s3://bucket/prefix`; keys are relative to it. Nothing is asked before the first use.

    Every method raises LakeUnavailable: the storage cannot be reached or refuses.
    """

    def __init__(self, address: str) -> None:
        """address: `s3://bucket/prefix?region=...`, as Arrow takes it. Raises ConfigurationError."""
        parts = urlsplit(address)
        stated = parse_qs(parts.query)
        if parts.username is not None or parts.password is not None:
            raise ConfigurationError(
                "an address of object storage holds no credentials, since addresses are logged: set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws/credentials or a role of the machine"
            )
        self.bucket, self._prefix = parts.netloc, unquote(parts.path).strip("/")
        if parts.scheme != "s3" or not self.bucket:
            raise ConfigurationError("object storage is s3://bucket/prefix?region=...")
        for option in stated:
            if option not in _OPTIONS:
                raise ConfigurationError(
                    f"s3://{self.bucket} takes the options {', '.join(_OPTIONS)}, not {option}"
                )
        self.options = {name: values[-1] for name, values in stated.items()}
        self._address = f"{address}{'&' if parts.query else '?'}{_ONE_REQUEST}"

    @property
    def where(self) -> str:
        """The address without options."""
        return f"s3://{self.path('').rstrip('/')}"

    @cached_property
    def filesystem(self) -> pyarrow.fs.FileSystem:
        """What opens `path`. Without a region in the address it is asked for."""
        with self._told():
            return pyarrow.fs.FileSystem.from_uri(self._address)[0]

    def path(self, key: str) -> str:
        """Return where an object lies in `filesystem`."""
        return "/".join(part for part in (self.bucket, self._prefix, key) if part)

    def check(self) -> None:
        """Make sure that there is such a bucket."""
        with self._told():
            if self.filesystem.get_file_info(self.bucket).type == pyarrow.fs.FileType.NotFound:
                raise LakeUnavailable(f"{self.where}: {_REASONS['NO_SUCH_BUCKET']}")

    def size(self, key: str) -> int | None:
        """Return the size of an object, bytes; None where there is none."""
        with self._told():
            found = self.filesystem.get_file_info(self.path(key))
            return int(found.size) if found.type == pyarrow.fs.FileType.File else None

    def read(self, key: str) -> bytes | None:
        """Return an object, None where there is none."""
        with self._told():
            try:
                with self.filesystem.open_input_stream(self.path(key)) as stream:
                    return bytes(stream.read())
            except FileNotFoundError:
                return None

    def write(self, key: str, content: bytes) -> None:
        """Write an object, at once or not at all."""
        with self._told(), self.filesystem.open_output_stream(self.path(key)) as stream:
            stream.write(content)

    def upload(self, file: Path, key: str) -> None:
        """Copy a file of this machine into an object, at once or not at all.

        Arrow closes what it could not copy whole, which makes an object of it: so its size is looked at.
        """
        with self._told():
            pyarrow.fs.copy_files(
                str(file),
                self.path(key),
                source_filesystem=pyarrow.fs.LocalFileSystem(),
                destination_filesystem=self.filesystem,
            )
        if self.size(key) != file.stat().st_size:
            self.delete(key)
            raise LakeUnavailable(f"{self.where}: {key} did not arrive whole; try again")

    def keys(self, below: str) -> Iterator[tuple[str, float]]:
        """Yield the key of each object below one, and when it was written, seconds since 1970."""
        place = self.path(below)
        with self._told():
            found = self.filesystem.get_file_info(
                pyarrow.fs.FileSelector(place, recursive=True, allow_not_found=True)
            )
        for one in found:
            if one.type == pyarrow.fs.FileType.File:
                yield f"{below}{one.path[len(place) :]}", one.mtime.timestamp()

    def delete(self, key: str) -> None:
        """Remove an object; it may be gone already."""
        with self._told():
            try:
                self.filesystem.delete_file(self.path(key))
            except FileNotFoundError:
                return

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in our words: what a storage answers may repeat what it was sent."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise LakeUnavailable(f"{self.where}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    found = _CODE.search(str(error))
    if found is None:
        return f"Arrow cannot use it ({type(error).__name__})"
    code, operation = found.groups()
    return _REASONS.get(code) or f"it answered {code}" + (f" to {operation}" if operation else "")
