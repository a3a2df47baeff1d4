"""Looking at many instances and handing what was found to the index, in batches.

The one way by which the sidecar itself adds and removes; what cannot be looked at now is remembered.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pyarrow as pa
from orthanc_cohorts_sql import load

from orthanc_cohorts.errors import IndexBusy, OrthancUnavailable
from orthanc_cohorts.model.rows import to_columns
from orthanc_cohorts.store import Batch, Index, Observed
from orthanc_cohorts.store.hashes import hash_of_id
from orthanc_cohorts.store.statements import column, run
from orthanc_cohorts.sync.looking import Look, Looker
from orthanc_cohorts.sync.orthanc_client import OrthancClient

LOG = logging.getLogger(__name__)
BATCH = 200
"""Instances looked at in one transaction."""


class Intake:
    """Reads instances in parallel and applies them; may be used from several threads.

    looked: instances looked at since the start, for progress.
    """

    def __init__(self, index: Index, client: OrthancClient, looker: Looker, workers: int) -> None:
        self._index = index
        self._client = client
        self._looker = looker
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="look")
        self._retry: dict[str, str] = {}
        self._retry_lock = threading.Lock()
        self.looked = 0

    def close(self) -> None:
        """Stop looking; what is under way is finished."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def unreadable(self) -> int:
        """How many instances could not be looked at and wait to be tried again."""
        return len(self._retry)

    def take(self, orthanc_ids: Iterable[str], stop: Callable[[], bool] = lambda: False) -> None:
        """Look at every instance named and bring the index to what was found.

        Raises OrthancUnavailable when Orthanc does not answer at all; an instance that fails alone waits
        for `retry`.
        """
        waiting = iter(dict.fromkeys(orthanc_ids))
        while not stop() and (ids := list(islice(waiting, BATCH))):
            self._take_batch(ids)

    def retry(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Try again what could not be looked at before. Raises OrthancUnavailable; it all waits on then."""
        with self._retry_lock:
            waiting, self._retry = self._retry, {}
        try:
            self.take(waiting, stop)
        except BaseException:
            with self._retry_lock:
                self._retry = {**waiting, **self._retry}
            raise

    def known(self, orthanc_ids: Sequence[str]) -> dict[str, tuple[int, str | None]]:
        """Return (seq, attachment UUID) of the live instances among those named."""
        wanted = set(orthanc_ids)
        with self._index.read() as snapshot:
            hashes = column("orthanc_hash", map(hash_of_id, wanted), pa.uint64())
            rows = run(snapshot.cursor, load("sync/known_instances"), incoming=hashes)
        return {name: (seq, uuid) for name, seq, uuid in rows if name in wanted}

    def _take_batch(self, ids: list[str]) -> None:
        # Read before the files are: whatever is logged up to here is seen by looking now.
        seq = self._client.last_seq()
        known = self.known(ids)
        uuids = [known[name][1] if name in known else None for name in ids]
        looks = [look for look in self._pool.map(self._look, ids, uuids) if look is not None]
        self.looked += len(ids)
        if looks:
            self._apply(looks, seq)

    def _apply(self, looks: list[Look], seq: int) -> None:
        """Apply what was found; an object that the index cannot take must not hold back the others."""
        try:
            self._index.apply(_batch(looks, seq))
        except IndexBusy:
            raise
        except Exception as error:
            # Whatever the rows of one object do to Arrow or DuckDB, the log must go on being followed.
            if len(looks) == 1:
                self._put_off(looks[0].orthanc_id, f"{type(error).__name__}: {error}")
                return
            LOG.warning("a batch of %d cannot be taken whole: one by one", len(looks))
            for look in looks:
                self._apply([look], seq)

    def _put_off(self, orthanc_id: str, reason: str) -> None:
        LOG.warning("instance %s is tried again later: %s", orthanc_id, reason)
        with self._retry_lock:
            self._retry[orthanc_id] = reason

    def _look(self, orthanc_id: str, known_uuid: str | None) -> Look | None:
        try:
            return self._looker.look(orthanc_id, known_uuid)
        except (OrthancUnavailable, OSError) as error:
            self._put_off(orthanc_id, str(error))
            return None


def _batch(looks: list[Look], seq: int) -> Batch:
    there = [look for look in looks if look.rows is not None]
    return Batch(
        objects=[Observed(look.orthanc_id, look.observed_ns) for look in there],
        tables=to_columns([look.rows for look in there if look.rows is not None]),
        gone=[
            Observed(look.orthanc_id, look.observed_ns)
            for look in looks
            if look.rows is None and not look.unchanged
        ],
        unchanged=[look.orthanc_id for look in looks if look.unchanged],
        seq=seq,
    )
