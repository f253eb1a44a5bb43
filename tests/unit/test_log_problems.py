"""Reasons for people: each once, with an example and a count, never more than ten lines, in bounded memory."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import DecodeError
from app.feeds.base import provider
from app.log.problems import KEPT, SHOWN, Problems, problems


def failed(*messages: tuple[str, str | None]) -> list[tuple[int, DecodeError]]:
    return [(position, DecodeError(reason, event_id)) for position, (reason, event_id) in enumerate(messages, 1)]


def test_each_reason_is_told_once_with_the_first_message_it_befell() -> None:
    told = problems(failed(("no type", "a"), ("off the pitch", None), ("no type", "b"), ("no type", None)))
    assert told == ["message 1 (id a) and 2 more: no type", "message 2: off the pitch"]
    assert problems([]) == []


def test_what_befell_most_comes_first_and_equals_in_order() -> None:
    told = problems(failed(("x", "1"), ("y", "2"), ("z", "3"), ("z", "4")))
    assert told == ["message 3 (id 3) and 1 more: z", "message 1 (id 1): x", "message 2 (id 2): y"]


@pytest.mark.parametrize(
    "reasons",
    [
        ("Line 3 (byte 11): not a JSON object.", "Line 4 (byte 999): not a JSON object."),
        ("JSON is malformed (byte 7).", "JSON is malformed (byte 8)."),
        (
            "Field `clock_s`: expected `float` >= 0.0; it is -1.",
            "Field `clock_s`: expected `float` >= 0.0; it is -2.5.",
        ),
    ],
)
def test_the_same_reason_in_another_place_is_the_same(reasons: tuple[str, str]) -> None:
    assert problems(failed(*((r, None) for r in reasons))) == [f"message 1 and 1 more: {reasons[0]}"]


def test_two_misspellings_are_two_reasons() -> None:
    words = ("gaol", "gola", "gaol")
    read = provider("touchline")
    found = []
    for position, word in enumerate(words, 1):
        event = {"id": f"s{position}", "type": "shot", "period": 1, "order": 1, "clock_s": 1, "team": "a"}
        with pytest.raises(DecodeError) as caught:
            read.decode(json.dumps({**event, "fields": {"outcome": word}}).encode(), {})
        found.append((position, caught.value))
    told = problems(found)
    assert len(told) == 2
    assert told[0].startswith("message 1 (id s1) and 1 more: Field `fields.outcome`: 'gaol' is no outcome of a shot.")
    assert told[1].startswith("message 2 (id s2): Field `fields.outcome`: 'gola'")


def test_of_more_than_ten_reasons_the_rest_is_counted() -> None:
    assert len(problems(failed(*((f"r{n}", None) for n in range(SHOWN))))) == SHOWN
    told = problems(failed(*((f"r{n}", None) for n in range(SHOWN + 4))))
    assert (len(told), told[-1]) == (SHOWN, "5 more messages, for other reasons")
    many = Problems()
    for n in range(3 * KEPT):
        many.note(n + 1, DecodeError(f"r{n}"))
    assert many.lines()[-1] == f"{3 * KEPT - SHOWN + 1:,} more messages, for other reasons"


def test_a_long_id_is_shortened() -> None:
    assert problems(failed(("r", "i" * 200))) == [f"message 1 (id {'i' * 57}...): r"]


def test_answers_to_many_bodies_are_counted_together() -> None:
    found = Problems()
    for line in (
        "message 1 (id a) and 1,999 more: r: s",
        "message 7: r: s",
        "an older service's",
        "an older service's",
    ):
        found.take(line)
    found.about("b", "refused")
    found.take("5 messages: t")
    assert found.lines() == [
        "id a and 2,000 more: r: s",
        "5 messages: t",
        "2 messages: an older service's",
        "id b: refused",
    ]
    both = Problems()
    both.add(found)
    both.add(found)
    assert both.lines()[0] == "id a and 4,001 more: r: s"


@given(st.lists(st.tuples(st.text(max_size=12), st.none() | st.text(min_size=1, max_size=8)), max_size=30))
def test_whatever_the_reasons_every_message_is_counted(messages: list[tuple[str, str | None]]) -> None:
    told = problems(failed(*messages))
    assert len(told) <= SHOWN
    assert bool(told) == bool(messages)
    again = Problems()
    for line in told:
        again.take(line)
    assert len(again.lines()) <= len(told)
