"""A PythonScript for tests: somebody else's, which stores from a thread of its own beside our plugin."""

import json
import threading

import orthanc
from orthanc_cohorts_plugin import setup

EVENTS = []
STORED = [0]
STOPPING = threading.Event()


def store_for_ever():
    # Orthanc 1.10.1 does not stop, nor say so to scripts, while stores follow each other in 20 ms; at 200 ms
    # it does.
    while not STOPPING.wait(0.2):
        instances = json.loads(orthanc.RestApiGet("/instances"))
        if instances:
            orthanc.RestApiPost("/instances", orthanc.GetDicomForInstance(instances[0]))
            STORED[0] += 1


def on_change(change, level, resource):
    for name in ("NEW_INSTANCE", "DELETED"):
        if change == getattr(orthanc.ChangeType, name):
            EVENTS.append(name)
    if change == orthanc.ChangeType.ORTHANC_STARTED:
        threading.Thread(target=store_for_ever, daemon=True).start()
    elif change == orthanc.ChangeType.ORTHANC_STOPPED:
        STOPPING.set()


def stored(output, uri, **request):
    output.AnswerBuffer(json.dumps(STORED[0]), "application/json")


def events(output, uri, **request):
    output.AnswerBuffer(json.dumps(EVENTS), "application/json")


orthanc.RegisterRestCallback("/other/stored", stored)
orthanc.RegisterRestCallback("/other/events", events)
setup(orthanc, chain=on_change)
