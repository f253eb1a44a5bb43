"""Trains a model by name: what `touchline train MODEL --data FOLDER` calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analytics import (
    artifact,
    train_action_value,
    train_gridiron,
    train_post_shot_xg,
    train_win_probability,
    train_xg,
    train_xg_freeze_frame,
    train_xt,
)
from app import __version__, settings
from app.errors import UsageError
from app.models.errors import UnknownModel
from app.models.registry import ARTIFACTS, load

TRAINERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "action_value": train_action_value.train,
    "gridiron": train_gridiron.train,
    "post_shot_xg": train_post_shot_xg.train,
    "win_probability": train_win_probability.train,
    "xg": train_xg.train,
    "xg_freeze_frame": train_xg_freeze_frame.train,
    "xt": train_xt.train,
}
# Trained on data that may be used for research alone: never part of the package.
RESEARCH_ONLY = frozenset({"xg_freeze_frame"})


def run(model: str, data_folder: Path, folder: Path | None = None) -> dict[str, Any]:
    """Train a model on the data folder, write its artifact, and say what came out.

    folder: where the artifact goes; unless given, a research-only model to the models of the user
    (`TOUCHLINE_HOME`/models), any other among the committed ones.
    The version goes up by one when the parameters differ from the artifact that was there, so that a label
    such as "xg@1" always names the same numbers. Returns model, label, changed, path, n_train, n_test, metrics.
    Errors: UsageError (unknown model, scikit-learn missing, a research-only model for the package's own folder),
    UnreadableFile (data missing), BrokenModel (the artifact that is there does not have the hash it states).
    """
    if model not in TRAINERS:
        raise UsageError(f"There is no model '{model}' to train. Models: {', '.join(sorted(TRAINERS))}.")
    research_only = model in RESEARCH_ONLY
    if folder is None:
        folder = settings.models(settings.load()) if research_only else ARTIFACTS
    if research_only:
        # Before the training, which takes a while; `artifact.write` refuses it once more.
        artifact.refuse_the_package(model, folder)
    made = TRAINERS[model](Path(data_folder))
    made["card"] |= {"research_only": research_only, "code_version": __version__}
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
