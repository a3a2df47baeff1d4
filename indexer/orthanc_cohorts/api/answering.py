"""What answers have in common: the headers that keep them private, and tags that name them.

Knows HTTP; nothing of what is answered.
"""

from __future__ import annotations

from hashlib import sha256

from fastapi import Request, Response
from pydantic import BaseModel

CALLER = {"cache-control": "private, no-cache", "x-content-type-options": "nosniff"}
"""An answer is for its caller alone, and is what its Content-Type says."""


def answer(request: Request, model: BaseModel, tag: str) -> Response:
    """Return a model as JSON; 304 when a GET states that it has this one already."""
    etag = f'"{tag}"'
    headers = {**CALLER, "etag": etag}
    if request.method == "GET" and etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(model.model_dump_json(), headers=headers, media_type="application/json")


def digest(body: bytes, hash: str) -> str:
    """Return a tag for where the order of clauses, or what stands beside them, makes another answer.

    hash: of the definition, since the newest version of a saved cohort may be another one tomorrow.
    """
    return sha256(hash.encode() + body).hexdigest()
