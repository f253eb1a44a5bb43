"""What a deployment is made of: the file of a signal and the model that it is bound to, ours or one's own."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from app.errors import UsageError
from app.models.registry import ARTIFACTS
from app.scoring.bound import ModelFile, lookup, read_model
from app.scoring.register import OtherText
from app.sports.base import LoadedSignal, Sport, sports
from app.sports.loading import RefusedSource, look_again, read_signal


class UnknownSignal(UsageError):
    """No signal of that name, or no such version of it."""

    status = 404
    title = "Unknown signal"


class Brought(msgspec.Struct, frozen=True):
    """What a deployment is made of, where that is not in the package. file: of the signal. model: file of the model that
    the signal uses. models: folder of models of one's own, where `model` is not said."""

    file: Path | None = None
    model: Path | None = None
    models: Path | None = None


def parse(text: str) -> tuple[str | None, str, int | None]:
    """`xg`, `soccer.xg`, `xg@2`, `soccer.xg@2` as sport, signal, version. Raises UsageError."""
    name, _, number = text.partition("@")
    sport, _, signal = name.rpartition(".")
    if not signal or (number and not number.isdigit()) or text.endswith("@"):
        raise UsageError(f"'{text}' names no signal: write it as xg, soccer.xg or xg@2.")
    return sport or None, signal, int(number) if number else None


def research_file(sport: Sport, name: str) -> Path | None:
    """The file of a signal that is not on air by itself, since its model is never part of the package; None without one."""
    spec = importlib.util.find_spec(f"{sport.package}.signals_research")
    folders = [] if spec is None else spec.submodule_search_locations or []
    found = [path for folder in folders if (path := Path(folder) / f"{name}.py").is_file()]
    return found[0] if found and name.isidentifier() else None


def ambiguous(signal: str, sports_of: Iterable[str]) -> UsageError:
    """Several sports have it, and none was named."""
    return UsageError(
        f"Several sports have a signal '{signal}': write {' or '.join(f'{s}.{signal}' for s in sports_of)}."
    )


def file_of(text: str, file: Path | None) -> tuple[Sport, LoadedSignal, str]:
    """The file of a signal as it lies here now. Raises UnknownSignal, UsageError where it is refused, or where it may be of
    several sports and none is named."""
    sport_name, signal, _ = parse(text)
    chosen = [sport for sport in sports().values() if sport_name in (None, sport.name)]
    if file is not None:
        return _brought(file, chosen, signal)
    seen: list[str] = []
    files: list[tuple[Sport, LoadedSignal, str]] = []
    for sport in chosen:
        if (path := research_file(sport, signal)) is not None:
            files.append((sport, *_read(path, sport, signal)))
            continue
        found = look_again(sport)
        if signal in found.signals:
            files.append((sport, found.signals[signal], found.sources[signal]))
        for refusal in found.refused:
            if refusal.file.endswith(f"/{signal}.py"):
                raise UsageError(f"The file is refused: {refusal}.")
        seen.extend(found.signals)
    if len(files) > 1:
        raise ambiguous(signal, [sport.name for sport, _, _ in files])
    if files:
        return files[0]
    raise UnknownSignal(f"No file brings a signal '{signal}'. Files are there for: {', '.join(sorted(set(seen)))}.")


def _brought(file: Path, chosen: Sequence[Sport], signal: str) -> tuple[Sport, LoadedSignal, str]:
    """A file from elsewhere: of the sport whose events and features it names."""
    files: list[tuple[Sport, LoadedSignal, str]] = []
    refused: dict[str, str] = {}
    for sport in chosen:
        try:
            files.append((sport, *_read(file, sport, signal)))
        except UsageError as exc:
            refused.setdefault(str(exc), sport.name)
    if len(files) > 1:
        raise ambiguous(signal, [sport.name for sport, _, _ in files])
    if files:
        return files[0]
    if len(refused) == 1:
        raise UsageError(next(iter(refused)))
    raise UsageError(
        " ".join(f"As {sport}: {reason}" for reason, sport in refused.items()) or f"No sport has '{signal}'."
    )


def _read(path: Path, sport: Sport, name: str) -> tuple[LoadedSignal, str]:
    try:
        signal, text = read_signal(path, sport)
    except RefusedSource as exc:
        raise UsageError(f"The file is refused: {exc}.") from exc
    if signal.spec.name != name:
        raise UsageError(f"The file {path} brings the signal '{signal.spec.name}', not '{name}'.")
    return signal, text


def model_of(signal: LoadedSignal, brought: Brought) -> ModelFile | None:
    """The model that a signal is to be bound to. Raises UsageError, UnknownModel, UnreadableFile, BrokenModel."""
    name = signal.spec.model
    if name is None:
        if brought.model is not None:
            raise UsageError(f"The signal '{signal.spec.name}' uses no model: leave out --model.")
        return None
    if brought.model is not None:
        return read_model(brought.model, name)
    return lookup(name, [ARTIFACTS] if brought.models is None else [ARTIFACTS, brought.models])


def same_model(signal: LoadedSignal, brought: Brought, bound: int | None) -> None:
    """Raises OtherText where the model that is brought is another version than the one that a version is bound to."""
    if brought.model is None:
        return
    model = model_of(signal, brought)
    if model is not None and model.model.version != bound:
        raise OtherText(
            f"{signal.key} is bound to {signal.spec.model}@{bound}, and what a version says never changes. For "
            f"{model.model.label} give a copy of its file version {signal.spec.version + 1}, and name it: --file FILE."
        )
