"""Which action an attribute gets: by rule, by table E.1-1, else by its VR.

Knows tags; no value and no data set.
"""

from __future__ import annotations

from pydicom.datadict import dictionary_is_retired

from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.profile import Action, Dates, Options, Profile
from orthanc_cohorts.convert.pseudonymise.rules import Rules
from orthanc_cohorts.convert.pseudonymise.values import DATES, FREE_TEXTS, SHORT_TEXTS, vr_of

SPECIFIC_CHARACTER_SET = 0x00080005
_RULED = {
    "keep": Action.KEEP,
    "clean": Action.CLEAN,
    "empty": Action.EMPTY,
    "replace": Action.DUMMY,
    "remove": Action.REMOVE,
}
_DATES: dict[Dates, Action] = {"shift": Action.SHIFT, "keep": Action.KEEP, "remove": Action.REMOVE}
_OF_FILES = frozenset({0x0000, 0x0002, 0x0004})
"""Groups of commands, meta headers and directories; they have no place in a data set."""


class Decisions:
    """The actions under chosen options and rules, by tag."""

    def __init__(self, options: Options, rules: Rules) -> None:
        self.options, self.rules = options, rules
        self._profile = Profile(options)
        self._basic = Profile(Options(dates=options.dates))
        self._known: dict[int, Action] = {}

    def of(self, tag: int) -> Action:
        """Return what happens to a public attribute."""
        if tag not in self._known:
            self._known[tag] = self._decide(tag)
        return self._known[tag]

    def is_ruled(self, tag: int) -> bool:
        """Whether a rule of the site says that an attribute is kept as it is."""
        return self.rules.attributes.get(tag) == "keep"

    def otherwise(self, tag: int) -> Action:
        """Return what happens to a text that would be kept but names somebody."""
        listed = self._basic.action(tag, vr_of(tag))
        return listed if listed in (Action.REMOVE, Action.EMPTY) else Action.DUMMY

    def _decide(self, tag: int) -> Action:
        group, element = tag >> 16, tag & 0xFFFF
        if group in _OF_FILES or not element or tag == SPECIFIC_CHARACTER_SET:
            return Action.REMOVE
        if tag in self.rules.attributes:
            return _RULED[self.rules.attributes[tag]]
        if tag in lists().removed:
            return Action.REMOVE
        if tag in lists().vocabulary_dates:
            return Action.KEEP
        vr = vr_of(tag)
        listed = self._profile.action(tag, vr)
        if listed is Action.REMOVE and tag in lists().emptied:
            return Action.EMPTY
        return self._by_vr(tag, vr) if listed is None else listed

    def _by_vr(self, tag: int, vr: str) -> Action:
        """Return what happens to an attribute that table E.1-1 does not list."""
        if vr in DATES:
            return _DATES[self.options.dates]
        if vr == "UI":
            keep = "uids" in self.options.retain or tag in lists().classes
            return Action.KEEP if keep else Action.UID
        if vr in ("OB", "UN"):
            return Action.KEEP if tag in lists().bytes else Action.REMOVE
        if vr in FREE_TEXTS | SHORT_TEXTS and vr != "CS" and dictionary_is_retired(tag):
            return Action.REMOVE
        if vr in FREE_TEXTS:
            return Action.CLEAN if tag in lists().texts else Action.DUMMY
        return Action.KEEP if vr else Action.REMOVE
