"""What each question of sql/kpi has to answer, in Polars over log and signals. NAME: the parameters and the figures."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from polars import col, lit

from tests.kpi_frames import ACTIVE, Frames

OVER = ["finished", "full_time"]
QUARTER_END = {1: 44, 2: 89, 3: 104, 4: 119}


def per(frame: pl.DataFrame, *keys: str, **figures: pl.Expr) -> pl.DataFrame:
    """Figures by keys."""
    return frame.group_by(*keys).agg(**figures)


def ranked(
    frame: pl.DataFrame, figure: str, *then: str, descending: bool = True, limit: int | None = None
) -> pl.DataFrame:
    """Sorted by a figure, to six places, then by ids."""
    found = frame.sort(col(figure).round(6), *then, descending=[descending, *[False] * len(then)], nulls_last=True)
    return found if limit is None else found.head(limit)


def n(condition: pl.Expr) -> pl.Expr:
    """How many rows it holds for."""
    return condition.fill_null(False).sum().cast(pl.Int64)


def is_shot() -> pl.Expr:
    return col("type") == "shot"


def is_goal() -> pl.Expr:
    return is_shot() & (col("outcome") == "goal")


def tackle_won() -> pl.Expr:
    return (col("type") == "duel") & (col("duel_kind") == "tackle") & col("won")


def ppda_action() -> pl.Expr:
    return (col("x_m") >= 42) & (col("type").is_in(["foul", "interception"]) | tackle_won())


def ppda_pass() -> pl.Expr:
    return (col("type") == "pass") & (col("x_m") <= 63)


def yellow() -> pl.Expr:
    return col("card").is_in(["yellow", "second_yellow"])


def red(frame: pl.DataFrame) -> pl.DataFrame:
    sent = frame.filter(col("card").is_in(["red", "second_yellow"])).unique(["match", "team", "player"])
    return per(sent, "match", "team", red=pl.len().cast(pl.Int64))


def team_match(f: Frames, **figures: pl.Expr) -> pl.DataFrame:
    """One row a match and team, with figures of its events."""
    counted = per(f.play, "match", "team", **figures)
    return f.sides.join(counted, on=["match", "team"], how="left").with_columns(col(*figures).fill_null(0))


def player_match(f: Frames, **figures: pl.Expr) -> pl.DataFrame:
    """One row a match, team and player, with minutes and figures of the player's events."""
    counted = per(f.play.filter(col("player").is_not_null()), "match", "team", "player", **figures)
    found = f.minutes.join(counted, on=["match", "team", "player"], how="left")
    return found.with_columns(col(*figures).fill_null(0)) if figures else found


def with_xg(f: Frames, frame: pl.DataFrame) -> pl.DataFrame:
    xg = f.signal("xg")
    against = xg.rename({"team": "opponent", "xg": "xg_against"})
    found = frame.join(xg, on=["match", "team"], how="left").join(against, on=["match", "opponent"], how="left")
    return found.with_columns(col("xg", "xg_against").fill_null(0.0))


def ppda_parts(f: Frames) -> pl.DataFrame:
    own = team_match(f, given=n(ppda_pass()), actions=n(ppda_action()))
    faced = own.select("match", opponent="team", faced="given")
    return own.join(faced, on=["match", "opponent"]).sort("kickoff_at", "match", "team")


def ratio(above: pl.Expr, below: pl.Expr) -> pl.Expr:
    return pl.when(below != 0).then(above / below)


def league_table(f: Frames) -> pl.DataFrame:
    over = f.sides.filter(col("status").is_in(OVER))
    found = per(
        over, "team", played=pl.len().cast(pl.Int64), won=n(col("points") == 3), drawn=n(col("points") == 1),
        lost=n(col("points") == 0), goals=col("goals").sum(), goals_against=col("against").sum(), points=col("points").sum(),
    )  # fmt: skip
    found = found.with_columns(goal_difference=col("goals") - col("goals_against"))
    order = col("points") * 1_000_000 + col("goal_difference") * 1000 + col("goals")
    return (
        found.with_columns(place=order.rank("min", descending=True).cast(pl.Int64))
        .sort("place", "team")
        .rename({"team": "team_id"})
    )


def xg_table(f: Frames) -> pl.DataFrame:
    each = with_xg(f, f.sides)
    found = per(
        each, "team", matches=pl.len().cast(pl.Int64), xg=col("xg").sum(), xg_against=col("xg_against").sum(),
        xg_difference_per_match=(col("xg") - col("xg_against")).mean(),
        goal_difference_per_match=(col("goals") - col("against")).mean(),
    )  # fmt: skip
    return ranked(found, "xg_difference_per_match", "team").rename({"team": "team_id"})


def shooters(f: Frames) -> pl.DataFrame:
    each = player_match(f, shots=n(is_shot()), goals=n(is_goal()))
    xg = f.signal("xg", "subject").rename({"subject": "player"})
    return each.join(xg, on=["match", "player"], how="left").with_columns(col("xg").fill_null(0.0))


def finishing_players(f: Frames) -> pl.DataFrame:
    found = per(shooters(f), "player", shots=col("shots").sum(), goals=col("goals").sum(), xg=col("xg").sum())
    found = found.filter(col("shots") >= 2).with_columns(goals_above_xg=col("goals") - col("xg"))
    return ranked(found, "goals_above_xg", "player", limit=20).rename({"player": "player_id"})


def finishing_teams(f: Frames) -> pl.DataFrame:
    each = per(shooters(f), "match", "team", goals=col("goals").sum(), xg=col("xg").sum())
    other = each.rename({"team": "opponent", "goals": "goals_against", "xg": "xg_against"})
    both = (
        f.sides.select("match", "team", "opponent")
        .join(each, on=["match", "team"])
        .join(other, on=["match", "opponent"])
    )
    found = per(both, "team", **{c: col(c).sum() for c in ("goals", "xg", "goals_against", "xg_against")})
    found = found.with_columns(
        goals_above_xg=col("goals") - col("xg"), against_above_xg=col("goals_against") - col("xg_against")
    )
    return ranked(found, "goals_above_xg", "team").rename({"team": "team_id"})


def ppda_by_match(f: Frames) -> pl.DataFrame:
    return ppda_parts(f).select(
        "kickoff_at", match_id="match", team_id="team", ppda_passes_faced="faced", ppda_actions="actions",
        ppda=ratio(col("faced"), col("actions")),
    )  # fmt: skip


def ppda_by_season(f: Frames) -> pl.DataFrame:
    found = per(
        ppda_parts(f), "competition", "season", "team", matches=pl.len().cast(pl.Int64),
        ppda=ratio(col("faced").sum(), col("actions").sum()),
    )  # fmt: skip
    return found.sort("competition", "season", col("ppda").round(6), "team", nulls_last=True).rename(
        {"team": "team_id"}
    )


def top_xt_per_90(f: Frames) -> pl.DataFrame:
    xt = f.signal("xt", "subject").rename({"subject": "player"})
    each = player_match(f).join(xt, on=["match", "player"], how="left")
    found = per(
        each,
        "player",
        matches=pl.len().cast(pl.Int64),
        minutes=col("minutes").sum(),
        xt=col("xt").sum(),
        n=col("xt").count(),
    )
    found = found.filter((col("minutes") >= 30) & (col("n") > 0)).with_columns(
        xt_per_90=90 * col("xt") / col("minutes")
    )
    return ranked(found.drop("n"), "xt_per_90", "player", limit=10).rename({"player": "player_id"})


def by_minute(f: Frames, **figures: pl.Expr) -> pl.DataFrame:
    counted = per(f.play, "match", "team", "minute", **figures)
    return f.clock.join(counted, on=["match", "team", "minute"], how="left").with_columns(col(*figures).fill_null(0))


def pressing_by_game_state(f: Frames) -> pl.DataFrame:
    own = by_minute(f, given=n(ppda_pass()), actions=n(ppda_action()), pressures=n(col("type") == "pressure"))
    pairs = f.sides.select("match", "team", "opponent")
    faced = own.select("match", "minute", opponent="team", faced="given")
    each = own.join(pairs, on=["match", "team"]).join(faced, on=["match", "minute", "opponent"])
    state = pl.when(col("difference") > 0).then(lit("leading")).when(col("difference") < 0).then(lit("trailing"))
    found = per(
        each.with_columns(state=state.otherwise(lit("level"))), "team", "state", minutes=pl.len().cast(pl.Int64),
        ppda=ratio(col("faced").sum(), col("actions").sum()), pressures_per_minute=col("pressures").mean(),
    )  # fmt: skip
    return found.sort("team", "state").rename({"team": "team_id"})


def win_probability_swings(f: Frames) -> pl.DataFrame:
    each = f.points.filter((col("signal") == "win_probability_added") & (col("value") > 0))
    found = each.sort(
        "value", "match", "period", "elapsed_s", "order_key", "team", descending=[True, *[False] * 5]
    ).head(20)
    return found.select(
        "period", "elapsed_s", match_id="match", team_id="team", source_event_id="id", win_probability_added="value"
    )


def goals_prevented(f: Frames) -> pl.DataFrame:
    each = f.points.filter((col("signal") == "goals_prevented") & col("value").is_not_null())
    found = per(
        each, "subject", matches=col("match").n_unique().cast(pl.Int64), shots_faced=pl.len().cast(pl.Int64),
        goals_prevented=col("value").sum(),
    )  # fmt: skip
    return ranked(found, "goals_prevented", "subject").rename({"subject": "team_id"})


def substitution_effect(f: Frames) -> pl.DataFrame:
    came = f.play.filter((col("type") == "substitution") & col("replacement").is_not_null())
    first = per(came, "match", "team", first=col("minute").min())
    own = by_minute(f, shots=n(is_shot()))
    pairs = f.sides.select("match", "team", "opponent")
    other = own.select("match", "minute", opponent="team", shots_against="shots")
    each = (
        own.join(pairs, on=["match", "team"])
        .join(other, on=["match", "minute", "opponent"])
        .join(first, on=["match", "team"])
    )
    found = per(
        each.with_columns(is_after=col("minute") >= col("first")), "team", "is_after", minutes=pl.len().cast(pl.Int64),
        shots_per_90=90 * col("shots").mean(), shots_against_per_90=90 * col("shots_against").mean(),
        goals_per_90=90 * col("goals").mean(), goals_against_per_90=90 * col("against").mean(),
    )  # fmt: skip
    return found.sort("team", "is_after").rename({"team": "team_id"})


def cards(f: Frames) -> pl.DataFrame:
    each = team_match(f, fouls=n(col("type") == "foul"), yellow=n(yellow())).join(
        red(f.play), on=["match", "team"], how="left"
    )
    found = per(
        each.with_columns(col("red").fill_null(0)), "team", matches=pl.len().cast(pl.Int64), fouls=col("fouls").sum(),
        yellow_cards=col("yellow").sum(), red_cards=col("red").sum(),
    )  # fmt: skip
    found = found.with_columns(fouls_per_card=ratio(col("fouls"), col("yellow_cards") + col("red_cards")))
    return found.sort("yellow_cards", "red_cards", "team", descending=[True, True, False]).rename({"team": "team_id"})


def form(f: Frames) -> pl.DataFrame:
    newest = f.sides.filter(col("status").is_in(OVER)).sort("kickoff_at", "match", descending=[True, False])
    letter = pl.when(col("points") == 3).then(lit("W")).when(col("points") == 1).then(lit("D")).otherwise(lit("L"))
    last = newest.with_columns(letter=letter).group_by("team", maintain_order=True).head(2)
    found = last.group_by("team", maintain_order=True).agg(
        matches=pl.len().cast(pl.Int64), points=col("points").sum(), goal_difference=(col("goals") - col("against")).sum(),
        form=col("letter").str.join(""),
    )  # fmt: skip
    return found.sort("points", "goal_difference", "team", descending=[True, True, False]).rename({"team": "team_id"})


def momentum_before_goals(f: Frames) -> pl.DataFrame:
    told = f.points.filter(col("signal") == "momentum").sort("match", "period", "elapsed_s", "order_key")
    rows = []
    matches = {m["match"]: m for m in f.matches.iter_rows(named=True)}
    for g in f.scored.iter_rows(named=True):
        before = told.filter(
            (col("match") == g["match"])
            & ((col("period") < g["period"]) | ((col("period") == g["period"]) & (col("elapsed_s") < g["elapsed_s"])))
        )
        value = before["value"][-1] if before.height else None
        at_home = g["team"] == matches[g["match"]]["home_id"]
        rows.append({
            "match_id": g["match"], "source_event_id": g["id"], "team_id": g["team"], "period": g["period"],
            "momentum": value if value is None or at_home else -value, "kickoff": matches[g["match"]]["kickoff_at"],
            "order": g["order_key"],
        })  # fmt: skip
    return pl.DataFrame(rows).sort("kickoff", "match_id", "period", "order").drop("kickoff", "order")


def tenths(frame: pl.DataFrame, f: Frames, **figures: pl.Expr) -> pl.DataFrame:
    with_month = frame.join(f.matches.select("match", "kickoff_at"), on="match")
    placed = with_month.with_columns(
        month=col("kickoff_at").dt.convert_time_zone("UTC").dt.strftime("%Y-%m"),
        tenth=(col("value") * 10).floor().cast(pl.Int64).clip(0, 9),
    )
    return per(placed, "month", "tenth", **figures).sort("month", "tenth")


def calibration_xg(f: Frames) -> pl.DataFrame:
    shots = f.points.filter((col("signal") == "xg") & col("value").is_not_null())
    goals = f.events.filter(is_goal()).select("match", "id", goal=lit(1))
    each = shots.join(goals, on=["match", "id"], how="left").with_columns(col("goal").fill_null(0))
    return tenths(
        each, f, shots=pl.len().cast(pl.Int64), mean_xg=col("value").mean(), share_of_goals=col("goal").mean()
    )


def calibration_win_probability(f: Frames) -> pl.DataFrame:
    sums = {"home_score", "away_score", "status"}
    each = f.points.filter(
        (col("signal") == "win_probability") & col("anchor").str.starts_with("minute:") & col("value").is_not_null()
    )
    each = each.join(f.matches.select("match", *sums), on="match").filter(col("status").is_in(OVER))
    result = pl.when(col("home_score") > col("away_score")).then(lit("home"))
    result = result.when(col("home_score") < col("away_score")).then(lit("away")).otherwise(lit("draw"))
    each = each.with_columns(true=(col("subject") == result).cast(pl.Int64))
    return tenths(
        each,
        f,
        forecasts=pl.len().cast(pl.Int64),
        mean_probability=col("value").mean(),
        share_come_true=col("true").mean(),
    )


def feed_quality(f: Frames) -> pl.DataFrame:
    each = f.star.frame(
        "SELECT s.provider, e.match_id AS match, e.kind, e.effective, "
        "extract(epoch FROM e.recorded_at - e.occurred_at)::float8 AS late, m.origin "
        "FROM log.feed_event e JOIN log.stream s USING (stream_id) JOIN log.match m ON m.match_id = e.match_id "
        "WHERE NOT e.control AND m.origin <> 'replay'"
    )
    live = each.filter(col("origin") == "live")
    late = per(
        live, "provider", "match", p50=col("late").quantile(0.5, "linear"), p95=col("late").quantile(0.95, "linear")
    )
    found = per(
        each, "provider", matches=col("match").n_unique().cast(pl.Int64), messages=pl.len().cast(pl.Int64),
        messages_per_match=pl.len() / col("match").n_unique(), share_amended=(col("kind") == "amended").mean(),
        share_retracted=(col("kind") == "retracted").mean(), overtaken=n(~col("effective")),
    )  # fmt: skip
    worst = per(late, "provider", mean_of_median_latency_s=col("p50").mean(), worst_p95_latency_s=col("p95").max())
    return found.join(worst, on="provider", how="left").sort("provider")


def shot_map(f: Frames) -> pl.DataFrame:
    shots = f.events.filter(is_shot() & (col("match") == "cup-2")).sort("period", "elapsed_s", "id")
    xg = f.points.filter(col("signal") == "xg").select("match", "id", xg="value")
    found = shots.join(xg, on=["match", "id"], how="left", maintain_order="left")
    return found.select(
        "period", "elapsed_s", "x_m", "shot_kind", "body_part", "outcome", "xg", source_event_id="id", is_goal=is_goal()
    )


def top_scorers(f: Frames) -> pl.DataFrame:
    found = per(
        shooters(f), "player", goals=col("goals").sum(), shots=col("shots").sum(), matches=pl.len().cast(pl.Int64),
        minutes=col("minutes").sum(),
    )  # fmt: skip
    found = found.filter(col("goals") > 0).sort(
        "goals", col("minutes").round(6), "player", descending=[True, False, False]
    )
    return found.head(20).rename({"player": "player_id"})


def into_third() -> pl.Expr:
    return (col("type") == "pass") & (col("outcome") == "complete") & (col("x_m") < 70) & (col("end_x_m") >= 70)


def passing_teams(f: Frames) -> pl.DataFrame:
    is_pass = col("type") == "pass"
    each = team_match(
        f, passes=n(is_pass), done=n(is_pass & (col("outcome") == "complete")), third=n(into_third()),
        crosses=n(is_pass & col("cross")), corners=n(is_pass & (col("pass_kind") == "corner")),
    )  # fmt: skip
    found = per(
        each, "team", matches=pl.len().cast(pl.Int64), passes_per_match=col("passes").mean(),
        completion=col("done").sum() / col("passes").sum(), into_final_third_per_match=col("third").mean(),
        crosses_per_match=col("crosses").mean(), corners_per_match=col("corners").mean(),
    )  # fmt: skip
    return ranked(found, "passes_per_match", "team").rename({"team": "team_id"})


def final_third_passers(f: Frames) -> pl.DataFrame:
    each = per(
        player_match(f, third=n(into_third())), "player", passes=col("third").sum(), minutes=col("minutes").sum()
    )
    each = each.filter(col("minutes") >= 60).with_columns(passes_per_90=90 * col("passes") / col("minutes"))
    return ranked(each, "passes_per_90", "player", limit=5).rename({"player": "player_id"})


def shots_by_kind(f: Frames) -> pl.DataFrame:
    xg = f.points.filter(col("signal") == "xg").select("match", "id", "value")
    shots = f.play.filter(is_shot()).join(xg, on=["match", "id"], how="left")
    found = per(
        shots,
        "shot_kind",
        shots=pl.len().cast(pl.Int64),
        goals=n(is_goal()),
        xg=col("value").sum(),
        conversion=is_goal().mean(),
    )
    return found.sort("shots", "shot_kind", descending=[True, False])


def goals_by_quarter(f: Frames) -> pl.DataFrame:
    period = col("minute") // 1000
    minute = pl.min_horizontal(col("minute") % 1000, period.replace_strict(QUARTER_END, return_dtype=pl.Int64))
    each = f.clock.with_columns(from_minute=15 * (minute // 15))
    found = per(each, "team", "from_minute", goals=col("goals").sum(), goals_against=col("against").sum())
    return found.sort("team", "from_minute").rename({"team": "team_id"})


def comebacks(f: Frames) -> pl.DataFrame:
    worst = per(f.clock, "match", "team", worst=(col("difference") + col("goals") - col("against")).min())
    each = f.sides.join(worst.filter(col("worst") < 0), on=["match", "team"])
    found = per(
        each, "team", matches_behind=pl.len().cast(pl.Int64), won=n(col("points") == 3), drawn=n(col("points") == 1),
        points=col("points").sum(),
    )  # fmt: skip
    return found.sort("points", "matches_behind", "team", descending=[True, True, False]).rename({"team": "team_id"})


def home_advantage(f: Frames) -> pl.DataFrame:
    each = with_xg(f, f.sides).filter(col("home"))
    found = per(
        each, "competition", "season", matches=pl.len().cast(pl.Int64), share_won=(col("points") == 3).mean(),
        share_drawn=(col("points") == 1).mean(), goal_difference=(col("goals") - col("against")).mean(),
        xg_difference=(col("xg") - col("xg_against")).mean(),
    )  # fmt: skip
    return found.sort("competition", "season")


def time_in_lead(f: Frames) -> pl.DataFrame:
    found = per(
        f.clock, "team", minutes=pl.len().cast(pl.Int64), minutes_leading=n(col("difference") > 0),
        minutes_level=n(col("difference") == 0), minutes_trailing=n(col("difference") < 0),
    )  # fmt: skip
    return found.sort("minutes_leading", "team", descending=[True, False]).rename({"team": "team_id"})


def squad_minutes(f: Frames) -> pl.DataFrame:
    told = f.events.filter(col("type") == "lineup").select("match", "team").unique()
    each = f.minutes.join(told, on=["match", "team"]).filter(col("minutes") > 0)
    found = per(each, "team", "player", matches=pl.len().cast(pl.Int64), minutes=col("minutes").sum())
    found = found.sort("team", col("minutes").round(6), "player", descending=[False, True, False])
    return found.rename({"team": "team_id", "player": "player_id"})


def match_report(f: Frames) -> pl.DataFrame:
    is_pass = col("type") == "pass"
    each = with_xg(f, team_match(
        f, shots=n(is_shot()), shots_on_target=n(is_shot() & col("outcome").is_in(["goal", "saved", "saved_to_post"])),
        passes=n(is_pass), done=n(is_pass & (col("outcome") == "complete")), fouls=n(col("type") == "foul"),
        yellow_cards=n(yellow()), touches=n(col("type").is_in(ACTIVE)),
    ))  # fmt: skip
    possession = f.points.filter(col("signal") == "possession").sort("period", "elapsed_s", "order_key")
    last = possession.group_by("match", "team", maintain_order=True).agg(possession=col("value").last())
    found = (
        each.join(last, on=["match", "team"], how="left").filter(col("match") == "cup-1").sort("home", descending=True)
    )
    return found.select(
        "goals", "shots", "shots_on_target", "xg", "passes", "fouls", "yellow_cards", "possession", team_id="team",
        is_home="home", completion=col("done") / col("passes"),
    )  # fmt: skip


_GIVEN: dict[str, dict[str, str]] = {
    "finishing_players": {"min_shots": "2"},
    "form": {"last": "2"},
    "final_third_passers": {"min_minutes": "60", "limit": "5"},
    "shot_map": {"match": "cup-2"},
    "match_report": {"match": "cup-1"},
}
_ALL: tuple[Callable[[Frames], pl.DataFrame], ...] = (
    league_table, xg_table, finishing_players, finishing_teams, ppda_by_match, ppda_by_season, top_xt_per_90,
    pressing_by_game_state, win_probability_swings, goals_prevented, substitution_effect, cards, form, momentum_before_goals,
    calibration_xg, calibration_win_probability, feed_quality, shot_map, top_scorers, passing_teams, final_third_passers,
    shots_by_kind, goals_by_quarter, comebacks, home_advantage, time_in_lead, squad_minutes, match_report,
)  # fmt: skip
EXPECTED = {of.__name__: (_GIVEN.get(of.__name__, {}), of) for of in _ALL}
