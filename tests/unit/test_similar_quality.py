"""Is what is alike near: on attacks whose type is known by how they were made, and on what providers say of real ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import pytest

from analytics.retrieval import average_precision, precision_at, recall
from app.sports.soccer.similar import EMBEDDING
from tests.engine_kit import folded
from tests.real_match import events_of
from tests.shared_data import STATSBOMB, statsbomb_matches
from tests.similar_kit import TYPES, labelled

Labelled = list[tuple[str, tuple[float, ...]]]


def rankings(rows: Labelled) -> dict[str, list[list[bool]]]:
    """By label: of each row all others, the nearest first: has it the same label?"""
    found: dict[str, list[list[bool]]] = {}
    for i, (label, numbers) in enumerate(rows):
        others = [(math.dist(numbers, other), j) for j, (_, other) in enumerate(rows) if j != i]
        found.setdefault(label, []).append([rows[j][0] == label for _, j in sorted(others)])
    return found


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def test_measures_of_a_ranking() -> None:
    assert precision_at([True, False, True, False], 2) == 0.5
    assert precision_at([True], 5) == 0.2
    # (1/1 + 2/3) / 2
    assert average_precision([True, False, True, False]) == pytest.approx(5 / 6)
    assert average_precision([False, False]) == 0.0
    assert recall(["a", "c"], ["a", "b"]) == 0.5
    assert recall([], []) == 1.0


def test_attacks_of_one_type_are_near_each_other() -> None:
    """Twelve of each of five types: the share of a type among the others is 11 of 59."""
    events, labels = labelled(seed=1)
    moments = EMBEDDING.moments([folded(e) for e in events])
    rows = [(labels[m.event], m.numbers) for m in moments if m.event in labels]
    assert Counter(label for label, _ in rows) == dict.fromkeys(TYPES, 12)
    base = 11 / 59
    for label, ranked in rankings(rows).items():
        at_5, whole = mean([precision_at(r, 5) for r in ranked]), mean([average_precision(r) for r in ranked])
        assert at_5 >= 0.9, (label, at_5)
        assert whole >= 0.75, (label, whole)
        assert whole > 3 * base, label


def test_the_words_say_what_was_made() -> None:
    events, labels = labelled(seed=2)
    told = {m.event: m.what for m in EMBEDDING.moments([folded(e) for e in events])}
    right = sum(told[event].startswith(label) for event, label in labels.items())
    assert right >= 0.9 * len(labels)


if STATSBOMB.is_dir():  # without the data there is nothing to cut, and nothing to skip

    def test_real_attacks_with_one_play_pattern_are_near_each_other() -> None:
        """The provider's play pattern is nothing that the embedding looks at."""
        rows: Labelled = []
        for path in list(statsbomb_matches(0).values())[:5]:
            events = events_of("statsbomb", path)
            pattern = {e.source_event_id: e.fields.play_pattern or "" for e in events}
            rows += [(pattern[m.event], m.numbers) for m in EMBEDDING.moments(events) if m.is_kept and m.has_shot]
        ranked = rankings(rows)
        for label, at_least in (("From Corner", 0.8), ("From Free Kick", 0.6), ("Regular Play", 0.6)):
            at_5 = mean([precision_at(r, 5) for r in ranked[label]])
            base = (len(ranked[label]) - 1) / (len(rows) - 1)
            assert at_5 >= max(at_least, 1.5 * base), (label, at_5, base)
        every = list(chain.from_iterable(ranked.values()))
        base = mean([sum(r) / len(r) for r in every])
        assert mean([average_precision(r) for r in every]) > 1.5 * base
