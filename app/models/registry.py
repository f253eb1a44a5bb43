"""Reads the committed models: `artifacts/<name>.json`, one file a model, checked before it is used.

A file is {"name", "version", "kind", "parameters", "card", "sha256"}. The card says what a model was trained
on and how good it is; the hash is of the parameters, so that a number changed by hand is noticed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from app.models.errors import BrokenModel, UnknownModel
from app.models.kernels import KINDS, Kernel

ARTIFACTS = Path(__file__).parent / "artifacts"


class Artifact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model's file, as it lies on disk."""

    name: str
    version: int
    kind: str
    parameters: dict[str, Any]
    card: dict[str, Any]
    sha256: str


class Model(msgspec.Struct, frozen=True):
    """A model that is ready to be used: what a signal's `value` is given."""

    name: str
    version: int
    kind: str
    kernel: Kernel
    card: dict[str, Any]
    sha256: str

    @property
    def label(self) -> str:
        """How values name the model that made them, such as "xg@1"."""
        return f"{self.name}@{self.version}"


def fingerprint(parameters: dict[str, Any]) -> str:
    """SHA-256 of parameters (hex), independent of the order of keys and of white space."""
    text = json.dumps(parameters, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def load(name: str, folder: Path = ARTIFACTS) -> Model:
    """The model of this name. Errors: UnknownModel, BrokenModel (each says what to do)."""
    path = folder / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.json"))) or "none"
        raise UnknownModel(
            f"There is no model '{name}' in {folder} (there: {known}). "
            f"Train it: `touchline train {name} --data FOLDER`, or restore the file from version control."
        )
    return from_bytes(path.read_bytes(), f"model file {path}", name)


def from_bytes(content: bytes, place: str, name: str) -> Model:
    """A model from the content of its file. place: where it was read, for the error. Errors: BrokenModel."""
    try:
        artifact = msgspec.json.decode(content, type=Artifact)
    except msgspec.MsgspecError as error:
        raise BrokenModel(f"The {place} is not a model: {error}. {_remedy(name)}") from error
    model = ready_model(artifact)
    if model.name != name:
        raise BrokenModel(f"The {place} says it is '{model.name}'. {_remedy(name)}")
    return model


def load_all(folder: Path = ARTIFACTS) -> dict[str, Model]:
    """Every committed model, by name. Errors: as `load`."""
    return {path.stem: load(path.stem, folder) for path in sorted(folder.glob("*.json"))}


def ready_model(artifact: Artifact) -> Model:
    """A model from its file's content. Errors: BrokenModel where hash, kind or parameters do not fit."""
    name, kind = artifact.name, artifact.kind
    remedy = _remedy(name)
    if kind not in KINDS:
        raise BrokenModel(f"Model '{name}' is of unknown kind '{kind}' (known: {', '.join(KINDS)}). {remedy}")
    if fingerprint(artifact.parameters) != artifact.sha256:
        raise BrokenModel(f"The parameters of model '{name}' do not have the hash its file states. {remedy}")
    given = {"values": artifact.parameters} if kind == "params" else artifact.parameters
    try:
        kernel = msgspec.convert(given, type=KINDS[kind])
    except (msgspec.ValidationError, BrokenModel) as error:
        raise BrokenModel(f"The parameters of model '{name}' do not fit its kind: {error}. {remedy}") from error
    return Model(name, artifact.version, kind, kernel, artifact.card, artifact.sha256)


def _remedy(name: str) -> str:
    return f"Restore {name}.json from version control, or train again: `touchline train {name} --data FOLDER`."
