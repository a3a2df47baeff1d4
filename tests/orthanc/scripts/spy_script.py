"""A PythonScript for tests: our plugin, and routes that show what lies inside this Python."""

import json
import sys

import orthanc

# What Python's own start brought, for example by .pth files of the machine.
BEFORE = set(sys.modules)

from orthanc_cohorts_plugin import setup  # noqa: E402

setup(orthanc)


def members(output, uri, **request):
    shown = {"": dir(orthanc), "RestOutput": dir(orthanc.RestOutput)}
    for kind in ("ChangeType", "ResourceType", "MetricsType"):
        shown[kind] = dir(getattr(orthanc, kind))
    shown["values"] = {
        "DELETED": int(orthanc.ChangeType.DELETED),
        "NEW_INSTANCE": int(orthanc.ChangeType.NEW_INSTANCE),
        "INSTANCE": int(orthanc.ResourceType.INSTANCE),
    }
    output.AnswerBuffer(json.dumps(shown), "application/json")


def modules(output, uri, **request):
    since = {name.partition(".")[0] for name in set(sys.modules) - BEFORE}
    output.AnswerBuffer(json.dumps(sorted(since)), "application/json")


orthanc.RegisterRestCallback("/spy/members", members)
orthanc.RegisterRestCallback("/spy/modules", modules)
