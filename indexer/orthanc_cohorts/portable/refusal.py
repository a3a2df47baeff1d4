"""What cannot be asked of a lake because its policy took it away: told by name, before anything is asked.

Knows which columns leaves need and which a snapshot shows; runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from orthanc_cohorts.cohort import BadDefinition, Definition, Detail
from orthanc_cohorts.cohort.scope import Source
from orthanc_cohorts.lake.tables import TABLES
from orthanc_cohorts.portable.leaves import Placed, leaves
from orthanc_cohorts.portable.shown import Shown
from orthanc_cohorts.portable.used import Needed

_WHERE = {table.name: table.where for table in TABLES if table.where is not None}


def refuse(definition: Definition, shown: Shown, source: Source) -> None:
    """Refuse what a snapshot cannot answer.

    source: how the statement reads rows. Raises BadDefinition: every field that needs what is not shown.
    """
    details = [detail for leaf in leaves(definition) for detail in _of_leaf(leaf, shown, source)]
    if details:
        raise BadDefinition(details)


def _of_leaf(leaf: Placed, shown: Shown, source: Source) -> Iterator[Detail]:
    told: Needed = set()
    for field, lacks, needed in leaf.fields():
        for table, column in sorted(needed):
            kind = shown.kind(table, column)
            if kind is None or (kind != "plain" and not lacks):
                told.add((table, column))
                pointer = f"{leaf.pointer}/missing" if lacks else f"{leaf.pointer}/{field}"
                yield Detail(pointer, f"`{field}` needs {_lack(shown, table, column)}")
    known = {table for table, _ in told if not shown.has(table)}
    for table, column in sorted(leaf.needs(source) - told):
        if shown.kind(table, column) is None and table not in known:
            told.add((table, column))
            known |= set() if shown.has(table) else {table}
            yield Detail(leaf.pointer, f"this `{leaf.tree['op']}` needs {_lack(shown, table, column)}")
    if not told:
        yield from _beyond_rows(leaf, shown)


def _lack(shown: Shown, table: str, column: str) -> str:
    """Say what is not as it was sent, and why."""
    policy = f"policy `{shown.policy}` of this lake"
    if not shown.has(table):
        return f"{table}.{column}; {policy} does not show the table {table}"
    kind = shown.kind(table, column)
    if kind is None:
        return f"{table}.{column}, which {policy} does not show"
    done = "puts pseudonyms there" if kind == "uid" else "moves it, each patient's by other days"
    return f"{table}.{column} as it was sent; {policy} {done}"


def _beyond_rows(leaf: Placed, shown: Shown) -> Iterator[Detail]:
    """Tell what may be said by rows of a table that a policy leaves out, or by several patients at once."""
    if shown.policy == "keep":
        return
    if leaf.scope == "series" and leaf.is_in_time:
        message = (
            f"policy `{shown.policy}` of this lake moves the times of each patient by other days; objects of "
            "several may speak of one series, so that no value is known to be the first"
        )
        yield Detail(f"{leaf.pointer}/pick", message)
    where = _WHERE.get(leaf.tree["op"])
    if where is not None and not _is_among(leaf, where):
        message = (
            f"policy `{shown.policy}` of this lake shows no `{leaf.tree['op']}` but numbers of public "
            "elements that are not of the patient; ask a range of `value`"
        )
        yield Detail(leaf.pointer, message)


def _is_among(leaf: Placed, where: str) -> bool:
    """Tell whether all rows that an `attribute` may match are among those shown."""
    if "value" not in leaf.tree:
        return False
    row = "SELECT 1.0 AS number_value, NULL AS private_creator, $tag AS tag"
    # A block is as good as any other: its element is private.
    asked = {"tag": leaf.tree["tag"].replace("x", "1")}
    [(shown,)] = duckdb.execute(f"SELECT {where} FROM ({row}) AS f", asked).fetchall()
    return bool(shown)
