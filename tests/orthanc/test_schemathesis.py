"""What schemathesis asks through a real Orthanc is answered as over the sidecar's socket, byte by byte."""

from __future__ import annotations

import io
from typing import Any

import httpx
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from schemathesis import Case, GenerationMode

import api_fuzz
import build
from api_client import API, media_type
from orthanc import states

ROUTES = ("count", "attrition", "facets", "compare", "patients", "studies", "fields")
FORMATS = ("json", "ndjson", "csv", "arrow", "parquet")


def comparable(response: httpx.Response) -> Any:
    """Return status, type and body; without the time that an answer took."""
    content: Any = response.content
    kind = media_type(response)
    if kind == "application/json":
        content = orjson.loads(content)
        content.pop("elapsed_ms", None)
    return response.status_code, kind, content


@pytest.fixture
def asked(start_orthanc: Any) -> Any:
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    for number in range(3):
        items = [build.num("SCT|410668003|Length", number, "mm"), build.text("Note", "as before")]
        orthanc.store(build.to_bytes(build.sr(items, PatientID=f"P{number}")))
        orthanc.store(build.to_bytes(build.ct(PatientID=f"P{number}")))
    states.pushed(orthanc)
    states.settle(orthanc)
    socket = orthanc.status()["sidecar"]["socket"]
    through = httpx.Client(
        base_url=f"http://127.0.0.1:{orthanc.http_port}",
        timeout=60,
        trust_env=False,
        limits=httpx.Limits(keepalive_expiry=0.3),
    )
    direct = httpx.Client(transport=httpx.HTTPTransport(uds=socket), base_url="http://sidecar", timeout=60)
    with through, direct:
        yield through, direct


def test_status_and_body_through_orthanc_are_those_of_the_socket(asked: tuple[httpx.Client, httpx.Client]):
    through, direct = asked
    document = api_fuzz.document(through)
    seen: set[int] = set()

    def both(case: Case) -> httpx.Response:
        answer = api_fuzz.sent(through, case)
        assert comparable(answer) == comparable(api_fuzz.sent(direct, case))
        seen.add(answer.status_code)
        return answer

    assert document == api_fuzz.document(direct)
    for route in ROUTES:
        for mode, examples in ((GenerationMode.POSITIVE, 6), (GenerationMode.NEGATIVE, 2)):
            api_fuzz.fuzz(document, "POST", f"{API}/{route}", mode, examples, both)
    assert {200, 422} <= seen


def test_every_format_passes_orthanc_unharmed(asked: tuple[httpx.Client, httpx.Client]):
    through, direct = asked

    for route in ("patients", "studies"):
        answers = {}
        for name in FORMATS:
            body = {"version": 1, "unit": "patient", "format": name}
            answers[name] = through.post(f"{API}/{route}", json=body)
            assert comparable(answers[name]) == comparable(direct.post(f"{API}/{route}", json=body))

        expected = answers["json"].json()[route]
        arrow = pa.ipc.open_stream(answers["arrow"].content).read_all()
        parquet = pq.read_table(io.BytesIO(answers["parquet"].content))
        assert len(expected) >= 3 and b"\0" in answers["parquet"].content
        assert orjson.loads(orjson.dumps(arrow.to_pylist())) == expected
        assert orjson.loads(orjson.dumps(parquet.to_pylist())) == expected
        assert parquet.schema.metadata[b"count"] == str(len(expected)).encode()
        assert len(answers["csv"].content.splitlines()) == len(expected) + 1


def test_the_header_accept_passes_orthanc(asked: tuple[httpx.Client, httpx.Client]):
    through, _ = asked
    body = {"version": 1, "unit": "patient"}

    csv = through.post(f"{API}/patients", json=body, headers={"accept": "text/csv;q=0.9, image/png"})
    refused = through.post(f"{API}/patients", json=body, headers={"accept": "image/png"})

    assert csv.status_code == 200 and csv.text.startswith("identities,sex,birth_date,")
    assert refused.status_code == 406 and "text/csv" in refused.json()["detail"]
