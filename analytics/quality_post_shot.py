"""How good post-shot xG is on shots on target that were left out of training, and on those of another provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import metrics
from analytics.data import HELD_OUT_FROM
from analytics.shot_events import shots_of, statsbomb_matches, wyscout_matches
from analytics.train_post_shot_xg import on_target
from app.models.registry import Model


def measure(data: Path, model: Model) -> dict[str, Any]:
    """Figures on Wyscout's held-out shots on target and on those of StatsBomb's matches. Errors: UnreadableFile."""
    kernel: Any = model.kernel
    held_out = (shot for shot in shots_of(wyscout_matches(data)) if shot.day is not None and shot.day >= HELD_OUT_FROM)
    groups = {"wyscout_held_out": held_out, "statsbomb": shots_of(statsbomb_matches(data))}
    report: dict[str, Any] = {"held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}"}
    for name, group in groups.items():
        _, design, goal = on_target(group)
        predicted = kernel.predict_many(design)
        report[name] = {**metrics.summary(goal, predicted), "reliability": metrics.reliability(goal, predicted)}
    return report
