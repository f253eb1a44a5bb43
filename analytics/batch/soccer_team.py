"""Possession, field tilt, PPDA, pressing intensity: counts of both teams, computed over the whole log."""

from __future__ import annotations

import polars as pl

from analytics.batch.log import of_sides, so_far
from analytics.batch.soccer_log import LENGTH_M, NO_PLAY, Match, in_play, sums

FINAL_THIRD_M = LENGTH_M * 2 / 3
PASSES_TO_M, ACTIONS_FROM_M = 0.6 * LENGTH_M, 0.4 * LENGTH_M
PAUSE_MS = 15_000
WINDOW_MIN = 10


def _share(own: str, other: str) -> pl.Expr:
    both = pl.col(own) + pl.col(other)
    return pl.when(both > 0).then(pl.col(own) / both)


def _ratio(over: pl.Expr, under: pl.Expr) -> pl.Expr:
    return pl.when(under > 0).then(over / under)


def field_tilt(match: Match) -> pl.DataFrame:
    """Own passes from the final third on / both teams'."""
    passes = match.events.filter(in_play() & (pl.col("type") == "pass") & (pl.col("x_m") >= FINAL_THIRD_M))
    found = so_far(match.whole, sums(match, passes, n=pl.lit(1)), ["home_n", "away_n"])
    return of_sides(
        "field_tilt", found, {match.home: _share("home_n", "away_n"), match.away: _share("away_n", "home_n")}
    )


def possession(match: Match) -> pl.DataFrame:
    """Time in own chains / time in both teams'. A chain's time runs from one touch to the next within it."""
    chained = in_play() & ~pl.col("type").is_in(NO_PLAY)
    touches = (
        match.events.filter(chained & pl.col("possession").is_not_null() & pl.col("possession_team").is_not_null())
        .with_columns(run=pl.struct("period", "possession").rle_id(), ms=(pl.col("elapsed_s") * 1000).round())
        .with_columns(ms=pl.col("ms").cum_max().over("run"))
        .with_columns(passed=pl.col("ms").diff().over("run").fill_null(0.0), team=pl.col("possession_team"))
    )
    held = sums(match, touches, ms=pl.when(pl.col("passed") <= PAUSE_MS).then("passed").otherwise(0.0))
    found = so_far(match.whole, held, ["home_ms", "away_ms"])
    return of_sides(
        "possession", found, {match.home: _share("home_ms", "away_ms"), match.away: _share("away_ms", "home_ms")}
    )


def ppda(match: Match) -> pl.DataFrame:
    """The opponent's passes in its own 60 % / own fouls, interceptions and won tackles there."""
    won_tackle = (pl.col("type") == "duel") & (pl.col("duel_kind") == "tackle") & pl.col("won").fill_null(False)
    action = (pl.col("type").is_in(["foul", "interception"]) | won_tackle) & (pl.col("x_m") >= ACTIONS_FROM_M)
    passes = (pl.col("type") == "pass") & (pl.col("x_m") <= PASSES_TO_M)
    told = match.events.filter(in_play() & pl.col("x_m").is_not_null())
    counted = sums(match, told, p=passes.fill_null(False).cast(pl.Int64), a=action.fill_null(False).cast(pl.Int64))
    found = so_far(match.whole, counted, ["home_p", "home_a", "away_p", "away_a"])
    values = {
        match.home: _ratio(pl.col("away_p"), pl.col("home_a")),
        match.away: _ratio(pl.col("home_p"), pl.col("away_a")),
    }
    return of_sides("ppda", found, values)


def pressing_intensity(match: Match) -> pl.DataFrame:
    """Own pressures and tackles / the opponent's passes in the zone of PPDA, in the last ten full minutes of the period."""
    tackle = (pl.col("type") == "duel") & (pl.col("duel_kind") == "tackle")
    action = ((pl.col("type") == "pressure") | tackle) & (pl.col("x_m") >= ACTIONS_FROM_M)
    passes = (pl.col("type") == "pass") & (pl.col("x_m") <= PASSES_TO_M)
    told = match.events.filter(in_play())
    names = ["home_p", "home_a", "away_p", "away_a"]
    counted = sums(match, told, p=passes.fill_null(False).cast(pl.Int64), a=action.fill_null(False).cast(pl.Int64))
    counted = counted.hstack(told.select("period", minute=(pl.col("clock_s") / 60).floor()))
    at = so_far(match.whole.filter(pl.col("period") != 5), counted, names)
    # What was counted up to the minute before the window, in this period or in those before it.
    at = at.with_columns(first=pl.max_horizontal((pl.col("clock_s") / 60).ceil() - WINDOW_MIN, pl.lit(0.0)))
    of_period = counted.group_by("period").agg(pl.col("rank").min().alias("starts")).sort("period")
    at = at.join(of_period, on="period", how="left").sort("rank")
    until = counted.sort("rank").with_columns(key=pl.col("period") * 10_000.0 + pl.col("minute"))
    before = until.select("key", *(pl.col(n).alias(f"{n}_before") for n in names))
    at = at.with_columns(key=pl.col("period") * 10_000.0 + pl.col("first") - 0.5)
    at = at.sort("key").join_asof(before, on="key", strategy="backward").sort("rank")
    # A period of which nothing is told yet has nothing in its window either.
    begun = pl.col("starts").is_not_null() & (pl.col("rank") >= pl.col("starts"))
    inside = {n: pl.when(begun).then(pl.col(n) - pl.col(f"{n}_before").fill_null(0)).otherwise(0) for n in names}
    pressures = match.events.filter(in_play() & (pl.col("type") == "pressure"))
    first_told = pressures["rank"].min()
    found = at.select("rank", "period", "clock_s", "anchor", **inside)
    if first_told is None:
        return of_sides("pressing_intensity", found.clear(), dict.fromkeys((match.home, match.away), pl.lit(None)))
    found = found.with_columns(told=pl.col("rank") >= first_told)
    values = {
        match.home: pl.when("told").then(_ratio(pl.col("home_a"), pl.col("away_p"))),
        match.away: pl.when("told").then(_ratio(pl.col("away_a"), pl.col("home_p"))),
    }
    return of_sides("pressing_intensity", found, values)
