"""Sections of a text: where its headings are, and what stands below each.

Knows plain text and headings as Markdown writes them; nothing of content items.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from orthanc_cohorts.convert.problem import Problem, shown
from orthanc_cohorts.convert.text.headings import FINDINGS, Heading, Language, heading

_MARKDOWN = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$")
_UNDERLINE = re.compile(r"^ {0,3}(={3,}|-{3,})[ \t]*$")
_BEFORE_COLON = re.compile(r"^([^:]{2,40}):(?:[ \t]+(.*))?$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
"""Control characters that no text of DICOM has; TAB, LF, FF, CR and ESC are its own (PS3.5 6.1.3)."""
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(slots=True)
class Section:
    """A section. lines: as they stand in the text."""

    heading: Heading
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text without empty lines around it; lines end in CR LF (PS3.5 6.1.3)."""
        return "\r\n".join(self.lines).strip("\r\n")


@dataclass(slots=True)
class Divided:
    """A text in sections, in its order. languages: of the headings that were found."""

    sections: list[Section] = field(default_factory=list)
    languages: set[Language] = field(default_factory=set)


def decoded(source: str, data: bytes, encoding: str, problems: list[Problem]) -> str:
    """Return the text of a file; "" where it has none, and problems say why.

    A byte order mark goes. Line ends are \\n.
    """
    stated = _BOMS.get(data[:2])
    if stated is not None and encoding.lower().replace("_", "-") not in ("utf-16", "utf-16-le", "utf-16-be"):
        problems.append(Problem(source, f"begins as {stated} does; say --encoding {stated}"))
        return ""
    try:
        text = data.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        what = f"is not in {encoding}; say --encoding, such as latin-1 or cp1252"
        problems.append(Problem(source, what, row))
        return ""
    except LookupError:
        problems.append(Problem(source, f"--encoding {encoding} is not known"))
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for row, line in enumerate(text.split("\n"), 1):
        found = _CONTROL.search(line)
        if found is not None:
            problems.append(Problem(source, f"has a control character (U+{ord(found[0]):04X})", row))
    if not text.strip():
        problems.append(Problem(source, "holds no text"))
    return text


def divided(
    source: str, text: str, problems: list[Problem], first: Heading = FINDINGS, keep_unknown: bool = False
) -> Divided:
    """Return the sections of a text.

    first: what stands before the first heading, or in a text without any. keep_unknown: headings that are
    not known stay as text of the section they stand in; else they are problems.
    """
    found, lines = Divided(), text.split("\n")
    current: Section | None = None
    number = 0
    while number < len(lines):
        line = lines[number]
        title = _title(line, lines[number + 1] if number + 1 < len(lines) else "")
        known = heading(title.words)
        number += title.lines if known is not None else 1
        if known is not None:
            current = Section(known[0], [title.rest] if title.rest else [])
            found.sections.append(current)
            found.languages.add(known[1])
            continue
        if title.is_certain and not keep_unknown:
            what = f"the heading {shown(title.words.strip())} is not known; --keep-unknown keeps it as text"
            problems.append(Problem(source, what, number))
        if current is None and line.strip():
            current = Section(first)
            found.sections.append(current)
        if current is not None:
            current.lines.append(line)
    found.sections = _filled(found.sections)
    return found


class _Title(NamedTuple):
    """What could be a heading. rest: what follows it in its line. is_certain: it is one, known or not."""

    words: str
    rest: str = ""
    is_certain: bool = False
    lines: int = 1


def _title(line: str, following: str) -> _Title:
    markdown = _MARKDOWN.match(line)
    if markdown is not None:
        return _Title(markdown[1], "", True)
    underline = _UNDERLINE.match(following)
    if line.strip() and underline is not None:
        # Dashes below a sentence may as well be a rule.
        return _Title(line, "", underline[1].startswith("="), 2)
    colon = _BEFORE_COLON.match(line.strip())
    if colon is not None:
        return _Title(colon[1], colon[2] or "")
    return _Title(line if line.strip()[:1].isupper() else "")


def _filled(sections: Sequence[Section]) -> list[Section]:
    """Leave out headings under which nothing stands: a container needs content (TID 2002)."""
    return [one for one in sections if one.text]
