"""Finding the signals of a sport: every file of its `signals` folder, looked through before it may score anything.

A file that is wrong is refused with its line, and the others are not concerned. What is looked for is what would make a
value wrong later: a signal that keeps something outside its memory, or reads a clock or a file, is not the same on a
rebuild; one that names a feature that nobody declares could never be computed.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import linecache
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from app.sports.base import LoadedSignal, Signal, Sport

ROOT = Path(__file__).resolve().parents[2]
# Pure, and the same everywhere. `app.sports` is held to it by its own import contract.
MODULES = (
    "__future__",
    "app.sports",
    "bisect",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "heapq",
    "itertools",
)
MODULES += ("math", "msgspec", "numpy", "operator", "statistics", "typing")
IMPURE = {
    "__import__",
    "breakpoint",
    "compile",
    "eval",
    "exec",
    "exit",
    "globals",
    "id",
    "input",
    "open",
    "print",
    "quit",
}


# The text of a version is kept; what it would import of another signal is whatever lies there by then.
_SIGNALS = re.compile(r"app\.sports\.\w+\.signals\b")


class Refusal(msgspec.Struct, frozen=True):
    """A file that brings no signal. file: below the root of the project. line: 1 where no other is to blame."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


class Found(msgspec.Struct, frozen=True):
    """What a folder of signals holds: those that may score, by name, with the text of their files, and the files that
    are refused."""

    signals: dict[str, LoadedSignal]
    refused: list[Refusal]
    sources: dict[str, str] = {}


class _Wrong(Exception):
    """Something in a file, at a line of it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def signals(sport: Sport) -> dict[str, LoadedSignal]:
    """Every signal of a sport, by name: whatever lies in its `signals` folder and is not refused."""
    return _found(sport.name, sport.package).signals


def refused(sport: Sport) -> list[Refusal]:
    """The files of a sport's `signals` folder that bring no signal, and why."""
    return _found(sport.name, sport.package).refused


def sources(sport: Sport) -> dict[str, str]:
    """The text of the files of `signals`, by name."""
    return _found(sport.name, sport.package).sources


def look_again(sport: Sport) -> Found:
    """The `signals` folder as it is now: whoever deploys has changed it since."""
    importlib.invalidate_caches()
    return _each(sport, lambda path, stem: _from_text(_text_of(path), str(path), stem, sport))


def loaded(text: str, stem: str, sport: Sport) -> LoadedSignal:
    """A signal from the text of its file, as the registry keeps it. Raises RefusedSource."""
    shown = f"{stem}.py@{fingerprint(text)[:8]}"
    try:
        return _from_text(text, shown, stem, sport)
    except _Wrong as wrong:
        raise RefusedSource(str(Refusal(shown, wrong.line, str(wrong)))) from wrong


def read_signal(path: Path, sport: Sport) -> tuple[LoadedSignal, str]:
    """The signal of one file, wherever it lies, and its text. Raises RefusedSource, with the line."""
    try:
        text = _text_of(path)
        return _from_text(text, str(path), path.stem, sport), text
    except _Wrong as wrong:
        raise RefusedSource(str(Refusal(str(path), wrong.line, str(wrong)))) from wrong


def fingerprint(text: str) -> str:
    """SHA-256 of a file's text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


class RefusedSource(Exception):
    """The text of a signal's file brings no signal here."""


@cache
def _found(sport_name: str, package: str) -> Found:
    sport = importlib.import_module(f"{package}.sport").SPORT
    assert sport.name == sport_name
    return find(f"{package}.signals", sport)


def find(package_name: str, sport: Sport) -> Found:
    """Look every file of a package of signals through, in the order of their names."""
    package = importlib.import_module(package_name)
    return _each(sport, lambda path, stem: _imported(path, f"{package_name}.{stem}", sport), package)


def _each(sport: Sport, look: Callable[[Path, str], LoadedSignal], package: Any = None) -> Found:
    package = package or importlib.import_module(f"{sport.package}.signals")
    found = Found({}, [], {})
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        path = Path(package.__path__[0]) / f"{info.name}.py"
        try:
            signal = look(path, info.name)
        except _Wrong as wrong:
            shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            found.refused.append(Refusal(str(shown), wrong.line, str(wrong)))
        else:
            found.signals[signal.spec.name] = signal
            found.sources[signal.spec.name] = _text_of(path)
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        raise _Wrong(1, str(exc)) from exc


def _imported(path: Path, module_name: str, sport: Sport) -> LoadedSignal:
    lines = _looked_through(_text_of(path), str(path))
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as exc:
        raise _Wrong(_line_of(exc, str(path)), f"{type(exc).__name__}: {exc}") from exc
    return _declared(module, path.stem, lines, sport)


def _from_text(text: str, file: str, stem: str, sport: Sport) -> LoadedSignal:
    lines = _looked_through(text, file)
    name = f"{sport.package}.signals.{stem}@{fingerprint(text)[:16]}"
    module = sys.modules.get(name)
    if module is None:
        module = ModuleType(name)
        module.__file__ = file
        # By this name a memory finds its class again when it is restored, and a traceback its lines.
        sys.modules[name] = module
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        try:
            exec(compile(text, file, "exec"), module.__dict__)
        except (Exception, SystemExit) as exc:
            del sys.modules[name]
            raise _Wrong(_line_of(exc, file), f"{type(exc).__name__}: {exc}") from exc
    return _declared(module, stem, lines, sport)


def _looked_through(text: str, file: str) -> _Lines:
    try:
        tree = ast.parse(text, file)
    except SyntaxError as exc:
        raise _Wrong(exc.lineno or 1, exc.msg) from exc
    except ValueError as exc:
        raise _Wrong(1, str(exc)) from exc
    _pure(tree)
    return _Lines(tree)


def _pure(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 1)
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            if not any(name == m or name.startswith(f"{m}.") for m in MODULES) or name.startswith("numpy.random"):
                raise _Wrong(line, f"a signal is pure and does not import '{name}' (it may: {', '.join(MODULES)})")
            if _SIGNALS.match(name):
                raise _Wrong(
                    line, f"a signal does not import another's file ('{name}'): what both need is a module beside them"
                )
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in IMPURE:
            raise _Wrong(line, f"a signal is pure and does not call '{node.id}'")
        if isinstance(node, ast.Global):
            raise _Wrong(line, "'global' would be kept from one match to the next: use init and step")


class _Lines:
    """Where in a file something is said."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions = {node.name: node.lineno for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.signal = 1
        self._keywords: dict[str, int] = {}
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(t, ast.Name) and t.id == "SIGNAL" for t in targets):
                self.signal = node.lineno
                call = getattr(node, "value", None)
                if isinstance(call, ast.Call):
                    self._keywords = {k.arg: k.value.lineno for k in call.keywords if k.arg}
                    self._values = {k.arg: k.value for k in call.keywords if k.arg}

    def keyword(self, name: str, text: str | None = None) -> int:
        """The line of a keyword of SIGNAL, or of a string inside its value."""
        line = self._keywords.get(name, self.signal)
        if text is not None and name in self._keywords:
            for node in ast.walk(self._values[name]):
                if isinstance(node, ast.Constant) and node.value == text:
                    return node.lineno
        return line

    def function(self, name: str) -> int:
        """The line where a function begins."""
        return self._functions.get(name, self.signal)


def _line_of(exc: BaseException, file: str) -> int:
    lines = [f.lineno for f in traceback.extract_tb(exc.__traceback__) if f.filename == file and f.lineno]
    return lines[-1] if lines else 1


def _declared(module: ModuleType, stem: str, lines: _Lines, sport: Sport) -> LoadedSignal:
    spec = getattr(module, "SIGNAL", None)
    if not isinstance(spec, Signal):
        raise _Wrong(1, "a signal's file declares it: SIGNAL = Signal(name=…, …)")
    try:
        msgspec.convert(msgspec.to_builtins(spec), Signal)
    except msgspec.ValidationError as exc:
        name = str(exc).rpartition("`$.")[2].split("[")[0].rstrip("`")
        raise _Wrong(lines.keyword(name), f"{name}: {exc}") from exc
    _fits(spec, stem, lines, sport)
    return _with_functions(spec, module, lines)


def _fits(spec: Signal, stem: str, lines: _Lines, sport: Sport) -> None:
    if spec.name != stem:
        raise _Wrong(lines.keyword("name"), f"the file of signal '{spec.name}' is called {spec.name}.py, not {stem}.py")
    if spec.version < 1:
        raise _Wrong(lines.keyword("version"), f"version is {spec.version}; versions count from 1")
    low, high = spec.range
    if not low < high:
        raise _Wrong(lines.keyword("range"), f"range is {low:g} to {high:g}; the lower end comes first")
    if not spec.resolution > 0:
        raise _Wrong(
            lines.keyword("resolution"), f"resolution is {spec.resolution:g}; it is the smallest step, above 0"
        )
    if not (spec.events or spec.minute):
        raise _Wrong(lines.signal, f"signal '{spec.name}' is never emitted: give it `events` or `minute=True`")
    for event in sorted(spec.events):
        if event not in sport.feed_types and event not in sport.control_types:
            raise _Wrong(
                lines.keyword("events", event),
                f"{sport.name} has no event type '{event}'{_meant(event, [*sport.feed_types, *sport.control_types])}",
            )
    for feature in spec.features:
        if feature not in sport.features:
            raise _Wrong(
                lines.keyword("features", feature),
                f"{sport.name} has no feature '{feature}'{_meant(feature, list(sport.features))}",
            )


def _meant(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"; did you mean '{near[0]}'?" if near else f" (it has: {', '.join(sorted(known))})"


def _with_functions(spec: Signal, module: Any, lines: _Lines) -> LoadedSignal:
    value, ask, answer = (getattr(module, name, None) for name in ("value", "ask", "answer"))
    init, step = getattr(module, "init", None), getattr(module, "step", None)
    _says(spec, {"value": value, "ask": ask, "answer": answer}, lines)
    if (init is None) != (step is None):
        missing, there = ("step", "init") if step is None else ("init", "step")
        raise _Wrong(
            lines.function(there), f"signal '{spec.name}' has {there} but no {missing}: it needs both, or neither"
        )
    for function, said in (
        (value, "value(f, model, memory)"),
        (ask, "ask(f, memory)"),
        (answer, "answer(predictions, note)"),
        (init, "init()"),
        (step, "step(memory, event, model)"),
    ):
        if function is None:
            continue
        name, _, given = said.rstrip(")").partition("(")
        try:
            inspect.signature(function).bind(*filter(None, given.split(", ")))
        except TypeError as exc:
            raise _Wrong(lines.function(name), f"the function is called as {said}") from exc
    return LoadedSignal(spec, value, init, step, ask=ask, answer=answer)


def _says(spec: Signal, functions: dict[str, Any], lines: _Lines) -> None:
    """It has `value`, or both `ask` and `answer`, and then a model to ask."""
    has = {name for name, function in functions.items() if function is not None}
    if not has:
        raise _Wrong(lines.signal, f"signal '{spec.name}' has no value(f, model, memory)")
    if len(has) == 1 and "value" not in has:
        (there,) = has
        missing = "answer(predictions, note)" if there == "ask" else "ask(f, memory)"
        raise _Wrong(lines.function(there), f"signal '{spec.name}' has {there} but no {missing}: it needs both")
    if "value" in has and len(has) > 1:
        there = sorted(has - {"value"})[0]
        raise _Wrong(
            lines.function(there), f"signal '{spec.name}' has value and {there}: it needs value, or both ask and answer"
        )
    if "ask" in has and spec.model is None:
        raise _Wrong(lines.function("ask"), f"signal '{spec.name}' has ask, but SIGNAL names no model to ask")
