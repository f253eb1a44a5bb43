"""docs/adding-a-signal.md, done to the letter."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg

from tests.installed import Installed
from tests.running import ROOT, TINY

PAGE = (ROOT / "docs" / "adding-a-signal.md").read_text()


def test_the_page_does_what_it_says(dsn: str, tmp_path: Path) -> None:
    touchline = Installed(tmp_path, dsn).touchline
    assert touchline("ingest", "touchline", str(TINY), "--match", "before").returncode == 0

    place = re.search(r"`(app/sports/soccer/signals/\w+\.py)`:", PAGE)
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    commands = re.search(r"```\n((?:touchline [^\n]*\n)+)```", PAGE)
    assert place is not None and code is not None and commands is not None
    assert sum(line != "" for line in code[1].splitlines()) < 30
    (tmp_path / place[1]).write_text(code[1])

    outputs = {}
    for command in commands[1].splitlines():
        done = touchline(*command.split()[1:])
        assert done.returncode == 0, (command, done.stderr)
        outputs[command] = done.stdout
    assert "soccer.deep_completions@1" in outputs["touchline signals list"]
    assert touchline("ingest", "touchline", str(TINY), "--match", "after").returncode == 0

    told = [json.loads(line) for line in TINY.read_text().splitlines()]
    deep = sum(e["type"] == "pass" and _deep(e["fields"]) for e in told)
    with psycopg.connect(dsn) as connection:
        for match in ("before", "after"):
            newest = connection.execute(
                "SELECT DISTINCT ON (subject) subject, value FROM signal.point "
                "WHERE match_id = %s AND signal = 'deep_completions' ORDER BY subject, period DESC, order_key DESC",
                [match],
            ).fetchall()
            assert sum(value for _, value in newest) == deep
            assert len(newest) == 2

    # And what the page says of a wrong one.
    (tmp_path / place[1]).write_text(code[1].replace('{"pass"}', '{"pas"}'))
    refused = re.search(r"```\n(touchline: refused: .*)\n```", PAGE)
    assert refused is not None
    assert touchline("signals", "list").stderr.strip() == refused[1]


def _deep(fields: dict[str, object]) -> bool:
    x_m, y_m = fields.get("end_x_m"), fields.get("end_y_m")
    if fields.get("outcome") != "complete" or fields.get("cross") or x_m is None or y_m is None:
        return False
    return ((105 - float(str(x_m))) ** 2 + (34 - float(str(y_m))) ** 2) ** 0.5 <= 20
