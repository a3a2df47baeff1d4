"""How results and progress look on a terminal, and how plainly when the output goes elsewhere.

Knows nothing of what is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int, int], None]
"""Called with (done, total); total 0 means that it is not known yet."""


def say(line: str = "", style: str | None = None) -> None:
    """Print one line to standard output, as it is: no wrapping, no interpretation of brackets."""
    _console().print(line, style=style, markup=False, highlight=False, soft_wrap=True, emoji=False)


def complain(line: str) -> None:
    """Print one line to standard error."""
    _console(stderr=True).print(
        line, style="yellow", markup=False, highlight=False, soft_wrap=True, emoji=False
    )


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show a progress bar on standard error while the block runs; a plain line where that is no terminal."""
    console = _console(stderr=True)
    if not console.is_terminal:
        yield _plain(what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as shown:
        task = shown.add_task(escape(what), total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total or None)


def _plain(what: str) -> Advance:
    quarter = -1

    def advance(done: int, total: int) -> None:
        nonlocal quarter
        reached = 4 * done // total if total else 0
        if reached > quarter:
            quarter = reached
            sys.stderr.write(f"{what}: {done} of {total or '?'}\n")
            sys.stderr.flush()

    return advance


def _console(stderr: bool = False) -> Console:
    # Made at each use: tests and callers replace sys.stdout.
    return Console(stderr=stderr)
