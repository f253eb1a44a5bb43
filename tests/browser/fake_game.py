"""A football game as the HTTP API tells it, made by hand: harbour against the hills, late in the third quarter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fake_match import FakeMatch, Json

QUARTER_S = 900


def game_clock(period: int, elapsed_s: float) -> str:
    """Q3 2:05"""
    left = int(period * QUARTER_S - elapsed_s)
    return f"Q{max(period, 1)} {left // 60}:{left % 60:02d}"


class FakeGame(FakeMatch):
    """One game. Every method that changes it returns the frames that a stream would send."""

    def __init__(self, match_id: str, home: str, away: str, **more: Any) -> None:
        super().__init__(match_id, home, away, **more)
        self.sport = "gridiron"

    def display(self, period: int, elapsed_s: float) -> str:
        return game_clock(period, elapsed_s)

    def play(self, side: str, event_type: str, period: int, left_s: int, **fields: Any) -> list:
        """A play with the board's clock."""
        points, scoring = fields.get("points"), fields.get("scoring_side", side)
        fields.pop("scoring_side", None)
        if points:
            self.score[scoring] += points
            fields["scoring_team"] = self.teams[scoring]
        return self.event(side, event_type, period, period * QUARTER_S - left_s, **fields)

    @property
    def newest(self) -> str:
        """Anchor of the newest event."""
        return f"event:{self.events[-1]['source_event_id']}"

    def figures(self, signal: str, values: Mapping[str, float | None], kind: str = "signal") -> list:
        """Values of a signal by subject. As the service does, one that did not change is not said again."""
        frames: list = []
        latest = {p["subject"]: p["value"] for p in self.signal_points(signal)}
        for subject, value in values.items():
            if kind == "correction" or subject not in latest or latest[subject] != value:
                frames += self.point(signal, subject, value, self.newest, kind=kind)
        return frames

    def situation(self, side: str | None, down: int | None = None, distance: int = 0, to_goal: int = 0) -> list:
        """What is next: a snap, a kick-off where `down` is None, nothing that is known where `side` is."""
        values: Json = dict.fromkeys(("possession", "due", "down", "distance_yd", "yards_to_goal", "choices"))
        values |= {"home_timeouts": 2.0, "away_timeouts": 3.0}
        if side is not None:
            values |= {"possession": float(side == "home"), "due": 0.0 if down else 2.0, "choices": 0.0}
        if side is not None and down:
            open_choices = 1 + 2 * (to_goal <= 42) + 4 * (to_goal > 35) if down == 4 else 0
            values |= {"down": down, "distance_yd": distance, "yards_to_goal": to_goal, "choices": open_choices}
        return self.figures("situation", values)

    def odds(self, home: float) -> list:
        """Win probability of both teams."""
        return self.figures("win_probability", {"home": home, "away": round(1 - home, 3)})

    def choice(self, kind: str = "signal", error: float = 0.012, **chances: float) -> list:
        """What a fourth down offers."""
        most, *others = sorted(chances.values(), reverse=True)
        margin = round(most - others[0], 3) if others else 1.0
        more = {"margin": margin, "error": error, "toss_up_below": max(0.01, error)}
        return self.figures("fourth_down", {**chances, **more}, kind)

    def key_play(self, side: str, gain: float) -> list:
        """The newest play changed the game."""
        team = self.teams[side]
        return self.point("key_plays", team, gain, self.newest, team=team)

    def drive(self, **figures: float) -> list:
        """The newest drive as it is now."""
        return self.figures("drive_summary", figures)


def third_quarter(game: FakeGame) -> FakeGame:
    """The home team drives, third and 7 at the opponents' 34, 17 to 14 behind."""
    game.status = "live"
    game.play("home", "kickoff", 1, 900, text="Vance kicks off 65 yards, touchback")
    game.situation("away", 1, 10, 75)
    game.odds(0.52)
    game.play("away", "run", 1, 880, down=1, distance_yd=10, yards_to_goal=75, yards=3, text="Aro runs for 3 yards")
    game.drive(number=1, plays=1, yards=3, seconds=20, points=0, result=0, start_yards_to_goal=75)
    game.odds(0.53)
    game.play(
        "away", "pass", 1, 840, down=2, distance_yd=7, yards_to_goal=72, yards=72, text="Ilves throws deep to Moor, touchdown",
        points=7, score_kind="touchdown",
    )  # fmt: skip
    game.drive(number=1, plays=2, yards=75, seconds=60, points=7, result=1, start_yards_to_goal=75)
    game.odds(0.34)
    game.key_play("away", 0.191)
    game.play("home", "run", 2, 700, down=1, distance_yd=10, yards_to_goal=60, yards=60, text="Kell runs 60 yards, touchdown",
              points=7, score_kind="touchdown")  # fmt: skip
    game.drive(number=2, plays=1, yards=60, seconds=10, points=7, result=1, start_yards_to_goal=60)
    game.odds(0.5)
    game.key_play("home", 0.16)
    game.play("away", "field_goal", 2, 30, down=4, distance_yd=6, yards_to_goal=20, text="Sato 38 yard field goal good",
              points=3, score_kind="field_goal")  # fmt: skip
    game.drive(number=3, plays=9, yards=62, seconds=310, points=3, result=2, start_yards_to_goal=82)
    game.odds(0.43)
    game.play("home", "pass", 3, 500, down=1, distance_yd=10, yards_to_goal=45, yards=-10, text="Vance is intercepted",
              intercepted=True)  # fmt: skip
    game.drive(number=4, plays=4, yards=30, seconds=150, points=0, result=5, start_yards_to_goal=75)
    game.odds(0.36)
    game.key_play("away", 0.071)
    game.play("home", "run", 3, 160, down=1, distance_yd=10, yards_to_goal=41, yards=4, text="Kell runs for 4 yards")
    game.drive(number=5, plays=5, yards=24, seconds=130, points=0, result=0, start_yards_to_goal=61)
    game.situation("home", 2, 6, 37)
    game.play(
        "home", "run", 3, 125, down=2, distance_yd=6, yards_to_goal=37, yards=-1, text="Kell is stopped for a loss"
    )
    game.figures("pace", {game.teams["home"]: 26.4, game.teams["away"]: 31.2})
    for side, gained, worked in (("home", 3.4, 1.0), ("away", 8.1, 0.0)):
        game.point("epa", game.teams[side], gained, game.newest, team=game.teams[side])
        game.point("success", game.teams[side], worked, game.newest, team=game.teams[side])
    game.drive(number=5, plays=6, yards=23, seconds=165, points=0, result=0, start_yards_to_goal=61)
    game.situation("home", 3, 7, 38)
    game.odds(0.41)
    return game


def fourth_and_two(game: FakeGame) -> list:
    """The next play: 5 yards, and a decision."""
    frames = game.play(
        "home", "pass", 3, 95, down=3, distance_yd=7, yards_to_goal=38, yards=5, text="Vance to Orr for 5"
    )
    frames += game.choice(go=0.437, kick=0.395)
    frames += game.situation("home", 4, 2, 33)
    return frames + game.odds(0.43)
