"""xT: there is no truth to measure it against, so its grid's own figures are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.models.registry import Model
from app.sports.soccer.signals import xt

SIGNAL = xt.SIGNAL
MODEL = "xt"
FILES: tuple[str, ...] = ()


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """The figures of the card."""
    return dict(model.card["metrics"])
