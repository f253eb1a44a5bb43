"""A football game: field, fourth down, drives and key plays follow the stream, and corrections reach them."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from .fake_api import FakeApi
from .fake_game import FakeGame, fourth_and_two
from .test_looks import BOXES, overflow

FIELD_X = "node => Number(node.getAttribute('x1'))"


def open_game(page: Page, api: FakeApi, game: FakeGame) -> None:
    """The game's page, drawn."""
    page.goto(f"{api.url}/?match={game.id}")
    expect(page.locator("game-chart .area").first).to_be_attached()


def test_the_page_says_how_it_stands(
    api: FakeApi, game: FakeGame, browser_page: Page, clean: Callable[[], None]
) -> None:
    open_game(browser_page, api, game)
    expect(browser_page.locator("score-board .big-score")).to_have_text("7 – 10")
    expect(browser_page.locator("score-board .clock")).to_have_text("Q3 2:05")
    expect(browser_page.locator("score-board probability-bar b")).to_have_text(["41%", "59%"])
    expect(browser_page.locator(".stat")).to_have_text(["3.4EPA8.1", "100%Success0%", "26Pace31", "2Time-outs3"])
    expect(browser_page.locator("fourth-card .fourth-note")).to_contain_text("No fourth down now")
    expect(browser_page.locator("event-ticker .incident").first).to_contain_text("Kell is stopped for a loss")
    expect(browser_page.locator("event-ticker .incident.goal").first).to_contain_text("Field goal")
    browser_page.wait_for_timeout(300)
    clean()


def test_the_field_shows_ball_line_to_gain_and_direction(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    open_game(browser_page, api, game)
    field = browser_page.locator("field-view")
    expect(field.locator(".down")).to_have_text("3rd & 7")
    expect(field.locator(".has-ball.home")).to_have_text("Harbor State")
    expect(field.locator(".spot-text")).to_have_text("at HIL 38")
    # Home attacks to the right: 38 yards to the goal line are 62 from the left.
    assert field.locator(".scrimmage").last.evaluate(FIELD_X) == 62
    assert field.locator(".to-gain").last.evaluate(FIELD_X) == 69
    assert "M64.4" in (field.locator(".way.home").get_attribute("d") or "")
    track = field.locator(".track.home")
    assert (track.get_attribute("x"), track.get_attribute("width")) == ("59", "3")


def test_field_and_situation_move_with_the_stream(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    open_game(browser_page, api, game)
    field = browser_page.locator("field-view")
    api.publish(fourth_and_two(game))
    expect(field.locator(".down")).to_have_text("4th & 2")
    assert field.locator(".scrimmage").last.evaluate(FIELD_X) == 67
    api.publish(
        game.play("home", "punt", 3, 80, down=4, distance_yd=2, yards_to_goal=33) + game.situation("away", 1, 10, 92)
    )
    expect(field.locator(".has-ball.away")).to_have_text("Hillside")
    # The away team plays to the left, from its own 8 on the right.
    assert field.locator(".scrimmage").last.evaluate(FIELD_X) == 92
    assert field.locator(".to-gain").last.evaluate(FIELD_X) == 82
    api.publish(game.play("away", "penalty", 3, 80) + game.situation(None))
    expect(field.locator(".down")).to_have_text("–")
    expect(field.locator(".scrimmage")).to_have_count(0)
    api.publish(
        game.play("away", "run", 3, 60, down=1, distance_yd=5, yards_to_goal=5) + game.situation("away", 2, 4, 4)
    )
    expect(field.locator(".down")).to_have_text("2nd & Goal")
    assert field.locator(".to-gain").last.evaluate(FIELD_X) == 0


def test_a_fourth_down_is_weighed_and_a_correction_changes_it(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    open_game(browser_page, api, game)
    card = browser_page.locator("fourth-card")
    api.publish(fourth_and_two(game))
    expect(card.locator(".fourth-call")).to_have_text("Go for it by 4.2 ± 1.2 pts")
    expect(card.locator("li")).to_have_text(["Go for it43.7%", "Field goal39.5%"])
    expect(card.locator("li.best")).to_have_text("Go for it43.7%")
    expect(card.locator(".toss-up-zone")).to_be_visible()
    api.publish(game.choice("correction", go=0.401, kick=0.396))
    expect(card.locator(".fourth-call")).to_have_text("Toss-up: 0.5 ± 1.2 pts apart")
    expect(card.locator("li.best")).to_have_count(0)


def test_what_is_left_of_an_earlier_fourth_down_is_not_shown(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    """Values that are not said again hold, but only of what is open now."""
    game.choice(go=0.3, kick=0.35, punt=0.34)
    open_game(browser_page, api, game)
    card = browser_page.locator("fourth-card")
    expect(card.locator(".fourth-note")).to_contain_text("No fourth down now")
    expect(card.locator("li:visible")).to_have_count(0)
    api.publish(fourth_and_two(game))
    expect(card.locator("li")).to_have_text(["Go for it43.7%", "Field goal39.5%"])


def test_numbers_of_two_moments_are_never_one_decision(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    fourth_and_two(game)
    open_game(browser_page, api, game)
    card = browser_page.locator("fourth-card")
    expect(card.locator("li")).to_have_count(2)
    # The margin that belongs to it was lost on the way.
    api.publish(game.figures("fourth_down", {"go": 0.5}))
    expect(card.locator(".fourth-note")).to_have_text("What this fourth down offers is not known.")


def test_drives_tell_start_result_plays_and_yards(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    open_game(browser_page, api, game)
    rows = browser_page.locator("drive-chart .drive")
    expect(rows).to_have_count(5)
    expect(rows.locator(".drive-result")).to_have_text(
        ["In progress", "Interception", "Field goal", "Touchdown", "Touchdown"]
    )
    expect(rows.last).to_contain_text("HIL")
    expect(rows.last.locator(".drive-figures")).to_have_text("Q1 14:40 · from HIL 25 · 2 plays, 75 yards, 1:00")
    way = rows.last.locator(".way.away")
    assert (way.get_attribute("x"), way.get_attribute("width")) == ("0", "75")
    frames = game.play("home", "run", 3, 90, down=3, distance_yd=7, yards_to_goal=38, yards=38, points=7,
                       score_kind="touchdown", text="Kell runs it in")  # fmt: skip
    api.publish(frames + game.drive(number=5, plays=7, yards=61, seconds=200, points=7, result=1))
    expect(rows.first.locator(".drive-result")).to_have_text("Touchdown")
    expect(rows.first.locator(".drive-figures")).to_contain_text("7 plays, 61 yards, 3:20")


def test_key_plays_are_marked_and_told(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    open_game(browser_page, api, game)
    expect(browser_page.locator("game-chart .key-badge text")).to_have_text(["1", "2", "3"])
    items = browser_page.locator("key-list li")
    expect(items.locator(".key-gain")).to_have_text(["HIL +19%", "HAR +16%", "HIL +7%"])
    expect(items.first).to_contain_text("Ilves throws deep to Moor, touchdown")
    # A play that is taken back takes its mark with it.
    event = next(e for e in game.events if e["fields"].get("intercepted"))
    anchor = f"event:{event['source_event_id']}"
    frames = game.point(
        "key_plays", game.teams["away"], None, anchor, team=game.teams["away"], status="withdrawn", kind="withdrawn"
    )
    del game.points[("key_plays", game.teams["away"], anchor)]
    api.publish(frames)
    expect(items).to_have_count(2)


def test_nothing_is_wider_than_a_phone_and_no_label_lies_on_another(
    api: FakeApi, game: FakeGame, new_page: Callable[..., Page]
) -> None:
    fourth_and_two(game)
    for width in (320, 390, 1280):
        page = new_page(viewport={"width": width, "height": 800})
        open_game(page, api, game)
        assert overflow(page) <= 0
        for part in ("game-chart", "field-view .field", "fourth-card .fourth-scale"):
            boxes = page.locator(f"{part} text").evaluate_all(BOXES)
            assert boxes
            for i, a in enumerate(boxes):
                for b in boxes[i + 1 :]:
                    apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 4 or b[3] <= a[1] + 4
                    assert apart, (width, part, a[4], b[4])


def test_a_tile_says_down_and_distance(
    api: FakeApi, game: FakeGame, browser_page: Page, clean: Callable[[], None]
) -> None:
    browser_page.goto(api.url)
    tile = browser_page.locator("match-tile")
    expect(tile.locator(".score")).to_have_text(["7", "10"])
    expect(tile.locator(".line")).to_have_text("3rd & 7 at HIL 38")
    expect(tile.locator("probability-bar b")).to_have_text(["41%", "59%"])
    expect(tile.locator("tbody td:nth-child(2)")).to_have_text(["◆", ""])
    api.publish(fourth_and_two(game))
    expect(tile.locator(".line")).to_have_text("4th & 2 at HIL 33")
    expect(tile.locator(".clock")).to_have_text("Q3 1:35")
    clean()


def test_a_game_that_does_not_exist_yet_is_waited_for(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    api.matches.clear()
    browser_page.goto(f"{api.url}/?match={game.id}")
    expect(browser_page.get_by_text(f"Waiting for match {game.id}")).to_be_visible()
    api.add(game)
    expect(browser_page.locator("field-view .down")).to_have_text("3rd & 7")


def test_half_time_has_no_down(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    game.status = "half_time"
    open_game(browser_page, api, game)
    expect(browser_page.locator("field-view .down")).to_have_text("Half-time")
    expect(browser_page.locator("field-view .scrimmage")).to_have_count(0)


def test_a_sport_that_could_not_be_read_at_once_is_read_again(api: FakeApi, game: FakeGame, browser_page: Page) -> None:
    asked: list[str] = []

    def fail_once(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        else:
            route.continue_()

    browser_page.route("**/sports/gridiron/page.js", fail_once)
    browser_page.goto(f"{api.url}/?match={game.id}")
    expect(browser_page.locator("field-view .down")).to_have_text("3rd & 7", timeout=20_000)
    assert len(asked) > 1


PAGE = """
const element = document.createElement("p");
export default {
  outcomes: ["home", "draw", "away"], scored: "Ends", signals: [], latest: ["hammer"], told: [], followed: [],
  tile: { signals: ["hammer"], summed: [], columns: [{ title: "Hammer", text: () => "yes" }], line: () => "last end" },
  body: () => ({ element, draw: ({ latest }) => { element.textContent = `Hammer ${latest.get("hammer").get("match").value}`; return null; } }),
};
"""


def test_a_third_sport_adds_a_file_and_edits_none(
    api: FakeApi, game: FakeGame, browser_page: Page, clean: Callable[[], None]
) -> None:
    api.signals = {**api.signals, "curling": ["hammer", "win_probability"]}
    api.files["/static/js/sports/curling/page.js"] = PAGE
    game.sport = "curling"
    game.point("hammer", "match", 4.0, game.newest)
    browser_page.goto(f"{api.url}/?match={game.id}")
    expect(browser_page.get_by_text("Hammer 4")).to_be_visible()
    browser_page.goto(api.url)
    expect(browser_page.locator("match-tile .line")).to_have_text("last end")
    expect(browser_page.locator("match-tile thead th")).to_have_text(["Team", "Hammer", "Ends"])
    api.publish(game.point("hammer", "match", 5.0, game.newest))
    clean()
