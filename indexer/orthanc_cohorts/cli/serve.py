"""The sidecar process: index, background work and HTTP over a Unix socket, from start to graceful stop.

Wires the floors together; holds no logic of theirs.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket as sockets
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import uvicorn

from orthanc_cohorts import __version__
from orthanc_cohorts.api import audit
from orthanc_cohorts.api.app import create_app
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.api.datasets import DatasetStore
from orthanc_cohorts.api.internal import internal_router
from orthanc_cohorts.api.prepared import Prepared
from orthanc_cohorts.api.sql import SqlDesk
from orthanc_cohorts.cli.orders import Orders
from orthanc_cohorts.cohort.held import Held
from orthanc_cohorts.datasets import Archive, Pseudonyms, site_key
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.harmonise import convert, vocabulary_fingerprint
from orthanc_cohorts.lake import FolderLake, IcebergTables, lake_at
from orthanc_cohorts.lake.iceberg_catalog import CatalogPlace, check_installed
from orthanc_cohorts.lake.publisher import Publisher
from orthanc_cohorts.lake.schedule import Schedule, Scheduled
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.saved import SavedCohorts
from orthanc_cohorts.sync.keeper import Keeper
from orthanc_cohorts.sync.orthanc_client import OrthancClient
from orthanc_cohorts.usersql import landlock
from orthanc_cohorts.usersql.process import Processes
from orthanc_cohorts.usersql.question import Bounds

LOG = logging.getLogger("orthanc_cohorts")
DATASETS, UPLOADS = "datasets", "uploads"
STOP_SECONDS = 1.0
GC_ALLOCATIONS = 20_000
"""Containers made between two collections: a push makes thousands, none of which are cycles."""
LOCK_WAIT_SECONDS = 5.0


def serve(orders: Orders, parent: int | None = None) -> None:
    """Run the sidecar until SIGTERM, SIGINT or the end of file `parent` (the plugin's end of our input).

    Raises ConfigurationError, SchemaTooNew: nothing was started.
    """
    settings = orders.settings
    logging.basicConfig(
        level=settings["LogLevel"].upper(), format="%(levelname)s %(message)s", stream=sys.stderr
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Builds the unit registry, 0.6 s: here and not in the first push or question. Where it cannot be built
    # (pint 0.26 beside ucumvert 0.3.2), nothing starts and the log says why.
    convert(1.0, "cm")
    vocabulary_fingerprint()
    index = _open(orders)
    saved = SavedCohorts.open(orders.data_directory)
    client = OrthancClient(orders.orthanc_url, orders.authorization)
    held = Held(settings["HoldMegabytes"] * 2**20)

    def renew(stopped: Callable[[], bool]) -> None:
        with index.read() as snapshot:
            held.renew(snapshot, stopped)

    keeper = Keeper(index, client, orders.storage_directory, settings.values, renew)

    prepared = Prepared(index, settings["Threads"])

    def status() -> dict[str, Any]:
        with prepared.newest() as snapshot:
            generation = snapshot.generation
        return {"ready": True, "version": __version__, "generation": generation, **keeper.status()}

    datasets = _datasets(orders)
    lake = _lake(orders, index, datasets.key)
    scheduled = _scheduled(orders, lake)
    statements = Processes()
    app = create_app(
        prepared,
        internal=internal_router(index, keeper, status),
        status=status,
        time_limit_seconds=settings["RequestTimeoutSeconds"],
        max_requests=settings["MaxRequests"],
        max_body_bytes=settings["MaxBodyBytes"],
        threads=settings["Threads"],
        audit=AuditLog(orders.data_directory / audit.NAME),
        broken=_stop_this_process,
        saved=saved,
        held=held,
        datasets=datasets,
        lake=lake,
        sql=_sql(orders, lake, statements),
        written=lambda: index.written,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=int(STOP_SECONDS),
        )
    )
    # What is loaded by now stays for good: collections would only walk it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_ALLOCATIONS)
    listening = _listen(orders.socket)
    if parent is not None:
        threading.Thread(target=_watch, args=(parent, server), name="parent", daemon=True).start()
    _stop_on_signals(server)
    keeper.start()
    prepared.start(app.state.desk.prepare)
    if scheduled is not None:
        scheduled.start()
    LOG.info("sidecar %s serves %s for %s", __version__, orders.socket, orders.orthanc_url)
    try:
        server.run(sockets=[listening])
    finally:
        orders.socket.unlink(missing_ok=True)
        if scheduled is not None:
            scheduled.stop()
        statements.stop()
        keeper.stop()
        prepared.stop()
        client.close()
        _close(index)
        saved.close()
        LOG.info("sidecar stopped")


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Let a signal stop the server and nothing else.

    uvicorn takes the signals while it runs and raises them again once it has stopped: with the default action
    that would end this process before the index is closed.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _stop_this_process() -> None:
    """Stop as on SIGTERM: whoever supervises the sidecar starts it again, and the index is opened anew."""
    os.kill(os.getpid(), signal.SIGTERM)


def _datasets(orders: Orders) -> DatasetStore:
    """Return where datasets are kept, under the key of this site."""
    try:
        key = Pseudonyms(site_key(orders.data_directory))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the key for pseudonyms cannot be used: {error}") from error
    return DatasetStore(Archive(orders.data_directory / DATASETS), orders.settings["DatasetPolicy"], key)


def _lake(orders: Orders, index: Index, key: Pseudonyms) -> Publisher | None:
    """Return who publishes the lake; None where the site wants none. Raises ConfigurationError."""
    stated = orders.settings["LakeDirectory"]
    if not stated:
        return None
    lake = lake_at(stated, orders.data_directory / UPLOADS)
    if isinstance(lake, FolderLake) and lake.root.is_relative_to(orders.data_directory.absolute()):
        raise ConfigurationError(
            f"Cohorts.LakeDirectory {lake.where} lies in the data directory, which is private; choose another"
        )
    keep_seconds = orders.settings["LakeKeepHours"] * 3_600.0
    place = CatalogPlace.of(lake, orders.settings["LakeIcebergCatalog"], orders.data_directory)
    tables = IcebergTables(lake, place, orders.settings["LakeIcebergNamespace"])
    is_iceberg = orders.settings["LakeIceberg"]
    if is_iceberg:
        check_installed()
    return Publisher(index, lake, orders.settings["LakePolicy"], key, keep_seconds, tables, is_iceberg)


def _scheduled(orders: Orders, publisher: Publisher | None) -> Scheduled | None:
    """Return what publishes the lake without being asked, None for nothing. Raises ConfigurationError."""
    schedule = Schedule.of(orders.settings["LakePublishAt"], orders.settings["LakePublishIdleSeconds"])
    return None if publisher is None or schedule.is_empty else Scheduled(publisher, schedule)


def _sql(orders: Orders, lake: Publisher | None, statements: Processes) -> SqlDesk | None:
    """Return where SQL is asked; None where the site wants none, or has no lake in a folder."""
    settings = orders.settings
    if not settings["Sql"]:
        return None
    if lake is None or not isinstance(lake.lake, FolderLake):
        LOG.warning("Cohorts.Sql is on, but there is no lake to ask: name a folder in Cohorts.LakeDirectory")
        return None
    if not landlock.version():
        LOG.warning("Cohorts.Sql is on, but this kernel has no Landlock: statements will get 503")
    bounds = Bounds(
        seconds=settings["SqlSeconds"],
        memory_bytes=settings["SqlMemoryMegabytes"] * 2**20,
        threads=settings["Threads"],
        rows=settings["SqlRows"],
        answer_bytes=settings["SqlAnswerMegabytes"] * 2**20,
    )
    return SqlDesk(lake.lake, statements, bounds, settings["SqlProcesses"])


def _close(index: Index) -> None:
    try:
        index.close()
    except duckdb.FatalException as error:
        LOG.error("the index was not closed; its log is read at the next start: %s", error)


def _open(orders: Orders) -> Index:
    """Open the index; wait a moment for a predecessor that is just closing it."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            return Index.open(
                orders.data_directory,
                threads=orders.settings["Threads"],
                memory_limit=orders.settings["MemoryLimit"],
                default_issuer=orders.settings["DefaultIssuer"],
            )
        except duckdb.IOException as error:
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"{orders.data_directory}: the index cannot be opened ({error}); "
                    "is another sidecar running?"
                ) from error
            time.sleep(0.1)


def _listen(path: Path) -> sockets.socket:
    """Bind a private Unix socket, replacing a dead predecessor's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    listening = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError as error:
        raise ConfigurationError(
            f"{path}: no socket can be made there ({error}); a path has at most 107 bytes"
        ) from error
    finally:
        os.umask(before)
    listening.listen(128)
    return listening


def _watch(parent: int, server: uvicorn.Server) -> None:
    """End the process when the other end of a pipe closes: the plugin stopped, or Orthanc died."""
    while os.read(parent, 4096):
        pass
    LOG.info("Orthanc is gone")
    server.should_exit = True
    # A request that hangs must not keep an orphan alive.
    threading.Timer(2 * STOP_SECONDS + 1, os.kill, (os.getpid(), signal.SIGKILL)).start()
