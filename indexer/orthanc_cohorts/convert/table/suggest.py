"""A draft of a mapping for a table: what can be guessed, with what has to be decided beside it.

Knows profiles of columns and DICOM's own terminology; reads no DICOM objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from orthanc_cohorts.convert.problem import Problem, raise_any
from orthanc_cohorts.convert.table.mapping import Source
from orthanc_cohorts.convert.table.profile import Profile, profile
from orthanc_cohorts.convert.table.reading import read
from orthanc_cohorts.harmonise.terminology import concepts

MOST_CANDIDATES = 3
_IDS = frozenset(
    {"id", "pid", "patient", "patientid", "mrn", "subject", "case", "pseudonym", "fall", "record"}
)
_SEXES = {
    "m": "M", "male": "M", "man": "M", "w": "F", "f": "F", "female": "F", "woman": "F", "d": "O", "o": "O",
    "other": "O", "männlich": "M", "weiblich": "F", "divers": "O",
}  # fmt: skip
_SEX = frozenset({"sex", "gender", "geschlecht"})
_AGE = frozenset({"age", "alter"})
_BIRTH = frozenset({"birth", "dob", "birthdate", "birthday", "born", "geburtsdatum", "geb"})
_TODO = "TODO"


def suggest(path: Path, source: Source) -> str:
    """Return a draft of the mapping of a table, as YAML with comments.

    Lines with `TODO` have to be decided before it is a mapping. Raises ConversionError: no row can be read,
    or a row has other cells than there are columns; OSError.
    """
    table = read(path, source)
    rows, problems = [], []
    for row in table.rows:
        if isinstance(row, Problem):
            problems.append(row)
        else:
            rows.append(row)
    raise_any(problems)
    columns = [profile(name, (row.cells[name] for row in rows)) for name in table.columns]
    return "\n".join(_lines(path.stem, source, columns, len(rows))) + "\n"


def _lines(name: str, source: Source, columns: list[Profile], rows: int) -> Iterator[str]:
    taken = _Taken(columns)
    yield f"# Drafted from {rows} rows; every line with {_TODO} has to be decided, every other one looked at."
    yield "mapping: 1"
    yield f"name: {_text(name)}"
    told = [] if source.delimiter == "," else [f"delimiter: {_text(source.delimiter)}"]
    told += [] if source.header else [f"header: false, columns: {_list(source.columns)}"]
    if told:
        yield f"source: {{{', '.join(told)}}}"
    markers = sorted({marker for column in columns for marker in column.markers})
    yield f"missing: {_list(markers)}"
    yield from taken.patient()
    yield from taken.study()
    yield "documents:"
    yield "  - name: measurements"
    yield "    kind: measurements"
    yield "    observations:"
    for column in columns:
        if column.name not in taken.names and column.kind != "empty":
            yield from _observation(column)
    ignored = [column.name for column in columns if column.kind == "empty"]
    if ignored:
        yield f"ignored: {_list(ignored)} # without any value"


class _Taken:
    """The columns that say whose a row is and when it was."""

    def __init__(self, columns: list[Profile]) -> None:
        self.id = _first(column for column in columns if _IDS & set(column.words))
        if self.id is None:
            self.id = _first(column for column in columns if column.is_unique and column.kind != "date")
        self.sex = _first(column for column in columns if _SEX & set(column.words))
        self.age = _first(
            column for column in columns if _AGE & set(column.words) and column.kind == "number"
        )
        dates = [column for column in columns if column.kind == "date"]
        self.birth = _first(column for column in dates if _BIRTH & set(column.words))
        self.time = _first(column for column in dates if column is not self.birth)
        found = (self.id, self.sex, self.age, self.birth, self.time)
        self.names = {column.name for column in found if column is not None}

    def patient(self) -> Iterator[str]:
        yield "patient:"
        if self.id is None:
            yield f'  id: {{template: "{_TODO}-{{row}}"}} # no column looks like the id of a patient'
        else:
            yield f"  id: {{column: {_text(self.id.name)}}}"
        yield f"  issuer: {_TODO} # who gave these ids"
        if self.sex is not None:
            values = ", ".join(
                f"{_text(value)}: {_SEXES.get(value.lower(), _TODO)}" for value in sorted(self.sex.values)
            )
            yield f"  sex: {{column: {_text(self.sex.name)}, values: {{{values}}}}}"
        if self.birth is not None:
            yield f"  birth_date: {_moment(self.birth)}"

    def study(self) -> Iterator[str]:
        yield "study:"
        if self.time is None:
            yield f"  time: {{value: {_TODO}}} # no column looks like a date; YYYY-MM-DD of all rows"
        else:
            yield f"  time: {_moment(self.time)}"
        if self.age is not None:
            yield f"  age: {{column: {_text(self.age.name)}}}"


def _observation(column: Profile) -> Iterator[str]:
    yield f"      - column: {_text(column.name)}"
    found = list(_candidates(column.words))
    if found:
        yield f"        concept: {_text(found[0])} # {_TODO}: is it that?"
        yield from (f"        # or concept: {_text(one)}" for one in found[1:])
    else:
        yield f"        concept: {_TODO} # SCHEME|code|meaning"
    if column.kind == "number":
        unit = _text(column.unit) if column.unit is not None else f"{_TODO} # UCUM; 1 for none"
        yield f"        unit: {unit}"
        if column.sentinels:
            often = ", ".join(f"{value} ({column.values[value]} times)" for value in column.sentinels)
            yield f"        missing: {_list(column.sentinels)} # {_TODO}: apart from all others: {often}"
    elif column.kind == "codes":
        yield "        values:"
        for value, count in sorted(column.values.items()):
            yield f"          {_text(value)}: {_TODO} # {count} times; null: nothing is stated"
    else:
        yield "        text: true"


def _candidates(words: Iterable[str]) -> Iterator[str]:
    """Yield codes of DICOM's own terminology whose meaning holds all the words; the shortest first."""
    wanted = {word for word in words if len(word) > 2}
    if not wanted:
        return
    index = _index()
    found = set.intersection(*(index.get(word, set()) for word in wanted))
    # A meaning of few words is what is meant by them; a code of SNOMED or LOINC before one of DICOM.
    ranked = sorted(
        found, key=lambda one: (len(one[2].split()), ("SCT", "LN", "DCM", "MDC").index(one[0]), one)
    )
    yield from ("|".join(one) for one in ranked[:MOST_CANDIDATES])


@cache
def _index() -> dict[str, set[tuple[str, str, str]]]:
    """Return word -> (scheme, code, meaning) of the codes that PS3.16 uses."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    for scheme in ("SCT", "LN", "DCM", "MDC"):
        for codes in concepts().get(scheme, {}).values():
            for code, (meaning, _) in codes.items():
                if len(meaning) <= 64:
                    for word in meaning.lower().replace("(", " ").replace(")", " ").split():
                        found.setdefault(word, set()).add((scheme, code, meaning))
    return found


def _moment(column: Profile) -> str:
    form = "" if column.form == "%Y-%m-%d" or column.form is None else f", format: {_text(column.form)}"
    return f"{{column: {_text(column.name)}{form}}}"


def _first(found: Iterator[Profile]) -> Profile | None:
    return next(found, None)


def _text(text: str) -> str:
    """Return a text as YAML reads it back, whatever it holds: JSON is YAML."""
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Iterable[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
