"""Lists that pages are cut from: made once, kept for a while, so that paging shows one generation.

Knows no HTTP. A cursor says which list and how far; it holds no patient data.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import numpy as np
import orjson

from orthanc_cohorts.api.problems import CursorGone
from orthanc_cohorts.cohort import BadDefinition, Detail
from orthanc_cohorts.cohort.cache import Cache, Use
from orthanc_cohorts.cohort.universe import Keys


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list. kind: `patient` or `study`; hash: of the definition; after: last key shown."""

    kind: str
    hash: str
    generation: int
    after: int

    def text(self) -> str:
        """Return the cursor."""
        return urlsafe_b64encode(orjson.dumps([self.kind, self.hash, self.generation, self.after])).decode()

    @classmethod
    def parse(cls, text: str, kind: str, hash: str) -> Position:
        """Return the place that a cursor means.

        Raises BadDefinition: no cursor of ours, or of another list or definition.
        """
        try:
            known_kind, known_hash, generation, after = orjson.loads(urlsafe_b64decode(text.encode("ascii")))
        except ValueError:
            raise BadDefinition(
                [Detail("/cursor", "this is no cursor; take `next` of the page before")]
            ) from None
        if (known_kind, known_hash) != (kind, hash) or type(generation) is not int or type(after) is not int:
            raise BadDefinition(
                [Detail("/cursor", "this cursor is of another definition; start without one")]
            )
        return cls(kind, hash, generation, after)


class Lists:
    """The lists that are kept, least recently used out first."""

    def __init__(self, limit_bytes: int = 64 * 2**20) -> None:
        self._kept: Cache[Keys] = Cache(limit_bytes)

    @property
    def use(self) -> Use:
        """How it has been used."""
        return self._kept.use

    def keep(self, kind: str, hash: str, generation: int, keys: Keys) -> None:
        """Keep a list for later pages."""
        self._kept.put((kind, hash, generation), keys, keys.nbytes + 256)

    def get(self, position: Position) -> Keys:
        """Return the list that a cursor speaks of.

        Raises CursorGone: it is no longer kept.
        """
        keys = self._kept.get((position.kind, position.hash, position.generation))
        if keys is None:
            raise CursorGone(
                f"the list of generation {position.generation} is no longer kept; start without cursor"
            )
        return keys


def cut(keys: Keys, after: int, limit: int) -> tuple[list[int], int | None]:
    """Return the keys that follow `after`, at most `limit`, and the last one if others follow it."""
    start = int(np.searchsorted(keys, after, side="right"))
    page = keys[start : start + limit].tolist()
    return page, page[-1] if start + limit < len(keys) else None
