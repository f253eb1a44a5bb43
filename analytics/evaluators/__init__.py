"""What `touchline quality` can measure: one file a signal, found by its name. A further one is a file that is added.

A file `<signal>.py` here, or `<sport>_<signal>.py` for any sport but soccer, has
- SIGNAL: the signal's declaration; MODEL: the name of its model; FILES: what it reads of the data folder,
- evaluate(data, model, resamples): a mapping with one mapping of figures a group of forecasts, as
  `analytics.scorecard.measured` makes it (`by` says who made them, where that is not our model), or with the figures
  themselves and the `data_set` they are of. Only of matches that no training has seen. resamples: draws of the bootstrap,
  0 for none.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from app.models.registry import Model
from app.sports.base import Signal


class Evaluator(NamedTuple):
    """One of the files."""

    signal: Signal
    model: str
    files: tuple[str, ...]
    evaluate: Callable[[Path, Model, int], dict[str, Any]]


def evaluators() -> dict[str, Evaluator]:
    """Every evaluator, by the name of its file, in the order of names."""
    found: dict[str, Evaluator] = {}
    for name in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        module = importlib.import_module(f"{__name__}.{name}")
        found[name] = Evaluator(module.SIGNAL, module.MODEL, module.FILES, module.evaluate)
    return found
