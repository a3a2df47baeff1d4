"""The walk through a data set: every attribute of every item, and what becomes of its value (PS3.15 E.1.1).

Knows how an action is done; which one it is, `deciding` knows. What cannot be read does not survive.
"""

from __future__ import annotations

from collections.abc import Callable

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from orthanc_cohorts.convert.pseudonymise import content, moments
from orthanc_cohorts.convert.pseudonymise.codes import NOTHING, cleaned_code, concept_of, is_code
from orthanc_cohorts.convert.pseudonymise.deciding import Decisions
from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.person import Person, is_uid, plain
from orthanc_cohorts.convert.pseudonymise.private import add_private, kept_private
from orthanc_cohorts.convert.pseudonymise.profile import Action
from orthanc_cohorts.convert.pseudonymise.tags import (
    CODE_TEXTS,
    PATIENT_BIRTH_DATE,
    PATIENT_ID,
    PATIENT_NAME,
    PERSON_NAME,
    TEXT_VALUE,
)
from orthanc_cohorts.convert.pseudonymise.tally import Tally, label
from orthanc_cohorts.convert.pseudonymise.values import (
    DECIMALS,
    REMOVED,
    TEXTS,
    agrees,
    dummy,
    element_at,
    is_number,
    is_too_many,
    made,
    tags_of,
    texts,
    vr_of,
)
from orthanc_cohorts.convert.pseudonymise.wording import Watch, looks_personal

_MOMENTS: dict[str, Callable[[str, int], str | None]] = {
    "DA": moments.shifted_date,
    "DT": moments.shifted_datetime,
    "TM": lambda text, _: moments.checked_time(text),
}


class Cleaner:
    """One object under its decisions."""

    def __init__(
        self, decisions: Decisions, person: Person, watch: Watch, tally: Tally, is_referred_to: bool
    ) -> None:
        """is_referred_to: content items refer to others by their place in the tree, so that none may go."""
        self._decisions, self._person, self._watch, self._tally = decisions, person, watch, tally
        self._keeps_all_items = is_referred_to
        self._private = kept_private(decisions.options, decisions.rules)

    def cleaned(self, ds: Dataset, is_item: bool = True) -> Dataset:
        """Return an item, or the root, and all items in it, as they may be told."""
        out = Dataset()
        code = is_item and is_code(ds)
        for tag in tags_of(ds):
            if tag.is_private or (code and tag in CODE_TEXTS):
                continue
            element = self._attribute(ds, int(tag))
            if element is not None:
                out[tag] = element
        if code:
            out.update(cleaned_code(ds, self._person, self._watch, self._decisions.rules))
        for tag in add_private(ds, out, self._private, self._private_element):
            self._tally.note(label(tag), Action.REMOVE)
        return out

    def _attribute(self, ds: Dataset, tag: int) -> DataElement | None:
        """Return what stands for an attribute, None for nothing; and count it."""
        action = self._decisions.of(tag)
        if tag == TEXT_VALUE:
            action = content.text_action(ds, self._decisions.options, self._decisions.rules)
        done, element = self._done(ds, tag, action)
        if tag & 0xFFFF and tag != 0x00080005:
            self._tally.note(label(tag), done)
        return element

    def _done(self, ds: Dataset, tag: int, action: Action) -> tuple[Action, DataElement | None]:
        """Return what was done at last, and what stands for an attribute after it."""
        vr = vr_of(tag)
        if action is Action.REMOVE or not vr:
            return Action.REMOVE, None
        named = self._of_patient(ds, tag)
        if named is not None and not self._decisions.is_ruled(tag):
            return Action.DUMMY, named
        found = element_at(ds, tag)
        if vr == "SQ":
            return self._sequence(tag, found, action)
        if action in (Action.EMPTY, Action.DUMMY):
            return action, self._replaced(tag, vr, found, action)
        if found is None or not agrees(found.VR, vr):
            return Action.REMOVE, None
        return self._kept(tag, vr, found, action)

    def _of_patient(self, ds: Dataset, tag: int) -> DataElement | None:
        """Return what stands for the patient's name, id or date of birth; None: the attribute is another."""
        if tag in (PATIENT_ID, PATIENT_NAME):
            return made(tag, vr_of(tag), self._person.of_patient(ds))
        if tag == PERSON_NAME and concept_of(ds) in lists().patient_names:
            return made(tag, "PN", self._person.pseudonym)
        if tag == PATIENT_BIRTH_DATE and self._decisions.options.birth_year:
            born, examined = plain(ds, "PatientBirthDate"), plain(ds, "StudyDate")
            return made(tag, "DA", moments.birth_year(born, examined, self._days()))
        return None

    def _days(self) -> int:
        return self._person.days if self._decisions.options.dates == "shift" else 0

    def _replaced(self, tag: int, vr: str, found: DataElement | None, action: Action) -> DataElement:
        """Return an attribute that is emptied or has a value that tells nothing, or what was the same."""
        values = texts(found) if found is not None else []
        if tag in lists().keyed and any(values):
            return made(tag, vr, self._person.keyed("\\".join(values)))
        return DataElement(tag, vr, None) if action is Action.EMPTY else dummy(tag, vr)

    def _sequence(
        self, tag: int, found: DataElement | None, action: Action
    ) -> tuple[Action, DataElement | None]:
        if found is None or found.VR != "SQ":
            return Action.REMOVE, None
        if action is Action.EMPTY or not found.value:
            return action, DataElement(tag, "SQ", Sequence())
        if action is Action.DUMMY and any(map(is_code, found.value)):
            return action, DataElement(tag, "SQ", Sequence([NOTHING.item]))
        items = [item for item in map(self._item, found.value) if item is not None]
        return action, DataElement(tag, "SQ", Sequence(items)) if items else None

    def _item(self, item: Dataset) -> Dataset | None:
        """Return an item of a sequence; None for a content item that goes, with nothing below it."""
        if "ValueType" not in item:
            return self.cleaned(item)
        decisions = self._decisions
        action = content.item_action(item, decisions.options, decisions.rules)
        stays = self._keeps_all_items or bool(item.get("ContentSequence"))
        if action is Action.REMOVE and not stays:
            self._tally.note(f"content item {content.value_type(item)}", Action.REMOVE)
            return None
        out = self.cleaned(item)
        if action is not None:
            content.blank(out)
        content.clip_age(out)
        return out

    def _kept(
        self, tag: int, vr: str, found: DataElement, action: Action
    ) -> tuple[Action, DataElement | None]:
        """Return an attribute whose value, or something that follows from it, stays."""
        if self._decisions.is_ruled(tag):
            return action, found
        if vr == "UI":
            return action, self._uid(tag, found, action)
        if vr in _MOMENTS:
            return self._moment(tag, vr, found, action)
        if vr == "AS":
            ages = [moments.clipped_age(text) for text in texts(found)]
            return (Action.REMOVE, None) if None in ages else (action, made(tag, vr, ages))
        if (vr in DECIMALS and not is_number(found)) or is_too_many(found):
            return Action.REMOVE, None
        if vr in TEXTS:
            return self._text(tag, vr, found, action)
        return action, found

    def _uid(self, tag: int, found: DataElement, action: Action) -> DataElement:
        keeps = action is Action.KEEP
        uids = [uid if keeps and is_uid(uid) else self._person.uid(uid) for uid in texts(found)]
        return made(tag, "UI", uids)

    def _moment(
        self, tag: int, vr: str, found: DataElement, action: Action
    ) -> tuple[Action, DataElement | None]:
        """Return dates and times; what is none of them is treated as the table does without dates."""
        days = self._person.days if action is Action.SHIFT else 0
        moved = [_MOMENTS[vr](text, days) for text in texts(found)]
        if None in moved:
            return Action.EMPTY, DataElement(tag, vr, None)
        return action, made(tag, vr, moved)

    def _text(
        self, tag: int, vr: str, found: DataElement, action: Action
    ) -> tuple[Action, DataElement | None]:
        """Return a text that stays, if it names nobody."""
        values = texts(found)
        if action is Action.UID:
            return Action.DUMMY, made(tag, vr, [self._key(value) for value in values])
        if tag in lists().terms:
            return action, found
        named = self._watch.is_one if vr == "CS" else self._watch.finds
        if any(named(value) or (action is Action.CLEAN and looks_personal(value)) for value in values):
            otherwise = self._decisions.otherwise(tag)
            kept = None if otherwise is Action.REMOVE else self._replaced(tag, vr, found, otherwise)
            return otherwise, kept
        return action, found

    def _key(self, value: str) -> str:
        same = value.strip() == self._person.patient_id != ""
        return self._person.pseudonym if same else self._person.keyed(value)

    def _private_element(self, element: DataElement, vr: str) -> DataElement | None:
        """Return a private element that a rule keeps, if its value names nobody."""
        tag = int(element.tag)
        if element.VR == "SQ":
            return DataElement(tag, "SQ", Sequence([self.cleaned(item) for item in element.value or []]))
        if not agrees(element.VR, vr):
            return None
        if element.VR == "PN":
            return made(tag, "PN", REMOVED)
        action = Action.SHIFT if element.VR in _MOMENTS else Action.UID if element.VR == "UI" else Action.KEEP
        if element.VR in TEXTS and any(self._watch.finds(value) for value in texts(element)):
            return None
        return element if element.VR in TEXTS else self._kept(tag, element.VR, element, action)[1]
