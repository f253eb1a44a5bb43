"""A broken signal file in an installation: it is told with its line, and everything else goes on."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.installed import Installed
from tests.running import TINY

BROKEN = "from app.sports.base import Signal\n\nSIGNAL = Signal(\n    name='speed',\n    sped=1,\n)\n"


def test_the_rest_goes_on(dsn: str, tmp_path: Path) -> None:
    run = Installed(tmp_path, dsn).touchline
    (tmp_path / "app/sports/soccer/signals/speed.py").write_text(BROKEN)

    listed = run("signals", "list")
    assert listed.returncode == 1
    assert "soccer.xg@3" in listed.stdout
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
