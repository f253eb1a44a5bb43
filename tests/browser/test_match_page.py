"""One match: what the charts draw, and that corrections reach them."""

from __future__ import annotations

import math

from playwright.sync_api import Page, expect

from .fake_api import FakeApi
from .fake_match import FakeMatch
from .fake_season import SHOTS

EVIL = "<img src=x onerror=document.title='owned'>"


def open_match(page: Page, api: FakeApi, match: FakeMatch) -> None:
    """The match's page, drawn."""
    page.goto(f"{api.url}/?match={match.id}")
    expect(page.locator("win-chart .area").first).to_be_attached()


def stat(page: Page, title: str) -> list[str]:
    """Both sides of a number in the head of the page."""
    return page.locator(".stat", has=page.get_by_text(title, exact=True)).locator("dd").all_text_contents()


def test_the_head_says_how_it_stands(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 1")
    expect(browser_page.locator("score-board .clock")).to_have_text("65:12")
    expect(browser_page).to_have_title("Ribera 2–1 Nordhavn · 65:12")
    assert stat(browser_page, "xG") == ["1.64", "1.40"]
    assert stat(browser_page, "Shots") == ["10", "7"]
    assert stat(browser_page, "PPDA") == ["9.4", "15.7"]


def test_of_another_sport_it_says_the_score_and_nothing_that_would_be_wrong(
    api: FakeApi, match: FakeMatch, browser_page: Page
) -> None:
    match.sport = "curling"
    api.signals = {**api.signals, "curling": []}
    browser_page.goto(f"{api.url}/?match={match.id}")
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 1")
    expect(browser_page.get_by_text("Score and clock only")).to_be_visible()
    for part in ("score-board probability-bar", ".stats", "shot-map", "xg-race", "win-chart"):
        expect(browser_page.locator(part)).to_be_hidden()
    browser_page.goto(api.url)
    tile = browser_page.locator("match-tile", has_text="Ribera v Nordhavn")
    expect(tile).to_be_visible()
    expect(tile.locator("probability-bar")).to_be_hidden()
    assert "1.64" not in tile.inner_text()


def test_shots_lie_where_they_were_taken(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    dots = browser_page.locator("shot-map .shot:not(.key)")
    expect(dots).to_have_count(len(SHOTS))
    found = dots.evaluate_all(
        "dots => dots.map(d => [...['cx', 'cy', 'r'].map(name => Number(d.getAttribute(name))), d.className.baseVal])"
    )
    drawn = {(round(x, 1), round(y, 1)): (r, look) for x, y, r, look in found}
    for side, _, _, xg, _, outcome, x_m, y_m, _ in SHOTS:
        at = (x_m, y_m) if side == "home" else (round(105 - x_m, 1), round(68 - y_m, 1))
        r, look = drawn[at]
        assert math.isclose(r, max(4.2 * math.sqrt(xg), 0.55), abs_tol=0.01)
        assert side in look
        assert ("scored" in look) == (outcome == "goal")


def test_charts_mark_every_goal(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    expect(browser_page.locator("win-chart .goal-score")).to_have_text(["1–0", "1–1", "2–1"])
    expect(browser_page.locator("win-chart .red-card")).to_have_count(1)
    for chart in ("win-chart", "xg-race", "momentum-chart"):
        expect(browser_page.locator(f"{chart} .goal")).to_have_count(3)
    expect(browser_page.locator("momentum-chart .bar")).to_have_count(47 + 20)
    expect(browser_page.locator("xg-race .end-label .percent")).to_have_text(["1.64", "1.40"])


def test_a_chart_can_be_read_with_the_keyboard(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    plot = browser_page.get_by_role("slider", name="Win probability by minute")
    plot.focus()
    browser_page.keyboard.press("Home")
    expect(browser_page.locator("win-chart .readout")).to_contain_text("01:00  Ribera")
    browser_page.keyboard.press("ArrowRight")
    assert "02:00" in (plot.get_attribute("aria-valuetext") or "")


def test_the_ticker_tells_what_matters_once(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    api.publish(match.event("home", "pass", 2, 3914, player="Aina Soler"))
    open_match(browser_page, api, match)
    ticker = browser_page.locator("event-ticker")
    expect(ticker.locator(".incident.goal .extra")).to_have_text(["2–1", "1–1", "1–0"])
    expect(ticker.get_by_text("First half begins")).to_have_count(1)
    expect(ticker.locator(".incident.red")).to_contain_text("Hedda Nyström")
    expect(ticker).to_contain_text("Aina Soler for Rosa Beltrán")
    expect(ticker).to_contain_text("3-5-2")
    assert ticker.get_by_text("pass").count() == 0


def test_a_shot_is_drawn_as_it_comes(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    api.publish(match.shot("home", 2, 4000, 0.5, "Nadia Ferro", outcome="goal", x_m=100.0, y_m=34.0))
    expect(browser_page.locator("score-board .big-score")).to_have_text("3 – 1")
    expect(browser_page.locator("shot-map .shot:not(.key)")).to_have_count(len(SHOTS) + 1)
    expect(browser_page.locator("xg-race .end-label .percent").first).to_have_text("2.14")
    expect(browser_page.locator("event-ticker .incident").first).to_contain_text("3–1")


def test_a_correction_changes_what_was_drawn(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    key = next(k for k in match.points if k[0] == "xg" and match.points[k]["value"] == 0.46)
    moment = (match.points[key]["period"], match.points[key]["elapsed_s"])
    api.publish(match.point("xg", key[1], 0.26, key[2], team=match.teams["home"], kind="correction", moment=moment))
    expect(browser_page.locator("xg-race .end-label .percent").first).to_have_text("1.44")


def test_a_goal_that_is_taken_back_disappears(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    shots = [e for e in match.events if e["type"] == "shot" and e["fields"]["player_name"] == "Nadia Ferro"]
    goal = next(shot for shot in shots if shot["fields"]["outcome"] == "goal")
    # The frame of the retraction was written before the match was folded anew: it still has the old score.
    frames = [match.event_frame({**goal, "kind": "retracted"})]
    match.events.remove(goal)
    match.score["home"] -= 1
    match.version += 1
    anchor = f"event:{goal['source_event_id']}"
    frames += match.point(
        "xg", goal["player"], None, anchor, team=match.teams["home"], status="withdrawn", kind="withdrawn"
    )
    del match.points[("xg", goal["player"], anchor)]
    api.publish(frames)
    expect(browser_page.locator("score-board .big-score")).to_have_text("1 – 1")
    expect(browser_page.locator("shot-map .shot:not(.key)")).to_have_count(len(SHOTS) - 1)
    expect(browser_page.locator("win-chart .goal-score")).to_have_text(["1–0", "1–1"])
    expect(browser_page.locator("xg-race .end-label .percent").first).to_have_text("1.50")


def test_a_value_of_the_last_full_minute_does_not_turn_the_clock_back(
    api: FakeApi, match: FakeMatch, browser_page: Page
) -> None:
    open_match(browser_page, api, match)
    frames = match.event("home", "pass", 2, 3964)
    frames += match.point("momentum", "match", 0.4, "minute:2:66", moment=(2, 3960.0))
    api.publish(frames)
    expect(browser_page.locator("momentum-chart .bar")).to_have_count(47 + 21)
    expect(browser_page.locator("score-board .clock")).to_have_text("66:04")


def test_a_suspended_probability_shows_no_number(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    api.publish(match.win_probability(0.8, 0.15, 0.05, "event:review", status="suspended"))
    expect(browser_page.locator("score-board probability-bar b")).to_have_text(["–", "–", "–"])
    expect(browser_page.locator(".bar-note")).to_have_text("Win probability is suspended")


def test_a_shoot_out_changes_neither_score_nor_xg(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    open_match(browser_page, api, match)
    api.publish(match.shot("home", 5, 7200, None, "Ines Duarte", outcome="goal", x_m=94.0, y_m=34.0))
    expect(browser_page.locator("event-ticker .incident").first).to_contain_text("Penalty scored")
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 1")
    expect(browser_page.locator("shot-map .shot:not(.key)")).to_have_count(len(SHOTS))
    assert stat(browser_page, "xG") == ["1.64", "1.40"]


def test_what_a_feed_says_is_never_markup(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    match.names["home"] = EVIL
    match.shot("home", 2, 3950, 0.2, EVIL, outcome="goal", x_m=96.0, y_m=30.0)
    open_match(browser_page, api, match)
    expect(browser_page.locator("event-ticker .incident").first).to_contain_text(EVIL)
    assert browser_page.locator("img").count() == 0
    browser_page.goto(api.url)
    expect(browser_page.locator("match-tile th.home")).to_have_text(EVIL)
    assert browser_page.locator("img").count() == 0
    browser_page.goto(f"{api.url}/overlay/win-probability?match={match.id}")
    expect(browser_page.locator(".name.home")).to_have_text(EVIL)
    assert browser_page.locator("img").count() == 0
    assert browser_page.title() != "owned"


def test_a_match_that_does_not_exist_yet_is_waited_for(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    api.matches.clear()
    browser_page.goto(f"{api.url}/?match={match.id}")
    expect(browser_page.get_by_text(f"Waiting for match {match.id}")).to_be_visible()
    api.add(match)
    expect(browser_page.locator("score-board .big-score")).to_have_text("2 – 1")
