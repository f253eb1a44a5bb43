"""Monitoring of a small database: which matches are compared, what is said of their signals, and where it is shown."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import analytics.monitor
from app.api.monitoring import monitoring_metrics
from app.commands.monitor import render
from app.db.pool import Pool
from app.errors import UsageError
from app.feeds.base import FeedEvent
from app.log.control import append_control
from app.log.matches import MatchInfo, load_match
from app.settings import Settings
from app.sports.loading import signals
from app.sports.soccer.sport import SPORT
from app.warehouse import monitoring
from app.warehouse.monitoring import Kept, Report, monitor
from app.warehouse.watched import at_marks
from tests.engine_kit import scored, tiny, told
from tests.running import Running, touchline

FEW = Settings(drift_min_matches=3, drift_min_values=9, drift_alpha=0.05)
NOW = datetime(2021, 6, 30, tzinfo=UTC)
VERSION = signals(SPORT)["xg"].spec.version


def farther(events: list[FeedEvent]) -> list[FeedEvent]:
    """The same match, with every shot from 30 m farther away."""
    return [
        msgspec.structs.replace(e, fields=msgspec.structs.replace(e.fields, x_m=e.fields.x_m - 30))
        if e.type == "shot" and e.fields.x_m is not None
        else e
        for e in events
    ]


async def played(
    pool: Pool, match: str, days_ago: float, events: list[FeedEvent], status: str | None = "finished", **more: Any
) -> None:
    """A match that kicked off so long before NOW."""
    await load_match(pool, MatchInfo(id=match, kickoff_at=NOW - timedelta(days=days_ago), **more))
    await told(pool, events, match)
    if status is not None:
        await append_control(pool, match, "soccer", "status", {"status": status})


@pytest.fixture
async def season(pool: Pool, dsn: str) -> Pool:
    """Six matches of last month, and four of this week with shots from farther away; and what is not to be counted."""
    for i in range(6):
        await played(pool, f"old-{i}", 30 + i, tiny())
    for i in range(4):
        await played(pool, f"new-{i}", 1 + i, farther(tiny()))
    await played(pool, "dreamt", 2, tiny(), origin="simulation")
    await played(pool, "left", 3, tiny(), "abandoned")
    await played(pool, "later", -1, tiny())
    await scored(pool, dsn)
    return pool


def rows(found: list[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    return [r for r in found if all(r[k] == v for k, v in wanted.items())]


async def test_what_moved_is_told_from_what_stayed(season: Pool) -> None:
    report = await monitor(season, FEW, until=NOW)
    assert (report.recent_matches, report.reference_matches) == (4, 6)
    assert (report.since, report.until) == (NOW - timedelta(days=7), NOW)
    [xg] = rows(report.drift, signal="xg", kind="signal")
    stored = await season.fetch("SELECT match_id FROM signal.point WHERE signal = 'xg' AND value IS NOT NULL")
    assert xg["n_recent"] == sum(r["match_id"].startswith("new") for r in stored) > 9
    assert xg["n_reference"] == sum(r["match_id"].startswith("old") for r in stored)
    assert (xg["version"], xg["matches_recent"], xg["matches_reference"]) == (VERSION, 4, 6)
    assert xg["psi"] > 1
    assert xg["verdict"] == "drift"
    inputs = rows(report.drift, signal="xg", kind="feature")
    assert {r["series"]: r["verdict"] for r in inputs} == {"shot_distance_m": "drift", "shot_angle_rad": "drift"}
    [possession] = rows(report.drift, signal="possession")
    assert (possession["psi"], possession["ks"], possession["verdict"]) == (pytest.approx(0), 0, "ok")
    assert {r["series"] for r in rows(report.drift, sport="soccer", signal="win_probability")} == {
        "home",
        "draw",
        "away",
    }
    live = {r["signal"] for r in await season.fetch("SELECT signal FROM registry.signal_version WHERE stage = 'live'")}
    assert {r["signal"] for r in report.drift} == live


async def test_probabilities_are_held_against_what_happened(season: Pool) -> None:
    report = await monitor(season, FEW, until=NOW)
    for window, name in (("recent", "new"), ("reference", "old")):
        [xg] = rows(report.calibration, signal="xg", window=window)
        shots = await season.fetch(
            "SELECT xg, is_goal FROM mart.fact_shot JOIN mart.dim_match USING (match_key) "
            "WHERE dim_match.match_id LIKE $1 AND xg IS NOT NULL",
            f"{name}%",
        )
        assert xg["n"] == len(shots)
        assert xg["mean_p"] == pytest.approx(np.mean([s["xg"] for s in shots]))
        assert xg["observed"] == pytest.approx(np.mean([s["is_goal"] for s in shots]))
        outcomes = rows(report.calibration, signal="win_probability", window=window)
        assert [(r["series"], r["observed"]) for r in outcomes] == [("home", 1.0), ("draw", 0.0), ("away", 0.0)]
        # Each 5 minutes of 90, whether anything moved then or not.
        points = await season.fetch(
            "SELECT match_id, period, elapsed_s, value FROM signal.point WHERE signal = 'win_probability' "
            "AND subject = 'home' AND match_id LIKE $1 ORDER BY match_id, period, elapsed_s, order_key",
            f"{name}%",
        )
        held = [
            [p["value"] for p in points if p["match_id"] == m and (p["period"], p["elapsed_s"]) <= mark][-1]
            for m in sorted({p["match_id"] for p in points})
            for mark in [(1 + (minute >= 45), minute * 60.0) for minute in range(0, 90, 5)]
        ]
        assert outcomes[0]["n"] == len(held) == 18 * outcomes[0]["matches"]
        assert outcomes[0]["mean_p"] == pytest.approx(np.mean(held))
        assert sum(r["mean_p"] for r in outcomes) == pytest.approx(1.0)
        assert outcomes[0]["rps"] == outcomes[2]["rps"] > 0
    # Four matches in which goals fell from where almost none do.
    [recent] = rows(report.calibration, signal="xg", window="recent")
    assert recent["gap"] > 0.1


async def test_one_signal_and_another_window(season: Pool) -> None:
    report = await monitor(season, FEW, "xg", 33, NOW)
    assert {r["signal"] for r in [*report.drift, *report.calibration]} == {"xg"}
    assert (report.recent_matches, report.reference_matches) == (8, 2)
    assert {r["verdict"] for r in report.drift} == {"too few"}
    capped = await monitor(season, msgspec.structs.replace(FEW, drift_matches=3), "xg", until=NOW)
    assert (capped.recent_matches, capped.reference_matches) == (3, 3)
    with pytest.raises(UsageError, match="'sog'"):
        await monitor(season, FEW, "sog")


async def test_an_empty_database_has_too_few_of_everything(pool: Pool) -> None:
    report = await monitor(pool, Settings())
    assert (report.recent_matches, report.reference_matches) == (0, 0)
    assert {r["verdict"] for r in [*report.drift, *report.calibration]} == {"too few"}
    assert "too few" in render(report)


async def test_the_command_says_it_to_people_and_machines(season: Pool, dsn: str) -> None:
    arguments = ("monitor", "--until", NOW.isoformat(), "--signal", "xg")
    limits = {"drift_min_matches": 3, "drift_min_values": 9, "drift_alpha": 0.05}
    told_people = touchline(*arguments, database_url=dsn, **limits)
    assert (told_people.returncode, told_people.stderr) == (0, "")
    assert "4 recent matches" in told_people.stdout
    [line] = [x for x in told_people.stdout.splitlines() if x.startswith(f"xg@{VERSION} shot_distance_m")]
    assert line.endswith("  drift")
    report = msgspec.json.decode(touchline(*arguments, "--json", database_url=dsn, **limits).stdout, type=Report)
    again = await monitor(season, FEW, "xg", until=NOW)
    assert (report.drift, report.calibration) == (again.drift, again.calibration)


def test_what_holds_at_a_mark_is_what_was_said_last() -> None:
    rows = np.array([[1, 0.0, 0.5], [1, 600.0, 0.75], [1, 2750.0, 0.25], [2, 3000.0, 1.0]])
    said = dict.fromkeys(("home", "draw", "away"), rows)
    p, about = at_marks(said, 2, 1)
    # 0, 5; 10 to 40; at 45 the second half begins with what stoppage time left; from 50 on.
    assert p[:, 0].tolist() == [0.5] * 2 + [0.75] * 7 + [0.25] + [1.0] * 8
    assert about.tolist() == [0] * 18


def test_extra_time_is_not_what_the_ninety_minutes_were_about() -> None:
    rows = np.array([[1, 0.0, 0.5], [3, 5400.0, 0.25], [4, 6300.0, 0.125], [5, 7200.0, 1.0]])
    p, about = at_marks(dict.fromkeys(("home", "draw", "away"), rows), 1, 2)
    assert about.tolist() == [1] * 18 + [2] * 6
    assert p[:, 2].tolist() == [0.5] * 18 + [0.25] * 3 + [0.125] * 3
    shoot_out = np.array([[1, 0.0, 0.5], [5, 5400.0, 1.0]])
    assert at_marks(dict.fromkeys(("home", "draw", "away"), shoot_out), 1, 1)[1].tolist() == [1] * 18


async def test_computed_once_for_all_who_ask_and_kept(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    real = monitoring.monitor

    async def counted(*given: Any) -> Report:
        nonlocal asked
        asked += 1
        return await real(*given)

    monkeypatch.setattr(monitoring, "monitor", counted)
    kept = Kept()
    found = await asyncio.gather(*(kept.report(pool, FEW) for _ in range(5)))
    assert asked == 1
    assert all(f is found[0] for f in found)
    assert await kept.report(pool, FEW) is found[0]
    monkeypatch.setattr(kept, "_until", 0.0)
    assert (await kept.report(pool, FEW)).computed_at > found[0].computed_at
    assert asked == 2


async def test_computing_is_not_done_where_the_streams_are(season: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def noted(real: Callable[..., Any]) -> Callable[..., Any]:
        def compute(*given: Any) -> Any:
            threads.append(threading.current_thread())
            return real(*given)

        return compute

    for name in ("compared", "calibrated"):
        monkeypatch.setattr(analytics.monitor, name, noted(getattr(analytics.monitor, name)))
    report = await monitor(season, FEW, until=NOW)
    assert len(threads) == len(report.drift) + len(report.calibration) > 10
    assert threading.current_thread() not in threads


async def test_what_fails_is_told_and_tried_again(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, real = Kept(), monitoring.monitor

    async def failing(*given: Any) -> Report:
        raise ConnectionError("gone")

    monkeypatch.setattr(monitoring, "monitor", failing)
    with pytest.raises(ConnectionError, match="gone"):
        await kept.report(pool, FEW)
    monkeypatch.setattr(monitoring, "monitor", real)
    assert (await kept.report(pool, FEW)).recent_matches == 0


async def test_metrics_are_the_last_report(season: Pool) -> None:
    empty = CollectorRegistry()
    monitoring_metrics(empty, None)
    assert generate_latest(empty) == b""
    report = await monitor(season, FEW, until=NOW)
    registry = CollectorRegistry()
    monitoring_metrics(registry, report)
    text = generate_latest(registry).decode()
    [xg] = rows(report.drift, signal="xg", kind="signal")
    assert f'touchline_signal_psi{{signal="xg",sport="soccer",version="{VERSION}"}} {xg["psi"]}' in text
    assert f'touchline_signal_drift{{signal="xg",sport="soccer",version="{VERSION}"}} 1.0' in text
    assert 'touchline_signal_drift{signal="possession",sport="soccer",version="1"} 0.0' in text
    assert (
        f'touchline_feature_drift{{feature="shot_distance_m",signal="xg",sport="soccer",version="{VERSION}"}} 1.0'
        in text
    )
    [home] = rows(report.calibration, signal="win_probability", window="recent", series="home")
    gap = re.search(
        r'touchline_signal_calibration_gap\{outcome="home",signal="win_probability",sport="soccer",version="\d+"\} (\S+)',
        text,
    )
    assert gap is not None
    assert float(gap[1]) == home["gap"]


def test_the_service_shows_it_and_keeps_it(service: Running) -> None:
    first = service.http.get("/v1/monitoring")
    assert first.status_code == 200
    assert {r["signal"] for r in first.json()["drift"]} >= {"xg", "win_probability", "ppda"}
    assert service.http.get("/v1/monitoring").json() == first.json()
    assert service.http.get("/v1/monitoring", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    at = datetime.fromisoformat(first.json()["computed_at"]).timestamp()
    found = {f.name: f.samples for f in text_string_to_metric_families(service.http.get("/metrics").text)}
    assert found["touchline_monitoring_timestamp_seconds"][0].value == at
