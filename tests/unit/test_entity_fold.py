"""The fold into features looks at nothing that comes later, goes on from a dump, and gives each moment once."""

from __future__ import annotations

import gzip
import random
from itertools import takewhile
from pathlib import Path

import kloppy
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.feeds.base import provider
from app.sports.base import Event
from app.sports.entity_features import declared
from app.sports.entity_fold import FeatureFold, Row
from app.sports.fold import current
from app.sports.soccer.sport import SPORT
from tests.engine_kit import folded, tiny
from tests.shared_data import statsbomb_matches

MATCH = Path(kloppy.__file__).parent / "tests" / "files" / "statsbomb_15986_event.json"
TINY = [folded(event, version) for version, event in enumerate(tiny(), 1)]
OTHERS = ("pass", "shot", "foul", "carry", "substitution", "own_goal")


def new_fold() -> FeatureFold:
    return FeatureFold(SPORT, declared(SPORT), "m1")


def rows_of(events: list[Event]) -> list[Row]:
    fold = new_fold()
    return [row for event in events for row in fold.add(event)]


@pytest.fixture(scope="module")
def real() -> list[Event]:
    """A whole match of the open data, in match order."""
    read = provider("statsbomb")
    messages = [m for m in read.split(MATCH.read_bytes()) if isinstance(m, bytes)]
    options = read.stream_options(messages)
    events = [folded(read.decode(m, options), version) for version, m in enumerate(messages, 1)]
    return current([(event, "recorded") for event in events])


def later(events: list[Event], cut: int, seed: int) -> list[Event]:
    """The same match up to `cut`; after it everything happens otherwise: other types, others' players, goals."""
    chance = random.Random(seed)
    told = []
    for event in events[cut:]:
        fields = msgspec.structs.replace(event.fields, outcome=chance.choice(["goal", "complete", None]), card="red")
        told.append(
            msgspec.structs.replace(event, type=chance.choice(OTHERS), player=f"p{chance.randrange(9)}", fields=fields)
        )
    return [*events[:cut], *told]


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(TINY)), seed=st.integers(0, 2**32))
def test_what_comes_later_changes_no_row_before_it(cut: int, seed: int) -> None:
    fold, other = new_fold(), new_fold()
    events, changed = TINY, later(TINY, cut, seed)
    assert [fold.add(e) for e in events[:cut]] == [other.add(e) for e in changed[:cut]]
    assert fold.now() == other.now()
    # The rows of the minutes that the next event passes are of before it too: only its clock counts, not what it is.
    if cut < len(TINY):
        upto = (events[cut].period, events[cut].elapsed_s)
        ours = [r for r in fold.add(events[cut]) if (r.period, r.elapsed_s) < upto]
        theirs = [r for r in other.add(changed[cut]) if (r.period, r.elapsed_s) < upto]
        assert ours == theirs


def test_no_row_of_a_real_match_knows_what_comes_later(real: list[Event]) -> None:
    """A training row of a minute is what a fold says that never saw anything from that minute on."""
    rows = rows_of(real)
    ends = {(e.period, e.elapsed_s) for e in real if e.type in declared(SPORT).after}
    moments = sorted({(r.period, r.elapsed_s) for r in rows if r.elapsed_s % 60 == 0} - ends)
    for moment in moments[:: len(moments) // 12]:
        fold = new_fold()
        for event in takewhile(lambda e, moment=moment: (e.period, e.elapsed_s) < moment, real):
            fold.add(event)
        fold.sport.tick(fold.state, *moment)
        found = [row for row in rows if (row.period, row.elapsed_s) == moment]
        assert found
        assert [row.numbers for row in found] == [fold.numbers((row.kind, row.entity)) for row in found], moment


def test_the_values_of_a_version_do_not_depend_on_later_versions(real: list[Event]) -> None:
    for cut in (10, 400, 1777, len(real) - 1):
        fold = new_fold()
        for event in real[:cut]:
            fold.add(event)
        then = fold.now()
        dump = fold.dump()
        for event in real[cut:]:
            fold.add(event)
        fold.resume(dump)
        assert fold.now() == then


def test_a_fold_goes_on_from_a_dump(real: list[Event]) -> None:
    whole = rows_of(real)
    fold = new_fold()
    rows = [row for event in real[:1500] for row in fold.add(event)]
    other = new_fold()
    other.resume(fold.dump())
    rows += [row for event in real[1500:] for row in other.add(event)]
    assert rows == whole


def test_a_row_is_told_at_full_minutes_and_ends_and_only_where_something_changed(real: list[Event]) -> None:
    rows = rows_of(real)
    after = declared(SPORT).after
    ends = {(e.period, e.elapsed_s) for e in real if e.type in after}
    seen: dict[tuple[str, str], tuple[object, ...]] = {}
    for row in rows:
        assert row.elapsed_s % 60 == 0 or any(row.period == p and row.elapsed_s >= s for p, s in ends)
        assert seen.get((row.kind, row.entity)) != row.numbers
        seen[row.kind, row.entity] = row.numbers
    assert len(seen) >= 22 + 2 + 1 + 1


def test_what_a_match_adds_up_to(real: list[Event]) -> None:
    """Counts of players are those of the match, and those of the teams are theirs."""
    fold = new_fold()
    for event in real:
        fold.add(event)
    of = {(r.kind, r.entity): dict(zip(declared(SPORT).names(r.kind), r.numbers, strict=True)) for r in fold.now()}
    players = [numbers for (kind, _), numbers in of.items() if kind == "player"]
    teams = [numbers for (kind, _), numbers in of.items() if kind == "team"]
    for name, told in (
        ("passes", "pass"),
        ("carries", "carry"),
        ("pressures", "pressure"),
        ("interceptions", "interception"),
    ):
        count = sum(e.type == told for e in real)
        assert sum(p[name] for p in players) == sum(t[name] for t in teams) == count, name
    shots = [e for e in real if e.type == "shot" and e.period < 5]
    assert sum(p["shots"] for p in players) == sum(t["shots"] for t in teams) == len(shots)
    assert sum(p["goals"] for p in players) == sum(e.fields.outcome == "goal" for e in shots)
    assert max(p["minutes"] for p in players) == pytest.approx(
        sum(max(e.elapsed_s for e in real if e.period == n) - s for n, s in ((1, 0.0), (2, 2700.0))) / 60, abs=0.001
    )


@pytest.mark.parametrize("name", sorted(statsbomb_matches(3))[:4])
def test_real_matches_fold(name: str) -> None:
    read = provider("statsbomb")
    messages = [m for m in read.split(gzip.decompress(statsbomb_matches(3)[name].read_bytes())) if isinstance(m, bytes)]
    options = read.stream_options(messages)
    events = current([(folded(read.decode(m, options), v), "recorded") for v, m in enumerate(messages, 1)])
    fold = new_fold()
    rows = [row for event in events for row in fold.add(event)]
    minutes = [r for r in rows if r.kind == "match"]
    assert len(minutes) >= 90
    assert all(n is None or abs(n) < 1e5 for row in fold.now() for n in row.numbers)
