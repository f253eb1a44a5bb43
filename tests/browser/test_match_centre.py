"""The list of matches: tiles, their order, and what is said while there is nothing to show."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .fake_api import FakeApi
from .fake_match import FakeMatch
from .fake_season import play, season


def test_says_how_to_feed_before_any_match_has_started(api: FakeApi, browser_page: Page) -> None:
    api.add(FakeMatch("later", "Vallgorguina", "Skagen"))
    browser_page.goto(api.url)
    guide = browser_page.locator("feed-guide")
    expect(guide).to_be_visible()
    expect(guide).to_contain_text(f"curl -X POST {api.url}/v1/feeds/statsbomb/my-match")
    expect(guide).to_contain_text("touchline ingest statsbomb")
    expect(guide).to_contain_text("touchline replay my-match")
    expect(browser_page.locator("match-tile")).to_contain_text("Vallgorguina")


def test_a_new_match_appears_and_the_guide_goes(api: FakeApi, browser_page: Page) -> None:
    browser_page.goto(api.url)
    expect(browser_page.locator("feed-guide")).to_be_visible()
    match = FakeMatch("new", "Ribera", "Nordhavn")
    api.add(match)
    match.status = "live"
    api.publish(match.event("home", "period_start", 1, 0))
    expect(browser_page.locator("match-tile")).to_contain_text("Nordhavn")
    expect(browser_page.locator("feed-guide")).to_be_hidden()


def test_live_matches_come_first_with_their_numbers(api: FakeApi, browser_page: Page) -> None:
    api.add(*reversed(season()))
    browser_page.goto(api.url)
    expect(browser_page.locator("section.group:visible h2")).to_have_text(["On now3", "Coming up1", "Finished3"])
    tile = browser_page.locator("match-tile").first
    expect(tile.locator(".score")).to_have_text(["2", "1"])
    expect(tile.locator(".clock")).to_have_text("65:12")
    expect(tile.locator("tbody td:nth-child(2)")).to_have_text(["1.64", "1.40"])
    expect(tile.locator("tbody td:nth-child(3)")).to_have_text(["9.4", "15.7"])
    shown = [int(text.rstrip("%")) for text in tile.locator("probability-bar b").all_text_contents()]
    assert sum(shown) == 100
    expect(browser_page.locator(".group.live .pill")).to_have_text(["Live", "In play", "Live"])
    expect(browser_page.locator(".badge:visible")).to_have_text(["Replay", "Simulation", "Archive"])


def test_finished_matches_get_their_numbers_too(api: FakeApi, browser_page: Page) -> None:
    api.add(*season())
    browser_page.goto(api.url)
    tile = browser_page.locator(".group.finished match-tile").first
    expect(tile.locator("tbody td:nth-child(2)")).to_have_text(["1.40", "1.64"])
    expect(tile.locator("probability-bar b")).to_have_text(["0%", "0%", "100%"])


def test_numbers_that_are_not_there_yet_are_not_shown_as_nought(api: FakeApi, browser_page: Page) -> None:
    api.add(*season())
    browser_page.route("**/snapshot", lambda route: route.abort())
    browser_page.goto(api.url)
    tile = browser_page.locator(".group.finished match-tile").first
    expect(tile.locator(".score")).to_have_count(2)
    expect(tile.locator("tbody td:nth-child(2)")).to_have_text(["–", "–"])
    expect(tile.locator("tbody td:nth-child(3)")).to_have_text(["–", "–"])


def test_a_goal_moves_the_score_and_the_sums(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.goto(api.url)
    tile = browser_page.locator("match-tile")
    expect(tile.locator(".score")).to_have_text(["2", "1"])
    frames = match.shot("away", 2, 4020, 0.35, "Freya Holm", outcome="goal", x_m=95.0, y_m=33.0)
    frames += match.win_probability(0.41, 0.33, 0.26, "event:late")
    api.publish(frames)
    expect(tile.locator(".score")).to_have_text(["2", "2"])
    expect(tile.locator(".clock")).to_have_text("67:00")
    expect(tile.locator("probability-bar b")).to_have_text(["41%", "33%", "26%"])
    expect(tile.locator("tbody td:nth-child(2)")).to_have_text(["1.64", "1.75"])


def test_a_purged_replay_disappears(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    api.add(play(FakeMatch("gone", "Aurelia", "Castelmare", origin="replay"), 600))
    browser_page.clock.install()
    browser_page.goto(api.url)
    expect(browser_page.locator("match-tile")).to_have_count(2)
    del api.matches["gone"]
    browser_page.clock.run_for(31_000)
    expect(browser_page.locator("match-tile")).to_have_count(1)
    expect(browser_page.locator("match-tile")).to_contain_text(match.names["home"])


def test_a_tile_leads_to_its_match_and_back_leads_home(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    browser_page.goto(api.url)
    link = browser_page.get_by_role("link", name="Ribera v Nordhavn")
    link.focus()
    browser_page.keyboard.press("Enter")
    expect(browser_page).to_have_url(f"{api.url}/?match={match.id}")
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 1")
    browser_page.go_back()
    expect(browser_page.locator("match-tile")).to_have_count(1)
    browser_page.go_forward()
    expect(browser_page.locator("score-board")).to_be_visible()


def test_an_id_of_any_kind_makes_a_link_that_works(api: FakeApi, browser_page: Page) -> None:
    odd = play(FakeMatch("a/b?c&d=é 1", "Ribera", "Nordhavn"), 900)
    api.add(odd)
    browser_page.goto(api.url)
    browser_page.locator("match-tile").click()
    expect(browser_page.locator("score-board .clock")).to_have_text("15:00")
    browser_page.reload()
    expect(browser_page.locator("score-board .clock")).to_have_text("15:00")
