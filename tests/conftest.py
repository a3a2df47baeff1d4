"""Where tests find the checkout, and the real files beside it.

It must not import the project: a broken import should fail its own tests only.
"""

from __future__ import annotations

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds pyproject.toml."""
    return CHECKOUT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real DICOM files beside the checkout; skips where there is none."""
    folder = CHECKOUT.parent / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real files (../shared/corpus) is not beside this checkout")
    return folder
