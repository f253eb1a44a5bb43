"""What is on the air beside a batch: frames by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from analytics.batch.log import VALUES
from analytics.consistency import NOTHING, OFF, OK, ON_AIR, Tolerance, judged, pairs, tolerances

LIMIT = Tolerance(version=1, max_abs=0.0501, mae=0.0501)


def air(*rows: tuple[str, str, float | None], additive: bool = False) -> pl.DataFrame:
    return pl.DataFrame(
        [("s", subject, anchor, value, 0.1, additive) for subject, anchor, value in rows], ON_AIR, orient="row"
    )


def batch(*rows: tuple[str, int, float | None]) -> pl.DataFrame:
    """Subject, place in the match, value."""
    told = [("s", subject, f"event:{rank}", rank, 1, rank * 60.0, value) for subject, rank, value in rows]
    return pl.DataFrame(told, VALUES, orient="row")


def shown(found: pl.DataFrame) -> list[Any]:
    return found.select("subject", "anchor", "said_at", "on_air", "batch").rows()


def one(found: pl.DataFrame, limit: Tolerance = LIMIT) -> dict[str, Any]:
    [row] = judged(found.with_columns(match_id=pl.lit("m")), {"s": 0.1}, {"s": limit})
    return row


def test_a_value_is_on_the_air_until_the_next_of_its_subject() -> None:
    found = pairs(
        air(("a", "event:1", 0.5), ("b", "event:2", 0.9), ("a", "event:3", 0.7)),
        batch(("a", 1, 0.51), ("a", 2, 0.52), ("b", 2, 0.9), ("a", 3, 0.7), ("a", 4, 0.7)),
    )
    assert shown(found) == [
        ("a", "event:1", "event:1", 0.5, 0.51),
        ("a", "event:2", "event:1", 0.5, 0.52),
        ("b", "event:2", "event:2", 0.9, 0.9),
        ("a", "event:3", "event:3", 0.7, 0.7),
        ("a", "event:4", "event:3", 0.7, 0.7),
    ]
    row = one(found)
    assert (row["compared"], row["verdict"], row["beyond"]) == (5, OK, 0)
    assert row["mae"] == pytest.approx(0.03 / 5)


def test_a_value_that_adds_up_holds_for_its_anchor_alone() -> None:
    found = pairs(air(("a", "event:1", 0.5), additive=True), batch(("a", 1, 0.5), ("a", 2, 0.2)))
    assert shown(found) == [("a", "event:1", "event:1", 0.5, 0.5), ("a", "event:2", None, None, 0.2)]
    assert (one(found)["missing_on_air"], one(found)["verdict"]) == (1, OFF)


def test_what_becomes_unknown_on_the_air_is_not_carried_on() -> None:
    found = pairs(
        air(("a", "event:1", 0.5), ("a", "event:2", None)), batch(("a", 1, 0.5), ("a", 2, None), ("a", 3, 0.5))
    )
    assert shown(found)[1:] == [("a", "event:2", "event:2", None, None), ("a", "event:3", "event:2", None, 0.5)]
    assert (one(found)["missing_on_air"], one(found)["missing_in_batch"]) == (1, 0)


@pytest.mark.parametrize("additive", [True, False])
def test_what_the_batch_does_not_know_of_is_missing_in_it(additive: bool) -> None:
    """A subject that it does not have at the anchor, and an anchor that it does not have."""
    said = air(("a", "event:1", 0.5), ("c", "event:1", 0.1), ("a", "event:9", 0.6), additive=additive)
    row = one(pairs(said, batch(("a", 1, 0.5))))
    assert (row["compared"], row["missing_on_air"], row["missing_in_batch"], row["verdict"]) == (1, 0, 2, OFF)
    assert {(w["subject"], w["said_at"]) for w in row["worst"]} == {("c", "event:1"), ("a", "event:9")}


def test_a_wrong_value_is_named_once_where_it_was_said() -> None:
    found = pairs(air(("a", "event:1", 0.9)), batch(("a", 1, 0.5), ("a", 2, 0.4), ("a", 3, 0.5)))
    row = one(found)
    assert (row["beyond"], row["verdict"]) == (3, OFF)
    [worst] = row["worst"]
    assert (worst["match_id"], worst["signal"], worst["said_at"], worst["anchor"]) == ("m", "s", "event:1", "event:2")
    assert worst["difference"] == pytest.approx(0.5)


def test_tolerances_decide() -> None:
    found = pairs(air(("a", "event:1", 0.9), ("a", "event:2", 0.5)), batch(("a", 1, 0.5), ("a", 2, 0.5)))
    assert one(found, Tolerance(1, 0.41, 0.21))["verdict"] == OK
    assert one(found, Tolerance(1, 0.41, 0.19))["verdict"] == OFF
    assert one(found, Tolerance(1, 0.39, 0.21))["verdict"] == OFF
    lacking = pairs(air(("a", "event:1", 0.5)), batch(("a", 1, 0.5), ("b", 1, 0.5)))
    assert one(lacking, Tolerance(1, 0.1, 0.1, missing=0.5))["verdict"] == OK
    assert one(lacking, Tolerance(1, 0.1, 0.1, missing=0.49))["verdict"] == OFF


def test_nothing_said_on_either_side_is_no_agreement() -> None:
    assert one(pairs(air(), batch(("a", 1, None))))["verdict"] == NOTHING


def test_top_ten_is_by_match() -> None:
    ranks = range(1, 13)
    same = pairs(air(*[("a", f"event:{r}", r / 10) for r in ranks]), batch(*[("a", r, r / 10) for r in ranks]))
    turned = pairs(air(*[("a", f"event:{r}", r / 10) for r in ranks]), batch(*[("a", r, (13 - r) / 10) for r in ranks]))
    both = pl.concat([same.with_columns(match_id=pl.lit("m")), turned.with_columns(match_id=pl.lit("n"))])
    [row] = judged(both, {"s": 0.001}, {"s": LIMIT})
    # Of the second match 3 to 12 are the highest ten on the air, and 1 to 10 in the batch: eight are both.
    assert row["top_overlap"] == pytest.approx((1.0 + 0.8) / 2)


def test_every_row_of_tolerances_is_of_a_signal_and_its_version() -> None:
    from analytics.batch.matches import NOT_COVERED
    from app.sports.base import sports
    from app.sports.loading import signals

    for sport, rows in tolerances().items():
        known = {s.spec.name: s.spec for s in signals(sports()[sport]).values()}
        assert {signal: limit.version for signal, limit in rows.items()} == {s: known[s].version for s in rows}
        assert not rows.keys() & NOT_COVERED[sport].keys()
        assert known.keys() <= rows.keys() | NOT_COVERED[sport].keys()
        for signal, limit in rows.items():
            assert limit.max_abs <= known[signal].resolution
