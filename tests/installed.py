"""Another installation of the code, where a test may change a file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT, environment


class Installed:
    """A copy of the code in a folder, whose commands work on one database."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder = folder
        self._dsn = dsn
        for part in ("app", "sql", "migrations", "analytics"):
            # With what is compiled, except what is just being written.
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("*.pyc.*"))
        shutil.copy(ROOT / "alembic.ini", folder)

    def touchline(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the copy to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=self.folder,
            env=environment(database_url=self._dsn),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
