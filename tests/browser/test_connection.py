"""The connection goes, and comes back: what is said meanwhile, and that nothing is missing afterwards."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .fake_api import FakeApi
from .fake_match import FakeMatch

LOST = "Connection lost – showing the state of 65:12, reconnecting…"


def test_a_lost_connection_is_told_and_recovers(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.goto(f"{api.url}/?match={match.id}")
    expect(browser_page.locator("connection-state")).to_have_text("Connected")
    api.down()
    expect(browser_page.locator("connection-banner")).to_have_text(LOST)
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 1")
    match.shot("away", 2, 4020, 0.35, "Freya Holm", outcome="goal", x_m=95.0, y_m=33.0)
    api.up()
    expect(browser_page.locator("connection-banner")).to_be_hidden()
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 2")
    expect(browser_page.locator("xg-race .end-label .percent").last).to_have_text("1.75")
    expect(browser_page.locator("win-chart .goal")).to_have_count(4)


def test_http_errors_do_not_end_the_attempts(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.goto(f"{api.url}/?match={match.id}")
    expect(browser_page.locator("connection-state")).to_have_text("Connected")
    api.broken = True
    api.cut()
    expect(browser_page.locator("connection-banner")).to_be_visible()
    # Long enough for the browser's own EventSource to have given up.
    browser_page.wait_for_timeout(6_000)
    expect(browser_page.locator("connection-banner")).to_have_text(LOST)
    match.event("home", "offside", 2, 4100)
    api.broken = False
    expect(browser_page.locator("connection-banner")).to_be_hidden()
    expect(browser_page.locator("score-board .clock")).to_have_text("68:20")


def test_a_server_that_died_without_a_word_is_noticed(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.clock.install()
    browser_page.goto(f"{api.url}/?match={match.id}")
    expect(browser_page.locator("connection-state")).to_have_text("Connected")
    # The stream stays open and silent; only /livez can tell.
    api.broken = True
    browser_page.clock.run_for(21_000)
    expect(browser_page.locator("connection-banner")).to_have_text(LOST)
    api.broken = False
    browser_page.clock.run_for(8_000)
    expect(browser_page.locator("connection-banner")).to_be_hidden()
    assert api.streams_opened >= 2


def test_silence_of_a_living_server_is_no_loss(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.clock.install()
    browser_page.goto(f"{api.url}/?match={match.id}")
    expect(browser_page.locator("connection-state")).to_have_text("Connected")
    browser_page.clock.run_for(60_000)
    expect(browser_page.locator("connection-state")).to_have_text("Connected")
    expect(browser_page.locator("connection-banner")).to_be_hidden()


def test_the_list_recovers_too(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.goto(api.url)
    expect(browser_page.locator("match-tile")).to_have_count(1)
    api.down()
    expect(browser_page.locator("connection-banner")).to_contain_text("Connection lost")
    match.shot("home", 2, 4020, 0.35, "Ines Duarte", outcome="goal", x_m=95.0, y_m=33.0)
    api.add(FakeMatch("second", "Aurelia", "Castelmare"))
    api.up()
    expect(browser_page.locator("connection-banner")).to_be_hidden()
    expect(browser_page.locator("match-tile")).to_have_count(2)
    expect(browser_page.locator("match-tile").first.locator(".score").first).to_have_text("3")


def test_a_resync_takes_the_new_snapshot_as_true(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.goto(f"{api.url}/?match={match.id}")
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 1")
    # A database that was restored may be behind what was shown.
    match.version, match.score["home"] = 3, 1
    api.publish([("resync", {"match": match.id}), match.snapshot_frame()])
    expect(browser_page.locator("score-board .big-score")).to_have_text("1 – 1")
