"""Forms that rows can take, by name and media type.

Names only; how each is written is in `writing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FormatName = Literal["json", "ndjson", "csv", "arrow", "parquet"]


@dataclass(frozen=True, slots=True)
class Format:
    """A form that rows can take. media_type: as it is asked for; parameters: what an answer adds to it."""

    name: FormatName
    media_type: str
    suffix: str
    parameters: str = ""


JSON = Format("json", "application/json", "json")
NDJSON = Format("ndjson", "application/x-ndjson", "ndjson")
CSV = Format("csv", "text/csv", "csv", "; charset=utf-8; header=present")
ARROW = Format("arrow", "application/vnd.apache.arrow.stream", "arrows")
PARQUET = Format("parquet", "application/vnd.apache.parquet", "parquet")
FORMATS = (JSON, NDJSON, CSV, ARROW, PARQUET)
"""In the order in which a caller without preference gets them."""
