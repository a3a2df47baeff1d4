"""Which concepts play which role around a statement, in every coding scheme they are sent in.

Data only. Sources: PS3.16 TID 1001-1010 (observers), 300 (measurement), 1410/1411/1420/1501 (groups); the SRT
and SCT twins are those of PS3.16 table O-1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SITE, LATERALITY, METHOD, DERIVATION = "site", "laterality", "method", "derivation"
FINDING, FINDING_CATEGORY = "finding", "finding_category"
TRACKING_IDENTIFIER, TRACKING_UID = "tracking_identifier", "tracking_uid"
SESSION, TIME_POINT = "activity_session", "time_point"
ALGORITHM_NAME, ALGORITHM_VERSION = "algorithm_name", "algorithm_version"
TARGET_REGION = "target_region"
PROCEDURE = "procedure"

Key = tuple[str | None, str | None]

_ALIASES = {"SCT": ("SNOMEDCT",), "SRT": ("SNM3", "99SDM"), "NCIt": ("NCIT",)}
"""Designators that reports of other years use for the same codes (PS3.16 section 8)."""


def _spelled(keys: Iterable[Key]) -> Iterator[tuple[Key, Key]]:
    """Yield every key in each of its schemes' spellings, with the key itself."""
    for key in keys:
        for scheme in (key[0], *_ALIASES.get(key[0] or "", ())):
            yield (scheme, key[1]), key


_ROLES: dict[Key, str] = {
    ("SCT", "363698007"): SITE,
    ("SRT", "G-C0E3"): SITE,
    ("DCM", "123014"): TARGET_REGION,
    ("SCT", "272741003"): LATERALITY,
    ("SRT", "G-C171"): LATERALITY,
    ("SCT", "370129005"): METHOD,
    ("SRT", "G-C036"): METHOD,
    ("DCM", "121401"): DERIVATION,
    ("DCM", "121071"): FINDING,
    ("SCT", "276214006"): FINDING_CATEGORY,
    ("SRT", "M-00006"): FINDING_CATEGORY,
    ("DCM", "112039"): TRACKING_IDENTIFIER,
    ("DCM", "112040"): TRACKING_UID,
    ("NCIt", "C67447"): SESSION,
    ("UMLS", "C2348792"): TIME_POINT,
    ("DCM", "111001"): ALGORITHM_NAME,
    ("DCM", "111003"): ALGORITHM_VERSION,
    ("DCM", "121058"): PROCEDURE,  # Procedure reported
    ("DCM", "121023"): PROCEDURE,  # Procedure Code, of the procedure context (TID 1005)
}

ROLES: dict[Key, str] = {spelled: _ROLES[key] for spelled, key in _spelled(_ROLES)}
"""Concept to the role its value plays for the item around it."""

INHERITED = (SITE, LATERALITY, METHOD, PROCEDURE)
"""Roles that hold for everything below the item that states them (PS3.3 C.17.5)."""

CODES = frozenset(code for _, code in ROLES)
"""The codes among these, in whatever scheme."""

LABELS = frozenset(
    key
    for key, role in ROLES.items()
    if role in (TRACKING_IDENTIFIER, TRACKING_UID, SESSION, TIME_POINT, ALGORITHM_NAME, ALGORITHM_VERSION)
)
"""Concepts whose TEXT names the group around it; a finding or site stated as text is a statement."""

_CONTEXT: frozenset[Key] = frozenset(
    {
        ("DCM", "121049"),  # Language of Content Item and Descendants
        ("DCM", "121046"),  # Country of Language
        ("DCM", "121005"),  # Observer Type
        ("DCM", "121010"),  # Person Observer's Role in the Organization
        ("DCM", "121011"),  # Person Observer's Role in this Procedure
        ("DCM", "121024"),  # Subject Class
        ("DCM", "121050"),  # Equivalent Meaning of Concept Name
        ("DCM", "121051"),  # Equivalent Meaning of Value
        ("DCM", "121401"),  # Derivation
        ("SCT", "363698007"),
        ("SRT", "G-C0E3"),
        ("SCT", "272741003"),
        ("SRT", "G-C171"),
        ("SCT", "370129005"),
        ("SRT", "G-C036"),
        ("SCT", "106233006"),  # Topographical modifier
        ("SRT", "G-A1F8"),
        ("SCT", "276214006"),
        ("SRT", "M-00006"),
        ("DCM", "123014"),  # Target Region
        ("DCM", "111030"),  # Image Region
    }
)

CONTEXT = frozenset(spelled for spelled, _ in _spelled(_CONTEXT))
"""Concepts of CODE items that describe a statement instead of making one."""

GROUP_CONCEPTS: frozenset[Key] = frozenset(
    {
        ("DCM", "125007"),  # Measurement Group
        ("DCM", "113706"),  # Irradiation Event X-Ray Data
        ("DCM", "113819"),  # CT Acquisition
        ("DCM", "111059"),  # Single Image Finding (CAD)
        ("DCM", "111015"),  # Composite Feature (CAD)
    }
)

GROUP_TEMPLATES = frozenset({"1410", "1411", "1420", "1501"})
"""Templates whose containers are groups; a hint beside the shape (ids are often missing or wrong)."""

GROUP_SIGNS = frozenset({FINDING, TRACKING_IDENTIFIER, TRACKING_UID})
"""Roles that make the container around them a group."""
