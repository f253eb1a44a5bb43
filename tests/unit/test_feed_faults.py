"""Faults put into a feed: deterministic, counted, and the last word on every event is the file's."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commands.demo import match_file
from app.errors import DecodeError, UsageError
from app.feeds.base import provider
from app.feeds.faults import Message, Plan, Rates, Truth, parse_rates, plan, timeline
from tests.running import TINY

TOUCHLINE, STATSBOMB = provider("touchline"), provider("statsbomb")
TINY_RAWS = [m for m in TOUCHLINE.split(TINY.read_bytes()) if isinstance(m, bytes)]
# Events of a real match, on one line each, as a simulation sends them.
REAL_RAWS = [
    msgspec.json.format(m, indent=-1)
    for m in list(STATSBOMB.split(match_file("3788741").read_bytes()))[:150]
    if isinstance(m, bytes)
]
FEEDS = {"touchline": (TOUCHLINE, TINY_RAWS), "statsbomb": (STATSBOMB, REAL_RAWS)}

rate = st.one_of(st.just(0.0), st.floats(0, 1), st.just(1.0))
some_rates = st.builds(Rates, **dict.fromkeys(Rates.__struct_fields__, rate))
seeds = st.integers(0, 2**32).map(str)
EVERYTHING = Rates(**dict.fromkeys(Rates.__struct_fields__, 0.3))


def truth_of(feed: Any, raws: list[bytes]) -> dict[str, bytes]:
    """What a file says: the last message on each event."""
    return {feed.decode(raw, {}).source_event_id: raw for raw in raws}


def newest_word(feed: Any, plan: Plan) -> dict[str, bytes]:
    """A receiver that believes whatever came last."""
    known: dict[str, bytes] = {}
    for send in plan.sends:
        if not send.poll_only:
            _believe(feed, known, send.raw)
    return known


def newest_new_word(feed: Any, *plans: Plan) -> dict[str, bytes]:
    """A receiver of pushes: what was said before is a repeat, and nothing brings back what was retracted."""
    known: dict[str, bytes] = {}
    heard: set[bytes] = set()
    gone: set[str] = set()
    for send in sorted((s for p in plans for s in p.sends if not s.poll_only), key=lambda s: s.due_s):
        if send.raw not in heard:
            heard.add(send.raw)
            _believe(feed, known, send.raw, gone)
    return known


def _believe(feed: Any, known: dict[str, bytes], raw: bytes, gone: set[str] | None = None) -> None:
    try:
        event = feed.decode(raw, {})
    except DecodeError:
        return
    if event.kind == "retracted":
        known.pop(event.source_event_id, None)
        if gone is not None:
            gone.add(event.source_event_id)
    elif gone is None or event.source_event_id not in gone:
        known[event.source_event_id] = raw


@pytest.mark.parametrize("name", FEEDS)
@settings(max_examples=40, deadline=None)
@given(rates=some_rates, seed=seeds)
def test_whatever_goes_wrong_the_last_word_is_the_files(name: str, rates: Rates, seed: str) -> None:
    feed, raws = FEEDS[name]
    told = plan(feed, timeline(feed, raws), rates, seed)
    assert newest_new_word(feed, told) == truth_of(feed, raws)
    document = Truth()
    for send in told.sends:
        document.apply(send)
    assert document.messages() == raws
    without_stale = plan(feed, timeline(feed, raws), msgspec.structs.replace(rates, stale=0.0), seed)
    assert newest_word(feed, without_stale) == truth_of(feed, raws)


@pytest.mark.parametrize("name", FEEDS)
@settings(max_examples=40, deadline=None)
@given(rates=some_rates, seed=seeds)
def test_the_counts_add_up(name: str, rates: Rates, seed: str) -> None:
    feed, raws = FEEDS[name]
    told = plan(feed, timeline(feed, raws), rates, seed)
    kinds = [s.kind for s in told.sends]
    faults = told.faults
    assert kinds.count("told") == len(raws)
    assert kinds.count("repeated") == faults["duplicate"] + faults["stale"]
    assert kinds.count("malformed") == faults["malformed"]
    assert kinds.count("wrong") == faults["amend"]
    assert kinds.count("phantom") == kinds.count("retracted") == faults["retract"]
    assert sum(s.cut is not None for s in told.sends) == faults["disconnect"]
    assert all(faults[name] == 0 for name, rate in msgspec.structs.asdict(rates).items() if rate == 0)
    assert all(a.due_s <= b.due_s for a, b in pairwise(told.sends))


@settings(max_examples=40, deadline=None)
@given(rates=some_rates, seed=seeds)
def test_two_connections_say_the_same_words_and_agree(rates: Rates, seed: str) -> None:
    messages = timeline(TOUCHLINE, TINY_RAWS)
    first, second = (plan(TOUCHLINE, messages, rates, seed, c) for c in (0, 1))
    assert {(s.kind, s.raw) for s in first.sends if s.kind != "repeated"} == {
        (s.kind, s.raw) for s in second.sends if s.kind != "repeated"
    }
    assert newest_new_word(TOUCHLINE, first, second) == truth_of(TOUCHLINE, TINY_RAWS)


@pytest.mark.parametrize("name", FEEDS)
def test_a_rate_of_one_befalls_every_message_that_can_bear_it(name: str) -> None:
    feed, raws = FEEDS[name]
    rates = Rates(**dict.fromkeys(Rates.__struct_fields__, 1.0))
    faults = plan(feed, timeline(feed, raws), rates, "7").faults
    assert faults["malformed"] == faults["amend"] == faults["retract"] == len(raws)
    assert faults["delay"] == 2 * faults["retract"] + faults["malformed"] + faults["amend"] + len(raws)
    assert all(faults.values())


@pytest.mark.parametrize("name", FEEDS)
def test_the_same_seed_tells_the_same_and_another_does_not(name: str) -> None:
    feed, raws = FEEDS[name]
    messages = timeline(feed, raws)
    told = plan(feed, messages, EVERYTHING, "7")
    assert plan(feed, messages, EVERYTHING, "7") == told
    assert plan(feed, messages, EVERYTHING, "8") != told
    assert plan(feed, messages, EVERYTHING, "7", connection=1) != told


def test_a_wrong_word_decodes_to_another_content_and_a_malformed_one_to_none() -> None:
    for feed, raws in FEEDS.values():
        right = {e.source_event_id: e for e in (feed.decode(raw, {}) for raw in raws)}
        for send in plan(feed, timeline(feed, raws), Rates(amend=1.0, malformed=1.0), "3").sends:
            if send.kind == "malformed":
                with pytest.raises(DecodeError):
                    feed.decode(send.raw, {})
            elif send.kind == "wrong":
                event = feed.decode(send.raw, {})
                assert (event.period, event.order_key) == (right[send.id].period, right[send.id].order_key)
                assert msgspec.structs.replace(event, raw=b"") != msgspec.structs.replace(right[send.id], raw=b"")


def test_what_never_was_is_taken_back_outright_where_the_format_can() -> None:
    ours = plan(TOUCHLINE, timeline(TOUCHLINE, TINY_RAWS), Rates(retract=1.0), "3").sends
    back = [TOUCHLINE.decode(s.raw, {}) for s in ours if s.kind == "retracted"]
    assert {e.kind for e in back} == {"retracted"}
    assert not any(s.poll_only for s in ours)
    theirs = plan(STATSBOMB, timeline(STATSBOMB, REAL_RAWS), Rates(retract=1.0, duplicate=1.0, disconnect=1.0), "3")
    assert {s.poll_only for s in theirs.sends if s.kind in ("phantom", "retracted")} == {True}
    assert not any(s.id.startswith("simulated-") for s in theirs.sends if not s.poll_only)
    assert theirs.faults["disconnect"] == sum(not s.poll_only for s in theirs.sends)


def test_faults_of_time_move_what_they_should() -> None:
    messages = [Message(float(i), json.loads(raw)["id"], raw) for i, raw in enumerate(TINY_RAWS)]

    def sent(**rates: float) -> list[tuple[float, str]]:
        return [(s.due_s, s.id) for s in plan(TOUCHLINE, messages, Rates(**rates), "5").sends]

    in_order = [(m.due_s, m.id) for m in messages]
    assert sent() == in_order
    swapped = sent(reorder=0.5)
    assert swapped != in_order
    assert [i for _, i in swapped] != [i for _, i in in_order]
    assert sorted(i for _, i in swapped) == sorted(i for _, i in in_order)
    due = {i: at for at, i in in_order}
    late = [(at - due[i]) for at, i in sent(delay=0.5)]
    assert min(late) == 0.0
    assert all(d == 0.0 or 5.0 <= d <= 120.0 for d in late)
    held = sent(burst=0.1)
    assert [i for _, i in held] == [i for _, i in in_order]
    at_once = [at for at, _ in held]
    assert max(at_once.count(at) for at in at_once) > 5


def test_an_events_several_words_in_one_file_end_with_the_last() -> None:
    a, b = (b'{"id":"x","type":"pass","period":1,"order":1,"clock_s":%d}' % s for s in (1, 2))
    messages = timeline(TOUCHLINE, [a, b, a])
    assert [m.raw for m in messages] == [b, a]
    for seed in map(str, range(30)):
        told = plan(TOUCHLINE, messages, EVERYTHING, seed)
        assert newest_new_word(TOUCHLINE, told) == {"x": a}


def test_a_message_with_a_revision_of_its_own_is_never_told_wrong() -> None:
    raw = b'{"id":"x","revision":3,"type":"pass","period":1,"order":1,"clock_s":1}'
    told = plan(TOUCHLINE, timeline(TOUCHLINE, [raw]), Rates(amend=1.0, retract=1.0), "1")
    assert (told.faults["amend"], told.faults["retract"]) == (0, 1)
    assert all(b"revision" not in s.raw for s in told.sends if s.kind == "phantom")


def test_what_cannot_be_decoded_is_told_as_it_is() -> None:
    raws = [TINY_RAWS[0], b'{"id":"odd","type":"nonsense"}', TINY_RAWS[1]]
    sends = plan(TOUCHLINE, timeline(TOUCHLINE, raws), Rates(amend=1.0, malformed=1.0, retract=1.0), "1").sends
    assert [s.raw for s in sends if s.kind == "told" and s.raw == raws[1]] == [raws[1]]
    assert {s.kind for s in sends if s.raw == raws[1]} == {"told"}


def test_due_times_follow_the_match_clock_and_skip_breaks() -> None:
    def event(name: str, period: int, clock_s: float) -> bytes:
        return json.dumps({"id": name, "type": "pass", "period": period, "order": 1, "clock_s": clock_s}).encode()

    raws = [event("a", 1, 10.0), event("b", 1, 12.5), event("c", 1, 11.0), event("d", 2, 2700.0), event("e", 2, 2701.0)]
    assert [m.due_s for m in timeline(TOUCHLINE, raws)] == [0.0, 2.5, 2.5, 2.5, 3.5]


def test_rates_are_read_and_what_does_not_fit_is_named() -> None:
    assert parse_rates("duplicate=0.05, reorder=.02,") == Rates(duplicate=0.05, reorder=0.02)
    assert parse_rates("") == Rates()
    for text, says in (("dance=1", "dance"), ("delay=2", "delay=2"), ("delay=nan", "nan"), ("delay", "delay")):
        with pytest.raises(UsageError, match=says):
            parse_rates(text)
