"""The `PythonScript` for Orthanc: finds the packages and switches the plugin on.

The one file that imports `orthanc`. Whatever fails here, Orthanc starts and the routes say why.
"""

import json
import sys
import traceback
from pathlib import Path

import orthanc  # type: ignore[import-not-found]

_PACKAGES = Path(__file__).resolve().parents[2]
# Installed, both packages lie in one folder; in a checkout, below `plugin` and `indexer`. Appended, never
# inserted: nothing of ours may hide a module of the standard library or of another script.
for _folder in (_PACKAGES, _PACKAGES.parent / "indexer"):
    if _folder.is_dir() and str(_folder) not in sys.path:
        sys.path.append(str(_folder))


def _answer_503(output, uri, **request):  # type: ignore[no-untyped-def]
    body = json.dumps({"title": "Service Unavailable", "status": 503, "detail": _reason, "reason": _reason})
    output.SetHttpHeader("Content-Type", "application/problem+json")
    try:
        output.SendHttpStatus(503, body, len(body))
    except TypeError:
        output.SendHttpStatus(503, body)


try:
    from orthanc_cohorts_plugin import setup
except Exception as _error:
    _reason = f"the plugin cannot be imported: {type(_error).__name__}: {_error}"
    orthanc.LogError(f"cohorts: the plugin is off: {_reason}")
    orthanc.LogInfo(traceback.format_exc())
    for _route in ("/plugins/cohorts/status", "/cohorts", "/cohorts/(.*)"):
        orthanc.RegisterRestCallback(_route, _answer_503)
else:
    setup(orthanc)
