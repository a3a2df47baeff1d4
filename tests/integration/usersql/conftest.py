"""One site for all tests of statements, which may not change anything in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sql_site import LENGTHS, Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that can be asked; whatever is tried meanwhile, in the end it still can, and is as it was."""
    site = Site(tmp_path_factory.mktemp("site"))
    before = site.state()
    yield site
    assert site.state() == before
    assert site.rows("SELECT count(*) AS n FROM measurement") == [{"n": len(LENGTHS)}]
    site.processes.stop()
