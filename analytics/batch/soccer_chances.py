"""Win probability and the chance of a goal soon, computed over the whole log.

Goals to come are Poisson and independent; their means follow from clock, dismissals and odds (docs/signals.md,
docs/models.md). Here the difference of the two is summed up as a matrix for all moments at once, with more goals than ever
happen; odds are made fair by the usual iteration of Shin's z, and solved for means by differences.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from analytics.batch.log import SHOOT_OUT, places, said, so_far
from analytics.batch.soccer_log import NO_PLAY, Match

TYPES = ["shot", "own_goal", "card", "foul", "period_start", "period_end", "status"]
DISMISSALS = ["red", "second_yellow"]
STARTS_S, LENGTHS_S = np.array([0.0, 2700.0, 5400.0, 6300.0]), np.array([2700.0, 2700.0, 900.0, 900.0])
LAST = np.array([2, 2, 4, 4])
GOALS = 25
SOON_S = 300.0


def win_probability(match: Match, params: Any) -> pl.DataFrame:
    """P(home win), P(draw), P(away win) wherever they are said; null in a match that will not be played."""
    at = _moments(match)
    home, away = _means(at, params, prior(match), np.inf)
    p = outcome(at["lead"].to_numpy(), home, away)
    over = _over(at)
    lead = np.sign(at["lead"].to_numpy())
    decided = np.stack([lead == 1, lead == 0, lead == -1], axis=1).astype(float)
    return _of_outcomes("win_probability", at, np.where(over[:, None], decided, p), ("home", "draw", "away"))


def goal_probability(match: Match, params: Any) -> pl.DataFrame:
    """P(one goal or more) of home, away and either in the next five minutes of play."""
    # It is said where something has turned; an event beside that only moves it with the next minute.
    turns = (
        ~pl.col("type").is_in(["shot", "card", "foul"])
        | ((pl.col("type") == "shot") & (pl.col("outcome") == "goal"))
        | pl.col("card").is_in(DISMISSALS)
    )
    at = _moments(match)
    at = at.join(match.events.filter(~turns.fill_null(False)), on="anchor", how="anti", maintain_order="left")
    home, away = _means(at, params, prior(match), SOON_S)
    p = 1 - np.exp(-np.stack([home, away, home + away], axis=1))
    p[_over(at)] = 0.0
    return _of_outcomes("goal_probability", at, p, ("home", "away", "either"))


def _of_outcomes(signal: str, at: pl.DataFrame, p: np.ndarray, names: tuple[str, ...]) -> pl.DataFrame:
    played = ~pl.col("status").is_in(["postponed", "abandoned"])
    columns = at.with_columns(pl.Series(f"p_{name}", p[:, i]) for i, name in enumerate(names))
    return pl.concat(said(signal, columns, pl.lit(n), pl.when(played).then(f"p_{n}")) for n in names)


def _over(at: pl.DataFrame) -> np.ndarray:
    return at.select(pl.col("status").is_in(["finished", "full_time"]) | (pl.col("period") >= SHOOT_OUT)).to_numpy()[
        :, 0
    ]


def _moments(match: Match) -> pl.DataFrame:
    """Where they are said, with lead, home_reds, away_reds and status there."""
    events = match.events
    own = pl.col("team") == pl.lit(match.home, dtype=pl.String)
    theirs = pl.col("team") == pl.lit(match.away, dtype=pl.String)
    goals = events.filter(
        ~pl.col("control")
        & (pl.col("period") != SHOOT_OUT)
        & ((pl.col("type") == "own_goal") | ((pl.col("type") == "shot") & (pl.col("outcome") == "goal")))
    )
    # An own goal that names only who conceded it is the other team's.
    home = own | (pl.col("team").is_null() & (pl.col("conceded_by") == pl.lit(match.away, dtype=pl.String)))
    away = theirs | (pl.col("team").is_null() & (pl.col("conceded_by") == pl.lit(match.home, dtype=pl.String)))
    goals = goals.select(
        "rank", lead=(home.fill_null(False).cast(pl.Int64) - away.fill_null(False).cast(pl.Int64)).cum_sum()
    )
    reds = (
        events.filter(
            ~pl.col("control")
            & pl.col("type").is_in(["card", "foul"])
            & pl.col("card").is_in(DISMISSALS)
            & pl.col("team").is_not_null()
        )
        .with_columns(who=pl.coalesce("player", "source_event_id"))
        .unique(["team", "who"], keep="first", maintain_order=True)
        .select("rank", home_reds=own.cast(pl.Int64).cum_sum(), away_reds=theirs.cast(pl.Int64).cum_sum())
    )
    # A moment of what is said from outside is in the period of the feed's newest event.
    clock = events.filter(~pl.col("control")).select("rank", of_feed=pl.col("period"))
    at = places(events, match.minutes, TYPES)
    at = so_far(so_far(at, goals, ["lead"]), reds, ["home_reds", "away_reds"])
    at = so_far(so_far(at, _statuses(events), ["status"]), clock, ["of_feed"])
    full_minute = pl.col("anchor").str.starts_with("minute:")
    return at.with_columns(
        pl.col("lead", "home_reds", "away_reds").fill_null(0),
        pl.col("status").fill_null("scheduled"),
        pl.when(full_minute).then("period").otherwise(pl.col("of_feed").fill_null(0)).alias("period_now"),
        pl.col("clock_s").fill_null(0.0),
    )


def _statuses(events: pl.DataFrame) -> pl.DataFrame:
    """The changes of a match's status: rank and status."""
    fed = ~pl.col("control")
    ends = events.filter(fed & (pl.col("type") == "period_end")).unique("period", keep="first", maintain_order=True)
    ended = ends.select("period", ended="rank")
    starts = events.filter(fed & (pl.col("type") == "period_start")).join(ended, on="period", how="left")
    starts = starts.filter(pl.col("ended").is_null() | (pl.col("rank") < pl.col("ended")))
    said_so = events.filter((pl.col("type") == "status") & pl.col("status").is_not_null())
    begins = events.filter(fed & ~pl.col("type").is_in(NO_PLAY) & pl.col("period").is_between(1, SHOOT_OUT)).head(1)
    half = pl.when(pl.col("period").is_in([1, 3])).then(pl.lit("half_time")).otherwise(pl.lit("full_time"))
    changes = pl.concat([
        starts.select("rank", status=pl.lit("live")),
        ends.select("rank", status=half),
        said_so.select("rank", "status"),
    ])  # fmt: skip
    before = changes.filter(pl.col("rank") < (begins["rank"].item() if len(begins) else 0)).sort("rank")
    if len(begins) and (before.is_empty() or before["status"][-1] == "scheduled"):
        changes = pl.concat([changes, begins.select("rank", status=pl.lit("live"))])
    return changes.sort("rank")


def _means(
    at: pl.DataFrame, k: Any, prior: tuple[float, float] | None, within_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Expected goals of home and away from each moment on, until the end of the 90 or 120 minutes, or within some time."""
    home, away = _to_come(at["period_now"].to_numpy(), at["clock_s"].to_numpy(), at["status"].to_numpy(), k, within_s)
    hr, ar = at["home_reds"].to_numpy(), at["away_reds"].to_numpy()
    home, away = home * k.own_red**hr * k.other_red**ar, away * k.own_red**ar * k.other_red**hr
    if prior is not None:
        usual = _to_come(np.array([0]), np.array([0.0]), np.array(["live"]), k, np.inf)
        home, away = home * prior[0] / usual[0], away * prior[1] / usual[1]
    return home, away


def _to_come(
    period: np.ndarray, clock_s: np.ndarray, status: np.ndarray, k: Any, within_s: float
) -> tuple[np.ndarray, np.ndarray]:
    now = np.clip(period, 1, 4)
    home, away = np.zeros(len(now)), np.zeros(len(now))
    rest = np.full(len(now), within_s)
    for number in range(1, 5):
        i = number - 1
        played = np.where(period == number, np.maximum(clock_s - STARTS_S[i], 0.0), 0.0)
        left = np.maximum(LENGTHS_S[i] + k.stoppage_s[i] - played, k.stoppage_left_s)
        left = np.where((period == number) & (status == "half_time"), 0.0, left)
        left = np.where((number >= now) & (number <= LAST[now - 1]), np.minimum(left, rest), 0.0)
        rest = rest - left
        # Goals get more frequent within a half: the rate is that of the middle of what is left.
        rate = 1 + k.rise[i] * ((played + left / 2) / LENGTHS_S[i] - 0.5)
        home += k.home_per_s[i] * left * rate
        away += k.away_per_s[i] * left * rate
    return home, away


def outcome(lead: np.ndarray, home: np.ndarray, away: np.ndarray) -> np.ndarray:
    """P(home win, draw, away win) (shape: n x 3) for leads and means of goals to come (shape: n each)."""
    goals = np.arange(GOALS + 1)
    factorial = np.cumprod(np.r_[1.0, goals[1:]])
    p, q = (np.exp(-m[:, None]) * m[:, None] ** goals / factorial for m in (home, away))
    margin = lead[:, None, None] + goals[:, None] - goals[None, :]
    both = p[:, :, None] * q[:, None, :]
    return np.stack([(both * (margin > 0)).sum((1, 2)), (both * (margin == 0)).sum((1, 2)), (both * (margin < 0)).sum((1, 2))], axis=1)  # fmt: skip


def prior(match: Match) -> tuple[float, float] | None:
    """Expected goals of both in the 90 minutes by the last odds that were said before the ball rolled; None without any."""
    rolls = match.events.filter(
        ~pl.col("control")
        & pl.col("period").is_between(1, SHOOT_OUT)
        & (~pl.col("type").is_in(NO_PLAY) | (pl.col("type") == "period_start"))
    )["rank"].min()
    names = ["home_odds", "draw_odds", "away_odds"]
    odds = match.events.filter((pl.col("type") == "pre_match") & (pl.col("rank") < (rolls or np.inf))).select(names)
    sound = [o for o in odds.drop_nulls().rows() if min(o) > 1 and sum(1 / x for x in o) >= 1 - 1e-12]
    return goals_of(fair(sound[-1])) if sound else None


def fair(odds: tuple[float, ...]) -> np.ndarray:
    """Probabilities of three decimal odds without the bookmaker's margin, by Shin's z iterated from 0."""
    q = 1 / np.array(odds)
    total, z = q.sum(), 0.0
    for _ in range(1000):
        z = np.sqrt(z * z + 4 * (1 - z) * q * q / total).sum() - 2
    p = (np.sqrt(z * z + 4 * (1 - z) * q * q / total) - z) / (2 * (1 - z))
    return p / p.sum()


def goals_of(chances: np.ndarray) -> tuple[float, float]:
    """The means of home and away goals that give these chances of home win, draw and away win: Newton, by differences."""
    at = np.log([1.4, 1.2])

    def apart(x: np.ndarray) -> np.ndarray:
        m = np.exp(x)
        return (outcome(np.zeros(1), m[:1], m[1:])[0] - chances)[[0, 2]]

    for _ in range(60):
        miss, step = apart(at), 1e-6
        slopes = np.stack([(apart(at + step * e) - miss) / step for e in np.eye(2)], axis=1)
        at = np.clip(at + np.clip(-np.linalg.solve(slopes, miss), -0.5, 0.5), np.log(0.01), np.log(8.0))
    return float(np.exp(at[0])), float(np.exp(at[1]))
