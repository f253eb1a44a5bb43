"""A service on a cluster of the fault tests' own, for what happens to PostgreSQL itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db import embedded
from app.settings import Settings
from tests.faults.kit import SETTINGS, Own
from tests.running import service


@pytest.fixture(scope="package")
def own() -> Iterator[Own]:
    """The service with an embedded cluster, durable as everyone's is, used by one test after the other."""
    home = Path(tempfile.mkdtemp(prefix="touchline-faults-"))
    home.chmod(0o755)
    try:
        with service(home=home, **SETTINGS) as running:
            yield Own(running, home)
    finally:
        embedded.remove(Settings(home=str(home)))
        shutil.rmtree(home)
