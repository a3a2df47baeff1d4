"""XML of strangers as a tree of elements by their local names, without entities and without reaching out.

Knows XML only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

_DEEPEST = 64
_LARGEST = 512 * 2**20


def parsed(path: Path) -> Element:
    """Return the root element of a file; tags and attributes without their namespaces.

    Raises ConversionError: it is no XML, declares entities, nests deeper than any ECG does, or is larger than
    512 MiB. A document type definition elsewhere is named in many files and never read.
    """
    if path.stat().st_size > _LARGEST:
        raise ConversionError(Problem(path.name, "is larger than 512 MiB, which no XML of an ECG is"))
    return tree(path.read_bytes(), path.name)


def tree(data: bytes, source: str) -> Element:
    """Return the root element of a document; source: what messages call it. Raises as `parsed`."""
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise ConversionError(
                Problem(source, f"nests deeper than {_DEEPEST} elements", parser.CurrentLineNumber)
            )
        builder.start(_local(tag), {_local(name): value for name, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(tag))

    def entity(*_: object) -> None:
        raise ConversionError(
            Problem(source, "declares entities, which no ECG needs; refused", parser.CurrentLineNumber)
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ConversionError(
            Problem(source, f"is no XML: {expat.ErrorString(error.code)}", error.lineno)
        ) from error
    except (LookupError, ValueError) as error:
        raise ConversionError(Problem(source, f"is no XML: {error}")) from error
    return builder.close()


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first element down a path of names, None where one is missing."""
    for name in path:
        element = None if element is None else element.find(name)
    return element


def text(element: Element | None, *path: str) -> str:
    """Return the text of an element down a path, without blanks around it; "" where it is missing."""
    found = child(element, *path)
    return "" if found is None else "".join(found.itertext()).strip()


def attribute(element: Element | None, name: str, *path: str) -> str:
    """Return an attribute of an element down a path; "" where either is missing."""
    found = child(element, *path)
    return "" if found is None else found.get(name, "").strip()


def below(element: Element | None, name: str) -> Iterator[Element]:
    """Yield all elements of a name at any depth below an element, in the order of the document."""
    if element is not None:
        yield from element.iter(name)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
