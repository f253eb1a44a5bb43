"""Expected threat (xT): how much nearer to a goal a successful move has brought the ball.

Formula: xT(end) - xT(start), where xT of a cell is the probability of scoring within the next actions from it,
    xT(z) = shot(z) * goal(z) + move(z) * sum over z' of T(z to z') * xT(z')
on a grid of 16 x 12 cells over 105 x 68 m (Singh 2019, "Introducing Expected Threat"). The grid is the committed
model "xt" (docs/models.md), fitted on Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7,
CC BY 4.0). Unit: probability of a goal; negative where the ball is played back.

Edge cases: a failed move has nothing to say (no penalty). Completed passes count whatever their kind, carries
always, dribbles when won and told where they end. A point on the line belongs to the last cell. A completed move
without a place is degraded.
"""

from typing import Any

from app.sports.base import Signal

SIGNAL = Signal(
    name="xt",
    title="Expected threat (xT)",
    description="How much a successful pass, carry or dribble raised the probability of scoring.",
    unit="probability",
    range=(-1.0, 1.0),
    resolution=0.0001,
    version=1,
    subject="player",
    source="Singh (2019), Introducing Expected Threat; grid fitted on Wyscout (doi 10.1038/s41597-019-0247-7)",
    events=frozenset({"pass", "carry", "dribble"}),
    features=("move_counts", "move_start_x_m", "move_start_y_m", "move_end_x_m", "move_end_y_m"),
    model="xt",
    additive=True,
)


def value(f: Any, model: Any, memory: Any) -> float | None:
    """xT gained by the move, -1 to 1; None for one that failed."""
    if not f.move_counts:
        return None
    grid = model.kernel
    return grid.value(f.move_end_x_m, f.move_end_y_m) - grid.value(f.move_start_x_m, f.move_start_y_m)
