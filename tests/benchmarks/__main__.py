"""`make bench`: measures everything in one run, prints it and writes docs/performance.md.

`--quick`: fewer rounds, to see that it works; writes nothing. `--only PART`: one of PARTS; with `--write`
it is written into its place of the page.
`--scale N`: the generated archive holds N million content items, 5 unless told. The numbers to hold are for
100, which takes 12 GB of memory, 10 GB of disk and half an hour more. `--peers-scale N`: the same for
PostgreSQL. `--fill-minutes N`: how long Orthanc is filled before it is searched. `--growth`: also how cost
grows from 1 to 100 million, drawn to docs/growth.svg. With the defaults all takes about 20 minutes.
Ends with 1 when a number to hold is not held. What needs a package that is missing is left out, and said.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
if sys.path and Path(sys.path[0]).resolve() == HERE:
    # Run as a folder, whose modules are `benchmarks.*` beside the builders and the harness.
    sys.path[0] = str(HERE.parent)

# Found only once the path above is set, hence E402.
from benchmarks import (  # noqa: E402
    cluster,
    converting,
    finding,
    freshness,
    idc,
    ingest,
    lake,
    large,
    peers,
    postgres,
    proxying,
    publishing,
    reading,
    scale,
    uploading,
)
from benchmarks.figures import Part, lines, machine, page, section, versions  # noqa: E402
from orthanc.harness import Orthanc, missing  # noqa: E402

PAGE = CHECKOUT / "docs" / "performance.md"
CORPUS = CHECKOUT.parent / "shared" / "corpus"
PARTS = (
    "reading", "corpus", "large", "ingest", "freshness", "proxying", "uploading", "publishing", "cluster",
    "converting",
    "scale", "growth", "lake", "idc", "peers", "finding",
)  # fmt: skip
LACKING = {"cluster": cluster.missing, "idc": idc.missing, "peers": postgres.missing}
"""Why a part cannot be measured here, None if it can."""
DRAWING = PAGE.with_name("growth.svg")


def main() -> int:
    """Measure, print, write; return the exit code."""
    options = _options()
    reason = missing()
    if reason is not None:
        print(f"bench: {reason}", file=sys.stderr)
        return 2
    parts: dict[str, Part] = {}
    left_out: list[str] = []
    print(f"{machine()}\n{versions()}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="cohorts-bench-") as name:
        folder = Path(name)
        for title, measure in _measurements(folder, options).items():
            if options.only not in (None, title):
                continue
            lacking = LACKING.get(title, lambda: None)()
            if lacking is not None:
                left_out.append(f"{title} ({lacking})")
                print(f"left out: {left_out[-1]}\n", file=sys.stderr, flush=True)
            else:
                parts[title] = measure()
                print(f"{lines(parts[title])}\n", flush=True)
        orthanc = _orthanc_version(folder)
    if not options.quick and (options.only is None or options.write):
        sections = {title: section(title, part, orthanc) for title, part in parts.items()}
        before = PAGE.read_text(encoding="utf-8") if PAGE.exists() and options.only is not None else ""
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(sections, before), encoding="utf-8")
        print(f"written: {PAGE.relative_to(CHECKOUT)}")
    broken = [figure.name for part in parts.values() for figure in part.figures if figure.broken]
    for figure in broken:
        print(f"not held: {figure}", file=sys.stderr)
    return 1 if broken else 0


def _measurements(folder: Path, options: argparse.Namespace) -> dict[str, Callable[[], Part]]:
    quick = options.quick
    asked: dict[float, scale.Asked] = {}
    parts = {
        "reading": lambda: reading.measure(CORPUS, quick),
        "corpus": lambda: reading.measure_corpus(CORPUS, quick),
        "large": lambda: large.measure(folder / "large", quick),
        "ingest": lambda: ingest.measure(folder, quick, _say),
        "freshness": lambda: freshness.measure(folder, quick),
        "proxying": lambda: proxying.measure(folder, quick),
        "uploading": lambda: uploading.measure(folder, quick, _say),
        "publishing": lambda: publishing.measure(folder, quick, _say),
        "cluster": lambda: cluster.measure(folder / "cluster", quick, _say),
        "converting": lambda: converting.measure(folder / "converting", quick, _say),
        "scale": lambda: scale.measure(folder, quick, options.scale, asked, _say),
        "lake": lambda: lake.measure(folder, quick, options.scale, _say),
        "idc": lambda: idc.measure(folder, quick),
        "peers": lambda: peers.measure(folder, quick, options.peers_scale, _say),
        "finding": lambda: finding.measure(folder, quick, options.fill_minutes, _say),
    }
    if options.growth or options.only == "growth":
        sizes, drawing = ((0.1, 0.3), folder / DRAWING.name) if quick else (scale.GROWTH, DRAWING)
        parts["growth"] = lambda: scale.grow(folder, sizes, drawing, asked, _say)
    return parts


def _say(line: str) -> None:
    print(line, flush=True)


def _orthanc_version(folder: Path) -> str:
    orthanc = Orthanc(folder / "version", plugin=False)
    try:
        return f"Orthanc {orthanc.start().get('/system').json()['Version']}"
    finally:
        orthanc.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds; writes no page")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--write", action="store_true", help="with --only: write the part into the page")
    parser.add_argument("--scale", type=float, default=5.0, help="million content items of the archive")
    parser.add_argument(
        "--peers-scale", type=float, default=1.0, help="the same of the one in PostgreSQL too"
    )
    parser.add_argument("--fill-minutes", type=float, default=1.0, help="of filling Orthanc to be searched")
    parser.add_argument("--growth", action="store_true", help="also draw how cost grows up to 100 million")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
