"""Shots: xG, post-shot xG, finishing, goals prevented and set-piece threat, computed over the whole log.

What a model is told of a shot is put together here anew from docs/models.md; its coefficients, by name, are the committed
model's.
"""

from __future__ import annotations

import math

import polars as pl

from analytics.batch.log import of_sides, said, so_far
from analytics.batch.soccer_log import GOAL_M, LENGTH_M, WIDTH_M, Match, in_play, sums
from app.models.kernels import Logistic

ACTIONS = ["pass", "shot", "dribble", "clearance", "interception"]
SET_PIECES = ["corner", "free_kick"]
ON_TARGET = ["goal", "saved", "saved_to_post"]
OFF_TARGET = ["post", "off_target", "blocked", "wayward", "saved_off_target"]
BOX_LENGTH_M, BOX_WIDTH_M, MARK_M = 16.5, 40.32, 11.0
LED_BY = ["pass_across_m", "pass_turn_rad", "pass_from_m", "cross", "rebound", "speed_m_per_s", "same_team", "gain_m", "set_piece"]  # fmt: skip


def shots(match: Match, xg: Logistic, post_shot: Logistic | None = None) -> pl.DataFrame:
    """Every shot of play with `xg` and, with a model of it, `psxg` (null where what it needs is not told)."""
    found = match.events.filter(in_play() & (pl.col("type") == "shot"))
    penalty = (pl.col("shot_kind") == "penalty").fill_null(False)
    found = found.with_columns(
        penalty=penalty,
        sx=pl.when(penalty).then(LENGTH_M - MARK_M).otherwise("x_m"),
        sy=pl.when(penalty).then(WIDTH_M / 2).otherwise("y_m"),
        header=pl.when(penalty).then(False).otherwise(pl.col("body_part") == "head").cast(pl.Float64),
        free_kick=pl.when(penalty).then(False).otherwise(pl.col("shot_kind") == "free_kick").cast(pl.Float64),
        on_target=pl.when(pl.col("outcome").is_in(ON_TARGET)).then(True)
        .when(pl.col("outcome").is_in(OFF_TARGET)).then(False),
    ).drop("cross").join(_led_by(match, found), on="rank", how="left")  # fmt: skip
    found = found.with_columns(pl.col(LED_BY).fill_null(0.0))
    known = pl.all_horizontal(
        pl.col("sx", "sy", "header", "shot_kind").is_not_null()  # a shot whose kind is not told may be a penalty
    )
    found = found.with_columns(_taken()).with_columns(xg=pl.when(known).then(_log_odds(xg)))
    found = found.with_columns(xg=1 / (1 + (-pl.col("xg")).exp()))
    if post_shot is None:
        return found
    found = found.with_columns(_mouth()).with_columns(psxg=_log_odds(post_shot))
    placed = known & pl.col("end_y_m").is_not_null() & pl.col("end_z_m").is_not_null()
    on_target = pl.col("on_target")
    told = pl.when(on_target & placed).then(1 / (1 + (-pl.col("psxg")).exp())).when(~on_target).then(0.0)
    return found.with_columns(psxg=told)


def _log_odds(model: Logistic) -> pl.Expr:
    parts = zip(model.features, model.coefficients, strict=True)
    return pl.lit(model.intercept) + pl.sum_horizontal(pl.col(f"t_{name}") * c for name, c in parts)


def _taken() -> list[pl.Expr]:
    """How a shot is taken, as the models are told it. A penalty is a constant: all else is 0."""
    dx, dy = LENGTH_M - pl.col("sx"), pl.col("sy") - WIDTH_M / 2
    distance = (dx * dx + dy * dy).sqrt()
    # The angle that the posts subtend: of a wide one the cosine is negative.
    angle = pl.arctan2(GOAL_M * dx, dx * dx + dy * dy - GOAL_M**2 / 4).abs()
    near = distance.clip(1.0).log()
    header, free_kick = pl.col("header"), pl.col("free_kick")
    terms = {
        "distance_m": distance,
        "log_distance": near,
        "angle_rad": angle,
        "distance_x_angle": distance * angle,
        "offset_m": dy.abs(),
        "header": header,
        "header_x_log_distance": header * near,
        "header_x_angle": header * angle,
        "free_kick": free_kick,
        "free_kick_x_distance": free_kick * distance,
        **{name: pl.col(name) for name in LED_BY},
    }
    named = [pl.when("penalty").then(0.0).otherwise(term).alias(f"t_{name}") for name, term in terms.items()]
    return [*named, pl.col("penalty").cast(pl.Float64).alias("t_penalty")]


def _mouth() -> list[pl.Expr]:
    """Where a shot comes to the goal, in nine parts: 2 m to either side of the middle, 0.65 and 1.7 m up."""
    aside = pl.col("end_y_m") - WIDTH_M / 2
    across = pl.when(aside.abs() <= 2.0).then(0.0).otherwise(aside.sign())
    wide = (across != 0).cast(pl.Float64)
    low, high = (pl.col("end_z_m") < 0.65).cast(pl.Float64), (pl.col("end_z_m") > 1.7).cast(pl.Float64)
    near = across * ((pl.col("sy") - WIDTH_M / 2) / 15.0).clip(-1.0, 1.0)
    log_distance, header = pl.col("t_log_distance"), pl.col("header")
    terms = {
        "wide": wide,
        "low": low,
        "high": high,
        "wide_low": wide * low,
        "wide_high": wide * high,
        "wide_x_log_distance": wide * log_distance,
        "low_x_log_distance": low * log_distance,
        "high_x_log_distance": high * log_distance,
        "header_x_wide": header * wide,
        "header_x_low": header * low,
        "header_x_high": header * high,
        "near_side": near,
        "near_side_x_log_distance": near * log_distance,
    }
    of_play = [pl.when("penalty").then(0.0).otherwise(term).alias(f"t_{name}") for name, term in terms.items()]
    kicks = {"penalty_wide": wide, "penalty_low": low, "penalty_high": high}
    return of_play + [pl.when("penalty").then(term).otherwise(0.0).alias(f"t_{name}") for name, term in kicks.items()]


def _led_by(match: Match, shots: pl.DataFrame) -> pl.DataFrame:
    """What the last four actions of the period, not older than 20 s, say of a shot: its rank and LED_BY."""
    kept = ["type", "team", "elapsed_s", "x_m", "y_m", "pass_kind", "cross"]
    acts = match.events.filter(~pl.col("control") & pl.col("type").is_in(ACTIONS)).select("rank", "period", *kept)
    lagged = [
        acts.with_columns(pl.col(c).shift(k).over("period").alias(f"a_{c}") for c in kept).with_columns(
            k=pl.lit(k), there=pl.col("type").shift(k).over("period").is_not_null()
        )
        for k in range(1, 5)
    ]
    gap = (pl.col("elapsed_s") - pl.col("a_elapsed_s")).alias("gap")
    own = pl.col("a_team").eq_missing(pl.col("team"))
    led = (
        pl.concat(lagged)
        .filter((pl.col("type") == "shot") & pl.col("there") & (gap <= 20.0))
        .with_columns(gap=gap, own=own)
        .with_columns(
            k=pl.col("k").rank("ordinal").over("rank"),
            ax=pl.when("own").then("a_x_m").otherwise(LENGTH_M - pl.col("a_x_m")),
            ay=pl.when("own").then("a_y_m").otherwise(WIDTH_M - pl.col("a_y_m")),
        )
    )
    last, second = pl.col("k") == 1, pl.col("k") == 2
    x, y, ax, ay = (pl.col(c) for c in ("x_m", "y_m", "ax", "ay"))
    known, kind = ax.is_not_null() & ay.is_not_null(), pl.col("a_type")
    own_pass = last & pl.col("own") & (kind == "pass") & known

    def bearing(px: pl.Expr, py: pl.Expr) -> pl.Expr:
        return pl.arctan2(py - WIDTH_M / 2, LENGTH_M + 0.01 - px)

    forward = ((x - ax) / pl.col("gap").clip(0.5)).clip(-10.0, 20.0)
    goal_m = ((LENGTH_M - ax) ** 2 + (WIDTH_M / 2 - ay) ** 2).sqrt()
    parts = {
        "pass_across_m": pl.when(own_pass).then((y - ay).abs()),
        "pass_turn_rad": pl.when(own_pass).then((bearing(ax, ay) - bearing(x, y)).abs()),
        "pass_from_m": pl.when(own_pass).then(goal_m),
        "cross": pl.when(last & pl.col("own") & pl.col("a_cross").fill_null(False)).then(1.0),
        "speed_m_per_s": pl.when(last & pl.col("own") & known).then(forward),
        "same_team": pl.when(second & pl.col("own")).then(1.0),
        "gain_m": pl.when(second & known).then((x - ax).clip(-30.0, 60.0)),
        "set_piece": pl.when(
            (kind == "pass") & pl.col("own") & pl.col("a_pass_kind").is_in(SET_PIECES) & (pl.col("gap") <= 12.0)
        ).then(1.0),
        "own_shot": pl.when((pl.col("k") <= 2) & (kind == "shot") & pl.col("own")).then(1.0),
        "soon": pl.when(last & (pl.col("gap") <= 3.5)).then(1.0),
    }
    # At most one action says each of them, or says the same as the other.
    told = led.filter(x.is_not_null() & y.is_not_null()).group_by("rank").agg(
        e.drop_nulls().first().fill_null(0.0).alias(n) for n, e in parts.items()
    )  # fmt: skip
    return told.with_columns(rebound=pl.col("own_shot") * pl.col("soon")).select("rank", *LED_BY)


def xg(shots: pl.DataFrame) -> pl.DataFrame:
    """xG of each shot, of whoever takes it."""
    return said("xg", shots, pl.coalesce("player", "team", pl.lit("match")), pl.col("xg"))


def post_shot_xg(shots: pl.DataFrame) -> pl.DataFrame:
    """Post-shot xG of each shot, 0 off target."""
    return said("post_shot_xg", shots, pl.coalesce("player", "team", pl.lit("match")), pl.col("psxg"))


def finishing_efficiency(shots: pl.DataFrame) -> pl.DataFrame:
    """Goals minus xG of each shot."""
    goal = (pl.col("outcome") == "goal").cast(pl.Float64)
    return said("finishing_efficiency", shots, pl.coalesce("player", "team", pl.lit("match")), goal - pl.col("xg"))


def goals_prevented(match: Match, shots: pl.DataFrame) -> pl.DataFrame:
    """Post-shot xG of each shot on target less what it scored, of the team that faces it."""
    other = (
        pl.when(pl.col("team") == pl.lit(match.home, dtype=pl.String))
        .then(pl.lit(match.away, dtype=pl.String))
        .when(pl.col("team") == pl.lit(match.away, dtype=pl.String))
        .then(pl.lit(match.home, dtype=pl.String))
    )
    faced = shots.with_columns(other=other).filter(
        pl.col("on_target") & pl.col("psxg").is_not_null() & pl.col("other").is_not_null()
    )
    goal = (pl.col("outcome") == "goal").cast(pl.Float64)
    return said("goals_prevented", faced, pl.col("other"), pl.col("psxg") - goal)


def set_piece_threat(match: Match, shots: pl.DataFrame) -> pl.DataFrame:
    """1 - product of (1 - xG) over the shots of each set-piece situation, added up by team so far."""
    kind = pl.col("pass_kind")
    in_box = (pl.col("end_x_m") >= LENGTH_M - BOX_LENGTH_M) & (
        (pl.col("end_y_m") - WIDTH_M / 2).abs() <= BOX_WIDTH_M / 2
    )
    begins = (
        pl.when(pl.col("type") == "shot")
        .then(pl.col("shot_kind").is_in(SET_PIECES))
        .otherwise((kind == "corner") | (kind.is_in(["free_kick", "throw_in"]) & in_box))
    )
    chain = ["team", "period", "possession"]
    told = match.events.filter(
        in_play() & pl.col("type").is_in(["pass", "shot"]) & pl.all_horizontal(pl.col(*chain).is_not_null())
    )
    starts = told.filter(begins.fill_null(False)).group_by(chain).agg(pl.col("rank").min().alias("begun"))
    counted = (
        shots.filter(~pl.col("penalty"))
        .join(starts, on=chain)
        .filter(pl.col("rank") >= pl.col("begun"))
        .sort("rank")
        .with_columns(pl.col("xg").fill_null(0.0))
        .with_columns(missed=(1 - pl.col("xg")).cum_prod().over(chain))
        .with_columns(added=pl.col("missed").shift(1, fill_value=1.0).over(chain) * pl.col("xg"))
    )
    chains = match.events.filter(~pl.col("control") & pl.col("possession_team").is_not_null())["rank"].min()
    found = so_far(match.whole, sums(match, counted, n=pl.col("added")), ["home_n", "away_n"])
    # A feed that tells no chains has no situations, rather than none that threatened.
    found = found.filter(pl.col("rank") >= (math.inf if chains is None else chains))
    values = {match.home: pl.col("home_n").fill_null(0.0), match.away: pl.col("away_n").fill_null(0.0)}
    return of_sides("set_piece_threat", found, values)
