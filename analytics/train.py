"""Trains a model by name: what `touchline train MODEL --data FOLDER` calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from analytics import (
    actions,
    artifact,
    files_read,
    train_action_value,
    train_gridiron,
    train_post_shot_xg,
    train_win_probability,
    train_xg,
    train_xg_freeze_frame,
    train_xt,
)
from analytics.data import HELD_OUT_FROM
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
_HELD_OUT = {"held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}"}
# What each training is set to, for the record of its runs.
SETTINGS: dict[str, dict[str, Any]] = {
    "action_value": {**_HELD_OUT, "horizon_actions": actions.HORIZON},
    "gridiron": {
        "cfb_held_out_every": train_gridiron.CFB_HELD_OUT_EVERY,
        "nfl_held_out_from": f"{train_gridiron.NFL_HELD_OUT_FROM:%Y-%m-%d}",
        "nfl_from_season": train_gridiron.NFL_FROM_SEASON,
    },
    "post_shot_xg": _HELD_OUT,
    "win_probability": _HELD_OUT,
    "xg": _HELD_OUT,
    "xg_freeze_frame": {"folds": train_xg_freeze_frame.FOLDS, "strength": train_xg_freeze_frame.STRENGTH},
    "xt": {**_HELD_OUT, "columns": train_xt.COLUMNS, "rows": train_xt.ROWS},
}


class Trained(msgspec.Struct, frozen=True):
    """A model that was trained and written. changed: it differs from the one that lay there. path: of its file. artifact:
    what is in it. data: what was read. settings: what the training was set to."""

    artifact: dict[str, Any]
    changed: bool
    path: Path
    data: files_read.DataRead
    settings: dict[str, Any]

    @property
    def label(self) -> str:
        """Such as "xg@2"."""
        return f"{self.artifact['name']}@{self.artifact['version']}"

    def summary(self) -> dict[str, Any]:
        """What came out, for people."""
        card = self.artifact["card"]
        return {
            "model": self.artifact["name"],
            "label": self.label,
            "changed": self.changed,
            "path": str(self.path),
            **{name: card[name] for name in ("n_train", "n_test", "metrics")},
        }


def run(model: str, data_folder: Path, folder: Path | None = None) -> dict[str, Any]:
    """Train a model, write it and say what came out: model, label, changed, path, n_train, n_test, metrics. As `train`."""
    return train(model, data_folder, folder).summary()


def train(model: str, data_folder: Path, folder: Path | None = None, known: Mapping[int, str] | None = None) -> Trained:
    """Train a model on the data folder and write its artifact.

    folder: where the artifact goes; unless given, a research-only model to the models of the user
    (`TOUCHLINE_HOME`/models), any other among the committed ones. known: SHA-256 of the versions of it that are
    registered, where a database is at hand.
    The version goes up by one when the parameters differ from the artifact that was there and from every one that is
    registered, so that a label such as "xg@1" always names the same numbers.
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
    with files_read.noting() as noted:
        made = TRAINERS[model](Path(data_folder))
    made["card"] |= {"research_only": research_only, "code_version": __version__}
    try:
        before = load(model, folder)
    except UnknownModel:
        before = None
    made["version"] = _version(made["sha256"], {} if before is None else {before.version: before.sha256}, known or {})
    path = artifact.write(made, folder)
    changed = before is None or before.sha256 != made["sha256"]
    return Trained(made, changed, path, files_read.summed(noted), SETTINGS[model])


def _version(sha256: str, there: Mapping[int, str], known: Mapping[int, str]) -> int:
    """The version that these parameters have already, else the next one."""
    # What is registered is what values name: it goes before the file that lies there.
    for versions in (known, there):
        for version, other in versions.items():
            if other == sha256 and known.get(version, sha256) == sha256:
                return version
    return max([*there, *known], default=0) + 1
