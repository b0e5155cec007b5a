"""What all tests share: the folder of recorded public data beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded data; a machine without it skips, unless REQUIRE_ALL=1 says that everything must be there."""
    folder = Path(__file__).parents[1].parent / "shared"
    if not folder.is_dir():
        missing = f"{folder.name}/ is not beside the repository"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
