"""Content items: what table E.3.4-1 and the lists say of one, by its concept and value type (PS3.3 C.17.3).

Knows concepts; values are read and replaced elsewhere.
"""

from __future__ import annotations

from functools import cache

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.pseudonymise.codes import NOTHING, concept_of
from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.moments import OLDEST_YEARS
from orthanc_cohorts.convert.pseudonymise.person import plain
from orthanc_cohorts.convert.pseudonymise.profile import Action, Options, read_rows
from orthanc_cohorts.convert.pseudonymise.rules import Rules
from orthanc_cohorts.convert.pseudonymise.values import dummy, vr_of

_REFERENCES = frozenset({"UIDREF", "IMAGE", "COMPOSITE", "WAVEFORM"})
_DATES = {"DATE": 0x0040A121, "TIME": 0x0040A122, "DATETIME": 0x0040A120}


SEX = "DCM|121032"
UNKNOWN_SEX = Coding("DCM", "U", "Unknown sex")
"""Of CID 7455."""


def item_action(item: Dataset, options: Options, rules: Rules) -> Action | None:
    """Return what happens to a content item as a whole; None: nothing, its values decide.

    References stay, with other UIDs, even where the table removes them: they identify nobody, and hold the
    tree together.
    """
    kind, concept = value_type(item), concept_of(item)
    if kind in _REFERENCES or concept in rules.texts or kind == "CONTAINER":
        return None
    if concept in lists().births and kind in _DATES:
        return Action.REMOVE
    row = _rows().get((concept, kind))
    if row is None:
        return None
    action = options.choose(row, "DT" if kind in _DATES else "")
    if kind in ("NUM", "CODE") and action is Action.REMOVE:
        # Templates demand ages and sexes, and take unknown ones (TID 3704).
        return Action.DUMMY
    return action if action in (Action.REMOVE, Action.DUMMY) else None


def text_action(item: Dataset, options: Options, rules: Rules) -> Action:
    """Return what happens to the text of a content item. UID: replaced by a keyed text."""
    concept = concept_of(item)
    ruled = rules.texts.get(concept)
    if ruled is not None:
        return {"keep": Action.KEEP, "key": Action.UID, "replace": Action.DUMMY}[ruled]
    row = _rows().get((concept, "TEXT"))
    chosen = Action.DUMMY if row is None else options.choose(row, "UT")
    if chosen in (Action.KEEP, Action.CLEAN):
        return Action.CLEAN
    if concept in lists().keyed_items:
        return Action.UID
    return Action.CLEAN if concept in lists().kept_items else Action.DUMMY


def identifies(item: Dataset, rules: Rules) -> bool:
    """Whether the text of a content item is an identifier, and not one that a rule keeps."""
    concept = concept_of(item)
    row = _rows().get((concept, "TEXT"))
    listed = row is not None and not any(value in ("C", "K") for value in row.values())
    return listed and rules.texts.get(concept) != "keep"


def blank(item: Dataset) -> None:
    """Take the value from a content item that stays for the sake of the tree: a number, a code, a date."""
    kind = value_type(item)
    if kind == "NUM":
        item.MeasuredValueSequence = []
    elif kind == "CODE":
        item.ConceptCodeSequence = [UNKNOWN_SEX.item if concept_of(item) == SEX else NOTHING.item]
    elif kind in _DATES:
        tag = _DATES[kind]
        item[tag] = dummy(tag, vr_of(tag))


def clip_age(item: Dataset) -> None:
    """Make 90 of an age above 89 years, in a NUM item that states one."""
    if concept_of(item) not in lists().ages:
        return
    for measured in item.get("MeasuredValueSequence") or []:
        units = measured.get("MeasurementUnitsCodeSequence") or [Dataset()]
        per_year = {"a": 1, "mo": 12, "wk": 52.18, "d": 365.25}.get(plain(units[0], "CodeValue"), 1)
        if _number(plain(measured, "NumericValue")) >= (OLDEST_YEARS + 1) * per_year:
            measured.NumericValue = str(round((OLDEST_YEARS + 1) * per_year))
            for keyword in ("FloatingPointValue", "RationalNumeratorValue", "RationalDenominatorValue"):
                if keyword in measured:
                    del measured[keyword]


def value_type(item: Dataset) -> str:
    """Return the value type, empty where it has none."""
    return plain(item, "ValueType").upper()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0


@cache
def _rows() -> dict[tuple[str, str], dict[str, str]]:
    return {
        (f"{row['scheme']}|{row['code']}", row["value_type"]): row for row in read_rows("content_items.csv")
    }
