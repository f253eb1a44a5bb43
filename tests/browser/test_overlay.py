"""The lower third: what it shows on air, and what it must never show."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from .fake_api import FakeApi
from .fake_match import FakeMatch

STUDIO = {"width": 1920, "height": 1080}


def overlay(new_page: Callable[..., Page], api: FakeApi, match: FakeMatch, extra: str = "") -> Page:
    """The overlay of a match, as OBS would open it."""
    page = new_page(viewport=STUDIO)
    page.goto(f"{api.url}/overlay/win-probability?match={match.id}{extra}")
    return page


def percents(page: Page) -> list[str]:
    """The three numbers as shown."""
    return page.locator(".numbers b").all_text_contents()


def test_shows_teams_score_clock_and_odds(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    page = overlay(new_page, api, match)
    expect(page.locator(".panel.on")).to_be_visible()
    expect(page.locator(".name")).to_have_text(["Ribera", "Nordhavn"])
    expect(page.locator(".score")).to_have_text("2 – 1")
    expect(page.locator(".clock")).to_have_text("65:12")
    assert sum(int(text.rstrip("%")) for text in percents(page)) == 100
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    expect(page.locator(".debug")).to_be_hidden()


def test_percentages_always_sum_to_100(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    page = overlay(new_page, api, match)
    thirds = ["34%", "33%", "33%"]
    for shares, shown in (
        ((0.3334, 0.3333, 0.3333), thirds),
        ((0.335, 0.335, 0.33), ["34%", "33%", "33%"]),
        ((0.996, 0.003, 0.001), ["100%", "0%", "0%"]),
        ((1.0, 0.0, 0.0), ["100%", "0%", "0%"]),
    ):
        api.publish(match.win_probability(*shares, "minute:2:66"))
        expect(page.locator(".numbers b")).to_have_text(shown)


def test_never_mixes_numbers_of_two_moments(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    page = overlay(new_page, api, match)
    api.publish(match.win_probability(0.7, 0.2, 0.1, "minute:2:66"))
    expect(page.locator(".numbers b")).to_have_text(["70%", "20%", "10%"])
    frames = match.win_probability(0.3, 0.4, 0.3, "event:equaliser")
    api.publish(frames[:1])
    assert percents(page) == ["70%", "20%", "10%"]
    api.publish(frames[1:])
    expect(page.locator(".numbers b")).to_have_text(["30%", "40%", "30%"])


def test_a_lost_frame_is_made_up_for(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    page = overlay(new_page, api, match)
    expect(page.locator(".panel.on")).to_be_visible()
    api.publish(match.win_probability(0.3, 0.4, 0.3, "event:equaliser")[:1])
    expect(page.locator(".numbers b")).to_have_text(["30%", "40%", "30%"])


def test_suspended_shows_dashes(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    page = overlay(new_page, api, match)
    expect(page.locator(".panel.on")).to_be_visible()
    for status in ("suspended", "withdrawn"):
        api.publish(match.win_probability(0.7, 0.2, 0.1, "event:review", status=status))
        expect(page.locator(".numbers b")).to_have_text(["–", "–", "–"])
        api.publish(match.win_probability(0.7, 0.2, 0.1, "event:play-on"))
        expect(page.locator(".numbers b")).to_have_text(["70%", "20%", "10%"])


def test_waits_for_a_match_that_does_not_exist(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    api.matches.clear()
    page = overlay(new_page, api, match, "&debug=1")
    expect(page.locator(".debug")).to_have_text(f"waiting for {match.id}")
    assert page.locator(".panel").evaluate("panel => getComputedStyle(panel).opacity") == "0"
    api.add(match)
    expect(page.locator(".panel.on")).to_be_visible()
    expect(page.locator(".score")).to_have_text("2 – 1")


def test_keeps_the_last_state_and_dims_when_it_is_old(
    api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]
) -> None:
    page = overlay(new_page, api, match, "&debug=1")
    expect(page.locator(".panel.on")).to_be_visible()
    frames = match.win_probability(0.7, 0.2, 0.1, "minute:2:66")
    for _, data in frames:
        data["stale_after_ms"] = 2_500
    api.publish(frames)
    expect(page.locator(".numbers b")).to_have_text(["70%", "20%", "10%"])
    api.down()
    expect(page.locator(".debug")).to_have_text("reconnecting")
    assert "stale" not in (page.locator(".panel").get_attribute("class") or "")
    expect(page.locator(".panel.on.stale")).to_be_visible()
    assert percents(page) == ["70%", "20%", "10%"]
    expect(page.locator(".score")).to_have_text("2 – 1")
    match.win_probability(0.6, 0.25, 0.15, "minute:2:67")
    api.up()
    expect(page.locator(".numbers b")).to_have_text(["60%", "25%", "15%"])
    expect(page.locator(".panel.on.stale")).to_have_count(0)
    expect(page.locator(".debug")).to_have_text("")


def test_viewers_never_see_that_it_reconnects(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    page = overlay(new_page, api, match)
    expect(page.locator(".panel.on")).to_be_visible()
    api.down()
    page.wait_for_timeout(1_500)
    expect(page.locator(".debug")).to_be_hidden()
    expect(page.locator(".panel.on")).to_be_visible()


def test_long_names_fit(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    match.names["home"] = "Westerfeld-Nordheim Wanderers"
    page = overlay(new_page, api, match)
    name = page.locator(".name.home")
    expect(name).to_have_text(match.names["home"])
    assert name.evaluate("node => node.scrollWidth - node.clientWidth") <= 1
