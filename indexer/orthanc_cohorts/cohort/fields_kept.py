"""What units state in the fields of facets, kept from one generation to the next.

What a unit states depends on its studies' rows alone, so that only units of studies rebuilt since are read
again. Knows how fields are read; no cohorts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from time import monotonic

from orthanc_cohorts.cohort.cache import Cache
from orthanc_cohorts.cohort.changes import Changes
from orthanc_cohorts.cohort.field_rows import Again, Asked, query
from orthanc_cohorts.cohort.recall import MOST_TOUCHED
from orthanc_cohorts.cohort.stated import Changed, Stated, changed, renewed, stated
from orthanc_cohorts.cohort.universe import Snapshot, Universe

LATELY_SECONDS = 60.0
"""For how long a field that was asked is brought up to date before it is asked again."""
MOST_ASKED = 1_000
"""Fields of which it is remembered when they were asked."""
_SHARING = 8
"""Facets that are asked together, and keep one universe between them; about."""
_Key = tuple[str, Asked]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What units stated in the generation of their universe. before: the same of an earlier one, if kept."""

    universe: Universe
    stated: Stated
    before: _Kept | None = None

    def at(self, generation: int) -> Stated | None:
        """Return what they stated in a generation, None where that is not kept."""
        if self.universe.generation == generation:
            return self.stated
        return None if self.before is None else self.before.at(generation)

    def up_to(self, generation: int) -> _Kept | None:
        """Return the latest that is kept of a generation or one before it."""
        if self.universe.generation <= generation:
            return self
        return None if self.before is None else self.before.up_to(generation)

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        own = self.stated.nbytes + self.universe.patient_of.nbytes // _SHARING + 256
        return own + (0 if self.before is None else self.before.nbytes)


class FieldsKept:
    """The fields asked, as far as there is room. Safe among threads."""

    def __init__(self, changes: Changes, cache_bytes: int) -> None:
        """changes: of the index that is read."""
        self._changes = changes
        self._kept: Cache[_Kept] = Cache(cache_bytes)
        self._asked: dict[_Key, float] = {}

    def reading(
        self, snapshot: Snapshot, universe: Universe, unit: str, fields: Iterable[Asked]
    ) -> Callable[[Asked], Stated]:
        """Return what tells, on one snapshot, what the units state in each of some fields."""
        reading = _Reading(self._changes, snapshot, universe, unit, fields)

        def of(asked: Asked) -> Stated:
            key = (unit, asked)
            if len(self._asked) >= MOST_ASKED:
                self._asked.clear()
            self._asked[key] = monotonic()
            kept = self._kept.get(key)
            found = None if kept is None else kept.at(snapshot.generation)
            if found is None:
                found = reading.renewed(kept, asked) or reading.whole(asked)
                if kept is None or kept.universe.generation < snapshot.generation:
                    self._put(key, _Kept(universe, found))
            return found

        return of

    def renew(self, snapshot: Snapshot, universe: Universe) -> None:
        """Bring up to date what was asked lately; what is known of the generation before is kept, too.

        What would have to be read as a whole is left to whoever asks.
        """
        lately = monotonic() - LATELY_SECONDS
        wanted = {key for key, asked in list(self._asked.items()) if asked >= lately}
        for key in set(self._asked) - wanted:
            self._asked.pop(key, None)
        for unit in {unit for unit, _ in wanted}:
            fields = [asked for of, asked in wanted if of == unit]
            reading = _Reading(self._changes, snapshot, universe, unit, fields)
            for asked in fields:
                kept = self._kept.get((unit, asked))
                if kept is None or kept.universe.generation >= snapshot.generation:
                    continue
                found = reading.renewed(kept, asked)
                if found is not None:
                    self._put((unit, asked), _Kept(universe, found, _Kept(kept.universe, kept.stated)))

    def _put(self, key: _Key, kept: _Kept) -> None:
        self._kept.put(key, kept, kept.nbytes)


class _Reading:
    """Fields of one unit on one snapshot; holds what they share."""

    def __init__(
        self, changes: Changes, snapshot: Snapshot, universe: Universe, unit: str, fields: Iterable[Asked]
    ) -> None:
        self._changes = changes
        self._snapshot, self._universe, self._unit = snapshot, universe, unit
        self._again = Again(snapshot, fields)
        self._since: dict[int, Changed | None] = {}

    def whole(self, asked: Asked) -> Stated:
        """Return what is stated in a field, reading all of it."""
        found = query(asked)
        rows = self._snapshot.cursor.execute(found.sql, found.parameters).fetchnumpy()
        return stated(self._universe, self._unit, rows)

    def renewed(self, kept: _Kept | None, asked: Asked) -> Stated | None:
        """Return the same by what is kept of an earlier generation; None where that says too little."""
        known = None if kept is None else kept.up_to(self._snapshot.generation)
        change = None if known is None else self._changed(known.universe)
        if known is None or change is None:
            return None
        return renewed(known.stated, self._unit, self._universe, change, partial(self._again.read, asked))

    def _changed(self, before: Universe) -> Changed | None:
        if before.generation not in self._since:
            touched = self._changes.since(self._snapshot, before.generation)
            few = touched is not None and len(touched) <= MOST_TOUCHED
            self._since[before.generation] = (
                changed(self._unit, before, self._universe, touched) if few and touched is not None else None
            )
        return self._since[before.generation]
