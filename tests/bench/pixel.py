"""POST sent → the play painted: the match page of a game in Chromium, one play after the other."""

from __future__ import annotations

import argparse
import shutil
import time
from typing import TYPE_CHECKING

from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, spread
from tests.bench.kit.senders import Body, Flood, Line
from tests.bench.kit.service import service
from tests.bench.kit.store import wait_scored
from tests.bench.kit.workload import games

if TYPE_CHECKING:
    from playwright.sync_api import Page

PLAYED = 40
WARM_UP = 5
BETWEEN_S = 0.4
# The list of plays is watched: each play is a new row, or changes one. What is painted with a change is on the screen when
# the frame after it begins.
WATCH = """() => {
  window.painted = [];
  const told = () => requestAnimationFrame(() => requestAnimationFrame(() =>
    window.painted.push(performance.timeOrigin + performance.now())));
  new MutationObserver(told).observe(document.querySelector("event-ticker"), {childList: true, subtree: true});
}"""


def measure(given: argparse.Namespace) -> Figures:
    """Times in milliseconds, of plays that change the list of plays; others are counted."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SystemExit("Playwright is missing: `scripts/test --collect-only` installs what tests need.") from None
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install -y chromium fonts-dejavu")
    found, workload = games(1)
    game = found[0]
    with service() as running, sync_playwright() as playwright:
        Flood(running.port).send([iter([Body(game.id, game.provider, game.messages[:PLAYED])])])
        wait_scored(running.dsn)
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{running.port}/?match={game.id}")
        page.wait_for_selector("event-ticker li")
        page.evaluate(WATCH)
        times: list[float] = []
        unseen = 0
        for message in game.messages[PLAYED : PLAYED + WARM_UP + given.plays]:
            count = page.evaluate("window.painted.length")
            # A line of its own: the API hangs up on one that is silent for seconds.
            with Line(running.port) as line:
                began_ms = time.time() * 1000
                line.push(game.id, game.provider, message)
            painted = _painted(page, count)
            if painted is None:
                unseen += 1
            else:
                times.append(painted - began_ms)
            time.sleep(BETWEEN_S)
        browser.close()
        measured = times[WARM_UP:]
        return {
            "bench": "pixel",
            **spread(measured),
            "plays": len(measured),
            "not_in_the_list": unseen,
            "workload": workload,
            "service_log": running.complaints(),
            **machine(running.dsn, running.data_folder),
        }


def _painted(page: Page, count: int) -> float | None:
    """When the first change of the list after `count` others was painted; None when the play changed nothing there."""
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        told = page.evaluate("n => window.painted[n] ?? null", count)
        if told is not None:
            return told
        time.sleep(0.02)
    return None


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--plays", type=int, default=100, help="that are measured (100)")
    main(measure, options)
