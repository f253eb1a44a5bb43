"""A browser, a page that reports its own errors, and the stand-in API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from .fake_api import FakeApi
from .fake_game import FakeGame, third_quarter
from .fake_match import FakeMatch
from .fake_season import play

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# A machine that does much else takes its time to draw a page; what never comes is a failure all the same.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


# Once a module, not once a session: while it is open, its event loop occupies the thread that other tests need.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("Browser tests need Chromium: apt-get install -y chromium fonts-dejavu", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages of any kind (`viewport=`, `color_scheme=`). At the end, no page may have thrown."""
    contexts, errors = [], []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**options)  # pyright: ignore[reportArgumentType]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def browser_page(new_page: Callable[..., Page]) -> Page:
    """A page at a desk: 1280 x 900, light."""
    return new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """The stand-in API, without a match."""
    api = FakeApi().up()
    yield api
    api.down()


@pytest.fixture
def match(api: FakeApi) -> FakeMatch:
    """A live match, known to the API: 65:12 played, 2–1."""
    match = play(FakeMatch("demo-1", "Ribera", "Nordhavn"), 3912)
    api.add(match)
    return match


@pytest.fixture
def game(api: FakeApi) -> FakeGame:
    """A live football game, known to the API: third and 7 in the third quarter, 14–17."""
    game = third_quarter(FakeGame("game-1", "Harbor State", "Hillside"))
    api.add(game)
    return game


@pytest.fixture
def clean(browser_page: Page) -> Callable[[], None]:
    """Call it at the end: nothing was written to the console as an error, and no request failed."""
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            wrong.append(message.text)

    browser_page.on("console", heard)
    browser_page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)

    def check() -> None:
        assert wrong == []

    return check
