"""The page at `/cohorts/`: plain links, no script.

Knows no data.
"""

from __future__ import annotations

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
META_POLICY = POLICY.replace("; frame-ancestors 'self'", "")
"""The same within a page, where frame-ancestors has no meaning."""
PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{META_POLICY}">
<meta name="viewport" content="width=device-width">
<title>Orthanc Cohorts</title>
</head>
<body>
<main>
<h1>Orthanc Cohorts</h1>
<p>Cohort questions across images, waveforms, segmentations, structured reports and metadata.</p>
<ul>
<li><a href="api/v1/status">Status</a> of the index</li>
<li><a href="api/v1/fields">Fields</a>: what this archive holds and can be asked for</li>
<li><a href="api/v1/schema/cohort.json">Schema</a> of a cohort definition</li>
<li><a href="api/v1/docs">Routes</a>: what can be asked, how, and what comes back</li>
<li><a href="api/v1/openapi.json">OpenAPI</a> document of all routes, for programs</li>
<li><a href="api/v1/metrics">Metrics</a> for Prometheus</li>
</ul>
<p>Ask with <code>POST api/v1/count</code>, list with <code>POST api/v1/patients</code> and
<code>POST api/v1/studies</code>.</p>
</main>
</body>
</html>
""".encode()
