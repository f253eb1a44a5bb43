"""Makes and writes the files that app.models.registry reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from app.errors import UsageError
from app.models.registry import ARTIFACTS, Artifact, Model, fingerprint, ready_model

PACKAGE = Path(__file__).resolve().parents[1]


def build(name: str, kind: str, parameters: dict[str, Any], card: dict[str, Any], version: int = 1) -> dict[str, Any]:
    """An artifact: the model's parameters, its card, and the parameters' hash."""
    return {
        "name": name,
        "version": version,
        "kind": kind,
        "parameters": parameters,
        "card": card,
        "sha256": fingerprint(parameters),
    }


def refuse_the_package(name: str, folder: Path) -> None:
    """Errors: UsageError where the folder is one of Touchline's own."""
    inside = folder.resolve()
    if any(inside.is_relative_to(PACKAGE / part) for part in ("app", "analytics")):
        raise UsageError(
            f"'{name}' is trained on data for research alone, and {inside} is part of Touchline, which is passed on. "
            "Set TOUCHLINE_HOME to a folder of your own."
        )


def write(artifact: dict[str, Any], folder: Path = ARTIFACTS) -> Path:
    """Write `<folder>/<name>.json` in one step (a reader never sees half a file); the path of it.

    Errors: UsageError for a research-only artifact and a folder of the package.
    """
    if artifact["card"].get("research_only"):
        refuse_the_package(artifact["name"], folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{artifact['name']}.json"
    draft = path.with_suffix(".json.part")
    draft.write_text(json.dumps(artifact, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def ready(artifact: dict[str, Any]) -> Model:
    """An artifact that was not written yet, as a signal would be given it."""
    return ready_model(msgspec.convert(artifact, type=Artifact))


def rounded(number: float, digits: int = 6) -> float:
    """A number as it is committed: short enough to read in a diff, far finer than any signal's resolution."""
    return round(float(number), digits)
