"""A broken signal file in an installation: it is told with its line, and everything else goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psycopg

from tests.running import ROOT, TINY, environment

BROKEN = "from app.sports.base import Signal\n\nSIGNAL = Signal(\n    name='speed',\n    sped=1,\n)\n"


def test_the_rest_goes_on(dsn: str, tmp_path: Path) -> None:
    for part in ("app", "sql", "migrations"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    (tmp_path / "app/sports/soccer/signals/speed.py").write_text(BROKEN)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=tmp_path,
            env=environment(database_url=dsn),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    listed = run("signals", "list")
    assert listed.returncode == 1
    assert "soccer.xg@1" in listed.stdout
    assert "speed" not in listed.stdout
    [told] = listed.stderr.splitlines()
    assert told.startswith("touchline: refused: app/sports/soccer/signals/speed.py, line 3: TypeError: ")

    scored = run("ingest", "touchline", str(TINY), "--match", "goes-on")
    assert scored.returncode == 0, scored.stderr
    assert "app/sports/soccer/signals/speed.py" in scored.stderr
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT DISTINCT signal FROM signal.point ORDER BY signal").fetchall()
        catalogue = connection.execute("SELECT signal FROM registry.signal_version ORDER BY signal").fetchall()
    known = {s for (s,) in catalogue}
    assert {"momentum", "ppda", "win_probability", "xg", "xt"} <= known
    assert "speed" not in known
    assert {"xg", "win_probability"} <= {s for (s,) in found}

    seen = run("doctor")
    assert "app/sports/soccer/signals/speed.py:3" in seen.stdout
    assert seen.returncode == 1
