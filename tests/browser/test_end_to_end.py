"""The pages on the real service: a replay moves them, and they come back by themselves when the API was killed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.commands.demo import match_file
from tests.gridiron_kit import espn_play, espn_summary
from tests.running import Running, until

SOURCE = "e2e-source"
PATIENCE_MS = 60_000


@pytest.fixture
def replayed(service: Running, request: pytest.FixtureRequest) -> Iterator[str]:
    """A real match, running again at 250 match seconds a second."""
    done = service.push(SOURCE, match_file("15986").read_bytes(), "statsbomb")
    assert done["quarantined"] == 0
    service.scored(SOURCE)
    name = f"e2e-{request.node.name[:60]}".replace("_", "-")
    body = {"match": SOURCE, "speed": 250, "as_match": name}
    service.http.post("/v1/replays", json=body).raise_for_status()
    until(lambda: service.http.get(f"/v1/matches/{name}").json()["home"])
    yield name
    service.wait_ready()
    service.http.delete(f"/v1/replays/{name}").raise_for_status()


def kill_api(service: Running) -> None:
    """Kill the API process; the supervisor starts it again."""
    api = service.child("serve")
    api.kill()
    api.wait(10)


def at_the_end(service: Running, match: str) -> dict[str, Any]:
    """The match once its replay is over."""
    service.wait_ready()
    last = service.http.get(f"/v1/matches/{SOURCE}").json()["version"]

    def over() -> dict[str, Any] | None:
        found = service.http.get(f"/v1/matches/{match}").json()
        return found if found["version"] >= last else None

    return until(over)


def drawn(page: Page) -> list[str]:
    """The areas of the win-probability chart, as they are drawn."""
    return page.locator("win-chart .area").evaluate_all("areas => areas.map(a => a.outerHTML)")


def test_the_match_page_follows_a_replay_over_a_killed_api(service: Running, replayed: str, browser_page: Page) -> None:
    browser_page.goto(f"{service.base}/?match={replayed}")
    score = browser_page.locator("score-board .big-score")
    expect(browser_page.locator("connection-state")).to_have_text("Connected")
    expect(score).not_to_have_text("0 – 0", timeout=PATIENCE_MS)
    expect(browser_page.locator("win-chart .area").first).to_be_attached()
    before = drawn(browser_page)
    kill_api(service)
    expect(score).to_have_text("2 – 2", timeout=PATIENCE_MS)
    end = at_the_end(service, replayed)
    assert (end["home_score"], end["away_score"]) == (2, 2)
    expect(browser_page.locator("connection-banner")).to_be_hidden(timeout=PATIENCE_MS)
    expect(browser_page.locator("win-chart .goal")).to_have_count(4)
    assert drawn(browser_page) != before
    totals = service.http.get(f"/v1/matches/{replayed}/snapshot").json()["totals"]["xg"]
    shown = [f"{totals[end[side]]:.2f}" for side in ("home_id", "away_id")]
    expect(browser_page.locator("xg-race .end-label .percent")).to_have_text(shown, timeout=PATIENCE_MS)


def test_the_overlay_follows_a_replay_over_a_killed_api(
    service: Running, replayed: str, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{service.base}/overlay/win-probability?match={replayed}")
    expect(page.locator(".panel.on")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".score")).not_to_have_text("0 – 0", timeout=PATIENCE_MS)
    before = page.locator(".numbers b").all_text_contents()
    kill_api(service)
    expect(page.locator(".score")).to_have_text("2 – 2", timeout=PATIENCE_MS)
    at_the_end(service, replayed)
    held = service.http.get(f"/v1/matches/{replayed}/snapshot").json()["signals"]
    likely = max(s["value"] for s in held if s["signal"] == "win_probability")
    expect(page.locator(".numbers b").filter(has_text=re.compile(f"^{likely:.0%}$"))).to_have_count(
        1, timeout=PATIENCE_MS
    )
    assert page.locator(".numbers b").all_text_contents() != before


def test_the_list_shows_a_replay_that_begins(service: Running, replayed: str, browser_page: Page) -> None:
    browser_page.goto(service.base)
    tile = browser_page.locator(f"match-tile:has(a[href*='{replayed}'])")
    expect(tile).to_have_count(1, timeout=PATIENCE_MS)
    expect(tile.locator(".score").first).not_to_have_text("0", timeout=PATIENCE_MS)


def football(yards_to_gain: int) -> bytes:
    """A summary up to a fourth down at the away team's own 33."""
    kick = espn_play("101849901", ("53", "Kickoff"), "Holm kickoff for a touchback", ("1", 1, 10, 65), ("2", 1, 10, 75))
    begin, last = ("2", 3, yards_to_gain, 67), ("2", 4, yards_to_gain, 67)
    throw = espn_play("101884401", ("3", "Pass Incompletion"), "Lund pass incomplete to Moe", begin, last)
    return json.dumps(espn_summary([kick, throw])).encode()


def test_a_football_page_asks_for_nothing_that_is_refused_and_follows_a_correction(
    service: Running, browser_page: Page, clean: Callable[[], None]
) -> None:
    service.push("e2e-football", football(8), "cfb_espn")
    service.scored("e2e-football")
    browser_page.goto(f"{service.base}/?match=e2e-football")
    card = browser_page.locator("fourth-card")
    expect(card.locator(".fourth-where")).to_have_text("Northern Tech Bears, 4th & 8 at NOR 33", timeout=PATIENCE_MS)
    expect(card.locator("li .choice")).to_have_text(["Go for it", "Punt"])
    expect(browser_page.locator("game-chart .area").first).to_be_attached()
    expect(browser_page.locator("drive-chart .drive")).to_have_count(1)
    before = card.locator("li b").first.text_content()
    service.push("e2e-football", football(1), "cfb_espn")
    expect(card.locator(".fourth-where")).to_have_text("Northern Tech Bears, 4th & 1 at NOR 33", timeout=PATIENCE_MS)
    expect(card.locator("li b").first).not_to_have_text(before or "")
    for name in ("win-probability", "situation", "fourth-down", "key-play"):
        browser_page.goto(f"{service.base}/overlay/{name}?match=e2e-football")
        expect(browser_page.locator(".panel.on")).to_be_visible(timeout=PATIENCE_MS)
    browser_page.goto(service.base)
    expect(browser_page.locator("match-tile:has(a[href*='e2e-football']) .line")).to_contain_text(
        "4th & 1", timeout=PATIENCE_MS
    )
    clean()
