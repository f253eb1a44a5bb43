"""The same matches as the questions of sql/kpi are asked of, straight from log and signals, as frames: nothing of the marts."""

from __future__ import annotations

from functools import cached_property

import polars as pl
from polars import col

from tests.star_kit import Star

NUMBERS = {"x_m": "float8", "y_m": "float8", "end_x_m": "float8", "won": "boolean", "cross": "boolean"}
WORDS = ("outcome", "shot_kind", "pass_kind", "duel_kind", "card", "conceded_by", "replacement", "body_part")
ACTIVE = ("pass", "carry", "dribble", "shot", "interception", "clearance", "block", "ball_recovery", "miscontrol")
START_S = {1: 0.0, 2: 2700.0, 3: 5400.0, 4: 6300.0}


class Frames:
    """events: of feeds, as they are known now. matches: with teams and score. points: of the signals on air."""

    def __init__(self, star: Star) -> None:
        self.star = star

    @cached_property
    def matches(self) -> pl.DataFrame:
        """One row a match: what the log's control events and the picture say."""
        return self.star.frame(
            "SELECT m.match_id AS match, s.home_id, s.away_id, s.home_score, s.away_score, s.status, "
            "s.details ->> 'competition' AS competition, s.details ->> 'season' AS season, "
            "(s.details ->> 'kickoff_at')::timestamptz AS kickoff_at "
            "FROM log.match m JOIN signal.match_state s USING (match_id) WHERE m.sport = 'soccer' ORDER BY 1"
        )

    @cached_property
    def events(self) -> pl.DataFrame:
        """One row an event of a feed, with the fields that questions ask about."""
        fields = ", ".join(f"(e.fields ->> '{n}')::{t} AS {n}" for n, t in NUMBERS.items())
        words = ", ".join(f"e.fields ->> '{n}' AS {n}" for n in WORDS)
        parts = [
            pl.DataFrame(
                self.star.connection.execute(
                    f"SELECT e.match_id AS match, e.source_event_id AS id, e.type, e.period, e.order_key, e.elapsed_s, "  # pyright: ignore  # noqa: S608
                    f"e.team_id AS team, e.player_id AS player, {fields}, {words} FROM log.current_event(%s) e WHERE NOT control",
                    (match,),
                ).fetchall(),
                infer_schema_length=None,
            )
            for match in self.matches["match"]
        ]
        found = pl.concat(parts, how="vertical_relaxed")
        clock = col("elapsed_s").floordiv(60).cast(pl.Int64)
        return found.with_columns(col(*WORDS).cast(pl.String), minute=col("period").cast(pl.Int64) * 1000 + clock)

    @cached_property
    def play(self) -> pl.DataFrame:
        """The events without a shoot-out."""
        return self.events.filter(col("period") != 5)

    @cached_property
    def points(self) -> pl.DataFrame:
        """The values of signals whose version is live."""
        return self.star.frame(
            "SELECT p.match_id AS match, p.signal, p.subject, p.team_id AS team, p.anchor, p.source_event_id AS id, p.value, "
            "p.period, p.elapsed_s, p.order_key FROM signal.point p JOIN log.match m ON m.match_id = p.match_id "
            "JOIN registry.signal_version v ON v.sport = m.sport AND v.signal = p.signal AND v.version = p.signal_version "
            "WHERE v.stage = 'live' AND v.sport = 'soccer'"
        )

    @cached_property
    def sides(self) -> pl.DataFrame:
        """One row a match and team: team, opponent, goals and goals against as the folded score says."""
        m = self.matches
        home = m.select(
            "match", "competition", "season", "kickoff_at", "status", team="home_id", opponent="away_id",
            goals="home_score", against="away_score", home=pl.lit(True),
        )  # fmt: skip
        away = m.select(
            "match", "competition", "season", "kickoff_at", "status", team="away_id", opponent="home_id",
            goals="away_score", against="home_score", home=pl.lit(False),
        )  # fmt: skip
        points = pl.when(col("goals") > col("against")).then(3)
        points = points.when(col("goals") == col("against")).then(1).otherwise(0)
        return pl.concat([home, away]).with_columns(points=points)

    def signal(self, name: str, by: str = "team") -> pl.DataFrame:
        """The sum of a signal's values by match and team, or subject."""
        of = self.points.filter((col("signal") == name) & col("value").is_not_null())
        return of.group_by("match", by).agg(col("value").sum().alias(name))

    @cached_property
    def lengths(self) -> dict[str, dict[int, float]]:
        """Seconds played in each period of each match."""
        ends = (
            self.events.filter(col("period").is_between(1, 4)).group_by("match", "period").agg(col("elapsed_s").max())
        )
        found: dict[str, dict[int, float]] = {}
        for match, period, end in ends.iter_rows():
            found.setdefault(match, {})[period] = end - START_S[period]
        return found

    def played_min(self, match: str, period: int, elapsed_s: float) -> float:
        """Minutes that had been played by a moment."""
        lengths = self.lengths[match]
        before = sum(s for p, s in lengths.items() if p < period)
        return (before + (max(elapsed_s - START_S[period], 0.0) if period in START_S else 0.0)) / 60

    @cached_property
    def minutes(self) -> pl.DataFrame:
        """By match, team and player: minutes on the pitch where a line-up was told, else from first to last event."""
        rows: dict[tuple[str, str, str], float] = {}
        lineups = self.star.rows(
            "SELECT e.match_id AS match, e.team_id AS team, l ->> 'player' AS player FROM log.feed_event e, "
            "jsonb_array_elements(e.fields -> 'lineup') l WHERE e.type = 'lineup'"
        )
        told = {(r["match"], r["team"]) for r in lineups}
        on = {(r["match"], r["team"], r["player"]): 0.0 for r in lineups}
        moves = self.play.filter(
            col("type").is_in(["substitution", "player_off", "player_on"]) | col("card").is_in(["red", "second_yellow"])
        ).sort("match", "period", "order_key")
        for e in moves.iter_rows(named=True):
            now, who = self.played_min(e["match"], e["period"], e["elapsed_s"]), (e["match"], e["team"], e["player"])
            if e["type"] == "player_on":
                on.setdefault(who, now)
            elif who in on:
                rows[who] = rows.get(who, 0.0) + now - on.pop(who)
            if e["type"] == "substitution" and e["replacement"] is not None:
                on[(e["match"], e["team"], e["replacement"])] = now
        for who, since in on.items():
            rows[who] = rows.get(who, 0.0) + sum(self.lengths[who[0]].values()) / 60 - since
        seen = self.play.filter(col("player").is_not_null() & col("team").is_not_null())
        for (match, team, player), own in seen.group_by("match", "team", "player"):
            if (match, team) not in told:
                at = [self.played_min(str(match), p, s) for p, s in own.select("period", "elapsed_s").iter_rows()]
                rows[(str(match), str(team), str(player))] = max(at) - min(at)
            else:
                rows.setdefault((str(match), str(team), str(player)), 0.0)
        return pl.DataFrame(
            [(*who, m) for who, m in rows.items()], schema=["match", "team", "player", "minutes"], orient="row"
        )

    @cached_property
    def scored(self) -> pl.DataFrame:
        """One row a goal in play, with the team that it counts for."""
        sides = self.sides.select("match", "team", "opponent")
        goals = self.play.filter((col("type") == "shot") & (col("outcome") == "goal"))
        own = self.play.filter(col("type") == "own_goal").join(
            sides.rename({"team": "conceded_by"}), on=["match", "conceded_by"], how="left"
        )
        own = own.with_columns(team=pl.coalesce("team", "opponent")).drop("opponent")
        return pl.concat([goals, own.select(goals.columns)])

    @cached_property
    def clock(self) -> pl.DataFrame:
        """One row a match, team and minute that was played, with the goal difference before it."""
        rows = []
        goals = {}
        for match, team, minute in self.scored.select("match", "team", "minute").iter_rows():
            goals[(match, team, minute)] = goals.get((match, team, minute), 0) + 1
        last = self.events.filter(col("period").is_between(1, 4)).group_by("match", "period").agg(col("minute").max())
        ends = sorted(last.iter_rows())
        for match, team, opponent in self.sides.select("match", "team", "opponent").iter_rows():
            difference = 0
            for of, period, end in ends:
                if of != match:
                    continue
                for minute in range(period * 1000 + int(START_S[period] // 60), end + 1):
                    made, let = goals.get((match, team, minute), 0), goals.get((match, opponent, minute), 0)
                    rows.append((match, team, minute, difference, made, let))
                    difference += made - let
        return pl.DataFrame(rows, schema=["match", "team", "minute", "difference", "goals", "against"], orient="row")
