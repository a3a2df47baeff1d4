"""The plugin as a whole: what runs between Orthanc's start and its stop.

Wires the parts together; is handed the module `orthanc` and never imports it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from orthanc_cohorts import __version__
from orthanc_cohorts.config import Settings
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.model.rows import WIRE_VERSION
from orthanc_cohorts_plugin import explorer, gauges, threadstate
from orthanc_cohorts_plugin.client import Client
from orthanc_cohorts_plugin.events import Events
from orthanc_cohorts_plugin.host import ChangeCallback, Orthanc, RestCallback, RestOutput
from orthanc_cohorts_plugin.identity import Callers
from orthanc_cohorts_plugin.places import Places, interpreter, places
from orthanc_cohorts_plugin.proxy import Proxy
from orthanc_cohorts_plugin.reader import Reader
from orthanc_cohorts_plugin.reply import answer_json, problem
from orthanc_cohorts_plugin.sidecar import Supervisor
from orthanc_cohorts_plugin.worker import Worker

STATUS_ROUTE = "/plugins/cohorts/status"
ROUTES = ("/cohorts", "/cohorts/(.*)")
# Orthanc is to stop within 2 s of being told; the child gets most of that to end in good order.
CHILD_SECONDS = 1.2
WORKER_SECONDS = 0.5
# A busy Python thread delays the routes: 27 ms at p95 with Python's own 5 ms, 1.7 ms with this (measured).
SWITCH_SECONDS = 0.0005

# Plugin 5.0 with Python 3.13 crashes when it stops if it holds the last reference to a REST callback
# (measured; a function at the top of a module is never that): we hold one as long as Python lives.
_REGISTERED: list[RestCallback] = []


class Plugin:
    """Everything that is alive between ORTHANC_STARTED and ORTHANC_STOPPED.

    Raises ConfigurationError when made: an option is wrong, or what it names is missing.
    """

    def __init__(self, host: Orthanc, configuration: Mapping[str, Any], chain: ChangeCallback | None) -> None:
        """configuration: Orthanc's own. chain: change callback of another script, called after ours."""
        settings = Settings.from_mapping(configuration.get("Cohorts", {}))
        if not settings["Enable"]:
            raise ConfigurationError("Cohorts.Enable is false")
        if not configuration.get("HttpServerEnabled", True):
            raise ConfigurationError("HttpServerEnabled is false: the sidecar reads Orthanc by HTTP")
        self._host = host
        self._chain = chain
        self._settings = settings
        self._places = places(configuration, host.GetConfigurationPath(), settings)
        self._command = interpreter(settings) if settings["Sidecar"] == "child" else None
        self._supervisor: Supervisor | None = None
        self._client = Client(self._places.socket)
        self._events = Events(settings["QueueLimit"])
        self._gauges = gauges.Gauges(host, self._client)
        reader = Reader(
            host, self._places.storage_directory, settings["MaxPluginBytes"], settings["MaxPluginItems"]
        )
        self._worker = Worker(host, settings, self._events, reader, self._client, self._write_gauges)
        self._proxy = Proxy(settings, self._client, Callers(configuration, settings), self._why_down)
        types = host.ChangeType
        self._look_again = {
            types.NEW_INSTANCE,
            types.DELETED,
            types.UPDATED_ATTACHMENT,
            types.UPDATED_METADATA,
        }

    def on_change(self, change: int, level: int, orthanc_id: str) -> None:
        """Take one event of Orthanc; returns at once but for start and stop.

        Deleting a study raises an event for each of its instances too (measured), so that the other
        levels need no work.
        """
        threadstate.keep()
        types = self._host.ChangeType
        if level == self._host.ResourceType.INSTANCE and change in self._look_again:
            self._events.put(orthanc_id)
        elif change == types.ORTHANC_STARTED:
            self._guarded(self._start)
        elif change == types.ORTHANC_STOPPED:
            self._guarded(self._stop)
        if self._chain is not None:
            self._chain(change, level, orthanc_id)

    def register(self) -> None:
        """Register the routes."""
        _register(self._host, self._status, self._proxy)

    def _start(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        if self._command is not None:
            command = [*self._command, "serve", "--from-stdin"]
            orders = handover(self._settings, self._places, self._host.GenerateRestApiAuthorizationToken())
            self._supervisor = Supervisor(self._host, command, orders)
            self._supervisor.start()
        self._worker.start()
        explorer.link(self._host)

    def _stop(self) -> None:
        # Threads that outlive Python's finalisation crash Orthanc at /tools/reset: all end here.
        deadline = time.monotonic() + CHILD_SECONDS
        self._worker.stop()
        self._client.close()
        if self._supervisor is not None:
            self._supervisor.stop(deadline)
        if not self._worker.join(WORKER_SECONDS):
            self._host.LogWarning("cohorts: the worker did not stop in time")

    def _guarded(self, step: Any) -> None:
        try:
            step()
        except Exception as error:
            self._host.LogError(f"cohorts: {step.__name__.strip('_')}: {type(error).__name__}: {error}")

    def _write_gauges(self) -> None:
        self._gauges.write(self._events, self._worker, self._supervisor)

    def _why_down(self) -> str:
        state = "not started yet" if self._supervisor is None else self._supervisor.state
        if self._command is None:
            return f"The external sidecar does not answer at {self._places.socket}."
        return f"The sidecar does not answer (its process: {state}); see {STATUS_ROUTE} and Orthanc's log."

    def _status(self, output: RestOutput, uri: str, **request: Any) -> None:
        answer_json(
            output, gauges.status(__version__, self._client, self._events, self._worker, self._supervisor)
        )


def handover(settings: Settings, where: Places, authorization: str | None) -> dict[str, Any]:
    """Return the orders of a child sidecar, as `serve --from-stdin` reads them.

    authorization: value of the header that lets the sidecar in where Orthanc asks for credentials.
    """
    return {
        "wire": WIRE_VERSION,
        "settings": dict(settings.values),
        "data_directory": where.data_directory,
        "socket": where.socket,
        "orthanc_url": where.orthanc_url,
        "authorization": authorization,
        "storage_directory": where.storage_directory,
        "orthanc_database": where.orthanc_database,
    }


def setup(orthanc: Orthanc, chain: ChangeCallback | None = None) -> None:
    """Register the plugin with Orthanc; never raises, since that would keep Orthanc from starting.

    chain: change callback of another script in the same Orthanc, which allows only one; it is called
    after ours with the same arguments.
    When the plugin cannot run, one line is logged, the routes answer 503 with the reason, and the
    chained callback works all the same.
    """
    try:
        plugin = Plugin(orthanc, json.loads(orthanc.GetConfiguration()), chain)
        orthanc.RegisterOnChangeCallback(plugin.on_change)
    except Exception as error:
        reason = str(error) if isinstance(error, ConfigurationError) else f"{type(error).__name__}: {error}"
        orthanc.LogError(f"cohorts: the plugin is off: {reason}")
        if chain is not None:
            orthanc.RegisterOnChangeCallback(chain)
        switch_off(orthanc, reason)
    else:
        plugin.register()
        explorer.add_button(orthanc)


def switch_off(orthanc: Orthanc, reason: str) -> None:
    """Let the routes say why the plugin does not run."""

    def status(output: RestOutput, uri: str, **request: Any) -> None:
        answer_json(output, {"enabled": False, "reason": reason, "version": __version__}, 503)

    def refuse(output: RestOutput, uri: str, **request: Any) -> None:
        problem(output, 503, f"The plugin is off: {reason}")

    _register(orthanc, status, refuse)


def _register(orthanc: Orthanc, status: RestCallback, forward: RestCallback) -> None:
    _REGISTERED.extend((status, forward))
    orthanc.RegisterRestCallback(STATUS_ROUTE, status)
    for route in ROUTES:
        orthanc.RegisterRestCallback(route, forward)
