"""Phones, dark rooms and keyboards: the same pages, still whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .fake_api import FakeApi
from .fake_match import FakeMatch
from .fake_season import season

WIDTHS = [320, 390, 768, 1280]

# WCAG contrast of an element's text with what lies behind it.
CONTRAST = """node => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = node;
  while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const [a, b] = [getComputedStyle(node).color, getComputedStyle(behind).backgroundColor].map((c) => light(parse(c)));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


BOXES = """nodes => nodes.map((node) => {
  const { left, top, right, bottom } = node.getBoundingClientRect();
  return [left, top, right, bottom, node.textContent];
})"""


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(api: FakeApi, new_page: Callable[..., Page], width: int) -> None:
    api.add(*season())
    page = new_page(viewport={"width": width, "height": 800})
    page.goto(api.url)
    expect(page.locator("match-tile")).to_have_count(7)
    assert overflow(page) <= 0
    page.goto(f"{api.url}/?match=demo-3")
    expect(page.locator("win-chart .area").first).to_be_attached()
    assert overflow(page) <= 0
    api.matches.clear()
    page.goto(api.url)
    expect(page.locator("feed-guide")).to_be_visible()
    assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(api: FakeApi, new_page: Callable[..., Page], scheme: str) -> None:
    api.add(*season())
    page = new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.goto(api.url)
    tile = page.locator("match-tile").first
    for part in (".pill", ".clock", "th.team", "tbody td", "thead th", "b.home", "b.draw", "b.away", ".score"):
        assert tile.locator(part).last.evaluate(CONTRAST) >= 4.5, part
    page.goto(f"{api.url}/?match=demo-1")
    expect(page.locator("win-chart .area").first).to_be_attached()
    for part in (".team", "dt", "dd.home", "dd.away", ".incident .who", ".incident .when", ".readout"):
        assert page.locator(part).first.evaluate(CONTRAST) >= 4.5, part


def test_dark_is_dark(api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]) -> None:
    backgrounds = []
    for scheme in ("light", "dark"):
        page = new_page(color_scheme=scheme)
        page.goto(api.url)
        red = page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
        backgrounds.append(red)
    assert backgrounds[0] > 200
    assert backgrounds[1] < 40


def test_labels_of_a_chart_do_not_lie_on_each_other(
    api: FakeApi, match: FakeMatch, new_page: Callable[..., Page]
) -> None:
    for width in (360, 1280):
        page = new_page(viewport={"width": width, "height": 900})
        page.goto(f"{api.url}/?match={match.id}")
        expect(page.locator("win-chart .area").first).to_be_attached()
        for chart in ("win-chart", "xg-race", "momentum-chart"):
            boxes = page.locator(f"{chart} text").evaluate_all(BOXES)
            for i, a in enumerate(boxes):
                for b in boxes[i + 1 :]:
                    apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 4 or b[3] <= a[1] + 4
                    assert apart, (width, chart, a[4], b[4])


def test_everything_comes_from_this_server(api: FakeApi, match: FakeMatch, browser_page: Page) -> None:
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    for path in ("/", f"/?match={match.id}", f"/overlay/win-probability?match={match.id}"):
        browser_page.goto(api.url + path)
        expect(browser_page.locator("match-tile, win-chart .area, .panel.on").first).to_be_attached()
    assert asked
    assert all(url.startswith(api.url) for url in asked)
