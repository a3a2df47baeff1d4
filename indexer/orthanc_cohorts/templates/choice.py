"""Which template a document follows: the one it states, else the one its title names (PS3.3 C.18.8.1.2).

Knows root templates only; nested ones are found by the rows that include them.
"""

from __future__ import annotations

from orthanc_cohorts.templates.finding import SEVERITIES, Finding, identifier
from orthanc_cohorts.templates.grammar import Grammar
from orthanc_cohorts.templates.item import Item
from orthanc_cohorts.templates.library import known_templates, template
from orthanc_cohorts.templates.model import Template


def choose(root: Item, children: list[Item], grammar: Grammar) -> tuple[Template | None, Finding | None]:
    """Return the template to check a document against, and what is to say of the stated one.

    children: of the root. A template that needs signs is chosen only where one is among them.
    None: neither the stated identifier nor the title names a root template that we have; the finding says so.
    No finding where the document states a template that we use.
    """
    stated = template(root.template_identifier)
    if stated is not None and stated.roots and _fits(stated, children, grammar):
        return stated, None
    named = _by_title(root, children, grammar)
    if named is None:
        expected, kind = "a template of this package", "template-unknown"
    else:
        kind = "template-other" if root.template_identifier else "template-missing"
        expected = f"TID{named.tid}"
    found = identifier(root.template_identifier)
    tid = f"TID{named.tid}" if named else ""
    return named, Finding(root.path, tid, kind, SEVERITIES[kind], expected, found)


def _by_title(root: Item, children: list[Item], grammar: Grammar) -> Template | None:
    title = grammar.code(root.concept_scheme, root.concept_code)
    if title is None:
        return None
    for one in known_templates().values():
        if title in grammar.codes(one.roots) and _fits(one, children, grammar):
            return one
    return None


def _fits(one: Template, children: list[Item], grammar: Grammar) -> bool:
    return not one.signs or grammar.has_sign(dict(one.signs), children)
