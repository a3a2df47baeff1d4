"""Tags of header elements as a definition writes them: digits, keywords, paths of both; into one form.

Knows pydicom's dictionary (PS3.6); no rows. The form is that of `attribute.tag`, but for the block of
private elements: each object reserves its own (PS3.5 7.8.1), so that `xx` stands for its digits.
"""

from __future__ import annotations

import re

from pydicom.datadict import tag_for_keyword

_DIGITS = re.compile(r"\(?([0-9A-Fa-f]{4}),? ?((?:[0-9A-Fa-f]{2}|[xX]{2})[0-9A-Fa-f]{2})\)?", re.ASCII)


def canonical_tag(text: str) -> str:
    """Return a tag, or a dotted path of tags from the outside in, as `00181120` and `0029xx01`.

    Takes `0018,1120`, `(0018,1120)` and DICOM keywords, too.
    Raises ValueError: neither digits nor a keyword, or an element that holds no value of its own.
    """
    return ".".join(_tag(part) for part in text.split("."))


def is_private(path: str) -> bool:
    """Tell whether the element that a canonical path leads to is a private one."""
    return int(path[-5], 16) % 2 == 1


def _tag(text: str) -> str:
    written = _DIGITS.fullmatch(text)
    if written is None:
        # pydicom lists a retired element whose keyword is empty.
        found = tag_for_keyword(text) if text else None
        if found is None:
            raise ValueError(f"{text!r} is no tag (00181120, 0018,1120) and no DICOM keyword")
        return f"{found:08X}"
    group, element = written[1].upper(), written[2].upper()
    if int(group, 16) % 2 == 0:
        if "X" in element:
            raise ValueError(f"{text!r} is no tag: only private elements, of odd groups, have a block xx")
        return group + element
    if not element.startswith("XX") and int(element, 16) < 0x1000:
        raise ValueError(f"{text!r} is no private element: these begin at (gggg,1000); ask with creator")
    return f"{group}xx{element[2:]}"
