"""All batch signals of a soccer match."""

from __future__ import annotations

from typing import Any

import polars as pl

from analytics.batch import soccer_chances, soccer_log, soccer_player, soccer_shots, soccer_team

# Why no second computation of these would be one: each is a sum, or a difference, of what is covered.
NOT_COVERED = {
    "action_value": "its sixty inputs are the model's definition; a second one would be a copy of the first",
    "player_impact": "sums of action_value",
    "key_moments": "the largest of win_probability_added",
    "win_probability_added": "differences of win_probability",
    "leverage": "the mean swing of win_probability; its scale is a number of the model's training",
    "xg_freeze_frame": "for research only, and with weights of whoever deploys it",
}


def values(rows: pl.DataFrame, models: dict[str, Any]) -> pl.DataFrame:
    """Rows of `analytics.batch.log.VALUES` from the rows of a match's log. models: the committed ones, by name."""
    match = soccer_log.match(rows)
    shots = soccer_shots.shots(match, models["xg"].kernel, models["post_shot_xg"].kernel)
    grid, params = models["xt"].kernel, models["win_probability"].kernel
    return pl.concat(
        [
            soccer_team.possession(match),
            soccer_team.field_tilt(match),
            soccer_team.ppda(match),
            soccer_team.pressing_intensity(match),
            soccer_player.most_pressed_player(match),
            soccer_player.pressure_handling(match),
            soccer_player.xt(match, grid),
            soccer_player.momentum(match, grid),
            soccer_shots.xg(shots),
            soccer_shots.post_shot_xg(shots),
            soccer_shots.finishing_efficiency(shots),
            soccer_shots.goals_prevented(match, shots),
            soccer_shots.set_piece_threat(match, shots),
            soccer_chances.win_probability(match, params),
            soccer_chances.goal_probability(match, params),
        ]
    )


def shot_places(rows: pl.DataFrame, batch: pl.DataFrame) -> pl.DataFrame:
    """Shots for a map: anchor, is_home, x_m, y_m (the shooter attacks towards +x), goal and xg. Shoot-outs are left out."""
    match = soccer_log.match(rows)
    shots = match.events.filter(soccer_log.in_play() & (pl.col("type") == "shot"))
    return shots.select(
        "anchor",
        "x_m",
        "y_m",
        is_home=pl.col("team") == pl.lit(match.home, dtype=pl.String),
        goal=pl.col("outcome") == "goal",
    ).join(batch.filter(pl.col("signal") == "xg").select("anchor", xg="value"), on="anchor", how="left")
