"""The model that a version of a signal is bound to: the file of it, found where models lie, kept by the registry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.db.pool import Connection
from app.db.sql import query
from app.errors import UnreadableFile, UsageError
from app.models.errors import BrokenModel, UnknownModel
from app.models.registry import ARTIFACTS, Model, from_bytes


class OtherModel(UsageError):
    """A version of a model is what it was registered as."""

    status = 409
    title = "The version of the model is registered with other parameters"


class ModelFile(msgspec.Struct, frozen=True):
    """A model and the text of its file."""

    model: Model
    text: str


def lookup(name: str, folders: Sequence[Path] = (ARTIFACTS,)) -> ModelFile:
    """The model of this name in the first folder that has it. Raises UnknownModel, BrokenModel."""
    for folder in folders:
        path = folder / f"{name}.json"
        if path.is_file():
            return read_model(path, name)
    raise UnknownModel(
        f"There is no model '{name}' in {' or '.join(map(str, folders))}. Train it, "
        f"`touchline train {name} --data FOLDER`, or name its file: --model FILE."
    )


def read_model(path: Path, name: str) -> ModelFile:
    """The model of this name from a file. Raises UnreadableFile, BrokenModel (another model, or not whole)."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise UnreadableFile(f"The model file {path} cannot be read: {exc.strerror or exc}.") from exc
    model = from_bytes(content, f"model file {path}", name)
    return ModelFile(model, content.decode())


async def newest_registered(connection: Connection, name: str) -> ModelFile | None:
    """The newest version of a model that is registered; None where none is. Raises BrokenModel."""
    text: str | None = await connection.fetchval(query("newest_model"), name)
    return None if text is None else ModelFile(from_bytes(text.encode(), f"registry's {name}", name), text)


async def register_model(connection: Connection, file: ModelFile) -> None:
    """Keep a version of a model; one of these parameters whose stored file is broken is mended. Raises OtherModel where it
    is registered with other parameters: a label always means the same numbers."""
    model = file.model
    licence = model.card.get("licence")
    await connection.execute(
        query("register_model"),
        model.name,
        model.version,
        model.kind,
        model.sha256,
        file.text,
        licence if isinstance(licence, str) else None,
        bool(model.card.get("research_only", False)),
    )
    row = await connection.fetchrow(query("model_row"), model.name, model.version)
    assert row is not None
    if row["sha256"] != model.sha256:
        raise OtherModel(
            f"{model.label} is registered with other parameters (SHA-256 {row['sha256'][:12]}, these have "
            f"{model.sha256[:12]}). `touchline train {model.name} --data FOLDER` with this database gives them a version "
            "of their own."
        )
    try:
        whole = from_bytes(row["artifact"].encode(), "stored file", model.name).sha256 == model.sha256
    except BrokenModel:
        whole = False
    if not whole:
        await connection.execute(query("restore_model"), model.name, model.version, model.sha256, file.text)
