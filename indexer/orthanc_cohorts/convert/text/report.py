"""Reports (Basic Text SR, TID 2000) from texts: all problems of all files, or all reports.

Knows which section is which container; writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.document import device_observer, document, language, person_observer
from orthanc_cohorts.convert.header import Context, uid
from orthanc_cohorts.convert.problem import Problem, raise_any
from orthanc_cohorts.convert.text.headings import FINDINGS, Heading
from orthanc_cohorts.convert.text.section import Divided, decoded, divided

TITLE = Coding("LN", "18748-4", "Diagnostic Imaging Report")
LANGUAGES = {"en": Coding("RFC5646", "en", "English"), "de": Coding("RFC5646", "de", "German")}


@dataclass(frozen=True, slots=True)
class Options:
    """What is said of all texts alike.

    moment: when they were written. language: None: that of their headings. first: of text before the first
    heading, or without any. author: as PN.
    """

    moment: datetime | date
    title: Coding = TITLE
    language: Coding | None = None
    encoding: str = "utf-8"
    first: Heading = FINDINGS
    keep_unknown: bool = False
    author: str | None = None


def reports(
    files: Iterable[tuple[str, bytes]], context_of: Callable[[str], Context], options: Options
) -> dict[str, Dataset]:
    """Return a report for each file, by its name; their SOPInstanceUIDs are given later.

    context_of: of the series that the report of a file is. Raises ConversionError: with all problems of all
    files.
    """
    problems: list[Problem] = []
    found: dict[str, Dataset] = {}
    for name, data in files:
        if name in found:
            problems.append(Problem(name, "two files have this name; their reports would be one"))
        text = decoded(name, data, options.encoding, problems)
        parts = divided(name, text, problems, options.first, options.keep_unknown)
        said = options.language or _language(parts)
        if said is None and text.strip():
            problems.append(Problem(name, "its headings do not tell its language; say --language"))
        root = _tree(parts, said or LANGUAGES["en"], options)
        found[name] = document(context_of(name), BasicTextSRStorage, root, options.moment)
    raise_any(problems)
    return found


def _language(parts: Divided) -> Coding | None:
    return LANGUAGES[next(iter(parts.languages))] if len(parts.languages) == 1 else None


def _tree(parts: Divided, said: Coding, options: Options) -> Dataset:
    author = [] if options.author is None else person_observer(options.author)
    return content.container(
        options.title,
        language(said),
        *author,
        *device_observer(uid("device", "text"), "orthanc-cohorts convert text"),
        *(
            content.container(one.heading.section, content.text(one.heading.element, one.text))
            for one in parts.sections
        ),
        rel=None,
        template="2000",
    )
