"""Real matches, scored and stored, beside their batch: clean as they are, and a wrong row is found where it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.commands.consistency import render
from app.commands.demo import match_file
from app.db.pool import Pool
from app.errors import UnknownMatch
from app.feeds.base import provider
from app.log.append import append, open_stream
from app.warehouse.consistency import Report, check
from tests.engine_kit import feed, scored, tiny
from tests.engine_kit import told as engine_told
from tests.running import touchline
from tests.shared_data import cfb_games, statsbomb_matches, wyscout_matches

DEMO = "15986"
SOCCER = {"possession", "field_tilt", "ppda", "momentum", "xt", "xg", "win_probability", "goals_prevented"}


async def played(pool: Pool, dsn: str, match: str, name: str, body: bytes, sport: str = "soccer") -> None:
    """A provider's file in the log, and scored."""
    feed = provider(name)
    messages = [m for m in feed.split(body) if isinstance(m, bytes)]
    options = feed.stream_options(messages)
    stream = await open_stream(pool, match, sport=sport, provider=name, options=options)
    await append(pool, stream, [feed.decode(m, options) for m in messages], "push")
    await scored(pool, dsn)


def told(report: Report) -> dict[str, Any]:
    """Rows of the signals that were told, by signal."""
    return {s["signal"]: s for s in report.signals if s["verdict"] != "nothing to compare"}


async def test_a_real_match_is_clean_until_a_row_is_wrong(pool: Pool, dsn: str, tmp_path: Path) -> None:
    await played(pool, dsn, DEMO, "statsbomb", match_file(DEMO).read_bytes())
    report = await check(pool, tmp_path / "before", [DEMO])
    assert report.sound, render(report)
    assert told(report).keys() >= SOCCER
    assert told(report)["xt"]["compared"] > 1000
    assert told(report)["win_probability"]["max_abs"] < 0.001
    assert "possession" in render(report)

    row = await pool.fetchrow(
        "UPDATE signal.point SET value = value + 0.25 WHERE (match_id, signal, subject, anchor) = ("
        "SELECT match_id, signal, subject, anchor FROM signal.point WHERE signal = 'field_tilt' AND period = 2 "
        "AND value < 0.7 ORDER BY elapsed_s LIMIT 1) RETURNING subject, anchor"
    )
    gone = await pool.fetchrow(
        "DELETE FROM signal.point WHERE (match_id, signal, subject, anchor) = ("
        "SELECT match_id, signal, subject, anchor FROM signal.point WHERE signal = 'xg' ORDER BY elapsed_s LIMIT 1) "
        "RETURNING subject, anchor"
    )
    report = await check(pool, tmp_path / "after", [DEMO])
    assert not report.sound
    off = {s["signal"]: s["worst"] for s in report.signals if s["verdict"] == "off"}
    assert off.keys() == {"field_tilt", "xg"}
    [wrong], [missing] = off["field_tilt"], off["xg"]
    assert (wrong["match_id"], wrong["subject"], wrong["said_at"]) == (DEMO, row["subject"], row["anchor"])
    assert wrong["difference"] == pytest.approx(0.25, abs=0.001)
    assert (missing["subject"], missing["anchor"], missing["on_air"]) == (gone["subject"], gone["anchor"], None)
    assert f"{DEMO} field_tilt of {row['subject']} at {row['anchor']}" in render(report)

    await pool.execute("UPDATE signal.point SET model = 'xg@99' WHERE signal = 'finishing_efficiency'")
    out = tmp_path / "report"
    done = touchline("consistency", "--out", str(out), "--json", database_url=dsn)
    assert done.returncode == 1, done.stderr
    # What another model has scored is no fault of what is on the air: it is left out, and named.
    [match] = json.loads(done.stdout)["matches"]
    left_out = {"finishing_efficiency": "scored with xg@99, which is none of the committed models"}
    assert (match["match"], match["left_out"]) == (DEMO, left_out)
    page = (out / "report.html").read_text()
    assert row["anchor"] in page
    assert "2 of 15 signals are beyond tolerance" in page
    # Self-contained: every picture is in it, and nothing is fetched.
    assert page.count("data:image/png;base64,") == 14 + 2
    assert "http" not in page
    assert pl.scan_parquet(out / "pairs" / "*.parquet").collect()["match_id"].unique().to_list() == [DEMO]


async def test_a_small_match_with_an_own_goal_and_a_dismissal_is_clean(pool: Pool, dsn: str, tmp_path: Path) -> None:
    # A value is said where it is another one than before: many of them, in the middle of minutes.
    own = [feed(f"own-{n}", 20 + n / 100, "own_goal", period=1, clock_s=700.5 + 61.0 * n) for n in range(1, 13)]
    await engine_told(pool, [*tiny()[:20], *own, *tiny()[20:]])
    await scored(pool, dsn)
    report = await check(pool, tmp_path, ["m1"])
    assert (
        await pool.fetchval(
            "SELECT count(*) FROM signal.point WHERE signal = 'goal_probability' AND anchor LIKE 'event:own%'"
        )
        > 0
    )
    assert report.sound, render(report)
    assert told(report).keys() >= {"goal_probability", "win_probability", "xg", "xt"}


async def test_what_cannot_be_compared_says_so(pool: Pool, dsn: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownMatch):
        await check(pool, tmp_path, ["nobody"])
    done = touchline("consistency", database_url=dsn)
    assert (done.returncode, "No match is scored" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "sport", "games"),
    [
        ("statsbomb", "soccer", statsbomb_matches(7)),
        ("wyscout", "soccer", wyscout_matches(5)),
        ("cfb_espn", "gridiron", cfb_games(3)),
    ],
)
async def test_real_matches_of_every_provider_are_clean(
    pool: Pool, dsn: str, tmp_path: Path, name: str, sport: str, games: dict[str, Path]
) -> None:
    for match, path in list(games.items())[:1]:
        await played(pool, dsn, match, name, gzip.decompress(path.read_bytes()), sport)
        report = await check(pool, tmp_path, [match])
        assert report.sound, render(report)
        assert sum(s["compared"] for s in report.signals) > 100
