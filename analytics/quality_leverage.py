"""How good the leverage is: does the win probability move as much as it was expected to."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from analytics.matches import Incidents, states
from analytics.quality_win_probability import STATE
from app.models.registry import Model
from app.sports.soccer.win_chances import expected_swing, goals_to_come, result, soon_and_later

_BINS = 5


def swings(marks: pl.DataFrame, k: Any) -> np.ndarray:
    """The expected change of the home team's share in the next five minutes, at the marks of `analytics.matches.states`."""
    return np.array(
        [
            expected_swing(home - away, *soon_and_later(k, "live", period, elapsed_s, (home_reds, away_reds)))
            for period, elapsed_s, home, away, home_reds, away_reds in marks.select(STATE).iter_rows()
        ]
    )


def measure(test: Incidents, model: Model) -> dict[str, Any]:
    """Leverage at each 5 minutes of the matches of `test`, beside what the share then did until the next mark.

    expected, happened: means of the expected and of the actual change of the share, in leverage (over the model's
    mean_swing). The same by fifths of leverage. Marks within five minutes of a break are left out: between them and the
    next mark there is more than five minutes of play.
    """
    k: Any = model.kernel
    marks = states(test).sort("match_id", "minute")
    shares = np.array([_share(k, *row) for row in marks.select(STATE).iter_rows()])
    changed = np.abs(np.append(shares[1:] - shares[:-1], 0.0)) / k.mean_swing
    leverage = swings(marks, k) / k.mean_swing
    inside = ~np.isin(marks["minute"].to_numpy(), (40, 85))
    leverage_in, changed_in = leverage[inside], changed[inside]
    order = np.argsort(leverage_in, kind="stable")
    return {
        "matches": test.matches.height,
        "states": len(leverage),
        "mean_leverage": float(np.mean(leverage)),
        "highest": float(np.max(leverage)),
        "expected": float(np.mean(leverage_in)),
        "happened": float(np.mean(changed_in)),
        "by_fifth": [
            {"expected": float(np.mean(leverage_in[part])), "happened": float(np.mean(changed_in[part]))}
            for part in np.array_split(order, _BINS)
        ],
    }


def _share(k: Any, period: int, elapsed_s: float, home: int, away: int, home_reds: int, away_reds: int) -> float:
    to_come = goals_to_come(k, period, elapsed_s, home_reds=home_reds, away_reds=away_reds)
    win, draw, _ = result(home - away, *to_come)
    return win + draw / 2
