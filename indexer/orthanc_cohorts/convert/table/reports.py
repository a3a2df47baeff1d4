"""Records as reports: TID 1500, 3802 and 2000 around what their observations state.

Knows records; no files and no tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage, ComprehensiveSRStorage

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding, coding, unit
from orthanc_cohorts.convert.document import device_observer, document, language
from orthanc_cohorts.convert.header import Context, Equipment, Series, dicom_datetime, series_uid, uid
from orthanc_cohorts.convert.table.mapping import DocumentRule, Mapping, Scheme, Section
from orthanc_cohorts.convert.table.records import Record, Stated

UNKNOWN = coding("DCM|114010|Value unknown")
"""CID 42."""
_TITLES = {
    "measurements": coding("DCM|126000|Imaging Measurement Report"),
    "history": coding("LN|11329-0|History"),
    "diagnosis": coding("LN|29308-4|Diagnosis"),
    "narrative": coding("LN|18748-4|Diagnostic imaging study"),
}
_SECTIONS: dict[Section, Coding] = {
    "problems": coding("LN|11450-4|Problem list"),
    "social": coding("LN|29762-2|Social history"),
    "procedures": coding("LN|10167-5|Past Surgical History"),
    "laboratory": coding("LN|30954-2|Relevant Diagnostic Tests and/or Laboratory Data"),
    "medication": coding("LN|10160-0|History of Medication Use"),
    "family": coding("LN|10157-6|History of family member diseases"),
    "devices": coding("LN|46264-8|History of medical device use"),
    "vital signs": coding("LN|8716-3|Vital signs"),
    "history": coding("DCM|121060|History"),
    "findings": coding("DCM|121070|Findings"),
    "impressions": coding("DCM|121072|Impressions"),
    "conclusions": coding("DCM|121076|Conclusions"),
}
"""In the order in which templates 3802 and 2000 have them."""
_PROCEDURE = coding("DCM|121058|Procedure reported")
_MEASUREMENTS = coding("DCM|126010|Imaging Measurements")
_GROUP = coding("DCM|125007|Measurement Group")
_TRACKING = coding("DCM|112039|Tracking Identifier")
_TRACKING_UID = coding("DCM|112040|Tracking Unique Identifier")
_FINDING = coding("DCM|121071|Finding")
_METHOD = coding("SCT|370129005|Measurement Method")
_DERIVATION = coding("DCM|121401|Derivation")
_SITE = coding("SCT|363698007|Finding Site")
_LATERALITY = coding("SCT|272741003|Laterality")
_CONCERN = coding("DCM|121430|Concern")
_NOTED = coding("DCM|121431|DateTime Concern Noted")
_PROCEDURE_TIME = coding("DCM|122146|Procedure DateTime")


def report(record: Record, rule: DocumentRule, stated: list[Stated], mapping: Mapping) -> Dataset:
    """Return the report of one document of a record."""
    name = mapping.name
    series = Series(
        series_uid(record.study.uid, f"table {name} {rule.name}"),
        "SR",
        description=rule.description or rule.name,
    )
    context = Context(record.patient, record.study, series, Equipment(institution=mapping.institution))
    root = _ROOTS[rule.kind](record, rule, stated, name)
    has_number = any(one.rule.unit is not None for one in stated)
    is_text = rule.kind in ("diagnosis", "narrative") and not has_number
    sop_class = BasicTextSRStorage if is_text else ComprehensiveSRStorage
    ds = document(context, sop_class, root, record.moment)
    schemes = [_scheme(key, mapping.schemes[key]) for key in _private(rule) if key in mapping.schemes]
    if schemes:
        ds.CodingSchemeIdentificationSequence = schemes
    return ds


def _measurements(record: Record, rule: DocumentRule, stated: list[Stated], name: str) -> Dataset:
    groups: dict[str | None, list[Stated]] = {}
    for one in stated:
        groups.setdefault(one.rule.group, []).append(one)
    return content.container(
        _title(rule),
        language(),
        *_observer(name),
        content.code(_PROCEDURE, rule.procedure, rel="HAS CONCEPT MOD"),
        content.container(
            _MEASUREMENTS,
            *(_group(record, rule, group, items, name) for group, items in groups.items()),
        ),
        rel=None,
        template="1500",
    )


def _group(record: Record, rule: DocumentRule, group: str | None, items: list[Stated], name: str) -> Dataset:
    tracked = f"{rule.name} {group}" if group is not None else rule.name
    found = [
        content.text(_TRACKING, tracked, rel="HAS OBS CONTEXT"),
        content.uidref(
            _TRACKING_UID, uid("tracking", record.study.uid, name, rule.name, group), rel="HAS OBS CONTEXT"
        ),
    ]
    described = rule.groups.get(group) if group is not None else None
    if described is not None and described.finding is not None:
        found.append(content.code(_FINDING, described.finding))
    if described is not None and described.site is not None:
        found.append(content.code(_SITE, described.site, rel="HAS CONCEPT MOD"))
    return content.container(_GROUP, *found, *map(_item, items), template="1501")


def _in_sections(record: Record, rule: DocumentRule, stated: list[Stated], name: str) -> Dataset:
    del record
    template = "3802" if rule.kind == "history" else "2000"
    return content.container(
        _title(rule), language(), *_observer(name), *_sections(stated), rel=None, template=template
    )


def _sections(stated: list[Stated]) -> Iterable[Dataset]:
    for section, heading in _SECTIONS.items():
        make = _MADE.get(section, _item)
        items = [make(one) for one in stated if one.rule.section == section]
        if items:
            yield content.container(heading, *items)


def _item(one: Stated) -> Dataset:
    """Return an observation with its modifiers in the order of TID 300."""
    rule, value = one.rule, one.value
    name = rule.concept
    below = list(_modifiers(one))
    if rule.unit is not None:
        assert value is None or not isinstance(value, str | Coding)
        qualifier = UNKNOWN if value is None else None
        item = content.num(name, value, unit_of(rule.unit), *below, qualifier=qualifier)
    elif isinstance(value, Coding):
        item = content.code(name, value, *below)
    else:
        item = content.text(name, str(value), *below)
    if one.moment is not None:
        item.ObservationDateTime = dicom_datetime(one.moment)
    return item


def _modifiers(one: Stated) -> Iterable[Dataset]:
    rule = one.rule
    for name, code in ((_METHOD, rule.method), (_DERIVATION, rule.derivation)):
        if code is not None:
            yield content.code(name, code, rel="HAS CONCEPT MOD")
    side = (
        [] if rule.laterality is None else [content.code(_LATERALITY, rule.laterality, rel="HAS CONCEPT MOD")]
    )
    if rule.site is not None:
        yield content.code(_SITE, rule.site, *side, rel="HAS CONCEPT MOD")
    else:
        yield from side


def _problem(one: Stated) -> Dataset:
    """Return a problem (TID 3829)."""
    noted = [] if one.moment is None else [content.datetime(_NOTED, one.moment)]
    return content.container(_CONCERN, _item(one._replace(moment=None)), *noted, template="3829")


def _procedure(one: Stated) -> Dataset:
    """Return a procedure (TID 3830)."""
    item = _item(one._replace(moment=None))
    if one.moment is not None:
        below = list(item.get("ContentSequence", []))
        item.ContentSequence = [
            *below,
            content.datetime(_PROCEDURE_TIME, one.moment, rel="HAS PROPERTIES"),
        ]
    return item


def _private(rule: DocumentRule) -> list[str]:
    """Return the designators of private schemes that the codes of a rule have."""
    return sorted({code.scheme for code in rule.codes() if code.scheme.startswith("99")})


def _scheme(designator: str, scheme: Scheme) -> Dataset:
    """Return a scheme as an item of CodingSchemeIdentificationSequence (PS3.3 table C.12-1)."""
    item = Dataset()
    item.CodingSchemeDesignator, item.CodingSchemeName = designator, scheme.name
    if scheme.uid is not None:
        item.CodingSchemeUID = scheme.uid
    if scheme.organization:
        item.CodingSchemeResponsibleOrganization = scheme.organization
    return item


def _title(rule: DocumentRule) -> Coding:
    return rule.title or _TITLES[rule.kind]


def _observer(name: str) -> list[Dataset]:
    return device_observer(uid("mapping", name), f"mapping {name}")


unit_of = cache(unit)
_ROOTS: dict[str, Callable[[Record, DocumentRule, list[Stated], str], Dataset]] = {
    "measurements": _measurements, "history": _in_sections, "diagnosis": _in_sections,
    "narrative": _in_sections,
}  # fmt: skip
_MADE: dict[Section, Callable[[Stated], Dataset]] = {"problems": _problem, "procedures": _procedure}
