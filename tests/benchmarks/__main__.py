"""`make bench`: measures everything in one run, prints it and writes docs/performance.md.

`--quick`: fewer rounds, to see that it works; writes nothing. `--only PART`: one of reading, corpus,
large, ingest, freshness, proxying. Ends with 1 when a number to hold is not held.
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

from benchmarks import freshness, ingest, large, proxying, reading  # noqa: E402
from benchmarks.figures import Part, lines, machine, page, versions  # noqa: E402
from orthanc.harness import Orthanc, missing  # noqa: E402

PAGE = CHECKOUT / "docs" / "performance.md"
CORPUS = CHECKOUT.parent / "shared" / "corpus"


def main() -> int:
    """Measure, print, write; return the exit code."""
    options = _options()
    reason = missing()
    if reason is not None:
        print(f"bench: {reason}", file=sys.stderr)
        return 2
    parts: list[Part] = []
    print(f"{machine()}\n{versions()}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="cohorts-bench-") as name:
        folder = Path(name)
        for title, measure in _measurements(folder, options.quick).items():
            if options.only in (None, title):
                parts.append(measure())
                print(f"{lines(parts[-1])}\n", flush=True)
        orthanc = _orthanc_version(folder)
    if not options.quick and options.only is None:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(parts, orthanc), encoding="utf-8")
        print(f"written: {PAGE.relative_to(CHECKOUT)}")
    broken = [figure.name for part in parts for figure in part.figures if figure.broken]
    for figure in broken:
        print(f"not held: {figure}", file=sys.stderr)
    return 1 if broken else 0


def _measurements(folder: Path, quick: bool) -> dict[str, Callable[[], Part]]:
    return {
        "reading": lambda: reading.measure(CORPUS, quick),
        "corpus": lambda: reading.measure_corpus(CORPUS, quick),
        "large": lambda: large.measure(folder / "large", quick),
        "ingest": lambda: ingest.measure(folder, quick, lambda line: print(line, flush=True)),
        "freshness": lambda: freshness.measure(folder, quick),
        "proxying": lambda: proxying.measure(folder, quick),
    }


def _orthanc_version(folder: Path) -> str:
    orthanc = Orthanc(folder / "version", plugin=False)
    try:
        return f"Orthanc {orthanc.start().get('/system').json()['Version']}"
    finally:
        orthanc.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds; writes no page")
    parts = ("reading", "corpus", "large", "ingest", "freshness", "proxying")
    parser.add_argument("--only", choices=parts, help="one part")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
