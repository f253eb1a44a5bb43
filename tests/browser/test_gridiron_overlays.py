"""The lower thirds of football: never a wrong number, never blank."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .fake_api import FakeApi
from .fake_game import FakeGame, fourth_and_two

STUDIO = {"width": 1920, "height": 1080}
NAMES = ["win-probability", "situation", "fourth-down", "key-play"]
NewPage = Callable[..., Page]


def overlay(new_page: NewPage, api: FakeApi, game: FakeGame, name: str, extra: str = "") -> Page:
    """An overlay of the game, on air."""
    page = new_page(viewport=STUDIO)
    page.goto(f"{api.url}/overlay/{name}?match={game.id}{extra}")
    expect(page.locator(".panel.on")).to_be_visible()
    return page


def test_every_page_of_the_folder_is_served(api: FakeApi, game: FakeGame, new_page: NewPage) -> None:
    for name in NAMES:
        page = overlay(new_page, api, game, name)
        expect(page.locator(".name")).to_have_text(["Harbor State", "Hillside"])
        expect(page.locator(".score")).to_have_text("7 – 10")
        expect(page.locator(".clock")).to_have_text("Q3 2:05")
        expect(page.locator(".debug")).to_be_hidden()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_win_probability_has_the_outcomes_of_the_sport(api: FakeApi, game: FakeGame, new_page: NewPage) -> None:
    page = overlay(new_page, api, game, "win-probability")
    expect(page.locator(".numbers b")).to_have_text(["41%", "59%"])
    api.publish(game.odds(0.425))
    expect(page.locator(".numbers b")).to_have_text(["43%", "57%"])


def test_situation_moves_with_the_stream(api: FakeApi, game: FakeGame, new_page: NewPage) -> None:
    page = overlay(new_page, api, game, "situation")
    expect(page.locator(".three")).to_have_text("Harbor State3rd & 7HIL 38")
    api.publish(fourth_and_two(game))
    expect(page.locator(".three")).to_have_text("Harbor State4th & 2HIL 33")
    api.publish(game.play("home", "penalty", 3, 90) + game.situation(None))
    expect(page.locator(".big")).to_have_text("–")
    expect(page.locator(".panel.on[data-state=unknown]")).to_be_visible()
    expect(page.locator(".strip .spot")).to_have_count(0)
    api.publish(game.play("home", "kickoff", 3, 80) + game.situation("away"))
    expect(page.locator(".big")).to_have_text("Kick-off")


def test_fourth_down_is_weighed_corrected_and_taken_off(api: FakeApi, game: FakeGame, new_page: NewPage) -> None:
    page = overlay(new_page, api, game, "fourth-down")
    numbers = page.locator(".choice b")
    expect(numbers).to_have_text(["–", "–", "–"])
    expect(page.locator(".verdict")).to_have_text("Harbor State, 3rd & 7 at HIL 38")
    api.publish(fourth_and_two(game))
    expect(numbers).to_have_text(["43.7%", "39.5%", "–"])
    expect(page.locator(".choice.best")).to_have_text("43.7%Go for it")
    expect(page.locator(".call")).to_have_text("Go for it by 4.2 ± 1.2 pts")
    api.publish(game.choice("correction", go=0.380, kick=0.415))
    expect(numbers).to_have_text(["38.0%", "41.5%", "–"])
    expect(page.locator(".call")).to_have_text("Field goal by 3.5 ± 1.2 pts")
    api.publish(game.play("home", "field_goal", 3, 90) + game.situation("away"))
    expect(numbers).to_have_text(["–", "–", "–"])
    expect(page.locator(".call")).to_have_text("")


def test_the_newest_key_play_is_told_with_its_words(api: FakeApi, game: FakeGame, new_page: NewPage) -> None:
    page = overlay(new_page, api, game, "key-play")
    expect(page.locator(".gain-number.away")).to_have_text("+7.1%")
    expect(page.locator(".play-text")).to_have_text("Vance is intercepted")
    frames = game.play("home", "run", 3, 70, text="Kell breaks free", down=3, distance_yd=7, yards_to_goal=38)
    api.publish(frames + game.key_play("home", 0.22))
    expect(page.locator(".gain-number.home")).to_have_text("+22.0%")
    expect(page.locator(".play-text")).to_have_text("Kell breaks free")
    anchor = game.newest
    team = game.teams["home"]
    del game.points[("key_plays", team, anchor)]
    earlier = next(p for p in game.signal_points("key_plays") if p["team"] == team)
    api.publish(
        game.point(
            "key_plays", team, earlier["value"], earlier["anchor"], team=team, kind="correction", moment=(2, 1100.0)
        )
    )
    expect(page.locator(".play-text")).to_have_text("Vance is intercepted")


def test_before_the_first_value_there_is_a_still_picture(api: FakeApi, new_page: NewPage) -> None:
    game = FakeGame("bare", "Harbor State", "Hillside")
    game.status = "live"
    api.add(game)
    for name, shown in (
        ("win-probability", ".numbers b"),
        ("situation", ".big"),
        ("fourth-down", ".choice b"),
        ("key-play", ".gain-number"),
    ):
        page = overlay(new_page, api, game, name)
        expect(page.locator(".panel.on[data-state=unknown]")).to_be_visible()
        expect(page.locator(shown).first).to_have_text("–")


@pytest.mark.parametrize("name", ["situation", "fourth-down", "key-play"])
def test_an_old_state_stays_and_is_marked(api: FakeApi, game: FakeGame, new_page: NewPage, name: str) -> None:
    fourth_and_two(game)
    page = overlay(new_page, api, game, name, "&debug=1")
    if name == "key-play":
        expect(page.locator(".odds")).not_to_contain_text("No key play")
    shown = page.locator(".odds").text_content()
    signal, subject = {"situation": ("situation", "down"), "fourth-down": ("fourth_down", "go")}.get(
        name, ("key_plays", game.teams["away"])
    )
    held = next(p for p in reversed(game.signal_points(signal)) if p["subject"] == subject)
    frames = game.point(
        signal, subject, held["value"], held["anchor"], team=held["team"], moment=(held["period"], held["elapsed_s"])
    )
    for _, data in frames:
        data["stale_after_ms"] = 2_000
    api.publish(frames)
    page.wait_for_timeout(300)
    api.down()
    expect(page.locator(".debug")).to_have_text("reconnecting")
    expect(page.locator(".panel.on.stale")).to_be_visible()
    assert page.locator(".odds").text_content() == shown
    api.up()
    expect(page.locator(".panel.on.stale")).to_have_count(0)


def test_an_unknown_game_shows_nothing_and_is_waited_for(api: FakeApi, game: FakeGame, new_page: NewPage) -> None:
    api.matches.clear()
    pages = []
    for name in NAMES:
        page = new_page(viewport=STUDIO)
        page.goto(f"{api.url}/overlay/{name}?match={game.id}&debug=1")
        expect(page.locator(".debug")).to_have_text(f"waiting for {game.id}")
        assert page.locator(".panel").evaluate("panel => getComputedStyle(panel).opacity") == "0"
        pages.append(page)
    api.add(game)
    for page in pages:
        expect(page.locator(".panel.on")).to_be_visible()
