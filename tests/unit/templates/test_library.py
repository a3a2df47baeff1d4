"""The templates as data: whole, linked, and readable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orthanc_cohorts.templates import Rule, known_templates, template

VALUE_TYPES = {
    "TEXT", "NUM", "CODE", "DATETIME", "DATE", "TIME", "UIDREF", "PNAME", "COMPOSITE", "IMAGE", "WAVEFORM",
    "SCOORD", "SCOORD3D", "TCOORD", "CONTAINER",
}  # fmt: skip
RELATIONSHIPS = {
    "CONTAINS", "HAS PROPERTIES", "HAS OBS CONTEXT", "HAS ACQ CONTEXT", "INFERRED FROM", "SELECTED FROM",
    "HAS CONCEPT MOD",
}  # fmt: skip


def every(rules: Iterable[Rule]) -> Iterator[Rule]:
    for rule in rules:
        yield rule
        yield from every(rule.children)


def all_rules() -> list[Rule]:
    return [rule for one in known_templates().values() for rule in every(one.rules)]


def test_the_templates_of_the_promised_reports_are_there():
    promised = "1500 1501 1410 1411 1419 300 3700 3704 3708 3713 3802 3829 3830 2000 2002 10011 10012 10013"

    assert set(promised.split()) <= known_templates().keys()
    assert template("01500") is None
    assert template(None) is None


def test_every_included_template_is_there():
    included = {rule.include for rule in all_rules() if rule.include}

    assert included <= known_templates().keys()


def test_rows_use_defined_terms_and_codes_with_a_scheme():
    for rule in all_rules():
        assert rule.value_types <= VALUE_TYPES, rule.name
        assert rule.relationships <= RELATIONSHIPS, rule.name
        assert bool(rule.value_types) != bool(rule.include), rule.name
        for code in rule.concepts | rule.values | rule.units:
            scheme, bar, value = code.partition("|")
            assert scheme and bar and value, rule.name
            assert scheme != "SRT", f"{rule.name}: write the SCT twin"


def test_rule_names_are_unique_and_rows_named_in_conditions_exist():
    names = [rule.name for rule in all_rules()]

    assert len(names) == len(set(names))
    for one in known_templates().values():
        rows = {rule.row for rule in every(one.rules)}
        assert all(set(rule.unless) <= rows for rule in every(one.rules)), one.tid


def test_a_root_template_begins_with_one_container_and_no_title_names_two():
    roots = [one for one in known_templates().values() if one.roots]
    titles = [title for one in roots for title in one.roots]

    assert len(titles) == len(set(titles))
    assert all(len(one.rules) == 1 and one.rules[0].value_types == {"CONTAINER"} for one in roots)
