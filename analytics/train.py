"""Trains a model by name: what `touchline train MODEL --data FOLDER` calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analytics import artifact, train_action_value, train_win_probability, train_xg, train_xt
from app.errors import UsageError
from app.models.errors import UnknownModel
from app.models.registry import ARTIFACTS, load

TRAINERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "action_value": train_action_value.train,
    "win_probability": train_win_probability.train,
    "xg": train_xg.train,
    "xt": train_xt.train,
}


def run(model: str, data_folder: Path, folder: Path = ARTIFACTS) -> dict[str, Any]:
    """Train a model on the data folder, write its artifact, and say what came out.

    The version goes up by one when the parameters differ from the artifact that was there, so that a label
    such as "xg@1" always names the same numbers. Returns model, label, changed, path, n_train, n_test, metrics.
    Errors: UsageError (unknown model, scikit-learn missing), UnreadableFile (data missing), BrokenModel (the
    artifact that is there does not have the hash it states).
    """
    if model not in TRAINERS:
        raise UsageError(f"There is no model '{model}' to train. Models: {', '.join(sorted(TRAINERS))}.")
    made = TRAINERS[model](Path(data_folder))
    try:
        before = load(model, folder)
    except UnknownModel:
        before = None
    changed = before is None or before.sha256 != made["sha256"]
    if before is not None:
        made["version"] = before.version + changed
    path = artifact.write(made, folder)
    return {
        "model": model,
        "label": f"{model}@{made['version']}",
        "changed": changed,
        "path": str(path),
        **{name: made["card"][name] for name in ("n_train", "n_test", "metrics")},
    }
