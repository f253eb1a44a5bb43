"""What is scored next: what matters most first, and nothing for ever last."""

import pytest

from app.scoring import queue
from app.scoring.queue import Queue


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The queue's clock, in a list of one."""
    now = [100.0]
    monkeypatch.setattr(queue.time, "monotonic", lambda: now[0])
    return now


def order(waiting: Queue) -> list[str]:
    return [found[0] for _ in range(len(waiting)) if (found := waiting.next((), 0.0)) is not None]


def test_a_goal_goes_before_a_card_before_a_shot_before_a_pass(clock: list[float]) -> None:
    waiting = Queue()
    for name, importance in (("pass", 0), ("goal", 3), ("shot", 1), ("card", 2)):
        waiting.add(name, 10, importance)
    assert order(waiting) == ["goal", "card", "shot", "pass"]
    assert len(waiting) == 0


def test_what_has_waited_long_goes_before_what_matters_more(clock: list[float]) -> None:
    waiting = Queue()
    waiting.add("pass", 10, 0)
    clock[0] += 2.0
    waiting.add("shot", 10, 1)
    assert order(waiting) == ["pass", "shot"]


def test_an_import_waits_for_what_is_on_air_and_not_for_ever(clock: list[float]) -> None:
    waiting = Queue()
    waiting.add("season", 4000, 3, is_import=True)
    clock[0] += 5.0
    waiting.add("live", 10, 0)
    assert order(waiting) == ["live", "season"]
    waiting.add("season", 4000, 3, is_import=True)
    clock[0] += 10.0
    waiting.add("live", 10, 0)
    assert order(waiting) == ["season", "live"]


def test_more_of_a_match_raises_what_it_waits_with_and_keeps_its_time(clock: list[float]) -> None:
    waiting = Queue()
    waiting.add("a", 10, 0)
    clock[0] += 0.5
    waiting.add("a", 12, 3)
    waiting.add("a", 11, 0)
    name, found = waiting.next((), 0.0) or ("", None)
    assert (name, found.head, found.importance, found.since) == ("a", 12, 3, 100.0)  # type: ignore[union-attr]


def test_a_busy_match_and_one_that_gathers_are_left(clock: list[float]) -> None:
    waiting = Queue()
    waiting.add("busy", 10, 3)
    waiting.add("new", 10, 0)
    assert waiting.next({"busy"}, 0.05) is None
    clock[0] += 0.06
    assert (waiting.next({"busy"}, 0.05) or ("",))[0] == "new"
    assert waiting.next({"busy"}, 0.0) is None
    assert "busy" in waiting
