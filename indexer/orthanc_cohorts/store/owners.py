"""Whose private coding schemes the objects of a batch use (PS3.3 C.12.1.1 and PS3.16 8.2).

Knows rows as they come on the wire; asked for private designators alone, which are rare.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from orthanc_cohorts.harmonise import canonical_concept, is_private
from orthanc_cohorts.model.rows import Columns

_DESIGNATOR = "00080110.00080102"
_UID = "00080110.0008010C"
"""Rows of `attribute` that hold the items of CodingSchemeIdentificationSequence."""


class Owners:
    """Owners of private schemes by object, read from the rows when the first private code comes."""

    def __init__(self, tables: Mapping[str, Columns]) -> None:
        self._tables = tables

    def of(self, number: int, scheme: str) -> str | None:
        """Return the owner of a private scheme in an object: its UID where one is stated, else the maker.

        number: of the object in the batch. scheme: as sent. None where neither is stated.
        """
        return self._declared.get((number, " ".join(scheme.split()))) or self._makers.get(number)

    @cached_property
    def _makers(self) -> dict[int, str | None]:
        header = self._tables.get("instance_header", {})
        return dict(zip(header.get("object", ()), header.get("manufacturer", ()), strict=False))

    @cached_property
    def _declared(self) -> dict[tuple[int, str], str]:
        attributes = self._tables.get("attribute", {})
        tags = attributes.get("tag", ())
        if _UID not in tags:
            return {}
        uids: dict[tuple[int, str], str] = {}
        designators: dict[tuple[int, str], str] = {}
        rows = zip(tags, attributes["object"], attributes["item"], attributes["text_value"], strict=True)
        for tag, objects, item, text in rows:
            if text is not None and tag in (_UID, _DESIGNATOR):
                found = uids if tag == _UID else designators
                found.update(((number, item), " ".join(text.split())) for number in objects)
        return {(place[0], name): uids[place] for place, name in designators.items() if place in uids}


def canonical_codes(columns: Columns, name: str, owners: Owners) -> list[str | None]:
    """Return the canonical code of each row's triple `name`; the column `<name>_code` is there."""
    codes = columns[f"{name}_code"]
    schemes = columns.get(f"{name}_scheme")
    if schemes is None:
        return [canonical_concept(None, code) for code in codes]
    private = {scheme for scheme in set(schemes) if scheme is not None and is_private(scheme)}
    if not private:
        return [canonical_concept(scheme, code) for scheme, code in zip(schemes, codes, strict=True)]
    return [
        canonical_concept(scheme, code, owners.of(number, scheme))
        if scheme in private
        else canonical_concept(scheme, code)
        for number, scheme, code in zip(columns["object"], schemes, codes, strict=True)
    ]
