"""What the routes of saved cohorts do on their threads: save, replace, delete, compare with now.

Knows the index, the cohort language and where saved cohorts lie; nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from orthanc_cohorts.api.asking import Desk, notices
from orthanc_cohorts.api.limits import Deadline
from orthanc_cohorts.api.saved_models import Drift, ReplaceRequest, SaveRequest
from orthanc_cohorts.cohort import BadDefinition, Definition, Detail, canonical, loads, parse
from orthanc_cohorts.cohort.frozen import freeze, listed, still_there
from orthanc_cohorts.cohort.inline import asked, inline, stands_for, written_out
from orthanc_cohorts.errors import CohortChanged, CohortUnknown
from orthanc_cohorts.store.saved import Draft, Editor, Saved, SavedCohorts, Version

Request = TypeVar("Request", bound=BaseModel)
_ANY = Definition(version=1, unit="study")


class Shelf:
    """Answers requests on saved cohorts."""

    def __init__(self, desk: Desk, saved: SavedCohorts) -> None:
        self._desk = desk
        self._saved = saved

    def newest(self, deadline: Deadline) -> list[Version]:
        """Return the newest version of every cohort, by name."""
        return self._saved.newest()

    def get(self, name: str, version: int | None) -> Saved:
        """Return a version, the newest one for None. Raises CohortUnknown."""
        found = self._saved.get(name, version)
        if found is None:
            raise CohortUnknown("no such cohort or version is saved; GET cohorts lists them")
        return found

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a cohort, newest first. Raises CohortUnknown."""
        found = self._saved.versions(name)
        if not found:
            raise CohortUnknown("no such cohort is saved; GET cohorts lists them")
        return found

    def create(self, body: bytes, author: str | None, deadline: Deadline) -> Saved:
        """Save a cohort under a new name. Raises BadDefinition, CohortExists."""
        value = loads(body)
        request, definition = _envelope(value, SaveRequest), _definition(value)
        return self._saved.create(request.name, self._draft(value, definition, request, author, deadline))

    def replace(
        self, name: str, body: bytes, matched: int | None, editor: Editor, deadline: Deadline
    ) -> Saved:
        """Save the next version of a cohort.

        matched: the version that a header names, None when it names none.
        Raises BadDefinition; CohortChanged: no version is named, or two; what SavedCohorts.replace raises.
        """
        value = loads(body)
        # What can never be saved is refused as that, whatever version it is to replace.
        request, definition = _envelope(value, ReplaceRequest), _definition(value)
        if request.replaces is None and matched is None:
            raise CohortChanged(
                "state the version to be replaced, in `replaces` or If-Match; GET cohorts has it"
            )
        if None not in (request.replaces, matched) and request.replaces != matched:
            raise CohortChanged("`replaces` and If-Match name two versions; leave one of them out")
        version = request.replaces or matched or 0
        # Before the work too: whoever may not change it need not have it counted.
        self._saved.check(name, version, editor)
        draft = self._draft(value, definition, request, editor.name, deadline)
        return self._saved.replace(name, version, draft, editor)

    def delete(self, name: str, version: int, editor: Editor) -> None:
        """Delete a cohort. Raises what SavedCohorts.delete raises."""
        self._saved.delete(name, version, editor)

    def drift(self, name: str, version: int | None, deadline: Deadline) -> Drift:
        """Return what has become of a version, the newest one for None.

        Raises CohortUnknown; BadDefinition: its definition means something else by now.
        """
        saved = self.get(name, version)
        cohort = asked(saved)
        of_list: dict[str, int] = {}
        with self._desk.reading(deadline) as snapshot:
            now = self._desk.engine.answer(snapshot, cohort, deadline.check)
            if saved.members is not None:
                in_list = self._desk.engine.answer(
                    snapshot, canonical(parse(stands_for(saved))), deadline.check
                ).mask
                there = still_there(snapshot, saved.members)
                of_list = {
                    "still_there": there,
                    "gone": len(saved.members) - there,
                    "joined": int(np.count_nonzero(now.mask & ~in_list)),
                    "left": int(np.count_nonzero(in_list & ~now.mask)),
                }
        return Drift(
            name=saved.name,
            version=saved.version,
            kind=saved.kind,
            unit=saved.unit,
            hash=saved.hash,
            saved_count=saved.count,
            saved_generation=saved.generation,
            created=saved.created,
            count=now.count,
            generation=now.generation,
            warnings=notices(now.warnings),
            **of_list,
        )

    def _draft(
        self,
        value: Any,
        definition: Definition,
        request: SaveRequest | ReplaceRequest,
        author: str | None,
        deadline: Deadline,
    ) -> Draft:
        """Return what to save: the definition written out, counted, and frozen where a list is wanted."""
        with _pointing_below_definition():
            definition = inline(definition, self._saved)
            cohort = canonical(definition)
            members = None
            with self._desk.reading(deadline) as snapshot:
                answer = self._desk.engine.answer(snapshot, cohort, deadline.check)
                if request.kind == "list":
                    members = freeze(snapshot, answer)
        hash = cohort.hash
        if members is not None:
            hash = canonical(parse({"version": 1, "unit": cohort.unit, "where": listed(members)})).hash
        return Draft(
            kind=request.kind,
            unit=cohort.unit,
            hash=hash,
            note=request.note,
            author=author,
            count=answer.count,
            generation=answer.generation,
            definition=written_out(value["definition"], definition),
            members=members,
        )


def _envelope(value: Any, kind: type[Request]) -> Request:
    """Return a request but for its definition, which has pointers and caps of its own.

    Raises BadDefinition: what stands beside the definition is wrong, or it is missing.
    """
    if not isinstance(value, Mapping):
        raise BadDefinition([Detail("", "send a JSON object; schema in GET /cohorts/api/v1/openapi.json")])
    beside = {**value, "definition": _ANY} if "definition" in value else value
    try:
        return kind.model_validate(beside)
    except ValidationError as error:
        faults = [
            Detail("/" + "/".join(_token(part) for part in one["loc"]), one["msg"]) for one in error.errors()
        ]
        raise BadDefinition(faults) from None


def _definition(value: Any) -> Definition:
    """Return the definition in a request that `_envelope` has let pass. Raises BadDefinition."""
    with _pointing_below_definition():
        return parse(value["definition"])


@contextmanager
def _pointing_below_definition() -> Iterator[None]:
    try:
        yield
    except BadDefinition as error:
        raise BadDefinition(
            [Detail(f"/definition{one.pointer}", one.message) for one in error.details]
        ) from None


def _token(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
